package web

import (
	"onramp/acts"
	"onramp/views"
)

// DialProps is what a check would dial.
func DialProps(d acts.Dial) views.DialProps {
	p := views.DialProps{Address: d.Address, To: d.To, Not: d.Not}
	if d.Rule != "" {
		p.Rule = "Allowed as " + d.Rule
	}
	if f := d.Refused; f != nil {
		p.Refused, p.Fix = f.Title+". "+f.Cause, f.Fix
		if f.Cause == "" {
			p.Refused = f.Title
		}
	}
	return p
}
