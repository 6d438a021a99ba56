// Package code is worker code and environment: step 5.
package code

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
