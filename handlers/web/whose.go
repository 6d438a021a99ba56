package web

import (
	"onramp/acts"
	"onramp/custody"
	"onramp/migration"
	"onramp/views"
)

// WordFor is a word of whose turn it is for whoever reads it: to somebody who may only look it is nobody's but the
// developer's.
func WordFor(by acts.Actor, word string) string {
	if word == "Your turn" && by.Role < custody.Developer {
		return "Developer’s turn"
	}
	return word
}

// Since says since when a turn is somebody's; "" for nobody's.
func Since(w migration.Whose) string {
	if w.Who == "" || w.Since.IsZero() {
		return ""
	}
	return "since " + Day(w.Since)
}

// TurnMessage is whose turn a migration is, to send by mail or chat; nil at a portal for one person, whose address is
// nobody else's.
func TurnMessage(h *Site, v Visit) *views.MessageProps {
	if h.Shared == nil {
		return nil
	}
	m := Message{}
	m.Subject, m.Lines = migration.TurnText(v.View, h.Shared.Public.String())
	return &views.MessageProps{Text: views.CodeBlockProps{ID: "turn-message", Name: "Message", Text: m.Text(), TestID: "turn-message"}, Mail: m.Mail()}
}
