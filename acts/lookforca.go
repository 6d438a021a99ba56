package acts

import (
	"context"
	"slices"
	"sync"
	"time"

	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

const (
	// lookGap is how young a look may be to serve for the next one: several tabs may wait for the same.
	lookGap = 5 * time.Second
	// lookFor bounds one look.
	lookFor = 20 * time.Second
	// lookAgain is how young a look may be to serve for one that may not be made yet (admit): an open page asks twice a
	// minute, and is never refused for that.
	lookAgain = time.Minute
)

// CALook is what a light check of the CA certificate saw.
type CALook struct {
	At       time.Time
	Accepted bool   // the namespace accepts it
	Code     string // of the verdict; "" where the bundle itself can be read
	Title    string // of the verdict, or what the bundle shows
	Err      error  // why nothing could be seen
	Run      string // the check that was started because it is accepted; "" for none
}

// caLooks are the last looks, one for each person and migration.
type caLooks struct {
	mu  sync.Mutex // guards what follows
	all map[custody.Held]*caLook
}

type caLook struct {
	busy  sync.Mutex // one look at a time: who waits takes its answer
	about string
	last  CALook
}

func (l *caLooks) of(key custody.Held) *caLook {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[custody.Held]*caLook{}
	}
	if l.all[key] == nil {
		l.all[key] = &caLook{}
	}
	return l.all[key]
}

// forget drops what was seen for a migration.
func (l *caLooks) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.all {
		if key.Migration == id {
			delete(l.all, key)
		}
	}
}

// LookForCA looks whether the namespace accepts the migration's CA certificate: where its bundle can be read, there; else
// by a connection with the lent key, which is not kept longer for it. A look leaves no run and no record as long as
// nothing is seen. What is seen is written down: the bundle's certificate as a fact, an accepted connection by a whole
// check, which this starts. A look less than five seconds old is given again, and one less than a minute old where the next may
// not be made yet. A Conflict fault where there is nothing to look for; where several people share Onramp, reach.Gate's
// for a connection. Why a look saw nothing is in CALook.Err.
func (c Checks) LookForCA(ctx context.Context, by Actor, id string) (seen CALook, err error) {
	defer unchanged(&err)
	v, err := c.View(ctx, id)
	if err != nil {
		return seen, err
	}
	return c.seeCA(ctx, by, by, v)
}

// seeCA is LookForCA, with the key that keys lent. A look by a link counts for the link: whoever has it uses up nothing of
// its maker's.
func (c Checks) seeCA(ctx context.Context, by, keys Actor, v migration.View) (seen CALook, err error) {
	id := v.Migration.ID
	switch {
	case v.Migration.Auth == cloud.AuthAPIKey || v.Namespace == nil || v.Certificate == nil:
		return seen, fault.New(fault.Conflict, "There is no CA certificate to look for", "Choose the namespace and create certificates first: steps 1 and 2.")
	case v.Step(migration.StepUpload).Status == migration.Done:
		return CALook{At: c.now(), Accepted: true, Title: v.Step(migration.StepUpload).Evidence}, nil
	}
	l := c.looks.of(by.Holds(id, "ca"))
	l.busy.Lock()
	defer l.busy.Unlock()
	about := v.CheckHash()
	c.looks.mu.Lock()
	last, same := l.last, l.about == about
	c.looks.mu.Unlock()
	if same && !last.Accepted && c.now().Sub(last.At) < lookGap {
		return last, nil
	}
	looking, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	seen, err = c.lookForCA(looking, by, keys, v)
	if fault.Is(err, fault.TooMany) && same && c.now().Sub(last.At) < lookAgain {
		return last, nil
	}
	if err == nil {
		err = ctx.Err() // the reader left: what was cut short says nothing
	}
	if err != nil {
		return seen, err
	}
	c.looks.mu.Lock()
	l.last, l.about = seen, about
	c.looks.mu.Unlock()
	c.changes.Wake(id)
	return seen, nil
}

// lookForCA is one look. The error is the gate's, or that of writing down what it saw.
func (c Checks) lookForCA(ctx context.Context, by, keys Actor, v migration.View) (seen CALook, err error) {
	id, ca := v.Migration.ID, v.Certificate.CAFingerprint
	defer func() { seen.At = c.now() }()
	if v.Migration.Mode.Can().Bundle {
		_, ns, err := c.bundle(ctx, v)
		if err != nil {
			return CALook{Err: err}, nil
		}
		if !slices.Contains(ns.Fingerprints(), ca) {
			return CALook{Title: "The namespace does not hold this CA certificate yet"}, nil
		}
		_, err = c.write(ctx, by, id, func(v migration.View) (entry, error) {
			facts, err := v.SetUpload(migration.UploadData{CAFingerprint: ca})
			return entry{facts: facts, records: []custody.Record{note(id, custody.CASeen, "in "+ns.ID.String())}}, err
		})
		return CALook{Accepted: err == nil, Title: "The namespace holds this CA certificate"}, err
	}
	t := c.Target(v)
	if !c.lend(keys, v, &t) {
		return CALook{Err: fault.New(fault.Conflict, "Onramp has no key to check with", "Let Onramp use the client key for 30 minutes, or run the check of step 4 with it.")}, nil
	}
	if err := c.admit(ctx, by, t.Address); err != nil {
		return seen, err
	}
	leaf := leafOf(v, t)
	rep := c.o.Checker.Run(ctx, t, func(doctor.Stage) {})
	found := runs.About(rep, leaf)
	seen = CALook{Code: rep.Verdict.Code, Title: rep.Verdict.Title, Accepted: found.Accepted || found.Passed}
	if !seen.Accepted || leaf != v.Certificate.LeafFingerprint {
		return seen, nil
	}
	run, err := c.check(ctx, by, v, t, false)
	if fault.Is(err, fault.TooMany) { // checks are under way already
		return seen, nil
	}
	seen.Run = run.ID
	return seen, err
}

// LastCALook is what the actor's last look saw; false when there was none about the present namespace and certificate.
func (c Checks) LastCALook(by Actor, v migration.View) (CALook, bool) {
	c.looks.mu.Lock()
	defer c.looks.mu.Unlock()
	l := c.looks.all[by.Holds(v.Migration.ID, "ca")]
	if l == nil || l.last.At.IsZero() || l.about != v.CheckHash() {
		return CALook{}, false
	}
	return l.last, true
}

// CanLookForCA reports whether a look for the CA certificate can see anything now: the bundle can be read, or a key is
// lent to connect with.
func (c Checks) CanLookForCA(by Actor, v migration.View) bool {
	return v.Migration.Mode.Can().Bundle && v.Namespace != nil && v.Certificate != nil || c.CanLook(by, v)
}
