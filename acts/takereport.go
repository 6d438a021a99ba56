package acts

import (
	"context"
	"crypto/sha256"

	"onramp/custody"
	"onramp/fault"
	"onramp/runs"
)

// Take records a report that was posted to a one-time address, and uses the address up. by is whose request brought it:
// a post needs no sign-in, so the act is of the person who made the address, from where and in which request it came. A
// Gone fault when there is no such address, it is over or was used, or whoever made it may not work on the migration any
// more. A report that is refused leaves it good: the check can be run again.
func (c Checks) Take(ctx context.Context, by Actor, token string, text []byte) (run runs.Run, err error) {
	defer unchanged(&err)
	h := sha256.Sum256([]byte(token))
	v, ok := c.invites.take(h, c.now())
	if !ok {
		return run, noAddress()
	}
	if err = inviteStands(ctx, c, v); err == nil {
		behind := v.by
		behind.Session, behind.Via, behind.From, behind.Request = "", runs.ViaPost, by.From, by.Request
		run, err = c.Record(ctx, behind, v.migration, text, v.who, runs.ViaPost)
	}
	if err != nil && !fault.Is(err, fault.Gone) {
		c.invites.giveBack(h, v)
	}
	return run, err
}

func noAddress() error {
	f := fault.New(fault.Gone, "This address is no longer valid", "Make a new one on the page of the connection test, or paste the report there.")
	f.Cause = "It takes one report, within 30 minutes, while Onramp runs."
	return f
}

// inviteStands is nil as long as whoever made an address may work on its migration, as Handoffs.stands; a Gone fault after that.
func inviteStands(ctx context.Context, c Checks, v invite) error {
	m, err := c.Migration(ctx, v.migration)
	switch {
	case fault.Is(err, fault.NotFound):
		return noAddress()
	case err != nil || v.by.Person == custody.Local:
		return err
	}
	var maker Actor
	if c.o.Handoffs != nil {
		maker, err = c.o.Handoffs.Maker(ctx, v.by.Person)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if !maker.WorksOn(m.Team) {
		f := fault.New(fault.Gone, "This address is no longer valid", "Ask "+v.by.Name+"’s team for a new one.")
		f.Cause = v.by.Name + " made it, and no longer works on this migration in Onramp."
		return f
	}
	return nil
}
