// Package told is who is told in time, at a portal that several people share: when a person gets mails, the link that
// stops them, and the address of a person's calendar.
package told

import "onramp/handlers/web"

// Pages are the pages of this area. They are there only where web.Options.Shared is.
type Pages struct{ *web.Site }
