package acts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// maxFollowed is how many transfers of somebody else's one migration may follow at once: each costs a long poll
// and no worker.
const maxFollowed = 250

// maxKey is how long an idempotency key may be, in bytes.
const maxKey = 200

// Transfer asks for a test transfer. Once is the same when one form is sent twice: the second gets the first's run.
type Transfer struct {
	Credentials
	Once    string
	Request transfer.Request // its target is the migration's
}

// Start starts a test transfer in the background and returns its run at once. Faults are Invalid or TooLarge, at the
// fields of transfer.Validate, local_address and those of Credentials; Conflict when step test is not done; TooMany
// when three are under way.
func (w Workflows) Start(ctx context.Context, by Actor, id string, t Transfer) (run runs.Run, err error) {
	defer unchanged(&err)
	v, err := w.View(ctx, id)
	if err != nil {
		return run, err
	}
	if v.Namespace == nil {
		return run, noNamespace()
	}
	if t.Once == "" || len(t.Once) > maxKey {
		return run, badKey()
	}
	req := t.Request
	req.Target = w.Target(v)
	if err := join(transfer.Validate(req), w.allNear(ctx, req.Elsewhere), w.with(by, v, t.Credentials, &req.Target)); err != nil {
		return run, err
	}
	if err := readable(req.Target); err != nil {
		return run, err
	}
	if err := w.Reach(ctx, v); err != nil {
		return run, err
	}
	if len(req.Elsewhere) == 0 {
		req.Elsewhere = w.oldServer(ctx, v)
	}
	broken, err := w.bend(v, &req.Target)
	if err != nil {
		return run, err
	}
	if req.Worker == "own" && req.Target.TaskQueue != "" { // a switch has the wrong one
		req.TaskQueue = req.Target.TaskQueue
	}
	known := func() (runs.Run, error) { return w.o.Runs.ByKey(ctx, id, migration.TransferRun, t.Once) }
	if have, err := known(); !fault.Is(err, fault.NotFound) {
		return have, err
	}
	if err := w.admit(ctx, by, req.Target.Address); err != nil {
		return run, err
	}
	defer w.writing.lock(id)() // two requests with one key: the second waits and finds the first's run
	if have, err := known(); !fault.Is(err, fault.NotFound) {
		return have, err
	}
	if v, err = w.View(ctx, id); err != nil {
		return run, err
	}
	if v.Step(migration.StepTest).Status != migration.Done {
		return run, untested()
	}
	if req.WorkflowID == "" { // from migration and key, so that the server too refuses a second start
		sum := sha256.Sum256([]byte(id + "\x00" + t.Once))
		req.WorkflowID = "onramp-" + id + "-" + hex.EncodeToString(sum[:8])
	}
	return w.transfer(ctx, by, v, transferStart{verb: custody.Transferred, key: t.Once, req: req, broken: broken})
}

// transferStart is a transfer that begins: its request has its workflow id.
type transferStart struct {
	verb   custody.Verb
	key    string // the same when one form is sent twice; "" for none
	broken practice
	req    transfer.Request
}

// transfer begins the run of a transfer that was admitted (admit), for who holds the migration.
func (d *desk) transfer(ctx context.Context, by Actor, v migration.View, t transferStart) (runs.Run, error) {
	req := t.req
	leaf, secrets := leafOf(v, req.Target), runs.NewScrubber(req.Target)
	id := v.Migration.ID
	work := runs.Transfer{Transferer: d.o.Transfers, Request: req, View: v, Saw: func(ctx context.Context, p migration.PollerData) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWait)
		defer cancel()
		_, err := d.write(ctx, by, id, func(v migration.View) (entry, error) {
			return entry{facts: v.SetPoller(p), records: []custody.Record{note(id, custody.WorkerSeen, p.TaskQueue)}}, nil
		})
		d.logged("write down a worker that was seen", err)
	}}
	j := runs.Job{Secrets: secrets, Work: work, Most: maxRunning, Subject: req.WorkflowID,
		Run: runs.Run{Request: secrets.JSON(runs.NewTransferRequest(req, leaf)), IdempotencyKey: t.key, Row: runs.Row{By: by.Name,
			Outcome: migration.Outcome{MigrationID: id, Kind: migration.TransferRun, InputHash: t.broken.about(v, req.Target, leaf)}}}}
	if work.OnlyFollows() {
		j.Group, j.Most = "follows", maxFollowed
	}
	return d.begin(ctx, by, t.verb, j)
}

func leafOf(v migration.View, t doctor.Target) string {
	known := ""
	if v.Certificate != nil {
		known = v.Certificate.LeafFingerprint
	}
	return runs.LeafFingerprint(t.CertPEM, known)
}

func noNamespace() error {
	return fault.New(fault.Invalid, "There is no namespace yet", "Choose the namespace first: step 1.")
}

func untested() error {
	return fault.New(fault.Conflict, "The connection has not been tested", "Run the check first: a transfer needs a working connection.")
}

func badKey() error {
	return fault.New(fault.Invalid, "The idempotency key is missing or too long", "Send a random text of at most 200 bytes, the same on each retry.").In("key")
}
