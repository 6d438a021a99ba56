// Package help is the explanations of faults, and the decoder of error texts.
package help

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
