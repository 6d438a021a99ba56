package web

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// themeCookie holds the reader's choice; the server renders it, so that no page flashes.
const themeCookie = "onramp_theme"

// Frame is what surrounds a page. v is the migration the page belongs to, nil for none; step is the step
// it shows, "" for none.
func (h *Site) Frame(r *http.Request, title, nav string, v *Visit, step string) views.Frame {
	f := views.Frame{Title: title, Version: h.Version, Theme: themeOf(r), Nav: nav, Path: pagePath(r), Crumbs: crumbs(r.URL.Path, title)}
	if h.Shared == nil {
		f.DataDir = AtHome(h.DataDir)
	}
	if isHandoff(r) {
		f.Guest, f.SignedOut, f.Path, f.Crumbs = true, true, "", nil
		return f
	}
	f.Account, f.SignedOut = h.accountProps(r)
	if h.Halted != nil {
		if x := fault.From(h.Halted()); x != nil {
			f.Halted = x.Cause
		}
	}
	if c, err := readCookie(r, saidCookie); err == nil {
		f.Toast = Sentences[c.Value]
	}
	if v != nil {
		f.Of = v.Migration.Name
		rail := railProps(*v, step)
		f.Rail = &rail
		f.Rehearsal = v.Migration.Mode.Can().Practice
		f.Nav, f.Saw = "migrations", v.Edition()
		at := inside(r, v.Migration.ID)
		f.Crumbs, f.Inside, f.Replacing = moveCrumbs(*v, at, title), insideProps(*v, at), replacingProps(*v, at)
		f.Show, f.ShowRest = h.show(r, v.View, step)
		if id, ok := h.Acts.Places.Space(v.View); ok {
			f.Broken = h.Broken(r, id.String())
		}
	}
	return f
}

// pagePath is the address that shows this page again: its own, or for a refused form the page it stands on.
func pagePath(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	return r.URL.Path
}

func themeOf(r *http.Request) string {
	if c, err := readCookie(r, themeCookie); err == nil && isTheme(c.Value) {
		return c.Value
	}
	return "auto"
}

func isTheme(s string) bool { return s == "light" || s == "dark" || s == "auto" }

// Theme keeps the reader's choice of colours.
func (h *Site) Theme(w http.ResponseWriter, r *http.Request) error {
	f, err := ReadForm(r)
	if err != nil {
		return err
	}
	choice, err := f.Pick("theme", "auto", "light", "dark")
	if err != nil {
		return err
	}
	setCookie(w, r, &http.Cookie{Name: themeCookie, Value: choice, MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteStrictMode})
	if WantsFragment(r) { // the script has changed the colours already
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return SeeOther(w, r, LocalPath(f.Text("return")), "")
}

func railProps(v Visit, step string) views.RailProps {
	return views.RailProps{Migration: v.Migration.ID, Name: v.Migration.Name, Done: DoneText(v.View), Steps: StepsFor(v, step)}
}

// StepsFor are StepsProps in words for who looks.
func StepsFor(v Visit, current string) []views.StepProps {
	steps := StepsProps(v.View, current)
	for i := range steps {
		steps[i].Word = WordFor(v.By, steps[i].Word)
	}
	return steps
}

// DoneText says how many steps are done: "3 of 6 done".
func DoneText(v migration.View) string {
	done := fmt.Sprintf("%d of %d done", v.DoneCount, len(v.Steps))
	for _, s := range v.Steps {
		if s.Status == migration.Rehearsed {
			done += fmt.Sprintf(", step %d rehearsed", s.Number)
		}
	}
	return done
}

// StepsProps are the six steps; current is the one whose page is shown.
func StepsProps(v migration.View, current string) []views.StepProps {
	out := make([]views.StepProps, 0, len(v.Steps))
	for _, s := range v.Steps {
		p := views.StepProps{ID: s.ID, Number: fmt.Sprint(s.Number), Title: s.Title, State: StepState(s.Status),
			Word: StepWord(s), Detail: stepDetail(s), Current: s.ID == current, Noted: s.Noted,
			CanNote: s.Status != migration.Done && s.Status != migration.Blocked}
		if !s.Since.IsZero() && (s.Status == migration.Done || s.Status == migration.Waiting) {
			p.When = Day(s.Since)
		}
		if s.Run != "" {
			p.Run = &views.Link{Text: "See " + runKindOf(s.ID).Word(), URL: RunPath(migration.Outcome{ID: s.Run, MigrationID: v.Migration.ID, Kind: runKindOf(s.ID)})}
		}
		out = append(out, p)
	}
	return out
}

// runKindOf is the kind of run that proves a step.
func runKindOf(step string) migration.RunKind {
	if step == migration.StepTransfer {
		return migration.TransferRun
	}
	return migration.CheckRun
}

// StepState is how a step of the given status looks.
func StepState(s migration.Status) views.State {
	switch s {
	case migration.YourTurn:
		return views.Busy
	case migration.Waiting:
		return views.Wait
	case migration.Done:
		return views.Good
	case migration.LookAgain:
		return views.Warn
	case migration.Failing:
		return views.Bad
	}
	return views.Idle
}

// StepWord is the status word of a step: "Done", "Waiting for …".
func StepWord(s migration.StepView) string {
	switch s.Status {
	case migration.Blocked:
		return "Can't start yet"
	case migration.YourTurn:
		return "Your turn"
	case migration.Waiting:
		return "Waiting for " + waitedFor(s)
	case migration.Done:
		return "Done"
	case migration.LookAgain:
		return "Look again"
	case migration.Failing:
		return "Failed"
	case migration.Rehearsed:
		return "Rehearsed"
	}
	return "Not started"
}

func stepDetail(s migration.StepView) string {
	if s.Reason != "" && (s.Status == migration.Blocked || s.Status == migration.LookAgain) {
		return s.Reason
	}
	return doctor.WithoutSecrets(s.Evidence) // notes of earlier versions may hold one
}

// waitedFor is whom or what a step waits for, in words.
func waitedFor(s migration.StepView) string {
	if s.Name != "" && s.Who != migration.WhoCheck {
		return s.Name
	}
	return whoName(s.Who)
}

// whoName is a role in words.
func whoName(who string) string {
	switch who {
	case "developer":
		return "the developer"
	case "cloud-admin":
		return "a Namespace Admin"
	case migration.WhoCheck:
		return "a check"
	case "network":
		return "the network team"
	case "platform":
		return "the platform team"
	}
	return who
}

// NextLink leads to the first step after this one that is not done, where all of those are to the step that is left, and
// else to the overview.
func NextLink(v migration.View, step string) *views.Link {
	for i, s := range v.Steps {
		if s.ID != step {
			continue
		}
		for _, n := range v.Steps[i+1:] {
			if n.Status != migration.Done || step == migration.StepCode { // a worker that was changed is tried, again too
				return &views.Link{Text: "Continue: " + n.Title, URL: MovePath(v.Migration.ID, n.ID)}
			}
		}
		return &views.Link{Text: "See the whole migration", URL: MovePath(v.Migration.ID)}
	}
	return nil
}

// AtHome is a path as people write it: the home directory as ~.
func AtHome(path string) string {
	home, err := os.UserHomeDir()
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); err == nil && ok {
		return filepath.Join("~", rest)
	}
	return path
}
