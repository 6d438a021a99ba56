package acts

import (
	"context"
	"fmt"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// GiveOpsKey takes a Cloud Ops API key into memory for 15 minutes and looks with it: whose it is, which namespaces there
// are, and the migration's. Where the place has keys of its own, an empty one makes one. A key that is refused is not kept.
// Faults are those of the client, at the field ops_key.
func (c CloudOps) GiveOpsKey(ctx context.Context, by Actor, id string, key certsvc.Secret) (err error) {
	defer unchanged(&err)
	v, err := c.View(ctx, id)
	if err != nil {
		return err
	}
	place := c.Place(v.Migration.Mode.Can().Practice)
	if place.Open == nil {
		todo := "Upload the CA certificate by hand, as step 3 says."
		if v.Migration.UsesKeys() {
			todo = "Make the API key by hand, as step 2 says."
		}
		return fault.New(fault.Unavailable, "There is no control plane to ask", todo)
	}
	if err := c.admit(ctx, by, place.Server); err != nil {
		return err
	}
	if key.Empty() && place.OwnKey != nil {
		account := "a2dd6" // as the namespaces of the documentation have
		if ns, err := idOf(v); err == nil {
			account = ns.Account
		}
		if key, err = place.OwnKey(account); err != nil {
			return err
		}
	}
	client, err := place.Open(key)
	if err != nil {
		return fault.From(err).In("ops_key")
	}
	s := &opsSession{client: client, state: OpsState{Server: place.Server, Until: c.now().Add(OpsFor)}}
	if s.state.Who, err = client.Who(ctx); err == nil {
		c.pickUp(ctx, by, v, s)
		err = c.look(ctx, by, id, s, note(id, custody.OpsKeyGiven, "of "+s.state.Who.Name+" at "+place.Server))
	}
	if err != nil {
		_ = client.Close() // it is of no use
		return atField(err, "", "ops_key")
	}
	c.ops.keep(opsKey(by, id), s)
	return nil
}

// pickUpFor bounds the wait for a change that an earlier process sent.
const pickUpFor = 30 * time.Second

// pickUp brings a change to its end that this Onramp sent for the migration, or about its namespace, before it was stopped. A
// namespace that was made becomes the migration's, as long as that has the one that it had when this was planned (as after
// a change whose end was seen). A change of a namespace that the migration has left meanwhile is brought to its end too;
// the migration stays where it is.
func (c CloudOps) pickUp(ctx context.Context, by Actor, v migration.View, s *opsSession) {
	id := v.Migration.ID
	ns, err := idOf(v)
	becomes := false
	pending, found := s.client.Pending(id)
	if found {
		ns, err = pending.Namespace, nil
		becomes = pending.Kind == cloud.KindCreate && ownNamespace(v) == pending.From
	}
	if err != nil {
		return
	}
	own := becomes || ownNamespace(v) == ns.String()
	ctx, cancel := context.WithTimeout(ctx, pickUpFor)
	defer cancel()
	applied, found, err := s.client.Resume(ctx, ns, nil)
	if !found {
		return
	}
	if own { // else the page would tell of a namespace that it does not show
		s.state.Applied, s.state.Failed = &applied, err
	}
	logged := func(what string, err error) {
		if err != nil {
			c.o.Log.Error(what, "operation", applied.Operation.ID, "err", err)
		}
	}
	if err == nil && becomes && ownNamespace(v) != ns.String() {
		logged("the namespace that was made is not that of the migration yet", c.settleOn(ctx, by, id, ns, applied.Detail.ActiveRegion))
	}
	logged("the end of a change in Temporal Cloud was not written down",
		c.record(ctx, by, note(id, custody.CloudEnded, fmt.Sprintf("%s, operation %s of an earlier start: %s", ns, applied.Operation.ID, applied.Operation.State))))
	if err == nil && own && pending.Kind == cloud.KindKeyDelete && pending.Key != nil && pending.Operation == applied.Operation.ID {
		logged("the end of a replacement was not written down", keyGone(ctx, c, by, id, &pending))
	}
	if err == nil && own {
		logged("a look after a change in Temporal Cloud saw nothing", c.seeAfter(ctx, by, id))
	}
}
