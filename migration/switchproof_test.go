package migration_test

import (
	"testing"
	"time"

	"onramp/cloud"
	"onramp/migration"
)

// leaves is a desk in Temporal Cloud at the last step of a switch from a method: every worker has the new one, as noted. The old
// credential has passed at the place "here".
func leaves(t *testing.T, from string) *desk {
	t.Helper()
	d := payments(t, migration.Cloud)
	d.m.Auth = from
	d.must(migration.StartSwitch(d.view(), "sw-1"))
	d.must(migration.LetBoth(d.view(), migration.KeyByAPerson, false))
	if from == cloud.AuthMTLS {
		d.must(migration.SetSwitchKey(d.view(), migration.KeyByAPerson, migration.KeyRef{ID: "k1"}))
	}
	d.finds(migration.NewMethod, "here", "OK")
	d.finds(migration.OldMethod, "here", "OK")
	d.must(migration.NoteSwitchWorkers(d.view(), "every worker was restarted"))
	return d
}

// finds is a check of the wizard with the one credential that there is of a method, at a place, a minute after the one before.
func (d *desk) finds(which, place, code string) {
	d.t.Helper()
	now := d.now().Add(time.Minute)
	d.now = func() time.Time { return now }
	s := d.changing()
	c := migration.Check{Leaf: "leaf1"}
	if s.Side(which).Auth == cloud.AuthAPIKey {
		c = migration.Check{Key: cloud.KeyPrint("one")}
	}
	state := migration.RunFailed
	if code == "OK" {
		state = migration.RunPassed
	}
	d.add(d.view().Checked(d.ended(migration.CheckRun, s.About(which, place), state, code), c))
}

// TestSwitchProof: only a refusal of the method shows that it is off, at the place where the credential passed before; one of the
// credential alone (expired, revoked, filtered, its CA removed) does not.
func TestSwitchProof(t *testing.T) {
	for _, tt := range []struct {
		name, from, place, code string
		shows                   bool
	}{
		{"the endpoint wants no certificate", cloud.AuthMTLS, "here", "AK-02", true},
		{"the CA certificate was removed", cloud.AuthMTLS, "here", "CL-03", false},
		{"held back, its CA certificate was removed", cloud.AuthMTLS, "here", "CL-02", false},
		{"a filter", cloud.AuthMTLS, "here", "NS-02", false},
		{"a bad certificate", cloud.AuthMTLS, "here", "CL-05", false},
		{"another address wants no certificate", cloud.AuthMTLS, "there", "AK-02", false},
		{"the endpoint wants a certificate", cloud.AuthAPIKey, "here", "AK-01", true},
		{"the key has expired or was deleted", cloud.AuthAPIKey, "here", "AK-03", false},
		{"the key's owner lost its role", cloud.AuthAPIKey, "here", "AK-07", false},
		{"another region", cloud.AuthAPIKey, "there", "AK-07", false},
		{"another address wants a certificate", cloud.AuthAPIKey, "there", "AK-01", false},
	} {
		d := leaves(t, tt.from)
		d.finds(migration.OldMethod, tt.place, tt.code)
		if d.changing().Old.Refused == nil {
			t.Errorf("%s: the refusal is not seen", tt.name)
		}
		d.finds(migration.NewMethod, "here", "OK")
		if err := migration.TurnedOffElsewhere(d.view(), false); (err == nil) != tt.shows || d.changing().SaidAlone() == tt.shows {
			t.Errorf("%s: %v, alone said: %v", tt.name, err, d.changing().SaidAlone())
		}
	}
}

// TestSwitchNewRefused: nothing ends while the newest check with the new method was refused, whatever passed before.
func TestSwitchNewRefused(t *testing.T) {
	d := leaves(t, cloud.AuthMTLS)
	d.finds(migration.OldMethod, "here", "AK-02")
	d.finds(migration.NewMethod, "here", "OK")
	d.finds(migration.NewMethod, "here", "AK-03")
	for _, said := range []bool{false, true} {
		d.says("have not been checked yet", migration.TurnedOffElsewhere(d.view(), said))
	}
	d.finds(migration.NewMethod, "here", "OK")
	if err := migration.TurnedOffElsewhere(d.view(), false); err != nil {
		t.Error(err)
	}
}

// TestSwitchNoteWithdrawn: an old method that was refused has to pass again before workers move.
func TestSwitchNoteWithdrawn(t *testing.T) {
	d := leaves(t, cloud.AuthMTLS)
	d.finds(migration.OldMethod, "here", "AK-02")
	d.must(migration.SwitchBack(d.view(), migration.GateWorkers))
	d.says("have not been checked yet", second(migration.NoteSwitchWorkers(d.view(), "every worker was restarted")))
}

// TestSwitchNewGone: the old method stays on while nobody could sign in with the new credential alone.
func TestSwitchNewGone(t *testing.T) {
	soon, past := noon.Add(time.Hour), noon.Add(-time.Hour)
	for _, tt := range []struct {
		name, to string
		ns       cloud.Namespace
		want     string
	}{
		{"the key was deleted", cloud.AuthAPIKey, cloud.Namespace{Keys: []cloud.Key{{ID: "k9"}}}, "deleted or has expired"},
		{"the key has expired", cloud.AuthAPIKey, cloud.Namespace{Keys: []cloud.Key{{ID: "k1", Expires: past}}}, "deleted or has expired"},
		{"the key is there", cloud.AuthAPIKey, cloud.Namespace{Keys: []cloud.Key{{ID: "k1", Expires: soon}}}, ""},
		{"no CA certificate", cloud.AuthMTLS, cloud.Namespace{}, "does not have the CA certificate"},
		{"another CA certificate", cloud.AuthMTLS, cloud.Namespace{CAs: []cloud.CA{{Fingerprint: "ca9"}}}, "does not have the CA certificate"},
		{"the CA certificate is there", cloud.AuthMTLS, cloud.Namespace{CAs: []cloud.CA{{Fingerprint: "ca1"}}}, ""},
	} {
		for _, once := range []bool{false, true} {
			d := payments(t, migration.Rehearsal)
			d.m.Auth = migration.OtherAuth(tt.to)
			d.must(migration.StartSwitch(d.view(), "sw-1"))
			d.must(migration.LetBoth(d.view(), migration.KeyByOnramp, once))
			if tt.to == cloud.AuthAPIKey {
				d.must(migration.SetSwitchKey(d.view(), migration.KeyByOnramp, migration.KeyRef{ID: "k1", Print: cloud.KeyPrint("one")}))
			}
			tt.ns.Auth = cloud.AuthBoth
			if once {
				tt.ns.Auth = d.m.Auth
			} else {
				d.finds(migration.NewMethod, "here", "OK")
				d.finds(migration.OldMethod, "here", "OK")
			}
			next, err := d.changing().TurnOff(tt.ns, cloud.Callers{Since: past, At: noon}, time.Minute)
			if tt.want == "" && (err != nil || next != tt.to) {
				t.Errorf("%s, once %v: %s, %v", tt.name, once, next, err)
			} else if tt.want != "" {
				d.says(tt.want, err)
			}
		}
	}
}
