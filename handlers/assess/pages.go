// Package assess is the assessment of the server that an application runs on today: inside a migration, where Onramp reads
// it, and beside one, where a facts file is judged.
package assess

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
