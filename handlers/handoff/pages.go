// Package handoff is how one task is handed to one person without an account: the links of a migration for those who work
// on it, and the page behind a link for who has it.
package handoff

import "onramp/handlers/web"

// Pages are the pages of this area. They are there only where web.Options.Shared is.
type Pages struct{ *web.Site }
