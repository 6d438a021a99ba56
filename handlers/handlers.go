// Package handlers is HTTP: the table of routes and the event stream; forms in, pages out stand in a folder an area, on
// top of web. It has no rules of its own: it reads a form, asks for one act, and shows the answer.
package handlers

import (
	"onramp/handlers/assess"
	"onramp/handlers/board"
	"onramp/handlers/certs"
	"onramp/handlers/check"
	"onramp/handlers/cloud"
	"onramp/handlers/code"
	"onramp/handlers/cutover"
	"onramp/handlers/expiry"
	"onramp/handlers/handoff"
	"onramp/handlers/help"
	"onramp/handlers/journey"
	"onramp/handlers/method"
	"onramp/handlers/operate"
	"onramp/handlers/ops"
	"onramp/handlers/people"
	"onramp/handlers/replace"
	"onramp/handlers/rotate"
	"onramp/handlers/search"
	"onramp/handlers/told"
	"onramp/handlers/transfer"
	"onramp/handlers/web"
)

// Options are what the pages need.
type Options = web.Options

// Handlers answers requests. It is safe for concurrent use.
type Handlers struct {
	*web.Site
	journey  journey.Pages
	board    board.Pages
	certs    certs.Pages
	replace  replace.Pages
	rotate   rotate.Pages
	method   method.Pages
	check    check.Pages
	transfer transfer.Pages
	code     code.Pages
	cloud    cloud.Pages
	judging  cloud.Judging
	ops      ops.Pages
	expiry   expiry.Pages
	help     help.Pages
	search   search.Pages
	people   people.Pages
	handoff  handoff.Pages
	guests   handoff.Guests
	assess   assess.Pages
	cutover  cutover.Pages
	told     told.Pages
	operate  operate.Pages
}

// New returns Handlers; it is an error to leave out a required option.
func New(o Options) (*Handlers, error) {
	s, err := web.New(o)
	if err != nil {
		return nil, err
	}
	return &Handlers{s, journey.Pages{Site: s}, board.Pages{Site: s}, certs.Pages{Site: s}, replace.Pages{Site: s}, rotate.Pages{Site: s}, method.Pages{Site: s}, check.Pages{Site: s}, transfer.Pages{Site: s}, code.Pages{Site: s}, cloud.Pages{Site: s}, cloud.Judging{Site: s}, ops.Pages{Site: s}, expiry.Pages{Site: s}, help.Pages{Site: s}, search.Pages{Site: s}, people.Pages{Site: s}, handoff.Pages{Site: s}, handoff.Guests{Site: s}, assess.Pages{Site: s}, cutover.Pages{Site: s}, told.Pages{Site: s}, operate.Pages{Site: s}}, nil
}
