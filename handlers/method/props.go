package method

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
func (h *Pages) props(ctx context.Context, v web.Visit, f fields) (views.MethodProps, error) {
	p := views.MethodProps{Migration: v.Migration.ID, Saw: v.Edition(), Rehearsal: v.Migration.Mode.Can().Callers, Title: "Change the sign-in method with zero downtime"}
	if v.Namespace == nil {
		p.Blocked = web.Need(v, migration.StepNamespace)
		return p, nil
	}
	sw := migration.SwitchOf(v.View)
	if !sw.Open() {
		p.Lead = "Client certificates and API keys are both accepted until every worker uses the new method, so no call fails."
		p.Start = start(v)
		if under := migration.UnderWay(v.View); under != nil {
			p.Start, p.Blocked = nil, &views.NeedProps{Tag: views.Tag{State: views.Wait, Word: "Not now"}, Text: fault.From(under).Title, URL: web.MovePath(v.Migration.ID)}
		}
		if sw == nil {
			return p, nil
		}
		p.Last = last(v, sw)
		var err error
		if sw.Done != nil && !sw.Overtaken {
			p.After, err = h.proof(ctx, v, sw, f)
		}
		return p, err
	}
	old, fresh := migration.AuthSaid(sw.Old.Auth), migration.AuthSaid(sw.New.Auth)
	p.Title = "Change from " + old + " to " + fresh
	p.Lead = "3 steps, each done once Onramp has seen it. Both methods are accepted until every worker uses the new one."
	if sw.Once() {
		p.Lead = "3 steps. The method changes at one moment: programs that still sign in with " + old + " are refused from then on."
	}
	p.Summary = []views.Pair{{Name: "From", Value: old}, {Name: "To", Value: fresh}, {Name: "Namespace", Value: sw.Namespace, Mono: true}, {Name: "Started", Value: web.Moment(sw.Started)}}
	if h.Acts.CloudOps.Place(v.Migration.Mode.Can().Practice).Open != nil && !p.Rehearsal {
		p.OpsURL = web.MovePath(v.Migration.ID, "ops")
	}
	p.Both = bothProps(h, v, sw)
	var held []cloud.Caller
	var err error
	if sw.Both != nil {
		if sw.New.Auth == cloud.AuthAPIKey {
			p.Key = keyProps(sw, f)
		} else if c := sw.Certificate; c != nil {
			p.Cert = []views.Pair{{Name: "Client certificate", Value: c.LeafSubject, Mono: true}, {Name: "SHA-256", Value: web.ShortPrint(c.LeafFingerprint), Mono: true}, {Name: "Expires", Value: web.Day(c.LeafNotAfter)}}
		}
		if p.Proof, err = h.proof(ctx, v, sw, f); err != nil {
			return p, err
		}
		if sw.Made() {
			p.Program, p.Moves = program(h, v, sw)
			p.Code = views.Link{Text: "See the worker code that signs in with " + fresh, URL: web.MovePath(v.Migration.ID, "code") + "?auth=" + sw.New.Auth, TestID: "new-code"}
		}
	}
	if sw.Reached(migration.GateWorkers) {
		if held, err = h.workers(ctx, v, sw, f, &p.Workers); err != nil {
			return p, err
		}
	}
	p.Gates = gates(sw, held)
	return p, nil
}

// start is what the change would be.
func start(v web.Visit) *views.MethodStart {
	to := migration.OtherAuth(v.Migration.Auth)
	s := &views.MethodStart{Button: "Change to " + migration.AuthSaid(to), Facts: []views.Pair{{Name: "Namespace", Value: v.Namespace.Namespace, Mono: true}, {Name: "Workers sign in with", Value: migration.AuthSaid(v.Migration.Auth)}}}
	made := slices.ContainsFunc(v.Facts, func(f migration.Fact) bool { return f.Kind == migration.FactCertificate })
	switch {
	case to == cloud.AuthMTLS && made:
		s.Notes = []string{"The client certificate of this migration is used again; the namespace needs its CA certificate."}
	case to == cloud.AuthMTLS:
		s.Notes = []string{"You create the certificates first; the namespace takes client certificates only with their CA certificate in it."}
	}
	s.Notes = append(s.Notes, "Starting opens the steps; it changes nothing in the namespace yet.")
	return s
}

