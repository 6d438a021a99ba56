// Package method is the wizard that changes the sign-in method of a namespace.
package method

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
