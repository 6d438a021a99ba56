package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"

	"onramp/assess"
	"onramp/cutover"
	"onramp/doctor"
	"onramp/fault"
	"onramp/sdk"
	"onramp/snippet"
)

// cutovers are the subcommands of `onramp cutover`.
var cutovers = []command{
	{"status", "look once: both sides, the gates, the drain of the source", cutoverStatus},
	{"watch", "look again and again, a line each, until it is interrupted", cutoverWatch},
	{"twins", "list the workflow IDs that are open on both sides", cutoverTwins},
	{"stragglers", "list who still starts work at the source", cutoverStragglers},
	{"router", "print a wrapper for clients that signal with start, which asks the source first", cutoverRouter},
}

// cutoverCmd is `onramp cutover`: the half of a cut-over that only reads.
func cutoverCmd(ctx context.Context, w World, args []string) int {
	if len(args) > 0 {
		for _, c := range cutovers {
			if c.name == args[0] {
				return c.start(ctx, w, args[1:])
			}
		}
	}
	out, code := w.Stderr, exitUsage
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help"):
		out, code = w.Stdout, exitOK
	case len(args) > 0 && plainWord(args[0]):
		fmt.Fprintf(out, "onramp: unknown command cutover %s\n", args[0])
		if near := meant(args[0], cutovers); near != "" {
			fmt.Fprintf(out, "  Did you mean onramp cutover %s?\n", near)
		}
	}
	fmt.Fprint(out, "onramp cutover watches a migration from a server to Temporal Cloud. It changes nothing on either side.\n\nUsage: onramp cutover COMMAND --address SOURCE --target-namespace NAME.ACCOUNT [--flag value …]\n\n")
	for _, c := range cutovers {
		fmt.Fprintf(out, "  %-10s %s\n", c.name, c.what)
	}
	fmt.Fprint(out, "\nonramp cutover COMMAND --help lists a command's flags.\n")
	return code
}

// crossing are the flags of a subcommand of `onramp cutover`.
type crossing struct {
	s              *settings
	source, target *connection
	tls, asJSON    *bool
	namespace      *string
	window, silent *string
	histories      *int
	budget         *int
	rate           *float64
	queues         many
	acknowledged   many
	assessment     *string
	reviewed       *string
	overrides      overrides
	every          *time.Duration
	looks          *int
	o              cutover.Options
}

// overrides is a flag that may be given several times: GATE=NAME because …
type overrides map[string]string

// String implements flag.Value.
func (o overrides) String() string { return "" }

// Set implements flag.Value.
func (o overrides) Set(s string) error {
	gate, by, ok := strings.Cut(s, "=")
	if gate = strings.ToUpper(strings.TrimSpace(gate)); !ok || strings.TrimSpace(by) == "" {
		return errors.New("no name")
	}
	for _, g := range cutover.GateTexts() {
		if g.ID == gate {
			o[gate] = strings.TrimSpace(by)
			return nil
		}
	}
	return errors.New("no such gate")
}

// newCrossing declares the flags that a subcommand has; whole says that it looks at gates.
func newCrossing(w World, name, what string, whole bool) *crossing {
	s := newSettings("cutover "+name, what, w)
	c := &crossing{s: s, source: endpointFlags(s, ""), target: endpointFlags(s, "target-"), overrides: overrides{}}
	c.namespace = s.text("namespace", "default", "`name` of the source's namespace")
	c.target.ns = s.text("target-namespace", "", "`Namespace ID` in Temporal Cloud, name.account")
	c.tls = s.boolean("tls", "connect to the source with TLS; any TLS flag or an API key does so too")
	c.rate = s.fs.Float64("rate", assess.DefaultRate, "calls a second, to each side")
	c.budget = s.fs.Int("budget", assess.DefaultBudget, "calls of one look, to each side")
	c.window, c.silent, c.assessment, c.reviewed, c.histories = new(string), new(string), new(string), new(string), new(int)
	if name != "twins" {
		c.window = s.text("window", "", "how far back starts are looked for, such as 1h; default: three times the longest quiet gap of the last week")
		c.histories = s.fs.Int("histories", 40, "starts whose first events are read, for who started them")
	}
	if name != "stragglers" {
		s.fs.Var(&c.acknowledged, "acknowledge", "`ID` of a workflow that may be open on both sides; may be given several times")
	}
	if whole {
		c.silent = s.text("silent", "", "how long the source must be silent in the end; default 168h")
		c.assessment = s.text("assessment", "", "facts `file` of an assessment of the source, as onramp assess --facts writes it")
		c.reviewed = s.text("warnings-reviewed-by", "", "`name` of who went through the assessment's warnings")
		s.fs.Var(&c.queues, "task-queue", "task queue besides those that recent work names; may be given several times")
		s.fs.Var(c.overrides, "override", "`GATE=NAME because …`: pass a gate by hand; may be given several times")
	}
	c.asJSON = s.boolean("json", "machine output (onramp.cutover."+name+"/1)")
	s.exits = map[string]string{"status": "0 every gate passed · 20 one is open · 21 one says stop · 22 one is not known, at worst", "watch": "0 it was interrupted, or has made its --looks",
		"twins": "0 none · 21 some · 22 not known", "stragglers": "0 none · 20 some · 22 not known"}[name] + "\n" + unreachableExits
	s.after = append(s.after, func() error { return c.read(name) })
	return c
}

