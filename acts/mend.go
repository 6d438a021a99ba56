package acts

import (
	"context"
	"strings"

	"onramp/custody"
	"onramp/namespace"
)

// Mend turns a switch of a namespace off, or all of them ("").
func (r Rehearsal) Mend(ctx context.Context, by Actor, pasted, breakID string) (err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return err
	}
	id, _, err := namespace.ParseID(pasted)
	if err != nil {
		return err
	}
	ids := []string{breakID}
	if breakID == "" {
		ids = place.Breaks.Broken()[id.String()]
	}
	if err := r.record(ctx, by, note("", custody.Mended, strings.TrimSpace(id.String()+" "+breakID))); err != nil {
		return err
	}
	for _, b := range ids {
		if err := place.Breaks.SetBreak(ctx, id, b, false); err != nil {
			return wasRecorded(err)
		}
	}
	return nil
}
