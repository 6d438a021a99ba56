package assess

import (
	"context"
	"errors"

	"onramp/doctor"
	"onramp/reach"
)

// Reader reads servers for a portal. To, where it is set, gives the dialer of an address, by which everything is dialled.
type Reader struct {
	To func(address string) reach.Dialer
}

// Assess reads a source into facts. Where nothing can be said of it the verdict says why, and there are no facts; the error
// is a fault about the target.
func (r Reader) Assess(ctx context.Context, t doctor.Target, o Options) (*Facts, *doctor.Verdict, error) {
	conn, err := Dial(t, r.To)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	f, err := Collect(ctx, conn, t.Address, o)
	var u *Unreachable
	if errors.As(err, &u) {
		v := Explain(ctx, doctor.New(doctor.Options{To: r.To}), t, u)
		return nil, &v, nil
	}
	if err != nil {
		return nil, nil, err
	}
	f.TLS, f.APIKey = !t.Plaintext, t.APIKey != ""
	return f, nil, nil
}
