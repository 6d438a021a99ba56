// Package expiry is when certificates expire, the metrics, and the audit.
package expiry

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
