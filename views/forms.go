package views

import (
	"maps"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// fieldProps is one labelled input.
type fieldProps struct {
	Name     string // of the form field; the id unless ID is set
	ID       string
	Label    string
	Hint     string // stands above the input
	Value    string
	Type     string // default text
	Rows     int    // > 0: a textarea
	Mono     bool
	Short    bool
	Optional bool
	Required bool
	TestID   string
	Attrs    map[string]any // more attributes
	Problems Problems       // of the whole form
}

func (f fieldProps) id() string { return id(either(f.ID, f.Name)) }

// attrs are the attributes of the input beside id, name and type.
func (f fieldProps) attrs() templ.Attributes {
	a := describe(f.id(), f.Hint != "", f.Problems.in(f.Name))
	if f.Required {
		a["required"] = true
	}
	if f.TestID != "" {
		a["data-testid"] = f.TestID
	}
	if f.Mono {
		a["class"] = "mono"
		a["spellcheck"], a["autocapitalize"], a["autocomplete"] = "false", "none", "off"
	}
	maps.Copy(a, f.Attrs)
	return a
}

// describe ties an input to its hint and its errors.
func describe(id string, hint bool, ps Problems) templ.Attributes {
	a := templ.Attributes{}
	var by []string
	if hint {
		by = append(by, id+"-hint")
	}
	if len(ps) > 0 {
		by = append(by, id+"-error")
		a["aria-invalid"] = "true"
	}
	if len(by) > 0 {
		a["aria-describedby"] = strings.Join(by, " ")
	}
	return a
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

func optionText(c Choice) string {
	if c.Disabled && c.Reason != "" {
		return c.Label + " (" + c.Reason + ")"
	}
	return c.Label
}

func pairID(prefix string, i int) string { return id(prefix, strconv.Itoa(i)) }

func itoa(i int) string { return strconv.Itoa(i) }
