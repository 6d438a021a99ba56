// Package cloud is the rehearsal cloud: its namespaces as an admin sees them, its control panel.
package cloud

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
