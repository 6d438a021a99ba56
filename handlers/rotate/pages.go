// Package rotate is the wizard that replaces an API key.
package rotate

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
