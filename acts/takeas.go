package acts

import (
	"context"
	"slices"

	"onramp/certsvc"
	"onramp/fault"
)

// TakeAs asks for a client certificate with its key in some form.
type TakeAs struct {
	Leaf   string // fingerprint
	Format certsvc.Format
	Spec   certsvc.OutputSpec // without the key, which waits here
}

// TakeAs hands out a client certificate with its key in the form that is asked for, once. Faults are Invalid, at the
// fields of certsvc.Output and format, or those of Take.
func (k Keys) TakeAs(ctx context.Context, by Actor, id string, req TakeAs) (name string, content []byte, err error) {
	defer unchanged(&err)
	info, ok := certsvc.FormatOf(string(req.Format))
	if !ok || !info.Key {
		return "", nil, fault.New(fault.Invalid, "The form is not chosen", "Choose one of those offered.").In("format")
	}
	return k.take(ctx, by, id, Download{Leaf: req.Leaf}, func(bundle []byte) (string, []byte, error) {
		if info.Format == certsvc.FormatBundle {
			return info.File, slices.Clone(bundle), nil
		}
		pair, err := certsvc.Inspect([]certsvc.File{{Name: "bundle.zip", Content: bundle}}, "").ClientPair()
		if err != nil {
			return "", nil, err
		}
		s := req.Spec
		s.ClientKey = pair.KeyPEM()
		defer clear(s.ClientKey.Reveal())
		out, err := certsvc.Output(info.Format, s)
		return info.File, out, err
	})
}
