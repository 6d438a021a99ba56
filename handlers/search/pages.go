// Package search is the search over everything.
package search

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
