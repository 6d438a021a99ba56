package acts

import (
	"context"
	"strings"

	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// maxRunning is how many runs of a kind one migration may have under way.
const maxRunning = 3

// Check asks for a check of a migration's connection.
type Check struct {
	Credentials
	TaskQueue string
	// The server where the application runs today, where it is given: it must be near.
	LocalAddress, LocalNamespace string
}

// Start starts a check in the background and returns its run at once. Faults are Invalid, at the fields task_queue,
// local_address, local_namespace and those of Credentials; TooMany when three are under way.
func (c Checks) Start(ctx context.Context, by Actor, id string, req Check) (run runs.Run, err error) {
	defer unchanged(&err)
	v, err := c.View(ctx, id)
	if err != nil {
		return run, err
	}
	if v.Namespace == nil {
		return run, fault.New(fault.Invalid, "There is no namespace to check yet", "Choose the namespace first: step 1.")
	}
	t := c.Target(v)
	t.TaskQueue = req.TaskQueue
	err = join(c.with(by, v, req.Credentials, &t), c.withLocal(ctx, req, &t), checkQueue(t.TaskQueue))
	if err != nil {
		return run, err
	}
	if err := c.Reach(ctx, v); err != nil {
		return run, err
	}
	broken, err := c.bend(v, &t)
	if err != nil {
		return run, err
	}
	return c.check(ctx, by, v, t, broken)
}

// Invalid says what is wrong with a check that is asked for, beside its credentials.
func (c Checks) Invalid(ctx context.Context, req Check) error {
	var t doctor.Target
	return join(c.withLocal(ctx, req, &t), checkQueue(req.TaskQueue))
}

// check begins the run of a check.
func (d *desk) check(ctx context.Context, by Actor, v migration.View, t doctor.Target, broken practice) (runs.Run, error) {
	if err := d.admit(ctx, by, t.Address); err != nil {
		return runs.Run{}, err
	}
	return checkAdmitted(ctx, d, by, v, t, broken)
}

// checkAdmitted is check of what may be dialled now.
func checkAdmitted(ctx context.Context, d *desk, by Actor, v migration.View, t doctor.Target, broken practice) (runs.Run, error) {
	return d.begin(ctx, by, custody.Checked, checkJob(d, by, v, t, func(leaf string) string { return broken.about(v, t, leaf) }))
}

// checkJob is the run of a check; about is the hash of what it is about, by the fingerprint of its client certificate.
func checkJob(d *desk, by Actor, v migration.View, t doctor.Target, about func(leaf string) string) runs.Job {
	known := ""
	if v.Certificate != nil {
		known = v.Certificate.LeafFingerprint
	}
	leaf, secrets := runs.LeafFingerprint(t.CertPEM, known), runs.NewScrubber(t)
	asked := runs.NewCheckRequest(t, leaf)
	r := runs.Run{Request: secrets.JSON(asked), Row: runs.Row{By: by.Name, TaskQueue: asked.TaskQueue, LocalAddress: asked.LocalAddress, LocalNamespace: asked.LocalNamespace,
		Outcome: migration.Outcome{MigrationID: v.Migration.ID, Kind: migration.CheckRun, InputHash: about(leaf)}}}
	return runs.Job{Run: r, Secrets: secrets, Most: maxRunning, Work: runs.Check{Checker: d.o.Checker, Target: t, View: v, Leaf: leaf}}
}

// about is the hash of what a run with a target is about.
func about(v migration.View, t doctor.Target, leaf string) string {
	return v.AboutCheck(migration.Check{Namespace: t.Namespace, Address: t.Address, Server: t.ServerName, Leaf: leaf})
}

// practice is whether a run is made while its migration is broken on purpose.
type practice bool

// about is the hash of what a run with a target is about. A run of practice is about that alone: turned off, a fault
// leaves no failed step behind, and a run that passed all the same proves none.
func (p practice) about(v migration.View, t doctor.Target, leaf string) string {
	if p {
		return migration.Practice(about(v, t, leaf))
	}
	return about(v, t, leaf)
}

// begin begins a run whose first row and audit record are written together.
func (d *desk) begin(ctx context.Context, by Actor, verb custody.Verb, j runs.Job) (runs.Run, error) {
	j.Add = func(ctx context.Context, r runs.Run) (runs.Run, error) {
		return d.store.AddRun(ctx, r, d.stamped(by, note(r.MigrationID, verb, r.ID))...)
	}
	j.Person = by.Person
	return d.o.Runs.Begin(ctx, j)
}

// LastAsked is what a reader asked the newest check that Onramp made itself, among rows that are newest first.
func LastAsked(past []runs.Row) runs.Row {
	for _, p := range past {
		if p.From == "" && p.TaskQueue != cloud.PracticeQueue {
			return p
		}
	}
	return runs.Row{}
}

// withLocal fills a target with the server where the application runs today, when one is named.
func (d *desk) withLocal(ctx context.Context, req Check, t *doctor.Target) error {
	if req.LocalAddress == "" {
		return nil
	}
	if len(req.LocalNamespace) > 200 || strings.ContainsFunc(req.LocalNamespace, unnameable) {
		return fault.New(fault.Invalid, "This is not the name of a namespace", "Enter the namespace on the old server, or leave it empty for default.").In("local_namespace")
	}
	address, err := d.near(ctx, req.LocalAddress)
	t.LocalAddress, t.LocalNamespace = address, req.LocalNamespace
	return err
}
