// Package cutover is the cut-over of a migration: looks at the server that its application leaves and at its namespace.
package cutover

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
