package handlers

import "onramp/handlers/web"

// Declared is what the table of routes says of one address.
type Declared struct {
	Method, Pattern string
	Need            web.Right
}

// Declared are the rows of the table of this portal, for the tests.
func (h *Handlers) Declared() (out []Declared) {
	for _, x := range h.table() {
		out = append(out, Declared{x.method, x.pattern, x.right})
	}
	return out
}
