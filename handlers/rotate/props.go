package rotate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/snippet"
	"onramp/views"
)

// props is the wizard as the facts tell it now.
func (h *Pages) props(ctx context.Context, v web.Visit, f fields) (views.RotateProps, error) {
	p := views.RotateProps{Migration: v.Migration.ID, Saw: v.Edition(), Rehearsal: v.Migration.Mode.Can().Callers}
	switch {
	case !v.Migration.UsesKeys():
		p.Blocked = &views.NeedProps{Tag: views.Tag{State: views.Idle, Word: "No API key to replace"}, Text: "Workers of this migration sign in with a client certificate: replace that", URL: web.MovePath(v.Migration.ID, "certificates", "replace")}
		return p, nil
	case v.Namespace == nil:
		p.Blocked = web.Need(v, migration.StepNamespace)
		return p, nil
	}
	re := migration.RotationOf(v.View)
	if !re.Open() {
		p.Lead = "Old and new keys are both accepted until every worker uses the new one, so no call fails."
		var err error
		p.Start, err = h.start(ctx, v, f)
		if re != nil {
			p.Last = last(v, re)
		}
		return p, err
	}
	p.Lead = "3 steps, each done once Onramp has seen it. Old and new keys are both accepted until every worker uses the new one."
	p.Summary = []views.Pair{{Name: "Old API key", Value: re.Old.Said(), Mono: true}, {Name: "Expires", Value: ends(re.Old.Ends)}, {Name: "Namespace", Value: re.Namespace, Mono: true}, {Name: "Started", Value: web.Moment(re.Started)}}
	if h.Acts.CloudOps.Place(v.Migration.Mode.Can().Practice).Open != nil && !p.Rehearsal {
		p.OpsURL = web.MovePath(v.Migration.ID, "ops")
	}
	p.Key = h.key(re, f)
	var err error
	if re.New != nil {
		if p.Proof, err = h.proof(ctx, v, re, f); err != nil {
			return p, err
		}
		p.Workers.Reloads = reloads(v.Migration.Lang)
	}
	var held []cloud.Caller
	if re.Passed(migration.GateProof) {
		if held, err = h.workers(ctx, v, re, f, &p.Workers); err != nil {
			return p, err
		}
	}
	p.Gates = gates(re, held)
	return p, nil
}

func ends(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return web.Day(t)
}

// start is what to begin with: the keys that the namespace has, or what a person says of one.
func (h *Pages) start(ctx context.Context, v web.Visit, f fields) (*views.RotateStart, error) {
	s := &views.RotateStart{ID: f.id, Name: f.name, Ends: f.ends, CloudURL: web.CloudPath(v.Namespace.Namespace) + "?m=" + v.Migration.ID}
	if !v.Migration.Mode.Can().Callers {
		return s, nil
	}
	var keys []cloud.Key
	err := web.Aside(ctx, func() (err error) {
		keys, err = h.Acts.Rotations.Keys(ctx, v.View)
		return err
	})
	if err != nil && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	s.None = len(keys) == 0
	for i, k := range keys {
		s.Keys = append(s.Keys, views.Choice{Value: k.ID, Label: k.Name, Hint: "ID " + k.ID + ", made " + web.Day(k.Created) + ", expires " + web.Day(k.Expires), Selected: k.ID == f.id || f.id == "" && i == len(keys)-1})
	}
	return s, nil
}

// last is what the newest replacement came to.
func last(v web.Visit, re *migration.Rotation) *views.ReplaceLast {
	switch {
	case re.Undone:
		return &views.ReplaceLast{Tag: views.Tag{State: views.Idle, Word: "Rolled back"}, Text: "Rolled back as a whole on " + web.Moment(re.Ended) + "."}
	case re.Overtaken:
		return &views.ReplaceLast{Tag: views.Tag{State: views.Warn, Word: "Overtaken"}, Text: "The migration has a different namespace now, so this replacement no longer applies."}
	}
	l := &views.ReplaceLast{Tag: views.Tag{State: views.Good, Word: "Done"}, Text: "Done on " + web.Moment(re.Ended) + "."}
	l.Facts = []views.Pair{{Name: "Deleted", Value: re.Old.Said(), Mono: true}, {Name: "New API key", Value: re.New.Said(), Mono: true}, {Name: "It expires", Value: ends(re.New.Ends)}}
	switch {
	case v.Migration.Mode.Can().Callers:
		seen := "not since the rehearsal cloud had started"
		if !re.Deleted.LastOld.IsZero() {
			seen = web.Moment(re.Deleted.LastOld)
		}
		l.Facts = append(l.Facts, views.Pair{Name: "Old key last seen", Value: seen}, views.Pair{Name: "Programs on the new one by then", Value: fmt.Sprint(re.Deleted.OnNew)})
	case re.Deleted.Operation != "":
		l.Facts = append(l.Facts, views.Pair{Name: "Written down", Value: re.Noted}, views.Pair{Name: "Deleted by Onramp, operation", Value: re.Deleted.Operation, Mono: true})
	case re.Deleted.Said:
		l.Facts = append(l.Facts, views.Pair{Name: "Written down", Value: re.Noted}, views.Pair{Name: "The deletion", Value: "as confirmed by a person; Onramp has not seen it"})
	default:
		l.Facts = append(l.Facts, views.Pair{Name: "Written down", Value: re.Noted}, views.Pair{Name: "A check with the old key was refused", Value: migration.CheckRun.Numbered(re.Old.Refused.Number), URL: checkURL(v.Migration.ID, re.Old.Refused.Run)})
	}
	return l
}

