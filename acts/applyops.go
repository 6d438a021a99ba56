package acts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// opsWait is how long ApplyOps waits for a change to end; it goes on after that.
const opsWait = 20 * time.Second

// ApplyOps makes the plan that was shown, whose operation the form names: another one than is planned now is a Conflict
// fault. The record is written before the request is sent. It returns when the change has ended, when it takes long, or
// when ctx ends; the change goes on either way, and State tells its end.
func (c CloudOps) ApplyOps(ctx context.Context, by Actor, id, operation string) error {
	s, err := c.ops.of(opsKey(by, id))
	if err != nil {
		return fault.Unchanged(err)
	}
	if err := c.admit(ctx, by, s.state.Server); err != nil {
		return fault.Unchanged(err)
	}
	if st, _ := c.State(by, id); st.Plan != nil && st.Plan.Kind == cloud.KindKey {
		if err := c.ops.waiting(s, st.Plan.Namespace); err != nil {
			return fault.Unchanged(err)
		}
	}
	c.ops.mu.Lock()
	plan, from, wish, sending, closed := s.state.Plan, s.from, s.wish, s.state.Sending, c.ops.closed
	good := !closed && !sending && plan != nil && plan.Operation == operation
	if good {
		s.state.Sending, s.done = true, make(chan struct{})
		c.ops.work.Add(1)
	}
	done := s.done
	c.ops.mu.Unlock()
	switch {
	case sending:
		return fault.Unchanged(fault.New(fault.Conflict, "A change is under way", "Wait for its end, then plan the next one."))
	case !good:
		return fault.Unchanged(fault.New(fault.Conflict, "This is not the change that is planned now", "Look at the difference again."))
	}
	err = c.outlived(ctx, by, sent{id, plan, from}, wish)
	if err == nil {
		err = c.record(ctx, by, note(id, custody.CloudAsked, opsNote(plan, "sent")))
	}
	if err != nil {
		c.ops.mu.Lock()
		s.state.Sending = false
		gone := c.ops.all[opsKey(by, id)] != s
		c.ops.mu.Unlock()
		if gone {
			_ = s.client.Close() // its key was to be forgotten meanwhile
		}
		c.ops.work.Done()
		return fault.Unchanged(err)
	}
	var ended error // once done is closed
	go func() {
		defer c.ops.work.Done()
		ended = c.carryOut(by, id, s, plan, from)
		close(done)
	}()
	wait := time.NewTimer(opsWait)
	defer wait.Stop()
	select {
	case <-done:
		return ended
	case <-wait.C:
	case <-ctx.Done():
	}
	return nil
}

// outlived refuses a plan whose migration has another namespace than it was shown for: somebody else may have the namespace by
// now, or use it too; and one that takes away what a gate or a program keeps since.
func (c CloudOps) outlived(ctx context.Context, by Actor, of sent, wish OpsWish) error {
	v, err := c.View(ctx, of.id)
	if err != nil {
		return err
	}
	p, now := of.plan, ownNamespace(v)
	if now == of.from && (p.Kind == cloud.KindCreate || p.Namespace.String() == now) {
		if err := c.mayChange(ctx, by, v, p.Kind); err != nil {
			return err
		}
		if err := (opsWish{c, nil, v, wish}).may(ctx, p.Namespace); err != nil {
			return err
		}
		if p.Kind == cloud.KindKeyDelete && p.Key.ID != migration.RotationOf(v).Old.ID {
			return fault.New(fault.Conflict, "Another API key is being replaced now", "Plan the deletion anew.")
		}
		return nil
	}
	f := fault.New(fault.Conflict, "The migration has another namespace than this change was planned for", "Plan the change anew.")
	f.Cause = fmt.Sprintf("The change is about %s. Nothing was sent to Temporal Cloud.", p.Namespace)
	return f
}

// ownNamespace is the namespace of a migration; "" for none.
func ownNamespace(v migration.View) string {
	if v.Namespace == nil {
		return ""
	}
	return v.Namespace.Namespace
}

func opsNote(p *cloud.Plan, how string) string {
	return fmt.Sprintf("%s, operation %s %s: %s", p.Namespace, p.Operation, how, strings.Join(p.Diff, "; "))
}

