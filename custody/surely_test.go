package custody_test

import (
	"context"
	"errors"
	"testing"

	"onramp/custody"
	"onramp/fault"
)

// book is an audit that remembers acts.
type book struct {
	acts map[string]bool
	err  error // of looking
}

func (b *book) Recorded(_ context.Context, act string) (bool, error) { return b.acts[act], b.err }

// TestSurely: an error says that nothing was written only when nothing was.
func TestSurely(t *testing.T) {
	full, blind := errors.New("disk full"), errors.New("cannot read")
	for name, tt := range map[string]struct {
		writes bool  // the records get in
		err    error // of the write
		look   error
		want   error
		left   bool
	}{
		"written":                            {true, nil, nil, nil, false},
		"not written":                        {false, full, nil, full, false},
		"written, and an error after that":   {true, full, nil, nil, false},
		"an error, and nobody can look":      {false, full, blind, full, true},
		"written, and nobody needs to look":  {true, nil, blind, nil, false},
		"written late, and nobody can look ": {true, full, blind, full, true},
	} {
		b := &book{acts: map[string]bool{}, err: tt.look}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // the look outlives it
		err := custody.Surely(ctx, b, []custody.Record{{Verb: custody.Signed}, {Verb: custody.Signed}}, func(rs []custody.Record) error {
			if len(rs) != 2 || rs[0].Act == "" || rs[0].Act != rs[1].Act {
				t.Errorf("%s: the records of one act are %+v", name, rs)
			}
			if tt.writes {
				b.acts[rs[0].Act] = true
			}
			return tt.err
		})
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if tt.left != (err != nil && fault.From(err).Left != "") || tt.left && fault.NothingChanged(fault.All(fault.Unchanged(err))...) {
			t.Errorf("%s: %#v, want something left: %v", name, fault.From(err), tt.left)
		}
	}
}