func checkURL(m, run string) string {
	return web.RunPath(migration.Outcome{ID: run, MigrationID: m, Kind: migration.CheckRun})
}

// gates are the steps with their evidence.
func gates(re *migration.Rotation, held []cloud.Caller) []views.GateProps {
	titles := map[string]string{migration.GateKey: "Create a second API key", migration.GateProof: "Check the new API key", migration.GateWorkers: "Move every worker, then delete the old key"}
	turns := map[string]string{migration.GateKey: "The old key keeps working next to it.", migration.GateProof: "It must be accepted before the first worker moves.",
		migration.GateWorkers: "Give every worker and every starter the new key, one by one."}
	var out []views.GateProps
	for i, id := range migration.KeyGates {
		g := views.GateProps{ID: id, Number: fmt.Sprint(i + 1), Title: titles[id], Back: back(id, re), Now: id == re.Now(), Open: re.Reached(id)}
		switch {
		case re.Passed(id):
			g.Tag, g.Text = views.Tag{State: views.Good, Word: "Done"}, evidence(id, re)
		case g.Open:
			g.Tag, g.Text = views.Tag{State: views.Busy, Word: "Your turn"}, turns[id]
			if id == migration.GateWorkers && len(held) > 0 {
				g.Tag = views.Tag{State: views.Wait, Word: "Waiting for workers"}
			}
		default:
			g.Tag, g.Text = views.Tag{State: views.Idle, Word: "Can't start yet"}, "After the step above"
		}
		out = append(out, g)
	}
	return out
}

func evidence(id string, re *migration.Rotation) string {
	if id == migration.GateKey {
		text := re.New.Said() + ", expires " + ends(re.New.Ends)
		if re.Lane == migration.KeyByAPerson {
			text += ", as said by a person"
		}
		return text
	}
	text := fmt.Sprintf("Check %d passed with the new key", re.New.Passed.Number)
	if re.Old.Passed != nil {
		text += fmt.Sprintf(", check %d with the old one", re.Old.Passed.Number)
	}
	return text
}

// back says what rolling a gate back does; nil for a gate with nothing to undo.
func back(id string, re *migration.Rotation) *views.BackProps {
	switch {
	case id == migration.GateKey && re.Deletes(id):
		return &views.BackProps{Gate: id, Button: "Roll the whole replacement back", Text: "The replacement ends and the old key stays. The new key is deleted, unless a program is seen with it."}
	case id == migration.GateKey:
		return &views.BackProps{Gate: id, Button: "Roll the whole replacement back", Text: "The replacement ends and the old key stays. If a new key was made, delete it where it was made."}
	case id == migration.GateProof && re.New != nil && (re.New.Passed != nil || re.Old.Passed != nil):
		return &views.BackProps{Gate: id, Button: "Check again", Text: "A check changes nothing, so nothing is undone; the new key must pass again before a worker moves."}
	case id == migration.GateWorkers && re.Noted != "":
		return &views.BackProps{Gate: id, Button: "Withdraw the note", Text: "Move workers back to the old key if needed: it is accepted until it is deleted."}
	}
	return nil
}

// keyDays is how long a new key lasts where nobody says otherwise.
const keyDays = "90"

