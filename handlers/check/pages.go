// Package check is the connection check: step 4, its runs, comparing them, reports from elsewhere.
package check

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
