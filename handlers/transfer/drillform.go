package transfer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

// drillScenarios are those that a drill can play.
var drillScenarios = []transfer.Scenario{transfer.Success, transfer.Flaky, transfer.Refund, transfer.InvalidAccount, transfer.InsufficientFunds}

// drillFields is the form of a drill as it was sent, without the key.
type drillFields struct {
	once, count, rate, concurrency, seconds string
	scenario, amount                        string
	worker, template, queue                 string
	beside, besideAddress, besideNamespace  string
}

// DrillForm is a drill before it runs; with ?from=<run>, filled in with the values of that drill.
func (h *Pages) DrillForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f := freshDrill(v)
	f.once = rand.Text()
	if id := r.URL.Query().Get("from"); id != "" {
		run, err := h.Runs.Run(r.Context(), v.Migration.ID, id)
		if err != nil {
			return err
		}
		f = f.of(run.DrillRequest())
	}
	return h.showDrill(w, r, v, f, web.KeyFields{}, nil)
}

// freshDrill is the form before anybody has changed it.
func freshDrill(v web.Visit) drillFields {
	f := drillFields{count: "20", rate: "5", concurrency: "50", seconds: "120", scenario: string(transfer.Success), amount: "250",
		worker: "own", template: v.Migration.Lang, queue: acts.TaskQueue(v.View), beside: "none", besideAddress: "localhost:7233", besideNamespace: "default"}
	if v.Migration.Mode.Can().Built {
		f.worker = "builtin"
	}
	return f
}

// unfolded reports whether a field that is folded away at first holds something else than at first.
func (f drillFields) unfolded(v web.Visit) bool {
	first := freshDrill(v)
	first.once = f.once
	return f != first
}

