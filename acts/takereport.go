package acts

import (
	"context"
	"crypto/sha256"

	"onramp/fault"
	"onramp/runs"
)

// Take records a report that was posted to a one-time address, and uses the address up. by is whose request brought it:
// a post needs no sign-in, so the act is of the person who made the address, from where and in which request it came. A
// Gone fault when there is no such address, or it is over or was used. A report that is refused leaves it good: the
// check can be run again.
func (c Checks) Take(ctx context.Context, by Actor, token string, text []byte) (run runs.Run, err error) {
	defer unchanged(&err)
	h := sha256.Sum256([]byte(token))
	v, ok := c.invites.take(h, c.now())
	if !ok {
		f := fault.New(fault.Gone, "This address is no longer valid", "Make a new one on the page of the connection test, or paste the report there.")
		f.Cause = "It takes one report, within 30 minutes, while Onramp runs."
		return run, f
	}
	behind := v.by
	behind.Session, behind.Via, behind.From, behind.Request = "", runs.ViaPost, by.From, by.Request
	if run, err = c.Record(ctx, behind, v.migration, text, v.who, runs.ViaPost); err != nil {
		c.invites.giveBack(h, v)
	}
	return run, err
}
