package views

import (
	"maps"
	"strings"

	"github.com/a-h/templ"

	"onramp/fault"
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

// Choice is one of several: a radio button, an option of a select, or a link where URL is set.
type Choice struct {
	Value    string
	Label    string
	Hint     string // one line under the label
	Selected bool
	Disabled bool
	Reason   string // why it is disabled, shown in place of Hint
}

// Problems are what is wrong with a sent form, as fault.All gives them. Those with a Field are shown
// at the field of that name; all are listed at the top. Err is never shown.
type Problems []*fault.Fault

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

func optionText(c Choice) string {
	if c.Disabled && c.Reason != "" {
		return c.Label + " (" + c.Reason + ")"
	}
	return c.Label
}

// in returns the problems that belong to a field.
func (p Problems) in(field string) Problems {
	var out Problems
	for _, f := range p {
		if f != nil && f.Field == field {
			out = append(out, f)
		}
	}
	return out
}

// unchanged reports whether each of them says that nothing was changed.
func (p Problems) unchanged() bool { return fault.NothingChanged(p...) }

// problemText is what stands at a field: the fix first, because the reader is about to type.
func problemText(f *fault.Fault) string {
	return sentences(either(f.Fix, f.Title), f.Cause)
}
