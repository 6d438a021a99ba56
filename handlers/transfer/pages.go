// Package transfer is the test transfer: step 6, its runs and drills, following and ending workflows.
package transfer

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
