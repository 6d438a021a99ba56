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

// Feeds are the names of what a page can follow beside a run.
func (h *Handlers) Feeds() (names []string) {
	for _, f := range h.feeds() {
		names = append(names, f.name)
	}
	return names
}