func ends(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return web.Day(t)
}

// last is what the newest change came to.
func last(v web.Visit, sw *migration.Switch) *views.ReplaceLast {
	switch {
	case sw.Undone:
		return &views.ReplaceLast{Tag: views.Tag{State: views.Idle, Word: "Rolled back"}, Text: "Rolled back as a whole on " + web.Moment(sw.Ended) + "."}
	case sw.Overtaken:
		return &views.ReplaceLast{Tag: views.Tag{State: views.Warn, Word: "Overtaken"}, Text: "The migration has a different namespace now, so this change no longer applies."}
	}
	old, fresh := migration.AuthSaid(sw.Old.Auth), migration.AuthSaid(sw.New.Auth)
	l := &views.ReplaceLast{Tag: views.Tag{State: views.Good, Word: "Done"}, Text: "Done on " + web.Moment(sw.Ended) + ". Checks, code and transfers of this migration sign in with " + fresh + " now."}
	l.Facts = []views.Pair{{Name: "From", Value: old}, {Name: "To", Value: fresh}}
	switch {
	case v.Migration.Mode.Can().Callers:
		seen := "not since the rehearsal cloud had started"
		if !sw.Done.LastOld.IsZero() {
			seen = web.Moment(sw.Done.LastOld)
		}
		l.Facts = append(l.Facts, views.Pair{Name: "Old method last seen", Value: seen}, views.Pair{Name: "Programs on the new one by then", Value: fmt.Sprint(sw.Done.OnNew)})
	case sw.Done.Read:
		l.Facts = append(l.Facts, views.Pair{Name: "Written down", Value: sw.Noted}, views.Pair{Name: "The change", Value: "read with a Cloud Ops API key"})
	case sw.Done.Said:
		l.Facts = append(l.Facts, views.Pair{Name: "Written down", Value: sw.Noted}, views.Pair{Name: "The change", Value: "as confirmed by a person; Onramp has not seen it"})
	case sw.Old.Refused != nil:
		l.Facts = append(l.Facts, views.Pair{Name: "Written down", Value: sw.Noted}, views.Pair{Name: "A check with the old method was refused", Value: migration.CheckRun.Numbered(sw.Old.Refused.Number), URL: checkURL(v.Migration.ID, sw.Old.Refused.Run)})
	}
	after := "The CA certificates stay in the namespace for the way back; remove them once you are sure. API keys can use the namespace endpoint again, which Temporal recommends."
	if sw.New.Auth == cloud.AuthMTLS {
		after = "The API keys stay in the account for the way back; disable and delete them once you are sure."
	}
	l.Facts = append(l.Facts, views.Pair{Name: "What stays", Value: after})
	return l
}

func checkURL(m, run string) string {
	return web.RunPath(migration.Outcome{ID: run, MigrationID: m, Kind: migration.CheckRun})
}

