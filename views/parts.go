package views

import (
	"strconv"

	"github.com/a-h/templ"
)

// Link is an address with its words. Current marks the one that is shown now.
type Link struct {
	Text    string
	URL     string
	Current bool
	Away    bool   // leaves Onramp: shown with an arrow, opened with rel=noreferrer
	Said    string // said after Text where that alone says too little: "SDK"
	TestID  string // data-testid, "" for none
}

// Pair is a name with its value. Mono shows the value as an identifier; Copy adds a copy button.
type Pair struct {
	Name  string
	Value string
	URL   string // makes the value a link
	Away  bool   // that leaves Onramp
	Mono  bool
	Copy  bool
}

// AbsentProps says that the rehearsal cloud is not there and what to do.
type AbsentProps struct {
	Tag   Tag // Idle "Starting", Bad "Failed", Idle "Not built in"
	Title string
	Text  string
	Fix   string
}

// FindingProps is something seen: an id of the catalogue.
type FindingProps struct {
	Code, Title, URL string
}

// linkAttrs are the attributes of a link beside its address.
func linkAttrs(l Link) templ.Attributes {
	a := away(l.Away)
	if l.TestID != "" {
		a["data-testid"] = l.TestID
	}
	return a
}

// away keeps a page outside Onramp from learning where its reader came from.
func away(leaves bool) templ.Attributes {
	a := templ.Attributes{}
	if leaves {
		a["rel"] = "noreferrer"
	}
	return a
}

func currentChoice(l Link) templ.Attributes {
	if l.Current {
		return templ.Attributes{"aria-current": "true"}
	}
	return nil
}

func pairID(prefix string, i int) string { return id(prefix, strconv.Itoa(i)) }

func currentPage(current bool) templ.Attributes {
	if current {
		return templ.Attributes{"aria-current": "page"}
	}
	return nil
}

// chosen is the text of the present one of some links.
func chosen(links []Link) string {
	for _, l := range links {
		if l.Current {
			return l.Text
		}
	}
	return ""
}
