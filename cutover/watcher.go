package cutover

import (
	"context"
	"errors"

	"onramp/assess"
	"onramp/doctor"
	"onramp/reach"
)

// Watcher looks at both sides for a portal. To, where it is set, gives the dialer of an address, by which everything is
// dialled.
type Watcher struct {
	To func(address string) reach.Dialer
}

// Ends are both sides of a cut-over. The source's namespace and the target's are those of the options.
type Ends struct{ Source, Target doctor.Target }

// Cross looks once. Where nothing can be said of the source the verdict says why, and there are no facts; the error is a
// fault about one of the ends.
func (w Watcher) Cross(ctx context.Context, e Ends, o Options) (*Facts, *doctor.Verdict, error) {
	from, err := assess.Dial(e.Source, w.To)
	if err != nil {
		return nil, nil, err
	}
	defer from.Close()
	to, err := assess.Dial(e.Target, w.To)
	if err != nil {
		return nil, nil, err
	}
	defer to.Close()
	engine := doctor.New(doctor.Options{To: w.To})
	o.Check = func(ctx context.Context) *Checked { return CheckedBy(engine.Run(ctx, e.Target, nil)) }
	f, err := NewReader(End{from, e.Source.Address}, End{to, e.Target.Address}, o).Look(ctx, All)
	var u *assess.Unreachable
	if errors.As(err, &u) {
		v := Explain(ctx, engine, e.Source, u)
		return nil, &v, nil
	}
	return f, nil, err
}