// gates are the steps with their evidence.
func gates(sw *migration.Switch, held []cloud.Caller) []views.GateProps {
	old, fresh := migration.AuthSaid(sw.Old.Auth), oneOf(sw.New.Auth)
	titles := map[string]string{migration.GateBoth: "Let the namespace take both methods", migration.GateProof: "Make the " + fresh + " and check both methods", migration.GateWorkers: "Move every worker, then turn " + old + " off"}
	turns := map[string]string{migration.GateBoth: "Programs that sign in with " + old + " keep working.", migration.GateProof: "Both must be accepted before the first worker moves.",
		migration.GateWorkers: "Give every worker and every starter the new " + fresh + ", one by one. What each needs is at the end of this page."}
	if sw.Once() {
		titles = map[string]string{migration.GateBoth: "Change in one step", migration.GateProof: "Make the " + fresh, migration.GateWorkers: "Stop every program, then change the method"}
		turns[migration.GateProof] = "It can be checked only after the change."
		turns[migration.GateWorkers] = "Programs that still sign in with " + old + " are refused at that moment."
	}
	var out []views.GateProps
	for i, id := range migration.SwitchGates {
		g := views.GateProps{ID: id, Number: fmt.Sprint(i + 1), Title: titles[id], Back: back(id, sw), Now: id == sw.Now(), Open: sw.Reached(id)}
		switch {
		case sw.Passed(id):
			g.Tag, g.Text = views.Tag{State: views.Good, Word: "Done"}, evidence(id, sw)
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

// oneOf is one credential of a method.
func oneOf(auth string) string {
	if auth == cloud.AuthAPIKey {
		return "API key"
	}
	return "client certificate"
}

func evidence(id string, sw *migration.Switch) string {
	switch {
	case id == migration.GateBoth && sw.Once():
		return "The change in one step was chosen"
	case id == migration.GateBoth && sw.Both.Lane == migration.KeyByAPerson:
		return "As said by a person; the checks of the next step show it"
	case id == migration.GateBoth:
		return "Seen on " + web.Moment(sw.BothAt)
	case sw.Once() && sw.Key != nil:
		return sw.Key.Said() + ", expires " + ends(sw.Key.Ends)
	case sw.Once():
		return sw.Certificate.LeafSubject
	}
	return fmt.Sprintf("Check %d passed with the new method, check %d with the old one", sw.New.Passed.Number, sw.Old.Passed.Number)
}

// back says what rolling a gate back does; nil for a gate with nothing to undo.
func back(id string, sw *migration.Switch) *views.BackProps {
	fresh := migration.AuthSaid(sw.New.Auth)
	switch {
	case id == migration.GateBoth && sw.TakesBack(id):
		return &views.BackProps{Gate: id, Button: "Roll the whole change back", Text: "The change ends and the namespace stops taking " + fresh + ", unless a program is seen with them. A key or certificate that was made stays."}
	case id == migration.GateBoth:
		return &views.BackProps{Gate: id, Button: "Roll the whole change back", Text: "The change ends here. If the namespace was changed elsewhere, change it back there."}
	case id == migration.GateProof && (sw.New.Passed != nil || sw.Old.Passed != nil):
		return &views.BackProps{Gate: id, Button: "Check again", Text: "A check changes nothing, so nothing is undone; both methods must pass again before a worker moves."}
	case id == migration.GateWorkers && sw.Noted != "":
		return &views.BackProps{Gate: id, Button: "Withdraw the note", Text: "Move workers back if needed: the old method is accepted until it is turned off."}
	}
	return nil
}

// signIns are the methods of a namespace as commands set them.
func signIns(auth string) snippet.SignIns {
	return snippet.SignIns{MTLS: auth != cloud.AuthAPIKey, APIKeys: auth != cloud.AuthMTLS}
}

// commands are a change of the method with other tools.
func commands(id, ns, to, from string) (out []views.CodeBlockProps, hints []string) {
	c := snippet.SetsSignIn(ns, signIns(to), signIns(from))
	out = append(out, views.CodeBlockProps{ID: id + "-onramp", Name: "onramp cloud", Lang: "bash", Text: c.Onramp, Values: []string{ns}})
	for _, one := range c.Commands {
		out = append(out, views.CodeBlockProps{ID: id + "-" + one.ID, Name: one.Tool, Lang: one.Lang, Text: one.Text, Values: []string{ns}})
		for _, n := range one.Notes {
			if !slices.Contains(hints, n) {
				hints = append(hints, n)
			}
		}
	}
	return out, hints
}

// bothProps is step 1.
func bothProps(h *Pages, v web.Visit, sw *migration.Switch) views.MethodBoth {
	old, fresh := migration.AuthSaid(sw.Old.Auth), migration.AuthSaid(sw.New.Auth)
	p := views.MethodBoth{Done: sw.Both != nil, Button: "The namespace takes both methods now"}
	p.Once = "The namespace changes from " + old + " to " + fresh + " at one moment, and programs that still sign in the old way are refused from then on. You stop them first, change the method, and start them with the new credential: that is a downtime."
	if sw.New.Auth == cloud.AuthMTLS && sw.Certificate == nil {
		p.Cert = &views.Link{Text: "Create the certificates", URL: web.MovePath(v.Migration.ID, "certificates"), TestID: "make-certificates"}
		return p
	}
	p.Notes = []string{"While it takes both, certificates sign in at the namespace endpoint and API keys at the regional endpoint, and the namespace cannot have high availability."}
	if v.Migration.Mode.Can().Callers {
		p.Button = "Let it take both"
		if !h.Acts.Switches.HasBoth(v.View) {
			p.CanHave = h.Acts.Switches.CanHaveBoth(v.View)
			p.Lacks = "This account does not have both methods at once. In Temporal Cloud they are a pre-release feature: a namespace with both is refused until Temporal Support has turned it on for the account."
		}
		return p
	}
	p.Notes = append([]string{"Both methods at once are a pre-release feature that Temporal Support turns on for an account. Without it Temporal Cloud refuses this change: ask for it, or change the method in one step."}, p.Notes...)
	p.Commands, p.Hints = commands("both", sw.Namespace, cloud.AuthBoth, sw.Old.Auth)
	return p
}

// keyDays is how long a new key lasts where nobody says otherwise.
const keyDays = "90"

func keyProps(sw *migration.Switch, f fields) *views.RotateKeyProps {
	if sw.Key != nil {
		return &views.RotateKeyProps{Made: true, Facts: []views.Pair{{Name: "API key", Value: sw.Key.Said(), Mono: true}, {Name: "Expires", Value: ends(sw.Key.Ends)}}}
	}
	p := &views.RotateKeyProps{Name: f.keyName, Days: f.keyDays, ID: f.id, Said: f.name, Ends: f.ends}
	if p.Name == "" && !f.sent {
		p.Name = "worker"
	}
	if p.Days == "" {
		p.Days = keyDays
	}
	p.Notes = []string{"Make it for a service account that may write to this namespace and nothing else."}
	way := snippet.MakesKey(sw.Namespace, "worker", 90)
	for _, c := range way.Commands {
		p.Commands = append(p.Commands, views.CodeBlockProps{ID: "make-" + c.ID, Name: c.Tool, Lang: c.Lang, Text: c.Text, Values: []string{sw.Namespace}})
		p.Notes = append(p.Notes, c.Notes...)
	}
	return p
}

// proof is what checks made of both methods.
func (h *Pages) proof(ctx context.Context, v web.Visit, sw *migration.Switch, f fields) (*views.MethodProof, error) {
	past, err := h.Runs.Rows(ctx, v.Migration.ID, migration.CheckRun, web.ShownRuns)
	if err != nil {
		return nil, err
	}
	p := &views.MethodProof{}
	next := wanted(sw)
	for _, which := range []string{migration.NewMethod, migration.OldMethod} {
		side := sw.Side(which)
		if sw.CanCheck(which) != nil {
			continue
		}
		var run *runs.Row
		if i := slices.IndexFunc(past, func(r runs.Row) bool {
			return strings.HasPrefix(r.InputHash, sw.About(which, "")) && r.From == ""
		}); i >= 0 {
			run = &past[i]
		}
		p.Rows = append(p.Rows, row(v.Migration.ID, side, run, since(sw, which)))
		t, _, err := h.Acts.Switches.At(v.View, side.Auth)
		c := views.MethodCheck{Which: which, Title: "Check with the " + oneOf(side.Auth), Button: "Check with the " + oneOf(side.Auth), Address: t.Address, Open: f.which == which || f.which == "" && next == which}
		if err != nil {
			c.Address = "the regional endpoint: " + fault.From(err).Fix
		}
		c.Key = h.KeySource(as(v, side.Auth), f.key, switchPath(v.Migration.ID))
		p.Sides = append(p.Sides, c)
	}
	if k := sw.Key; k != nil && sw.New.Claims != "" && sw.New.Claims != k.ID {
		p.Said = "The API key that was given says that its ID is " + sw.New.Claims + ", not " + k.ID + ". See that it is the right one; whether the two IDs of Temporal Cloud are always the same is unverified."
	}
	return p, nil
}

// wanted is the method whose check comes next: before the workers move both must pass, the new one first; afterwards the old one
// must be refused and then the new one pass. "" for none.
func wanted(sw *migration.Switch) string {
	since := sw.NotedAt
	if sw.Done != nil {
		since = sw.Ended
	}
	switch moved := sw.Done != nil || sw.Noted != ""; {
	case !moved && sw.New.Passed == nil:
		return migration.NewMethod
	case !moved && sw.Old.Passed == nil:
		return migration.OldMethod
	case moved && (sw.Old.Refused == nil || !sw.Old.Refused.At.After(since)) && !(sw.Done != nil && sw.Done.Said):
		return migration.OldMethod
	case moved && (sw.New.Passed == nil || !sw.New.Passed.At.After(since)):
		return migration.NewMethod
	}
	return ""
}

// since is the moment before which a check with a method says nothing about the state that is shown: once the change has ended,
// a pass of before says nothing about what the namespace accepts now. Where a refusal of the old method showed the end, a pass
// with the new one counts from that refusal on.
func since(sw *migration.Switch, which string) time.Time {
	switch refused := sw.Old.Refused; {
	case sw.Done == nil:
		return time.Time{}
	case which == migration.NewMethod && refused != nil && refused.At.Before(sw.Ended):
		return refused.At
	}
	return sw.Ended
}

// row is what the newest check with a method came to, of those that ended after a moment.
func row(m string, side *migration.SwitchSide, run *runs.Row, since time.Time) views.ProofRow {
	if run != nil && !run.Running() && !run.Ended.After(since) {
		run = nil
	}
	link := func(id string, number int) *views.Link {
		return &views.Link{Text: migration.CheckRun.Numbered(number), URL: checkURL(m, id)}
	}
	what := "the " + oneOf(side.Auth)
	switch {
	case run != nil && run.Running():
		return views.ProofRow{Tag: views.Tag{State: views.Busy, Word: "Running"}, Text: "The check with " + what + " is running: ", Run: link(run.ID, run.Number)}
	case side.Refused != nil && (side.Passed == nil || side.Refused.At.After(side.Passed.At)):
		return views.ProofRow{Tag: views.Tag{State: views.Bad, Word: "Refused"}, Text: "The namespace does not accept " + what + ": ", Run: link(side.Refused.Run, side.Refused.Number)}
	case run != nil && run.State == migration.RunFailed && (side.Passed == nil || run.Ended.After(side.Passed.At)):
		return views.ProofRow{Tag: views.Tag{State: views.Bad, Word: "Failed"}, Text: "The check with " + what + " failed: " + run.Title + " (" + run.Code + "): ", Run: link(run.ID, run.Number)}
	case side.Passed != nil && side.Passed.At.After(since):
		return views.ProofRow{Tag: views.Tag{State: views.Good, Word: "Passed"}, Text: "The check with " + what + " passed: ", Run: link(side.Passed.Run, side.Passed.Number)}
	}
	text := "No check with " + what + " yet."
	if !since.IsZero() {
		text = "No check with " + what + " since the change."
	}
	return views.ProofRow{Tag: views.Tag{State: views.Idle, Word: "Not run"}, Text: text}
}

// program is what a program is given for the new method.
func program(h *Pages, v web.Visit, sw *migration.Switch) (views.CodeBlockProps, []string) {
	t, _, err := h.Acts.Switches.At(v.View, sw.New.Auth)
	address := t.Address
	if err != nil {
		address = "REGION.PROVIDER.api.temporal.io:7233"
	}
	text := "export TEMPORAL_ADDRESS=" + address + "\n"
	notes := []string{"Workers of both methods poll the same task queues at the same time: restart one after the other, and the others take its tasks."}
	if sw.New.Auth == cloud.AuthAPIKey {
		text += "export TEMPORAL_API_KEY=\"$(cat api-key.txt)\"\nunset TEMPORAL_TLS_CLIENT_CERT_PATH TEMPORAL_TLS_CLIENT_KEY_PATH"
		notes = append(notes, "These lines read the key from the file api-key.txt. Save it there, or take it from where you keep secrets.")
		if !sw.Once() {
			notes = append(notes, "API keys go to the regional endpoint while the namespace takes both methods.")
		}
	} else {
		text += "export TEMPORAL_TLS_CLIENT_CERT_PATH=client.pem TEMPORAL_TLS_CLIENT_KEY_PATH=client.key\nunset TEMPORAL_API_KEY"
	}
	return views.CodeBlockProps{ID: "program-env", Name: "Environment", Lang: "bash", Text: text, Values: []string{address}}, notes
}
