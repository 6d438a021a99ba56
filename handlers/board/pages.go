// Package board is the board of every team's migrations: its table, its files, and checks of many migrations at once.
package board

import "onramp/handlers/web"

// Pages are the pages of this area.
type Pages struct{ *web.Site }