// read makes the options of the flags.
func (c *crossing) read(name string) error {
	c.o = cutover.Options{Namespace: *c.namespace, TargetNamespace: *c.target.ns, Histories: *c.histories, Rate: *c.rate, Budget: *c.budget, Queues: c.queues, Wait: name == "status",
		Said: cutover.Said{WarningsReviewedBy: *c.reviewed, Acknowledged: c.acknowledged, Overrides: c.overrides}}
	var problems []error
	for flag, to := range map[string]*time.Duration{"window": &c.o.Window, "silent": &c.o.Silent} {
		text := map[string]string{"window": *c.window, "silent": *c.silent}[flag]
		if text == "" {
			continue
		}
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			problems = append(problems, fault.New(fault.Invalid, "This is not a duration", "Give a number and a unit, such as 30m or 168h.").In(flag))
		}
		*to = d
	}
	if name == "stragglers" && c.o.TargetNamespace == "" {
		c.o.TargetNamespace = "-" // the target is not asked
	}
	return errors.Join(errors.Join(problems...), c.o.Validate())
}

// ends dials both sides. code is not exitOK where the command is over.
func (c *crossing) ends(ctx context.Context, w World) (source doctor.Target, src, dst cutover.End, closed func(), code int) {
	closed = func() {}
	t := c.source.target()
	t.Address = orDefault(t.Address, "localhost:7233")
	t.Plaintext = !*c.tls && len(t.CertPEM)+len(t.KeyPEM)+len(t.RootsPEM) == 0 && t.ServerName == "" && t.APIKey == ""
	t.Namespace = *c.namespace
	to := c.target.target()
	to.Namespace = *c.target.ns
	to.Address = orDefault(to.Address, to.Namespace+".tmprl.cloud:7233")
	for _, x := range []doctor.Target{t, to} {
		if len(x.InputFaults) > 0 {
			return t, src, dst, closed, complain(w, fault.New(fault.Invalid, strings.ToUpper(x.InputFaults[0].Text[:1])+x.InputFaults[0].Text[1:], "Give the name of a file that can be read."))
		}
	}
	from, err := assess.Dial(t, nil)
	if err != nil {
		return t, src, dst, closed, complain(w, err)
	}
	conns := []*grpc.ClientConn{from}
	closed = func() {
		for _, x := range conns {
			_ = x.Close()
		}
	}
	src = cutover.End{Conn: from, Address: t.Address}
	if c.o.TargetNamespace == "-" {
		return t, src, cutover.End{Conn: from}, closed, exitOK
	}
	there, err := assess.Dial(to, nil)
	if err != nil {
		if *c.target.address == "" {
			return t, src, dst, closed, complain(w, fault.From(err).In("target-namespace"))
		}
		return t, src, dst, closed, complain(w, atTarget(err))
	}
	conns = append(conns, there)
	dst = cutover.End{Conn: there, Address: to.Address}
	c.o.Check = func(ctx context.Context) *cutover.Checked {
		return cutover.CheckedBy(doctor.New(doctor.Options{}).Run(ctx, to, nil))
	}
	return t, src, dst, closed, exitOK
}