func (h *Pages) key(re *migration.Rotation, f fields) views.RotateKeyProps {
	p := views.RotateKeyProps{Name: f.keyName, Days: f.keyDays, ID: f.id, Said: f.name, Ends: f.ends}
	if !f.sent || p.Name == "" {
		p.Name = re.Old.Name
	}
	if p.Days == "" {
		p.Days = keyDays
	}
	if re.New != nil {
		p.Made = true
		p.Facts = []views.Pair{{Name: "New API key", Value: re.New.Said(), Mono: true}, {Name: "Expires", Value: ends(re.New.Ends)}}
		return p
	}
	name := re.Old.Name
	if name == "" {
		name = "worker"
	}
	p.Notes = []string{"Make it for the same service account or user as the old one, so that it may do the same. A service account has at most 20 keys, a user 10; names may be used again.",
		"In the Temporal Cloud UI, a Namespace Admin finds the keys of a namespace-scoped service account at Profile, API Keys; an Account Owner or a Global Admin at Settings, API Keys."}
	for _, c := range snippet.SecondAPIKey(name) {
		p.Commands = append(p.Commands, views.CodeBlockProps{ID: "make-" + c.ID, Name: c.Tool, Lang: c.Lang, Text: c.Text, Values: []string{name}})
		p.Notes = append(p.Notes, c.Notes...)
	}
	return p
}

// proof is what checks made of both keys.
func (h *Pages) proof(ctx context.Context, v web.Visit, re *migration.Rotation, f fields) (views.RotateProofProps, error) {
	var p views.RotateProofProps
	past, err := h.Runs.Rows(ctx, v.Migration.ID, migration.CheckRun, web.ShownRuns)
	if err != nil {
		return p, err
	}
	which := f.which
	if which == "" {
		which = migration.NewKey
		if re.Noted != "" {
			which = migration.OldKey
		}
	}
	for _, name := range []string{migration.NewKey, migration.OldKey} {
		side := re.Side(name)
		p.Rows = append(p.Rows, row(v.Migration.ID, name, side, newest(past, h.Acts.Rotations.AboutCheck(v.View, name))))
		p.Which = append(p.Which, views.Choice{Value: name, Label: "The " + name + " API key, " + side.Said(), Selected: name == which})
		if side.Claims != "" && side.Claims != side.ID {
			p.Said = "The " + name + " key that was given says that its ID is " + side.Claims + ", not " + side.ID + ". See that it is the right one; whether the two IDs of Temporal Cloud are always the same is unverified."
		}
	}
	return p, nil
}

// newest is the newest check that is about something; nil for none.
func newest(past []runs.Row, about string) *runs.Row {
	if i := slices.IndexFunc(past, func(r runs.Row) bool { return r.InputHash == about && r.From == "" }); i >= 0 {
		return &past[i]
	}
	return nil
}

// row is what the newest check with a key came to.
func row(m, name string, side *migration.KeySide, run *runs.Row) views.ProofRow {
	link := func(id string, number int) *views.Link {
		return &views.Link{Text: migration.CheckRun.Numbered(number), URL: checkURL(m, id)}
	}
	what := "the " + name + " API key"
	switch {
	case run != nil && run.Running():
		return views.ProofRow{Tag: views.Tag{State: views.Busy, Word: "Running"}, Text: "The check with " + what + " is running: ", Run: link(run.ID, run.Number)}
	case side.Refused != nil && (side.Passed == nil || side.Refused.At.After(side.Passed.At)):
		return views.ProofRow{Tag: views.Tag{State: views.Bad, Word: "Refused"}, Text: "The server does not accept " + what + ": ", Run: link(side.Refused.Run, side.Refused.Number)}
	case run != nil && run.State == migration.RunFailed && (side.Passed == nil || run.Ended.After(side.Passed.At)):
		return views.ProofRow{Tag: views.Tag{State: views.Bad, Word: "Failed"}, Text: "The check with " + what + " failed: " + run.Title + " (" + run.Code + "): ", Run: link(run.ID, run.Number)}
	case side.Passed != nil:
		return views.ProofRow{Tag: views.Tag{State: views.Good, Word: "Passed"}, Text: "The check with " + what + " passed: ", Run: link(side.Passed.Run, side.Passed.Number)}
	case name == migration.OldKey:
		return views.ProofRow{Tag: views.Tag{State: views.Idle, Word: "Not run"}, Text: "No check with the old API key since this began. It is not required; Temporal’s documentation advises checking that both keys work."}
	}
	return views.ProofRow{Tag: views.Tag{State: views.Idle, Word: "Not run"}, Text: "No check with " + what + " yet."}
}

// reloads are how programs of each SDK take a new key, the migration's own language first.
func reloads(lang string) []views.Pair {
	var out []views.Pair
	for _, k := range snippet.KeyReloads(lang) {
		out = append(out, views.Pair{Name: k.Name, Value: k.How})
	}
	return out
}
