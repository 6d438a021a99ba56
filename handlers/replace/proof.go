package replace

import (
	"context"
	"strings"

	"onramp/certsvc"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// side is the old or the new client certificate of a replacement with what checks made of it.
type side struct {
	name            string // whichOld or whichNew
	leaf, subject   string
	passed, refused *migration.Proof
	run             *runs.Row // the newest check with it; nil for none
	lent            bool      // Onramp may use its key
}

// sides are both, the old one first.
func (h *Pages) sides(ctx context.Context, v web.Visit, re *migration.Replacement) ([]side, error) {
	m := v.Migration.ID
	out := []side{{name: whichOld, leaf: re.Old.LeafFingerprint, subject: re.Old.LeafSubject, passed: re.OldPassed, refused: re.OldRefused},
		{name: whichNew, leaf: newLeafPrint(re), passed: re.NewPassed, refused: re.NewRefused}}
	if re.New != nil {
		out[1].subject = re.New.LeafSubject
	}
	past, err := h.Runs.Rows(ctx, m, migration.CheckRun, web.ShownRuns)
	if err != nil {
		return nil, err
	}
	t := h.Acts.Places.Target(v.View)
	var lent []string
	if pair, ok := h.Acts.Keys.Lent(v.By, m); ok {
		lent = append(lent, certsvc.Fingerprint(pair.Leaf))
	}
	if pair, ok := h.Acts.Keys.LentNew(v.By, m); ok {
		lent = append(lent, certsvc.Fingerprint(pair.Leaf))
	}
	for i := range out {
		s := &out[i]
		about := v.AboutCheck(migration.Check{Namespace: t.Namespace, Address: t.Address, Server: t.ServerName, Leaf: s.leaf})
		for _, row := range past { // newest first
			if row.InputHash == about && row.Started.After(re.Started) && row.From == "" {
				s.run = &row
				break
			}
		}
		for _, l := range lent {
			s.lent = s.lent || l == s.leaf && l != ""
		}
	}
	return out, nil
}

// said is a certificate as one tells it from the other, whose subject is often the same.
func (s side) said() string {
	if s.leaf == "" {
		return s.subject
	}
	return s.subject + ", " + web.ShortPrint(s.leaf)
}

// row is what the newest check with a client certificate came to. A check that counts for nothing, such as one from before
// both CAs were there, is not shown.
func (s side) row(m string) views.ProofRow {
	link := func(id string, number int) *views.Link {
		return &views.Link{Text: migration.CheckRun.Numbered(number), URL: web.RunPath(migration.Outcome{ID: id, MigrationID: m, Kind: migration.CheckRun})}
	}
	what := "the " + s.name + " client certificate"
	switch {
	case s.run != nil && s.run.Running():
		return views.ProofRow{Tag: views.Tag{State: views.Busy, Word: "Running"}, Text: "The check with " + what + " is running: ", Run: link(s.run.ID, s.run.Number)}
	case s.refused != nil && (s.passed == nil || s.refused.At.After(s.passed.At)):
		return views.ProofRow{Tag: views.Tag{State: views.Bad, Word: "Refused"}, Text: "The namespace does not trust the CA of " + what + ": ", Run: link(s.refused.Run, s.refused.Number)}
	case s.run != nil && s.run.State == migration.RunFailed && (s.passed == nil || s.run.Ended.After(s.passed.At)):
		return views.ProofRow{Tag: views.Tag{State: views.Bad, Word: "Failed"}, Text: "The check with " + what + " failed: " + s.run.Title + " (" + s.run.Code + "): ", Run: link(s.run.ID, s.run.Number)}
	case s.passed != nil:
		return views.ProofRow{Tag: views.Tag{State: views.Good, Word: "Passed"}, Text: "The check with " + what + " passed: ", Run: link(s.passed.Run, s.passed.Number)}
	}
	return views.ProofRow{Tag: views.Tag{State: views.Idle, Word: "Not run"}, Text: "No check with " + what + " yet."}
}

func (h *Pages) replaceProofProps(ctx context.Context, v web.Visit, re *migration.Replacement, f replaceFields) (views.ReplaceProofProps, error) {
	var p views.ReplaceProofProps
	both, err := h.sides(ctx, v, re)
	if err != nil {
		return p, err
	}
	var lent, missing []string
	which := f.which
	p.Both = true
	for _, s := range both {
		p.Rows = append(p.Rows, s.row(v.Migration.ID))
		if s.lent {
			lent = append(lent, s.name)
		}
		if s.passed == nil {
			missing, p.Both = append(missing, s.name), p.Both && s.lent
		}
	}
	p.Button = "Check both certificates"
	if len(missing) == 1 {
		p.Button = "Check the " + missing[0] + " certificate"
	}
	if which != whichOld && which != whichNew {
		if which = whichOld; re.OldPassed != nil {
			which = whichNew
		}
	}
	p.Which = []views.Choice{{Value: whichOld, Label: "The old client certificate", Hint: both[0].said(), Selected: which == whichOld},
		{Value: whichNew, Label: "The new client certificate", Hint: both[1].said(), Selected: which == whichNew}}
	p.Key = h.KeySource(v, f.key, "")
	p.Key.NeedCert = false
	p.Key.Sources[0].Disabled, p.Key.Sources[0].Selected = len(lent) == 0, len(lent) > 0
	p.Key.Sources[0].Hint = "In memory only. Onramp may use the key of the " + strings.Join(lent, " and the ") + " one now."
	if len(lent) > 0 {
		for i := range p.Key.Sources[1:] {
			p.Key.Sources[i+1].Selected = false
		}
	}
	return p, nil
}
