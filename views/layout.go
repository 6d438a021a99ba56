package views

import (
	"context"
	"onramp/static"

	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Frame is what surrounds every page.
type Frame struct {
	Title   string // of the page alone: "Test the connection"; prefix and suffix are added
	Of      string // name of the migration that the page is about, "" for none: title and heading have it
	Version string // "0.1.0"
	DataDir string // where data lives, for the footer
	Theme   string // "light", "dark", "auto" or "" (auto)
	Path    string // path and query of this page; POST /theme (fields theme, return) comes back to it
	Nav     string // the current entry of the bar: "migrations", "expiry", "audit", "rehearsal", "help" or ""
	// Description is what the page is for, for search engines and previews; "" says what Onramp is.
	Description string
	// Account is who is signed in, at a portal that several people share; nil: nobody has to. SignedOut: somebody has to be,
	// and nobody is: the bar leads nowhere then.
	Account   *AccountProps
	SignedOut bool
	// Guest: whoever reads it has a link to this page alone: nothing leads anywhere else.
	Guest bool
	Query string // what the search field of the bar holds

	// Halted says on every page why nothing can be changed any more: "" for it can.
	Halted string

	// Rehearsal: the page talks to the rehearsal cloud: banner, title prefix.
	Rehearsal bool
	Broken    BrokenProps // that rehearsal is broken on purpose
	// Show is the bar of a rehearsal that Onramp walks while its reader watches; nil on other pages. ShowRest is where a
	// rehearsal with steps left is shown from: POST, no field; "" for none.
	Show     *ShowProps
	ShowRest string
	// CloudSide: the page stands for Temporal Cloud's own console in a rehearsal: other colours, other bar.
	CloudSide bool

	// Crumbs are the way to this page, itself last and without an address; fewer than two show none.
	Crumbs []Link
	// Inside are the pages of a migration beside its steps; none: a page outside a migration.
	Inside []Place
	// Replacing says on every page of a migration that a replacement is in progress; nil: none is, or this is its page.
	Replacing *ReplacingProps

	Rail *RailProps // nil: a page outside a migration
	// Feed is the address of the page's one event stream, Follow that of the same page streamed without
	// JavaScript; "" for none.
	Feed, Follow string
	// Again is after how many seconds a browser without JavaScript loads the page again; 0 for never.
	Again int
	// Saw is the edition of what the page's forms change; they send it as field saw. "": nobody looks at it.
	Saw   string
	Sign  SignProps // of a run's page
	Toast string    // one sentence shown once after a redirect: "Namespace saved"
}

// Place is an entry of a navigation. Current is its aria-current: "page" for the page itself, "true" for one that it
// stands above, "" for any other.
type Place struct {
	Text, URL, Current string
	TestID             string
}

// ReplacingProps is the banner of a replacement that is in progress. Test ids: replacing, go-on-replacing.
type ReplacingProps struct {
	Text string // "The CA certificate is being replaced: 2 of 4 steps done."
	URL  string // of the replacement
}

// RailProps is the route beside every page of a migration.
type RailProps struct {
	Migration string // id
	Name      string // "Payments"
	Done      string // "3 of 6 done"
	Steps     []StepProps
}

// StepProps is one step of the six as it stands now.
type StepProps struct {
	ID      string // namespace, certificates, upload, test, code, transfer
	Number  string // "1" to "6"
	Title   string // "Choose the namespace"
	State   State
	Word    string // one of the status words: "Done", "Your turn", "Can't start yet" …
	Detail  string // one line: evidence, reason or who is waited for
	When    string // "Dana, 12 Nov", "" for none; overview only
	Current bool   // this is the page being shown
	Noted   bool   // done by a note, not by an observed fact
	CanNote bool   // offer "Done outside Onramp"; overview only
	Run     *Link  // the run that is the evidence; overview only
}

// BrokenProps are the switches that are on in the rehearsal that a page is about; none: no banner.
// Form: POST /rehearsal/break (namespace, switch "" for all, state off, return). Test id: mend.
type BrokenProps struct {
	Namespace string
	Titles    []string
	Return    string // the page to come back to
}

// documentTitle is what the tab says: how a run stands, then that it is a rehearsal; the product last.
func documentTitle(f Frame) string {
	title := "Onramp"
	if f.Title != "" {
		title = f.Title + " · Onramp"
		if f.Of != "" && !strings.Contains(f.Title, f.Of) {
			title = f.Title + " · " + f.Of + " · Onramp"
		}
	}
	if f.Rehearsal || f.CloudSide {
		title = "[Rehearsal] " + title
	}
	if f.Sign.Word != "" { // first: a tab shows the beginning
		title = f.Sign.Word + " · " + title
	}
	return title
}

// ofKey is the context's key of Frame.Of.
type ofKey struct{}

// within gives what stands inside a page the name of its migration, for the heading.
func within(ctx context.Context, f Frame) context.Context {
	return context.WithValue(ctx, ofKey{}, f.Of)
}

// headed is the name that a heading needs beside its text: that of the page's migration, "" where the text has it.
func headed(ctx context.Context, title string) string {
	of, _ := ctx.Value(ofKey{}).(string)
	if strings.Contains(title, of) {
		return ""
	}
	return of
}

// described is what the page says of itself to search engines.
func described(f Frame) string {
	return either(f.Description, "Onramp takes a Temporal application from a local server to Temporal Cloud, and verifies each step.")
}

// themeAttr fixes the theme on <html>; without it the reader's system decides.
func themeAttr(theme string) templ.Attributes {
	if theme == "light" || theme == "dark" {
		return templ.Attributes{"data-theme": theme}
	}
	return nil
}

func placeAttrs(p Place) templ.Attributes {
	a := templ.Attributes{}
	if p.Current != "" {
		a["aria-current"] = p.Current
	}
	if p.TestID != "" {
		a["data-testid"] = p.TestID
	}
	return a
}

func yesNo(b bool) string { return strconv.FormatBool(b) }

// railSummary is the folded rail's one line on a narrow screen.
func railSummary(p RailProps) string {
	for _, s := range p.Steps {
		if s.Current {
			return "Step " + s.Number + " of " + strconv.Itoa(len(p.Steps)) + " · " + p.Done
		}
	}
	return p.Done
}

// sealed tells a browser which content of a file it may run, at a portal that several people share.
func (f Frame) sealed(file string) templ.Attributes {
	if f.Account == nil && !f.SignedOut {
		return nil
	}
	return templ.Attributes{"integrity": static.Integrity(file)}
}
