package web

import (
	"onramp/doctor"
	"onramp/views"
)

// foundText is how many characters of an entry's cause a search shows.
const foundText = 160

// FoundFault is an entry of the catalogue as a search shows it.
func FoundFault(e doctor.Entry) views.FoundProps {
	said, _ := e.General()
	text := said.Cause
	if runes := []rune(text); len(runes) > foundText {
		text = string(runes[:foundText]) + "…"
	}
	return views.FoundProps{Code: e.Code, Title: said.Title, URL: HelpPath(e.Code), Text: text}
}
