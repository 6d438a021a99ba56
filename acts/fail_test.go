package acts

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"onramp/assess"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/cutover"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// act is one act of a person as this test does it.
type act struct {
	name  string // Group.Method, with more words where it is here more than once
	setup func(*world)
	do    func(*world) error
	// recorded first: what cannot be taken back is written down before it is done, and the fault says so.
	recorded bool
	// wipes: keys are wiped whatever becomes of the audit's line, and the fault says so.
	wipes bool
	// goesOn: what it began goes on after a failure, and the fault says so.
	goesOn bool
	// several: the act is made of others, each whole; its fault does not say that nothing was changed.
	several bool
	// onward: what is done of it stays, and doing it again goes on from there.
	onward bool
}

func second[T any](_ T, err error) error { return err }

// all are the acts, each at least once.
var all = []act{
	{name: "Migrations.Create", do: func(w *world) error {
		return second(w.Migrations.Create(w.ctx, dana, "Orders", "go", migration.Cloud, cloud.AuthMTLS))
	}},
	{name: "Migrations.CreateNamed", setup: func(w *world) { w.made(migration.Cloud, cloud.AuthMTLS) }, do: func(w *world) error {
		return second(w.Migrations.CreateNamed(w.ctx, dana, "Payments", "go", migration.Cloud, cloud.AuthMTLS))
	}},
	{name: "Migrations.Import", setup: func(w *world) { w.made(migration.Cloud, cloud.AuthMTLS) }, do: func(w *world) error {
		return second(w.Migrations.Import(w.ctx, dana, ImportList{Raw: []byte("cluster,namespace,cloud_namespace,region\neu,pay,payments.a2dd6,\neu,orders,orders.a2dd6,aws-eu-west-1\neu,ledger,ledger.a2dd6,\n"),
			Defaults: migration.ListDefaults{Lang: "go", Auth: cloud.AuthMTLS}}))
	}},
	{name: "Checks.StartMany", setup: func(w *world) { w.made(migration.Rehearsal, cloud.AuthMTLS) }, do: func(w *world) error {
		_, err := w.Checks.StartMany(w.ctx, dana, []string{w.m.ID})
		w.settleMany()
		return err
	}},
	{name: "Checks.CancelMany", setup: func(w *world) { w.made(migration.Rehearsal, cloud.AuthMTLS); w.extra = w.manyHeld() }, recorded: true, do: func(w *world) error {
		err := w.Checks.CancelMany(w.ctx, dana, w.extra.(string))
		if err == nil {
			w.settleMany()
		}
		return err
	}},
	{name: "Migrations.Rename", setup: (*world).issued, do: func(w *world) error { return w.Migrations.Rename(w.ctx, dana, w.m.ID, "Pay") }},
	{name: "Migrations.Archive", setup: (*world).issued, do: func(w *world) error { return w.Migrations.Archive(w.ctx, dana, w.m.ID, true) }},
	{name: "Migrations.GiveToTeam", setup: (*world).issued, do: func(w *world) error { _, err := w.Migrations.GiveToTeam(w.ctx, dana, w.m.ID, "t-other"); return err }},
	{name: "Migrations.Archive back", setup: func(w *world) { w.issued(); w.must(w.Migrations.Archive(w.ctx, dana, w.m.ID, true)) },
		do: func(w *world) error { return w.Migrations.Archive(w.ctx, dana, w.m.ID, false) }},
	{name: "Migrations.Delete", setup: (*world).opened, do: func(w *world) error { return w.Migrations.Delete(w.ctx, dana, w.m.ID, "Payments") }, recorded: true},
	{name: "Migrations.Note", setup: (*world).issued, do: func(w *world) error {
		return second(w.Migrations.Note(w.ctx, dana, w.m.ID, migration.StepCode, "by hand"))
	}},
	{name: "Migrations.SetNamespace", setup: (*world).issued, do: func(w *world) error {
		return second(w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "other.a2dd6", ""))
	}},
	{name: "Migrations.SetNamespace with API keys", setup: func(w *world) { w.made(migration.Rehearsal, cloud.AuthAPIKey) }, do: func(w *world) error {
		return second(w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "other.a2dd6", ""))
	}},
	{name: "Certificates.Import", setup: func(w *world) {
		w.issued()
		set, err := certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{Namespace: "payments.a2dd6", CA: certsvc.CASpec{KeyType: certsvc.ECP256}})
		w.must(err)
		w.extra = set
	}, do: func(w *world) error {
		set := w.extra.(certsvc.Set)
		return second(w.Certificates.Import(w.ctx, dana, w.m.ID, string(set.CA.CertPEM), string(set.Leaf.CertPEM)))
	}},
	{name: "CloudOps.GiveOpsKey", setup: (*world).issued, do: func(w *world) error { return w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}) }},
	{name: "CloudOps.LookOps", setup: (*world).opsMoved, do: func(w *world) error { return w.CloudOps.LookOps(w.ctx, dana, w.m.ID) }},
	{name: "CloudOps.PlanOps", setup: (*world).opsMoved, do: func(w *world) error {
		return w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsAddCA})
	}},
	{name: "CloudOps.ChooseOps", setup: func(w *world) {
		w.made(migration.Rehearsal, cloud.AuthMTLS)
		w.must(w.cloud.CreateNamespace(w.ctx, north))
		w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	}, do: func(w *world) error { return w.CloudOps.ChooseOps(w.ctx, dana, w.m.ID, "north.a2dd6") }},
	{name: "CloudOps.TakeOpsKey", setup: func(w *world) {
		w.opsGiven()
		w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsKey, Name: "worker", Days: 30}))
		st, _ := w.CloudOps.State(dana, w.m.ID)
		w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
	}, do: func(w *world) error { _, _, err := w.CloudOps.TakeOpsKey(w.ctx, dana, w.m.ID); return err }},
	{name: "CloudOps.ForgetOpsKey", setup: (*world).opsGiven, do: func(w *world) error { return w.CloudOps.ForgetOpsKey(w.ctx, dana, w.m.ID) }, wipes: true},
	{name: "CloudOps.ApplyOps", setup: func(w *world) { w.opsGiven(); w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsAddCA})) }, do: func(w *world) error {
		st, _ := w.CloudOps.State(dana, w.m.ID)
		return w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation)
	}, goesOn: true},
	{name: "Certificates.IssueSet", setup: func(w *world) { w.made(migration.Rehearsal, cloud.AuthMTLS) }, do: (*world).issue},
	{name: "Certificates.IssueSet again, not lent", setup: (*world).issued, do: func(w *world) error {
		return second(w.Certificates.IssueSet(w.ctx, dana, w.m.ID, IssueSet{Lane: MakerServer, Set: certsvc.SetRequest{CA: certsvc.CASpec{KeyType: certsvc.ECP256}}}))
	}},
	{name: "Certificates.IssueClient", setup: (*world).issued, do: func(w *world) error {
		return second(w.Certificates.IssueClient(w.ctx, dana, w.m.ID, IssueClient{Name: "payments-eu", Lane: MakerServer, Authority: Authority{From: CAHeld}}))
	}},
	{name: "Certificates.IssueClient with the kept key", setup: (*world).opened, do: func(w *world) error {
		return second(w.Certificates.IssueClient(w.ctx, dana, w.m.ID, IssueClient{Name: "payments-eu", Lane: MakerServer, Authority: Authority{From: CAKept}}))
	}},
	{name: "Certificates.IssueBatch", setup: (*world).issued, several: true, do: func(w *world) error {
		var out bytes.Buffer
		err := w.Certificates.IssueBatch(w.ctx, dana, w.m.ID, IssueBatch{Rows: rowsOf(140), KeyType: certsvc.ECP256, Authority: Authority{From: CAHeld}}, func() io.Writer { return &out })
		if n := unrecorded(w, out.Bytes()); n > 0 {
			w.t.Errorf("%d keys left without their line in the audit and their fact", n)
		}
		return err
	}},
	{name: "Keys.Take", setup: (*world).issued, do: func(w *world) error { return w.take(Download{CAKey: true}) }},
	{name: "Keys.Take of the bundle", setup: (*world).issued, do: func(w *world) error { return w.take(Download{}) }},
	{name: "Keys.TakeAs", setup: (*world).issued, do: func(w *world) error {
		c := w.view().Certificate
		name, content, err := w.Keys.TakeAs(w.ctx, dana, w.m.ID, TakeAs{Leaf: c.LeafFingerprint, Format: certsvc.FormatBase64, Spec: certsvc.OutputSpec{ClientPEM: []byte(c.LeafPEM), CAPEM: []byte(c.CAPEM)}})
		if (err == nil) != (name != "" && len(content) > 0) {
			w.t.Errorf("%q with %d bytes and %v", name, len(content), err)
		}
		return err
	}},
	{name: "Keys.Lend", setup: func(w *world) { w.issued(); w.must(w.Keys.TakeBack(w.ctx, dana, w.m.ID)) },
		do: func(w *world) error { return w.Keys.Lend(w.ctx, dana, w.m.ID, w.key) }},
	{name: "Keys.TakeBack", setup: (*world).issued, do: func(w *world) error { return w.Keys.TakeBack(w.ctx, dana, w.m.ID) }, wipes: true},
	{name: "Keys.Drop", setup: (*world).issued, do: func(w *world) error { return w.Keys.Drop(w.ctx, dana, w.m.ID) }, wipes: true},
	{name: "Keys.KeepCA", setup: (*world).issued, do: (*world).keep},
	{name: "Keys.OpenCA", setup: (*world).kept, do: func(w *world) error { return w.Keys.OpenCA(w.ctx, dana, w.m.ID, phrase) }},
	{name: "Keys.LockCA", setup: (*world).opened, do: func(w *world) error { return w.Keys.LockCA(w.ctx, dana, w.m.ID) }, wipes: true},
	{name: "Keys.ForgetCA", setup: (*world).opened, do: func(w *world) error { return w.Keys.ForgetCA(w.ctx, dana, w.m.ID, true) }},
	{name: "Replacements.Start", setup: (*world).tested, do: func(w *world) error { return w.Replacements.Start(w.ctx, dana, w.m.ID, migration.ReplaceCA) }},
	{name: "Replacements.TakeCA", setup: at("started"), do: func(w *world) error { return w.Replacements.TakeCA(w.ctx, dana, w.m.ID, w.newCA()) }},
	{name: "Replacements.SaveBundle", setup: at("ca"), do: func(w *world) error { return w.Replacements.SaveBundle(w.ctx, dana, w.m.ID) }},
	{name: "Replacements.SaveBundle again", setup: func(w *world) { // another saved the old CA alone meanwhile
		w.replacing("bundle")
		w.must(second(w.cloud.SetCAs(w.ctx, w.id(), []byte(w.view().Certificate.CAPEM))))
	}, do: func(w *world) error { return w.Replacements.SaveBundle(w.ctx, dana, w.m.ID) }},
	{name: "Replacements.SeeBundle", setup: func(w *world) {
		w.replacing("ca")
		v := w.view()
		w.must(second(w.cloud.SetCAs(w.ctx, w.id(), []byte(v.Replacement().NewCA.PEM+v.Certificate.CAPEM))))
	}, do: func(w *world) error { return w.Replacements.SeeBundle(w.ctx, dana, w.m.ID) }},
	{name: "Replacements.TakeLeaf", setup: at("bundle"), do: func(w *world) error { return w.Replacements.TakeLeaf(w.ctx, dana, w.m.ID, w.newLeaf()) }},
	{name: "Replacements.SeePollers", setup: at("leaf"), do: func(w *world) error { return w.Replacements.SeePollers(w.ctx, dana, w.m.ID, "") }},
	{name: "Replacements.NoteWorkers", setup: elsewhere, do: func(w *world) error {
		return w.Replacements.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so")
	}},
	{name: "Replacements.Remove", setup: at("proof"), do: func(w *world) error { return w.Replacements.Remove(w.ctx, dana, w.m.ID) }},
	{name: "Replacements.Remove in Temporal Cloud", setup: func(w *world) {
		elsewhere(w)
		w.must(w.Replacements.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so"))
	}, do: func(w *world) error { return w.Replacements.Remove(w.ctx, dana, w.m.ID) }},
	{name: "Replacements.Back to the CA", setup: at("bundle"), do: func(w *world) error { return w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateCA) }},
	{name: "Replacements.Back to the leaf", setup: at("leaf"), do: func(w *world) error { return w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateLeaf) }},
	{name: "Replacements.Back to the workers", setup: func(w *world) {
		w.replacing("proof")
		w.must(w.Replacements.Remove(w.ctx, dana, w.m.ID))
	}, do: func(w *world) error { return w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateWorkers) }},
	{name: "Rotations.Start", setup: func(w *world) { w.keyed("") }, do: func(w *world) error {
		return w.Rotations.Start(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "key-1"})
	}},
	{name: "Rotations.CreateKey", setup: func(w *world) { w.keyed("started") }, do: func(w *world) error {
		key, err := w.Rotations.CreateKey(w.ctx, dana, w.m.ID, "worker", 90)
		if (err == nil) == key.Empty() {
			w.t.Errorf("a key: %v, with %v", !key.Empty(), err)
		}
		return err
	}},
	{name: "Rotations.TakeKey", setup: func(w *world) { w.keyedElsewhere("started") }, do: func(w *world) error {
		return w.Rotations.TakeKey(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k2"})
	}},
	{name: "Rotations.Check", setup: func(w *world) { w.keyed("key") }, do: func(w *world) error {
		return second(w.Rotations.Check(w.ctx, dana, w.m.ID, migration.NewKey, "api-key-canary-2"))
	}},
	{name: "Rotations.SeePollers", setup: func(w *world) { w.keyedElsewhere("key") }, do: func(w *world) error {
		return w.Rotations.SeePollers(w.ctx, dana, w.m.ID, "", "two")
	}},
	{name: "Rotations.NoteWorkers", setup: func(w *world) { w.keyedElsewhere("proof") }, do: func(w *world) error {
		return w.Rotations.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so")
	}},
	{name: "Rotations.Delete", setup: func(w *world) { w.keyed("proof") }, onward: true, do: func(w *world) error { return w.Rotations.Delete(w.ctx, dana, w.m.ID, false) }},
	{name: "Rotations.Delete in Temporal Cloud", setup: func(w *world) {
		w.keyedElsewhere("proof")
		w.must(w.Rotations.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so"))
		w.provesKey(migration.NewKey, "two")
	}, do: func(w *world) error { return w.Rotations.Delete(w.ctx, dana, w.m.ID, true) }},
	{name: "Rotations.Back to the key", setup: func(w *world) { w.keyed("proof") }, onward: true, do: func(w *world) error { return w.Rotations.Back(w.ctx, dana, w.m.ID, migration.GateKey) }},
	{name: "Rotations.Back to the proof", setup: func(w *world) { w.keyed("proof") }, do: func(w *world) error { return w.Rotations.Back(w.ctx, dana, w.m.ID, migration.GateProof) }},
	{name: "Switches.Start", setup: (*world).issued, do: func(w *world) error { return w.Switches.Start(w.ctx, dana, w.m.ID) }},
	{name: "Switches.Let", setup: func(w *world) { w.changing(cloud.AuthMTLS, "started") }, do: func(w *world) error { return w.Switches.Let(w.ctx, dana, w.m.ID) }},
	{name: "Switches.Let with a CA", setup: func(w *world) { w.changing(cloud.AuthAPIKey, "started") }, do: func(w *world) error { return w.Switches.Let(w.ctx, dana, w.m.ID) }},
	{name: "Switches.Let in Temporal Cloud", setup: func(w *world) { w.changingElsewhere("started") }, do: func(w *world) error { return w.Switches.Let(w.ctx, dana, w.m.ID) }},
	{name: "Switches.Once", setup: func(w *world) { w.changing(cloud.AuthMTLS, "started") }, do: func(w *world) error { return w.Switches.Once(w.ctx, dana, w.m.ID) }},
	{name: "Switches.CreateKey", setup: func(w *world) { w.changing(cloud.AuthMTLS, "both") }, do: func(w *world) error {
		key, err := w.Switches.CreateKey(w.ctx, dana, w.m.ID, "worker", 90)
		if (err == nil) == key.Empty() {
			w.t.Errorf("a key: %v, with %v", !key.Empty(), err)
		}
		return err
	}},
	{name: "Switches.TakeKey", setup: func(w *world) { w.changingElsewhere("both") }, do: func(w *world) error {
		return w.Switches.TakeKey(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k2"})
	}},
	{name: "Switches.Check", setup: func(w *world) { w.changing(cloud.AuthMTLS, "both") }, do: func(w *world) error {
		return second(w.Switches.Check(w.ctx, dana, w.m.ID, migration.OldMethod, Credentials{Lent: true}))
	}},
	{name: "Switches.SeePollers", setup: func(w *world) { w.changingElsewhere("both") }, do: func(w *world) error {
		return w.Switches.SeePollers(w.ctx, dana, w.m.ID, "", Credentials{Lent: true})
	}},
	{name: "Switches.NoteWorkers", setup: func(w *world) { w.changingElsewhere("proof") }, do: func(w *world) error {
		return w.Switches.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so")
	}},
	{name: "Switches.TurnOff", setup: func(w *world) { w.changing(cloud.AuthMTLS, "proof") }, do: func(w *world) error { return w.Switches.TurnOff(w.ctx, dana, w.m.ID, false) }},
	{name: "Switches.TurnOff of API keys", setup: func(w *world) { w.changing(cloud.AuthAPIKey, "proof") }, do: func(w *world) error { return w.Switches.TurnOff(w.ctx, dana, w.m.ID, false) }},
	{name: "Switches.TurnOff in Temporal Cloud", setup: func(w *world) {
		w.changingElsewhere("proof")
		w.must(w.Switches.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so"))
		w.provesMethod(migration.NewMethod, Credentials{APIKey: "two"})
	}, do: func(w *world) error { return w.Switches.TurnOff(w.ctx, dana, w.m.ID, true) }},
	{name: "Switches.Back to the beginning", setup: func(w *world) { w.changing(cloud.AuthMTLS, "proof") }, do: func(w *world) error { return w.Switches.Back(w.ctx, dana, w.m.ID, migration.GateBoth) }},
	{name: "Switches.Back to the proof", setup: func(w *world) { w.changing(cloud.AuthMTLS, "proof") }, do: func(w *world) error { return w.Switches.Back(w.ctx, dana, w.m.ID, migration.GateProof) }},
	{name: "Checks.Start", setup: (*world).issued, do: func(w *world) error {
		return second(w.Checks.Start(w.ctx, dana, w.m.ID, Check{Credentials: Credentials{Lent: true}}))
	}},
	{name: "Assessments.Start", setup: (*world).issued, do: func(w *world) error {
		return second(w.Assessments.Start(w.ctx, dana, w.m.ID, Assess{Target: doctor.Target{Address: "localhost:7233", Plaintext: true}, Options: assess.Options{Rate: 2, Budget: 20}}))
	}},
	{name: "Cutovers.Look", setup: (*world).issued, do: func(w *world) error {
		return second(w.Cutovers.Look(w.ctx, dana, w.m.ID, Crossing{Credentials: Credentials{Lent: true}, Source: doctor.Target{Address: "localhost:7233", Plaintext: true}, Options: cutover.Options{Namespace: "default", Rate: 2, Budget: 20}}))
	}},
	{name: "Assessments.Review", setup: (*world).assessed, do: func(w *world) error {
		return second(w.Assessments.Review(w.ctx, dana, w.m.ID, ReviewFinding{w.extra.(string), finding, "we accept it", false}))
	}},
	{name: "Assessments.Review taken back", setup: func(w *world) {
		w.assessed()
		w.must(second(w.Assessments.Review(w.ctx, dana, w.m.ID, ReviewFinding{w.extra.(string), finding, "", false})))
	}, do: func(w *world) error {
		return second(w.Assessments.Review(w.ctx, dana, w.m.ID, ReviewFinding{w.extra.(string), finding, "", true}))
	}},
	{name: "Cutovers.Override", setup: (*world).issued, do: func(w *world) error {
		return second(w.Cutovers.Override(w.ctx, dana, w.m.ID, OverrideGate{"G4", "the canary ran last week", false}))
	}},
	{name: "Cutovers.Override taken back", setup: func(w *world) {
		w.issued()
		w.must(second(w.Cutovers.Override(w.ctx, dana, w.m.ID, OverrideGate{"G4", "the canary ran last week", false})))
	}, do: func(w *world) error {
		return second(w.Cutovers.Override(w.ctx, dana, w.m.ID, OverrideGate{"G4", "", true}))
	}},
	{name: "Checks.StartPair", setup: at("leaf"), do: func(w *world) error {
		return second(w.Checks.StartPair(w.ctx, dana, w.m.ID, true, Credentials{Lent: true}))
	}},
	{name: "Checks.Record", setup: func(w *world) { w.issued(); w.extra = w.report() }, do: func(w *world) error {
		return second(w.Checks.Record(w.ctx, dana, w.m.ID, w.extra.([]byte), "Omar", runs.ViaPaste))
	}},
	{name: "Checks.Invite", setup: (*world).issued, do: func(w *world) error {
		token, _, err := w.Checks.Invite(w.ctx, dana, w.m.ID, "Omar")
		if (err == nil) != (token != "") {
			w.t.Errorf("token %q with %v", token, err)
		}
		return err
	}},
	{name: "Checks.Take", setup: func(w *world) {
		w.issued()
		token, _, err := w.Checks.Invite(w.ctx, dana, w.m.ID, "Omar")
		w.must(err)
		w.extra = token
		w.key = w.report()
	}, do: func(w *world) error { return second(w.Checks.Take(w.ctx, poster, w.extra.(string), w.key)) }},
	{name: "Checks.LookForWorker", setup: (*world).issued, do: func(w *world) error {
		return second(w.Checks.LookForWorker(w.ctx, dana, w.m.ID, "", Credentials{Lent: true}))
	}},
	{name: "Checks.WatchForWorker", setup: (*world).issued, goesOn: true, do: func(w *world) error {
		return second(w.Checks.WatchForWorker(w.ctx, dana, w.m.ID, ""))
	}},
	{name: "Checks.LookForCA", setup: func(w *world) { // saved by another way than Onramp's
		w.issued()
		w.must(second(w.cloud.SetCAs(w.ctx, w.id(), []byte(w.view().Certificate.CAPEM))))
	}, do: func(w *world) error { return second(w.Checks.LookForCA(w.ctx, dana, w.m.ID)) }},
	{name: "Checks.LookForCA in Temporal Cloud", setup: func(w *world) { w.issuedIn(migration.Cloud) }, do: func(w *world) error {
		return second(w.Checks.LookForCA(w.ctx, dana, w.m.ID))
	}},
	{name: "Handoffs.Make", setup: (*world).issued, do: func(w *world) error {
		token, h, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Omar"})
		if (err == nil) != (token != "") || (err == nil) != (h.Number == 1) {
			w.t.Errorf("token %q of %+v with %v", token, h, err)
		}
		return err
	}},
	{name: "Handoffs.Revoke", setup: handed(migration.Rehearsal), do: func(w *world) error { return w.Handoffs.Revoke(w.ctx, dana, w.m.ID, 1) }},
	{name: "Handoffs.Opened", setup: handed(migration.Rehearsal), do: func(w *world) error { return w.Handoffs.Opened(w.ctx, poster, w.extra.(string)) }},
	{name: "Handoffs.Done", setup: handed(migration.Rehearsal), do: func(w *world) error {
		return second(w.Handoffs.Done(w.ctx, poster, w.extra.(string), "as you asked"))
	}},
	{name: "Handoffs.NotMe", setup: handed(migration.Rehearsal), do: func(w *world) error {
		return second(w.Handoffs.NotMe(w.ctx, poster, w.extra.(string), "ask Priya"))
	}},
	{name: "Handoffs.Look", setup: func(w *world) { // saved by another way than Onramp's
		handed(migration.Rehearsal)(w)
		w.must(second(w.cloud.SetCAs(w.ctx, w.id(), []byte(w.view().Certificate.CAPEM))))
	}, do: func(w *world) error { return second(w.Handoffs.Look(w.ctx, poster, w.extra.(string))) }},
	{name: "Handoffs.Look in Temporal Cloud, with the maker's key", setup: handed(migration.Cloud), do: func(w *world) error {
		return second(w.Handoffs.Look(w.ctx, poster, w.extra.(string)))
	}},
	{name: "Handoffs.CarryOut", setup: handed(migration.Rehearsal), do: func(w *world) error {
		return second(w.Handoffs.CarryOut(w.ctx, poster, w.extra.(string)))
	}},
	{name: "Handoffs.CarryOut of filters", setup: askedForFilters, do: func(w *world) error {
		return second(w.Handoffs.CarryOut(w.ctx, poster, w.extra.(string)))
	}},
	{name: "Handoffs.Look for filters", setup: func(w *world) { // set by another way than Onramp's
		askedForFilters(w)
		w.must(second(w.cloud.ChangeFilters(w.ctx, w.id(), func(cloud.Namespace) ([]byte, error) { return []byte(w.view().Handoffs[0].Filters), nil })))
	}, do: func(w *world) error { return second(w.Handoffs.Look(w.ctx, poster, w.extra.(string))) }},
	{name: "Handoffs.CarryOut of the old CA's removal", setup: askedToRemove, do: func(w *world) error {
		return second(w.Handoffs.CarryOut(w.ctx, poster, w.extra.(string)))
	}},
	{name: "Transfers.Start", setup: (*world).tested, do: func(w *world) error { return second(w.transfer("once")) }},
	{name: "Transfers.StartDrill", setup: (*world).tested, do: func(w *world) error {
		return second(w.Acts.Transfers.StartDrill(w.ctx, dana, w.m.ID, Drill{Credentials: Credentials{Lent: true}, Once: "once", Plan: transfer.Drill{Count: 3}}))
	}},
	{name: "Transfers.Follow", setup: (*world).tested, do: func(w *world) error {
		return second(w.Acts.Transfers.Follow(w.ctx, dana, w.m.ID, Follow{Credentials: Credentials{Lent: true}, WorkflowID: "theirs-7"}))
	}},
	{name: "Transfers.FollowAgain", setup: func(w *world) { w.transferred(false) }, do: func(w *world) error {
		return second(w.Acts.Transfers.FollowAgain(w.ctx, dana, w.m.ID, w.extra.(string), Credentials{Lent: true}))
	}},
	{name: "Transfers.Cancel", setup: func(w *world) { w.transferred(false) }, recorded: true, do: func(w *world) error {
		return w.Acts.Transfers.Cancel(w.ctx, dana, w.m.ID, w.extra.(string), Credentials{Lent: true})
	}},
	{name: "Transfers.Terminate", setup: func(w *world) { w.transferred(false) }, recorded: true, do: func(w *world) error {
		return w.Acts.Transfers.Terminate(w.ctx, dana, w.m.ID, w.extra.(string), Credentials{Lent: true}, "enough")
	}},
	{name: "Transfers.Stop", setup: func(w *world) { w.transferred(true) }, do: func(w *world) error {
		return w.Acts.Transfers.Stop(w.ctx, dana, w.m.ID, w.extra.(string))
	}},
	{name: "Namespaces.Create", do: func(w *world) error { return second(w.Acts.Namespaces.Create(w.ctx, dana, "orders.a2dd6")) }},
	{name: "Namespaces.SaveCAs", setup: (*world).issued, do: func(w *world) error {
		return second(w.Acts.Namespaces.SaveCAs(w.ctx, dana, w.id(), []byte(w.view().Certificate.CAPEM)))
	}},
	{name: "Namespaces.SaveFilters", setup: (*world).tested, do: func(w *world) error {
		return w.Acts.Namespaces.SaveFilters(w.ctx, dana, w.m.ID, []byte(`{"filters":[{"commonName":"payments"}]}`))
	}},
	{name: "Namespaces.SaveAuth", setup: (*world).issued, do: func(w *world) error { return w.Acts.Namespaces.SaveAuth(w.ctx, dana, w.id(), cloud.AuthAPIKey) }},
	{name: "Namespaces.CreateKey", setup: (*world).issued, do: func(w *world) error {
		key, _, err := w.Acts.Namespaces.CreateKey(w.ctx, dana, w.id(), "ci", 30)
		if (err == nil) == key.Empty() {
			w.t.Errorf("a key: %v, with %v", !key.Empty(), err)
		}
		return err
	}},
	{name: "Namespaces.DeleteKey", setup: func(w *world) {
		w.issued()
		w.must(second2(w.Acts.Namespaces.CreateKey(w.ctx, dana, w.id(), "ci", 30)))
	}, recorded: true, do: func(w *world) error { return w.Acts.Namespaces.DeleteKey(w.ctx, dana, w.id(), "key-1") }},
	{name: "Rehearsal.Now", do: func(w *world) error { return second(w.Acts.Rehearsal.Now(w.ctx, dana, cloud.AuthMTLS, "")) }},
	{name: "Rehearsal.ShowMe", several: true, do: func(w *world) error {
		return second(w.Acts.Rehearsal.ShowMe(w.ctx, dana, cloud.AuthMTLS, "", practiceSet))
	}},
	{name: "Rehearsal.ShowNext to namespace, certificates and upload", setup: bare(cloud.AuthMTLS), onward: true, do: (*world).showNext},
	{name: "Rehearsal.ShowNext to a check", setup: shown(cloud.AuthMTLS, 1), do: (*world).showNext},
	{name: "Rehearsal.ShowNext to a transfer", setup: shown(cloud.AuthMTLS, 2), do: (*world).showNext},
	{name: "Rehearsal.ShowNext to a check with an API key", setup: shown(cloud.AuthAPIKey, 1), onward: true, do: (*world).showNext},
	{name: "Rehearsal.ShowNext to a transfer with an API key", setup: shown(cloud.AuthAPIKey, 2), onward: true, do: (*world).showNext},
	{name: "Rehearsal.Practise", several: true, do: func(w *world) error { return second(w.Acts.Rehearsal.Practise(w.ctx, dana, "", practiceSet)) }},
	{name: "Rehearsal.Practise on one that is there", setup: (*world).tested, do: func(w *world) error {
		return second(w.Acts.Rehearsal.Practise(w.ctx, dana, w.m.ID, practiceSet))
	}},
	{name: "Rehearsal.Break", setup: (*world).tested, do: func(w *world) error { return second2(w.Acts.Rehearsal.Break(w.ctx, dana, w.m.ID, "port-closed")) }, several: true},
	{name: "Rehearsal.Mend", setup: func(w *world) {
		w.tested()
		w.must(second2(w.Acts.Rehearsal.Break(w.ctx, dana, w.m.ID, "port-closed")))
		w.settle()
	}, recorded: true, do: func(w *world) error { return w.Acts.Rehearsal.Mend(w.ctx, dana, "payments.a2dd6", "") }},
	{name: "Rehearsal.SetBothMethods", setup: func(w *world) { w.Acts.Places.o.Rehearsal.Adjust = &judging{} }, do: func(w *world) error { return w.Acts.Rehearsal.SetBothMethods(w.ctx, dana, true) }},
	{name: "Rehearsal.SetLenient", setup: func(w *world) { w.Acts.Places.o.Rehearsal.Adjust = &judging{} }, recorded: true, do: func(w *world) error { return w.Acts.Rehearsal.SetLenient(w.ctx, dana, true) }},
	{name: "Rehearsal.Reset", setup: (*world).tested, recorded: true, do: func(w *world) error { return w.Acts.Rehearsal.Reset(w.ctx, dana) }},
}

func second2[A, B any](_ A, _ B, err error) error { return err }

func at(gate string) func(*world) { return func(w *world) { w.replacing(gate) } }

// handed has certificates, and a link for Omar to upload the CA certificate.
func handed(mode migration.Mode) func(*world) {
	return func(w *world) {
		w.issuedIn(mode)
		token, _, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Omar"})
		w.must(err)
		w.extra = token
	}
}

// asked has a link for Omar to do a task.
func (w *world) asked(ask migration.Ask) {
	w.t.Helper()
	ask.For = "Omar"
	token, _, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, ask)
	w.must(err)
	w.extra = token
}

const paymentsOnly = `{"filters":[{"commonName":"payments"}]}`

func askedForFilters(w *world) {
	w.tested()
	w.asked(migration.Ask{Task: migration.TaskFilters, Filters: paymentsOnly})
}

func askedToRemove(w *world) {
	w.replacing("proof")
	w.asked(migration.Ask{Task: migration.TaskRemoveCA})
}

func practiceSet(migration.View) certsvc.SetRequest {
	return certsvc.SetRequest{CA: certsvc.CASpec{KeyType: certsvc.ECP256}, Leaf: certsvc.LeafSpec{CommonName: "practice"}}
}

// take takes a download of the migration's certificates.
func (w *world) take(d Download) error {
	d.Leaf = w.view().Certificate.LeafFingerprint
	_, content, err := w.Keys.Take(w.ctx, dana, w.m.ID, d)
	if (err == nil) != (len(content) > 0) {
		w.t.Errorf("%d bytes with %v", len(content), err)
	}
	return err
}

// elsewhere is a replacement of the leaf alone in Temporal Cloud whose certificates are both proven.
func elsewhere(w *world) {
	w.issuedIn(migration.Cloud)
	r, id := w.Replacements, w.m.ID
	w.must(r.Start(w.ctx, dana, id, migration.ReplaceLeaf))
	w.must(r.TakeLeaf(w.ctx, dana, id, w.newLeaf()))
	for _, fresh := range []bool{false, true} {
		w.must(second(w.Checks.StartPair(w.ctx, dana, id, fresh, Credentials{Lent: true})))
		w.settle()
	}
}

// looks are the methods of the groups that change nothing; those of Lists keep what is derived.
var looks = []string{"CloudOps.HeldBundle", "CloudOps.State", "CloudOps.Place", "Migrations.Deletion", "Migrations.FreeNamespace", "Certificates.CheckAuthority", "Certificates.Recipes", "Keys.CAStatus", "Keys.Lent", "Keys.LentNew", "Keys.Waiting",
	"Replacements.Bundle", "Replacements.Callers", "Replacements.HasCAKey", "Replacements.Watch", "Replacements.Window", "Rotations.AboutCheck", "Rotations.Keys", "Switches.At", "Switches.CanHaveBoth", "Switches.HasBoth", "Reports.Of", "Checks.CanLook", "Checks.CanLookForCA", "Checks.Invalid", "Checks.LastCALook", "Checks.Watched", "Handoffs.See", "Handoffs.CanLook", "Handoffs.LastLook", "Handoffs.Watch", "Transfers.History", "Transfers.HasKeys",
	"Lists.Alive", "Lists.Board", "Lists.PlanImport", "Lists.PlanMany", "Lists.Names", "Lists.SeeMany", "Lists.LastMany", "Lists.TeamBoard", "Lists.WholeBoard", "Lists.Calendar", "Lists.Find", "Lists.Keep", "Lists.Measure", "Lists.Migrations", "Lists.Soon", "Lists.Spaces", "Lists.ToPractise", "Lists.WithCertificate"}

// TestEveryActIsHere: an act that is in no table would not be tried.
func TestEveryActIsHere(t *testing.T) {
	known := map[string]bool{}
	for _, l := range looks {
		known[l] = true
	}
	for _, a := range all {
		known[strings.Fields(a.name)[0]] = true
	}
	inherited := func(m reflect.Method) bool { // it is the Book's or the Places' own, and not another of its name
		for _, room := range []reflect.Type{reflect.TypeFor[*Book](), reflect.TypeFor[*Places]()} {
			if _, ok := room.MethodByName(m.Name); ok {
				file, _ := runtime.FuncForPC(m.Func.Pointer()).FileLine(m.Func.Pointer())
				return file == "<autogenerated>" // by the compiler, which embeds it
			}
		}
		return false
	}
	groups := reflect.TypeOf(Acts{})
	for i := range groups.NumField() {
		g := groups.Field(i)
		if g.Type.Kind() == reflect.Pointer {
			continue // the Book and the Places: looking
		}
		for k := range g.Type.NumMethod() {
			m := g.Type.Method(k)
			full := g.Name + "." + m.Name
			if known[full] {
				delete(known, full)
			} else if !inherited(m) {
				t.Errorf("%s is in no table: what does it leave behind when a write fails?", full)
			}
		}
	}
	values := reflect.ValueOf(Acts{})
	for _, a := range all { // whoever acts is known: one that takes no Actor would be told of as somebody else's
		group, method, _ := strings.Cut(strings.Fields(a.name)[0], ".")
		m := values.FieldByName(group).MethodByName(method)
		if !m.IsValid() || m.Type().NumIn() < 2 || m.Type().In(1) != reflect.TypeFor[Actor]() {
			t.Errorf("%s takes no Actor", a.name)
		}
	}
	for name := range known {
		t.Errorf("%s is in a table and there is no such act", name)
	}
}

// TestFailures: whichever write of an act fails, before or after its commit, the act is done as a whole or not at all,
// and its fault says only what is true.
// ASVS 16.5.3.
func TestFailures(t *testing.T) {
	modes := []struct {
		name         string
		after, stays bool
	}{{name: "before the commit"}, {name: "after the commit", after: true}, {name: "and nothing outside can be taken back", stays: true}}
	tried, halfDone, untrue := map[string]int{}, 0, 0
	for _, a := range all {
		clean := a.once(t, 0, false, false)
		if clean.err != nil || clean.shape == "" {
			t.Errorf("%s: %v, and it changes %q", a.name, clean.err, clean.shape)
			continue
		}
		for _, mode := range modes {
			for n := 1; ; n++ {
				r := a.once(t, n, mode.after, mode.stays)
				if r.broke == "" {
					break
				}
				tried[mode.name]++
				half, lie := a.judge(r, clean.shape, mode.stays)
				what := fmt.Sprintf("%s: write %d (%s) fails %s", a.name, n, r.broke, mode.name)
				if half != "" {
					halfDone++
					t.Errorf("%s: half done: %s\n%v\n%s", what, half, r.err, r.shape)
				}
				if lie != "" {
					untrue++
					t.Errorf("%s: untrue: %s\n%#v\n%s", what, lie, fault.From(r.err), r.shape)
				}
			}
		}
	}
	for _, mode := range slices.Sorted(maps.Keys(tried)) {
		t.Logf("%d acts, one write failing %s: %d writes", len(all), mode, tried[mode])
	}
	t.Logf("figure: S11 half_done=%d untrue=%d acts=%d failing_writes=%d", halfDone, untrue, len(all), tried["before the commit"]+tried["after the commit"]+tried["and nothing outside can be taken back"])
	t.Logf("half-done %d, untrue %d", halfDone, untrue)
}

// outcome is what became of one act.
type outcome struct {
	err    error
	broke  string // the write that failed; "" for none
	before dump
	failed dump // right after the failure
	after  dump
	shape  string
}

// once does the act in a world of its own, with the n-th write failing.
func (a act) once(t *testing.T, n int, after, stays bool) (r outcome) {
	t.Helper()
	w := newWorld(t)
	defer w.end()
	if a.setup != nil {
		a.setup(w)
	}
	r.before = w.dump()
	w.f.set(n, after, stays)
	r.err = a.do(w)
	r.broke, _ = w.f.blown()
	w.f.set(0, false, false)
	r.failed = w.dump()
	if a.onward && r.err != nil {
		if err := a.do(w); err != nil {
			t.Errorf("%s: after %s had failed it cannot go on: %v", a.name, r.broke, err)
		}
	}
	if w.flows.hold == nil || r.err == nil {
		w.settle()
	}
	r.after = w.dump()
	r.shape = r.after.shape(r.before)
	return r
}

// judge says what is half done of an act, and what is not true that its fault says; "" for nothing.
func (a act) judge(r outcome, whole string, stays bool) (half, lie string) {
	if a.onward && r.err != nil {
		if changed := r.failed.shape(r.before) != ""; fault.NothingChanged(fault.All(r.err)...) && changed {
			lie = "it says that nothing was changed"
		}
		return "", lie
	}
	same := r.shape == ""
	only := func(prefix string) bool { return r.after.without(prefix).shape(r.before.without(prefix)) == "" }
	switch left := leftOf(r.err); {
	case r.err == nil:
		if r.shape != whole && a.name != "Rehearsal.Break" { // it says by its second result that no check began
			half = "it says that it was done, and that is\n" + whole + "\nnot"
		}
	case fault.NothingChanged(fault.All(r.err)...):
		if !same {
			lie = "it says that nothing was changed"
		}
	case left != "":
		if same {
			lie = "it says that something stays: " + left
		}
		if !stays && !a.goesOn && !(a.recorded && (only("audit") || strings.HasPrefix(a.name, "Migrations.Delete"))) && !(a.wipes && only("keyring") || a.wipes && onlyMemory(r)) {
			half = left
		}
	case !a.several && !same:
		half = "it failed and changed something"
	case a.several && !traces(r) && !strings.HasPrefix(a.name, "Certificates.IssueBatch"):
		half = "it failed and changed something"
	}
	return half, lie
}

// traces reports whether no more is left than lines of the audit, and that a download is gone.
func traces(r outcome) bool {
	rest := func(d dump) dump { return d.without("audit").without("vault gone") }
	return rest(r.after).shape(rest(r.before)) == ""
}

func onlyMemory(r outcome) bool {
	rest := func(d dump) dump { return d.without("keyring").without("vault").without("keeper") }
	return rest(r.after).shape(rest(r.before)) == ""
}

func leftOf(err error) string {
	for _, f := range fault.All(err) {
		if f.Left != "" {
			return f.Left
		}
	}
	return ""
}
