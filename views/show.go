package views

import "github.com/a-h/templ"

// ShowProps is the bar on top of each page of a rehearsal that Onramp walks while its reader watches. id=shown.
// Form: POST Action, field at. Where Rest is set, the script sends it after so many ms unless the reader does anything.
// Test ids: show, show-next, show-myself, show-new.
type ShowProps struct {
	Part   string // "Step 4 of 6"
	Title  string // what has happened, as a sentence
	Text   string
	Action string
	At     string // the step whose page this is
	Go     string // what the button says; "" for none
	Rest   int    // ms; 0 does not go on by itself
	Next   *Link  // in the button's place, when all is done
	Again  bool   // something is under way: Here shows it again, without the script
	Here   string
	Myself *Link
	More   []Link
}

// resting says how long a form waits before it is sent by itself.
func resting(ms int) templ.Attributes {
	if ms == 0 {
		return nil
	}
	return templ.Attributes{"data-rest": itoa(ms)}
}
