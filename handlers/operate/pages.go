// Package operate is how this Onramp is doing, for who operates it.
package operate

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
