package views

import "onramp/static"

// SignProps is how the run of a page stands, for who looks at another tab: it is in the page's title and icon. The zero
// SignProps is that of a page that is no run's.
type SignProps struct {
	State State
	Word  string // "Running", "Passed", "Failed": the first word of the title
	Over  bool   // the run has ended: whoever asked to be told is told
}

// icon is the address of the page's icon: with the sign of its state where it has one.
func (f Frame) icon() string {
	name := "icon"
	if f.Rehearsal || f.CloudSide {
		name = "rehearsal"
	}
	if s := f.Sign.State; s == Busy || s == Good || s == Warn || s == Bad {
		name += "-" + string(s)
	}
	return static.URL(name + ".svg")
}
