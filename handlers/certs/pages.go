// Package certs is the pages of certificates and keys: step 2, further clients, downloads, filters, a kept CA key, what is dropped.
package certs

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
