// Package journey is a migration from its first page to its overview: the list, a new one, its steps 1 and 3, its settings.
package journey

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
