// Package people is how several people share a portal: signing in and out, one-time links, a person's own account, and
// the page where owners say who may do what.
package people

import "onramp/handlers/web"

// Pages are the pages of this area. They are there only where web.Options.Shared is.
type Pages struct{ *web.Site }
