package migration_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

// desk keeps one migration's facts and outcomes and asks the rules, as acts does with the store.
type desk struct {
	t        testing.TB
	m        migration.Migration
	facts    []migration.Fact
	outcomes []migration.Outcome
	now      func() time.Time
}

var home = migration.NamespaceData{Namespace: "payments.a1b2c", Address: "payments.a1b2c.tmprl.cloud:7233"}

func certificate(ca, leaf string) migration.CertificateData {
	return migration.CertificateData{Lane: "server", CAFingerprint: ca, LeafFingerprint: leaf, LeafNotAfter: time.Date(2099, 1, 2, 0, 0, 0, 0, time.UTC)}
}

func sit(t testing.TB, mode migration.Mode) *desk {
	t.Helper()
	m, err := migration.New("Payments", "python", mode, cloud.AuthMTLS, noon)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, m: m, now: func() time.Time { return noon }}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// payments has a namespace and a certificate.
func payments(t testing.TB, mode migration.Mode) *desk {
	d := sit(t, mode)
	d.must(d.view().SetNamespace(home))
	d.must(d.view().SetCertificate(certificate("ca1", "leaf1")))
	return d
}

func (d *desk) view() migration.View {
	return migration.Derive(d.m, d.facts, d.outcomes, d.now())
}

// add appends the facts that a rule gave, and returns how many.
func (d *desk) add(facts []migration.Fact) int {
	for _, f := range facts {
		f.ID, f.MigrationID, f.At, f.By = int64(len(d.facts)+1), d.m.ID, d.now(), "dana"
		d.facts = append(d.facts, f)
	}
	return len(facts)
}

func (d *desk) must(facts []migration.Fact, err error) int {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	return d.add(facts)
}

// check is a check about c that ended so; from is the host that reported it.
func (d *desk) check(c migration.Check, state migration.RunState, code, from string) migration.Outcome {
	o := d.ended(migration.CheckRun, d.view().AboutCheck(c), state, code)
	o.From = from
	d.outcomes[len(d.outcomes)-1] = o
	d.add(d.view().Checked(o, c))
	return o
}

func (d *desk) ended(kind migration.RunKind, about string, state migration.RunState, code string) migration.Outcome {
	n := 1
	for _, o := range d.outcomes {
		if o.Kind == kind {
			n++
		}
	}
	o := migration.Outcome{ID: fmt.Sprint(kind, n), MigrationID: d.m.ID, Number: n, Kind: kind, State: state, Code: code, Title: "Title of " + code,
		InputHash: about, Started: d.now(), Ended: d.now()}
	d.outcomes = append(d.outcomes, o)
	return o
}

// about is a check of the present namespace with a leaf.
func (d *desk) about(leaf string) migration.Check {
	c := migration.Check{Auth: cloud.AuthMTLS, Leaf: leaf, Made: d.now()}
	if ns := d.view().Namespace; ns != nil {
		c.Namespace, c.Address, c.Server = ns.Namespace, ns.Address, ns.Server
	}
	return c
}

// passes is a check of the present inputs that passed.
func (d *desk) passes() migration.Outcome {
	c := d.about(d.view().Certificate.LeafFingerprint)
	c.Passed, c.Accepted = true, true
	return d.check(c, migration.RunPassed, "OK", "")
}

func (d *desk) kinds() (out []string) {
	for _, f := range d.facts {
		out = append(out, f.Kind)
	}
	return out
}

func (d *desk) status(step string) migration.Status { return d.view().Step(step).Status }

func wantFault(t testing.TB, what string, err error, kind fault.Kind, field string) {
	t.Helper()
	if !fault.Is(err, kind) || fault.From(err).Field != field {
		t.Errorf("%s: %v, want a %s fault of field %q", what, err, kind, field)
	}
}

func data[T any](t testing.TB, text json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