// atTarget names the flags of the target in a fault about its connection.
func atTarget(err error) error {
	f := fault.From(err)
	if f.Field != "" && !strings.HasPrefix(f.Field, "target-") {
		return f.In("target-" + f.Field)
	}
	return f
}

// begin reads the assessment and dials. code is not exitOK where the command is over.
func (c *crossing) begin(ctx context.Context, w World) (r *cutover.Reader, t doctor.Target, closed func(), code int) {
	closed = func() {}
	if *c.assessment != "" {
		in, err := os.Open(*c.assessment)
		if err != nil {
			return nil, t, closed, complain(w, fault.Wrap(err, fault.Invalid, "The facts file cannot be opened", "Give a file that onramp assess --facts wrote.").In("assessment"))
		}
		defer in.Close()
		f, err := assess.ReadFacts(in)
		if err != nil {
			return nil, t, closed, complain(w, fault.From(err).In("assessment"))
		}
		c.o.Assessment = cutover.OfAssessment(f)
	}
	t, src, dst, closed, code := c.ends(ctx, w)
	if code != exitOK {
		return nil, t, closed, code
	}
	return cutover.NewReader(src, dst, c.o), t, closed, exitOK
}

// look looks once. code is not exitOK where nothing could be said of the source.
func (c *crossing) look(ctx context.Context, w World, part cutover.Part) (f *cutover.Facts, code int) {
	show, stop := crossingProgress(w)
	c.o.Progress = show
	r, t, closed, code := c.begin(ctx, w)
	defer closed()
	if code != exitOK {
		return nil, code
	}
	f, err := r.Look(ctx, part)
	stop()
	return f, c.failed(ctx, w, t, err)
}

// failed says why nothing could be said of the source.
func (c *crossing) failed(ctx context.Context, w World, t doctor.Target, err error) int {
	var u *assess.Unreachable
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInternal
	case !errors.As(err, &u):
		return complain(w, err)
	}
	v := cutover.Explain(ctx, doctor.New(doctor.Options{}), t, u)
	written := exitOK
	if *c.asJSON {
		written = printJSON(w, cutover.Failed(t.Address, *c.namespace, v))
	} else {
		written = unwritten(w, doctor.WriteVerdict(w.Stdout, v, colour(w)))
	}
	if written != exitOK {
		return written
	}
	return doctor.ExitCode(v)
}

func cutoverStatus(ctx context.Context, w World, args []string) int {
	c := newCrossing(w, "status", "look once at both sides: gates, drain of the source, twins and stragglers", true)
	if code, done := c.s.parse(args); done {
		return code
	}
	f, code := c.look(ctx, w, cutover.All)
	if code != exitOK {
		return code
	}
	r := cutover.Judge(f)
	if *c.asJSON {
		code = printJSON(w, r)
	} else {
		code = unwritten(w, cutover.WriteStatus(w.Stdout, r, colour(w)))
	}
	if code != exitOK {
		return code
	}
	return r.ExitCode()
}

func cutoverTwins(ctx context.Context, w World, args []string) int {
	c := newCrossing(w, "twins", "list the workflow IDs that are open on both sides", false)
	if code, done := c.s.parse(args); done {
		return code
	}
	f, code := c.look(ctx, w, cutover.OnlyTwins)
	if code != exitOK {
		return code
	}
	r := cutover.JudgeTwins(f)
	if *c.asJSON {
		code = printJSON(w, r)
	} else {
		code = unwritten(w, cutover.WriteTwins(w.Stdout, r))
	}
	if code != exitOK {
		return code
	}
	return r.ExitCode()
}

func cutoverStragglers(ctx context.Context, w World, args []string) int {
	c := newCrossing(w, "stragglers", "list who still starts work at the source, by what each client calls itself", false)
	if code, done := c.s.parse(args); done {
		return code
	}
	f, code := c.look(ctx, w, cutover.OnlyStragglers)
	if code != exitOK {
		return code
	}
	r := cutover.JudgeStragglers(f)
	if *c.asJSON {
		code = printJSON(w, r)
	} else {
		code = unwritten(w, cutover.WriteStragglers(w.Stdout, r))
	}
	if code != exitOK {
		return code
	}
	return r.ExitCode()
}

