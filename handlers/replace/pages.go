// Package replace is the wizard that replaces a CA or a client certificate.
package replace

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
