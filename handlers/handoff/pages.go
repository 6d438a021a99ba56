// Package handoff is how one task is handed to one person without an account: the links of a migration for those who work
// on it, and the page behind a link for who has it.
package handoff

import "onramp/handlers/web"

// Pages are those of whoever works on a migration, Guests those behind a link. They are there only where
// web.Options.Shared is; elsewhere SendForm says that nobody else uses the portal.
type (
	Pages  struct{ *web.Site }
	Guests struct{ *web.Site }
)