// cutoverRouter prints the wrapper of a language.
func cutoverRouter(_ context.Context, w World, args []string) int {
	s := newSettings("cutover router", "print a wrapper for clients that signal with start, which asks the source first", w)
	lang := s.text("lang", "", strings.Join(sdk.IDs(), ", "))
	asJSON := s.boolean("json", "machine output (onramp.cutover.router/1)")
	if code, done := s.parse(args); done {
		return code
	}
	a, err := snippet.WriteAskFirst(*lang)
	if err != nil {
		return complain(w, err)
	}
	if *asJSON {
		return printJSON(w, struct {
			Schema string `json:"schema"`
			snippet.AskFirst
		}{"onramp.cutover.router/1", a})
	}
	_, err = fmt.Fprint(w.Stdout, a.Content)
	if err == nil {
		fmt.Fprintf(w.Stderr, "onramp: save this as %s, and call it wherever the client signals with start\n", a.Path)
	}
	return unwritten(w, err)
}

// cutoverWatch looks until it is interrupted: one line a look. SIGINT and SIGTERM end it in order, with exit 0.
func cutoverWatch(ctx context.Context, w World, args []string) int {
	c := newCrossing(w, "watch", "look at both sides again and again, a line each, until it is interrupted", true)
	c.every = c.s.duration("every", "1m", "how often it looks", 24*time.Hour)
	c.looks = c.s.fs.Int("looks", 0, "end after so many looks; 0: until it is interrupted")
	if code, done := c.s.parse(args); done {
		return code
	}
	r, t, closed, code := c.begin(ctx, w)
	defer closed()
	if code != exitOK {
		return code
	}
	began := time.Now()
	for n := 1; ; n++ {
		next := time.NewTimer(*c.every)
		f, err := r.Look(ctx, cutover.All)
		switch {
		case ctx.Err() != nil:
			return c.end(w, began, n-1)
		case err != nil && n == 1:
			return c.failed(ctx, w, t, err)
		case err != nil: // one that was there may come back
			fmt.Fprintf(w.Stderr, "onramp: the source could not be read: %s\n", sayable(err.Error()))
		default:
			if code := c.line(w, cutover.Judge(f)); code != exitOK {
				return code
			}
		}
		if n == *c.looks {
			return exitOK
		}
		select {
		case <-ctx.Done():
			next.Stop()
			return c.end(w, began, n)
		case <-next.C:
		}
	}
}

func (c *crossing) line(w World, r cutover.Report) int {
	if !*c.asJSON {
		_, err := fmt.Fprintln(w.Stdout, cutover.WatchLine(r))
		return unwritten(w, err)
	}
	r.Schema = cutover.WatchSchema
	enc := json.NewEncoder(w.Stdout) // one object a line
	enc.SetEscapeHTML(false)
	return unwritten(w, enc.Encode(r))
}

// end says that a watch was interrupted.
func (c *crossing) end(w World, began time.Time, looks int) int {
	fmt.Fprintf(w.Stderr, "onramp: watched for %s, looked %d times; nothing was changed\n", fault.Lasts(max(time.Since(began), time.Second).Round(time.Second)), looks)
	return exitOK
}

// crossingProgress shows where a look is, on stderr: one line that is written over on a terminal, else a line a phase.
func crossingProgress(w World) (show func(cutover.Progress), stop func()) {
	f, ok := w.Stderr.(*os.File)
	terminal := false
	if ok {
		st, err := f.Stat()
		terminal = err == nil && st.Mode()&os.ModeCharDevice != 0
	}
	return func(p cutover.Progress) {
			switch {
			case p.Phase == "done":
			case terminal:
				fmt.Fprintf(w.Stderr, "\r\x1b[KReading the %s: %s, %d calls", p.Side, p.Phase, p.Calls)
			default:
				fmt.Fprintf(w.Stderr, "onramp: reading the %s: %s, %d calls\n", p.Side, p.Phase, p.Calls)
			}
		}, func() {
			if terminal {
				fmt.Fprint(w.Stderr, "\r\x1b[K")
			}
		}
}
