package namespace

import (
	"strings"
	"testing"
)

// What Parse accepts, it reads back the same and without repairs; a second run on its own endpoint and
// link gives the same namespace.
func FuzzParse(f *testing.F) {
	for _, tt := range pastes {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		p, err := Parse(in)
		if err != nil {
			return
		}
		again, err := Parse(p.ID.String())
		if err != nil || again.ID != p.ID || len(again.Repairs) > 0 || again.Kind != PasteID {
			t.Errorf("Parse(%q).ID = %q, which reads back as %+v, %v", in, p.ID, again, err)
		}
		for _, s := range []string{p.ID.Endpoint(), p.ID.UIURL()} {
			again, err := Parse(s)
			if err != nil || again.ID != p.ID || len(again.Repairs) > 0 {
				t.Errorf("Parse(%q).ID = %q, but Parse(%q) = %+v, %v", in, p.ID, s, again, err)
			}
		}
		if id, ok := FromHost(p.ID.Host()); !ok || id != p.ID {
			t.Errorf("Parse(%q).ID = %q, but FromHost of its host = %v, %v", in, p.ID, id, ok)
		}
	})
}

// What ParseAddress accepts, it reads back the same and without repairs.
func FuzzParseAddress(f *testing.F) {
	for _, tt := range addresses {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		a, _, err := ParseAddress(in)
		if err != nil {
			return
		}
		again, repairs, err := ParseAddress(a.String())
		if err != nil || again != a || len(repairs) > 0 {
			t.Errorf("ParseAddress(%q) = %q, which reads back as %q, %v, %v", in, a, again, repairs, err)
		}
	})
}

// A text without what is repaired stays as it is; repairing a repaired text changes nothing more.
func FuzzRepairsAreIdempotent(f *testing.F) {
	for _, tt := range pastes {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once := &trail{text: in}
		once.unhide()
		once.unwrap()
		twice := &trail{text: once.text}
		twice.unhide()
		twice.unwrap()
		if twice.text != once.text || len(twice.repairs) > 0 {
			t.Errorf("repairing %q gives %q, again %q", in, once.text, twice.text)
		}
	})
}

// The longest pastes of the worst shapes: none may take long, or a page would hang on them.
func BenchmarkWorstPastes(b *testing.B) {
	for _, unit := range []string{"a=", "a ", `"(`, "host: ", "setx a ", "--namespace a ", "a\n", "a.b.", ":", "://", "\u200b"} {
		in := strings.Repeat(unit, maxPaste/len(unit))
		b.Run(unit, func(b *testing.B) {
			for b.Loop() {
				_, _ = Parse(in)
				_, _, _ = ParseAddress(in)
			}
		})
	}
}