// of are the form's fields with the values of a drill that was.
func (f drillFields) of(asked runs.DrillRequest) drillFields {
	if asked.Count == 0 {
		return f
	}
	f.count, f.rate, f.concurrency, f.seconds = strconv.Itoa(asked.Count), number(asked.Rate), strconv.Itoa(asked.Concurrency), number(asked.Seconds)
	f.scenario, f.worker, f.template, f.queue = web.Either(string(asked.Scenario), f.scenario), web.Either(asked.Worker, "builtin"), web.Either(asked.Template, detectTemplate), asked.TaskQueue
	if asked.Amount > 0 {
		f.amount = strconv.Itoa(asked.Amount)
	}
	if asked.BesideAddress != "" {
		f.beside, f.besideAddress, f.besideNamespace = "local", asked.BesideAddress, asked.BesideNamespace
	}
	return f
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (h *Pages) showDrill(w http.ResponseWriter, r *http.Request, v web.Visit, f drillFields, key web.KeyFields, ps views.Problems) error {
	past, err := h.History(r, v, migration.DrillRun, web.ShownRuns)
	if err != nil {
		return err
	}
	p := views.DrillProps{Migration: v.Migration.ID, Once: f.once, Count: f.count, Rate: f.rate, Concurrency: f.concurrency, Seconds: f.seconds, Amount: f.amount,
		Limits:    "At most 2,000 transfers, 50 starts a second, 200 at once and 600 seconds. A transfer is about ten actions; Temporal Cloud grants a namespace 500 a second by default and bills actions. When the server's rate limit is reached, starts wait." + rehearsedLimits(h.Acts.Places, v),
		Scenarios: scenarioChoices(f.scenario, drillScenarios), Workers: workerChoices(f.worker), Templates: templateChoices(f.template), TaskQueue: f.queue,
		Besides: []views.Choice{
			{Value: "none", Label: "Nothing", Hint: "Only this endpoint.", Selected: f.beside != "local"},
			{Value: "local", Label: "A local server", Hint: "The same drill there afterwards, without TLS; then what changes when you move.", Selected: f.beside == "local"},
		},
		BesideAddress: f.besideAddress, BesideNamespace: f.besideNamespace, Key: h.KeySource(v, key, web.MovePath(v.Migration.ID, migration.StepTransfer, "drill")),
		Needs: web.Needs(v, migration.StepTest), CanStart: v.Step(migration.StepTest).Status == migration.Done, Changed: f.unfolded(v), History: past, Problems: ps}
	if v.Namespace != nil {
		t := h.Acts.Places.Target(v.View)
		p.Target = []views.Pair{{Name: "Endpoint", Value: t.Address, Mono: true}, {Name: "Namespace", Value: t.Namespace, Mono: true}}
	}
	return h.Page(w, r, web.StatusFor(ps), views.DrillPage(h.Frame(r, "Load drill", "migrations", &v, migration.StepTransfer), p))
}

// rehearsedLimits are the limits that the rehearsal cloud sets a namespace, "" for a migration to Temporal Cloud itself.
func rehearsedLimits(places *acts.Places, v web.Visit) string {
	own := places.Of(v.Migration.Mode).Own
	if own == nil {
		return ""
	}
	say := func(n int, what string) string {
		if n < 0 {
			return "no limit of " + what
		}
		return fmt.Sprintf("%d %s", n, what)
	}
	l := own.Limits()
	return fmt.Sprintf(" The rehearsal cloud has these limits a second: %s, %s, %s. onramp serve sets others with --actions-limit, --schedules-limit and --visibility-limit.",
		say(l.Actions, "actions"), say(l.Schedules, "schedule requests"), say(l.Visibility, "calls that list, search or count"))
}

// StartDrill starts a drill and leads to its page.
func (h *Pages) StartDrill(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := drillFields{once: cmp.Or(sent.Text("once"), rand.Text()), count: sent.Text("count"), rate: sent.Text("rate"), concurrency: sent.Text("concurrency"),
		seconds: sent.Text("seconds"), scenario: sent.Text("scenario"), amount: sent.Text("amount"), worker: sent.Text("worker"), template: sent.Text("template"),
		queue: sent.Text("task_queue"), beside: sent.Text("beside"), besideAddress: sent.Text("beside_address"), besideNamespace: sent.Text("beside_namespace")}
	run, err := h.drill(r.Context(), v, f, sent)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showDrill(w, r, v, f, web.ReadKeyFields(sent), ps)
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

func (h *Pages) drill(ctx context.Context, v web.Visit, f drillFields, sent web.Form) (runs.Run, error) {
	d, err := f.plan()
	creds, credsErr := h.Credentials(v, sent)
	if err := errors.Join(err, credsErr); err != nil {
		return runs.Run{}, fault.Unchanged(err)
	}
	d.Credentials, d.Once = creds, f.once
	run, err := h.Acts.Transfers.StartDrill(ctx, v.By, v.Migration.ID, d)
	return run, fault.Rename(err, transferNames)
}

// plan is what the form asks for, without the target. Errors are faults of its fields.
func (f drillFields) plan() (acts.Drill, error) {
	var p acts.Drill
	var errs []error
	whole := func(name, s string) int {
		n, err := strconv.Atoi(s)
		if s != "" && (err != nil || n == 0) {
			errs = append(errs, fault.New(fault.Invalid, fmt.Sprintf("%s is not a number", acts.Printable(s)), "Enter a whole number above 0.").In(name))
		}
		return n
	}
	part := func(name, s string) float64 {
		n, err := strconv.ParseFloat(s, 64)
		if s != "" && (err != nil || n == 0) {
			errs = append(errs, fault.New(fault.Invalid, fmt.Sprintf("%s is not a number", acts.Printable(s)), "Enter a number above 0, such as 5 or 0.5.").In(name))
		}
		return n
	}
	p.Plan.Count, p.Plan.Rate, p.Plan.Concurrency = whole("count", f.count), part("rate", f.rate), whole("concurrency", f.concurrency)
	seconds := part("seconds", f.seconds)
	if seconds > 86400 || seconds < -86400 { // beyond what a Duration is for; CheckDrill refuses a day too
		seconds = 86400
	}
	p.Plan.Time = time.Duration(seconds * float64(time.Second))
	amount, err := readAmount(f.amount)
	errs = append(errs, err)
	p.Plan.Request = transfer.Request{Worker: f.worker, Scenario: transfer.Scenario(f.scenario), Details: transfer.Details{Amount: amount}}
	if f.worker == "own" {
		p.Plan.TaskQueue = f.queue
		if f.template != detectTemplate {
			p.Plan.Template = f.template
		}
	}
	switch f.beside {
	case "", "none":
	case "local":
		t, err := localTarget(f.besideAddress, f.besideNamespace)
		if err != nil {
			err = fault.From(err).In("beside_address")
		} else if t == nil {
			err = fault.New(fault.Invalid, "The address of the local server is missing", "Enter its host and port, such as localhost:7233.").In("beside_address")
		}
		p.Beside, errs = t, append(errs, err)
	default:
		errs = append(errs, fault.New(fault.Invalid, "This is not one of the choices", "Choose one of those offered.").In("beside"))
	}
	return p, errors.Join(errs...)
}