// carryOut makes a plan, writes down its end and what the namespace holds then. The error is that of the change, which the
// session's state tells too, or of writing it down.
func (c CloudOps) carryOut(by Actor, id string, s *opsSession, plan *cloud.Plan, from string) error {
	applied, key, err := c.send(s, plan)
	c.ops.mu.Lock()
	s.state.Sending, s.state.Plan, s.state.Failed = false, nil, err
	if s.state.Applied = &applied; err == nil && applied.Detail.Name != "" {
		s.state.Detail, s.state.NotSeen = &applied.Detail, nil
	}
	gone := c.ops.all[opsKey(by, id)] != s
	switch {
	case key == nil:
	case gone: // nobody can take it: the next one that is made deletes it
		clear(key.Secret.Reveal())
	default:
		s.made, s.state.Waits = key, plan.Key
	}
	c.ops.mu.Unlock()
	if gone {
		_ = s.client.Close() // its key was to be forgotten meanwhile
	}
	how := "is made"
	if err != nil {
		how = "is not made (" + fault.From(err).Title + ")"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ending), opsWait)
	defer cancel()
	unwritten := c.ended(ctx, by, sent{id, plan, from}, applied, err, note(id, custody.CloudEnded, opsNote(plan, how)))
	c.changes.Wake(id)
	if unwritten == nil && err == nil {
		return nil
	}
	if unwritten == nil {
		f := *fault.From(err)
		f.Unchanged, f.Left = false, "The change was sent to Temporal Cloud; the audit says so, and how it ended."
		return &f
	}
	c.o.Log.Error("the end of a change in Temporal Cloud was not written down", "operation", plan.Operation, "err", unwritten)
	f := *fault.From(unwritten)
	f.Unchanged, f.Left = false, "The change was sent to Temporal Cloud, and this page tells its end; only what Onramp writes down of it is not complete."
	return &f
}

// send sends a plan and waits for its end. A key that was made waits in memory.
func (c CloudOps) send(s *opsSession, plan *cloud.Plan) (cloud.Applied, *madeKey, error) {
	progress := func(o cloud.Operation) { c.ops.change(s, func(st *OpsState) { st.Progress = o }) }
	if plan.Kind != cloud.KindKey {
		applied, err := s.client.Apply(c.ending, *plan, progress)
		return applied, nil, err
	}
	made, err := s.client.MakeKey(c.ending, *plan, progress)
	if err != nil {
		return cloud.Applied{}, nil, err
	}
	return cloud.Applied{Changed: true, Operation: cloud.Operation{ID: plan.Operation, State: cloud.Fulfilled}}, &madeKey{made, *plan}, nil
}

// sent is a plan that is sent for a migration, and the namespace that the migration had when it was made.
type sent struct {
	id   string
	plan *cloud.Plan
	from string
}

// ended writes down the end of a change, and what follows from it for the migration.
func (c CloudOps) ended(ctx context.Context, by Actor, of sent, applied cloud.Applied, failed error, r custody.Record) error {
	if failed != nil || applied.Detail.Name == "" {
		return c.record(ctx, by, r)
	}
	v, err := c.View(ctx, of.id)
	if err == nil && of.plan.Kind == cloud.KindCreate && ownNamespace(v) == of.from { // it was made for this migration
		err = c.settleOn(ctx, by, of.id, applied.Detail.ID, applied.Detail.ActiveRegion)
	}
	err = errors.Join(err, c.asRead(ctx, by, of.id, &applied.Detail, r))
	if of.plan.Kind == cloud.KindKeyDelete && of.plan.Key != nil {
		err = errors.Join(err, keyGone(ctx, c, by, of.id, of.plan))
	}
	return errors.Join(err, c.seeAfter(ctx, by, of.id))
}

// keyGone ends the replacement of an API key whose old key was deleted.
func keyGone(ctx context.Context, c CloudOps, by Actor, id string, p *cloud.Plan) error {
	_, err := c.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts := migration.DeletedByOps(v, p.Key.ID, p.Operation)
		if len(facts) == 0 {
			return entry{}, nil
		}
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceRemoved, "API key "+migration.KeyRef{ID: p.Key.ID, Name: p.Key.Name}.Said())}}, nil
	})
	return err
}

// seeAfter lets step 3 see what is there now: the bundle where it can be read, or a connection with a lent key. What it
// does not see stays open.
func (c CloudOps) seeAfter(ctx context.Context, by Actor, id string) error {
	v, err := c.View(ctx, id)
	if err != nil || v.Step(migration.StepUpload).Status == migration.Done {
		return err
	}
	checks := Checks(c)
	if v.Certificate == nil || !checks.CanLookForCA(by, v) {
		return nil
	}
	_, err = checks.LookForCA(ctx, by, id)
	if fault.Is(err, fault.TooMany) || fault.Is(err, fault.Denied) { // the gate's: nothing is wrong with the change
		return nil
	}
	return err
}
