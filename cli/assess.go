package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onramp/assess"
	"onramp/doctor"
	"onramp/fault"
)

// unreachableExits are the exit codes of commands that read a source, where it cannot be read.
const unreachableExits = "2 wrong usage · 11 network · 12 TLS or protocol, or no Temporal server · 13 credentials refused · 14 no such namespace"

// betweenScrapes is how long apart --metrics looks twice at a counter.
const betweenScrapes = 10 * time.Second

// many is a flag that may be given several times, each with one value or several behind commas.
type many []string

// String implements flag.Value.
func (m *many) String() string { return strings.Join(*m, ",") }

// Set implements flag.Value.
func (m *many) Set(s string) error {
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			*m = append(*m, v)
		}
	}
	return nil
}

// assessment are the flags of `onramp assess`.
type assessment struct {
	s                                  *settings
	source, target                     *connection
	names                              many
	histories, budget                  *int
	rate                               *float64
	tls, asJSON                        *bool
	metrics, config, facts, from, pack *string
	code                               *string
	markdown                           *string
}

// assessCmd is `onramp assess`: what must change before this server's applications can live in Temporal Cloud.
func assessCmd(ctx context.Context, w World, args []string) int {
	s := newSettings("assess", "say what must change to migrate from this server to Temporal Cloud, without changing anything", w)
	a := &assessment{s: s, source: endpointFlags(s, ""), target: endpointFlags(s, "target-")}
	s.fs.Var(&a.names, "namespace", "`name` of a namespace to assess; may be given several times; default: all that can be listed")
	a.target.ns = s.text("target-namespace", "", "`Namespace ID` in Temporal Cloud, to look whether it is ready")
	a.histories = s.fs.Int("histories", 20, "histories to sample in each namespace, for sizes and encodings only; 0 reads none")
	a.rate = s.fs.Float64("rate", assess.DefaultRate, "calls a second")
	a.budget = s.fs.Int("budget", assess.DefaultBudget, "calls of the whole run")
	a.tls = s.boolean("tls", "connect to the source with TLS; any TLS flag or an API key does so too")
	a.metrics = s.text("metrics", "", "`URL` of the server's metrics page, for the rate of actions")
	a.config = s.text("dynamic-config", "", "the server's dynamic configuration `file`")
	a.code = s.text("code", "", "`directory` of your source code, to look in it for what Temporal Cloud does not answer; nothing of the code is kept")
	a.facts = s.text("facts", "", "write what was read to this `file`")
	a.from = s.text("from", "", "judge this facts `file` again, and ask nobody")
	a.pack = s.text("pack", "", "write what Temporal's support asks for to this zip `file`")
	a.markdown = s.text("markdown", "", "write the report to this `file`, as Markdown")
	a.asJSON = s.boolean("json", "machine output (onramp.assess/1)")
	s.exits = "0 nothing above INFO · 20 a WARNING at worst · 21 a BLOCKER · 22 UNKNOWN at worst, for either way to migrate\n" + unreachableExits
	s.after = append(s.after, func() error {
		if v, ok := w.Getenv(envName("namespace")); ok && s.origin("namespace") == "--namespace" { // a flag wins over the environment
			var env many
			_ = env.Set(v)
			a.names = a.names[len(env):]
		}
		o := a.options(nil)
		if err := o.Validate(); err != nil {
			return err
		}
		if o.Rate == 0 { // in Options it is the default
			return fault.New(fault.Invalid, "This is not a rate for reading a server", "Give calls a second, from 0.1 to 50.").In("rate")
		}
		if *a.from != "" && len(a.names) > 0 {
			return fault.New(fault.Invalid, "A facts file is judged as a whole", "Leave out --namespace, or assess the server again with it.").In("namespace")
		}
		if *a.code != "" {
			if st, err := os.Stat(*a.code); err != nil || !st.IsDir() {
				return fault.New(fault.Invalid, "There is no such directory", "Give the directory of your source code.").In("code")
			}
		}
		if *a.metrics != "" && !strings.HasPrefix(*a.metrics, "http://") && !strings.HasPrefix(*a.metrics, "https://") {
			return fault.New(fault.Invalid, "This is not the address of a metrics page", "Give it with its scheme, such as http://localhost:9090/metrics.").In("metrics")
		}
		return nil
	})
	if code, done := s.parse(args); done {
		return code
	}
	if *a.from != "" {
		return a.again(ctx, w)
	}
	return a.run(ctx, w)
}

func (a *assessment) options(progress func(assess.Progress)) assess.Options {
	return assess.Options{Namespaces: a.names, Histories: *a.histories, Rate: *a.rate, Budget: *a.budget, Progress: progress}
}

// again judges a facts file.
func (a *assessment) again(ctx context.Context, w World) int {
	in, err := os.Open(*a.from)
	if err != nil {
		return complain(w, fault.Wrap(err, fault.Invalid, "The facts file cannot be opened", "Give a file that onramp assess --facts wrote.").In("from"))
	}
	defer in.Close()
	f, err := assess.ReadFacts(in)
	if err != nil {
		return complain(w, fault.From(err).In("from"))
	}
	a.readCode(ctx, f)
	return a.finish(w, f)
}

// readCode looks in the source code, where it was given.
func (a *assessment) readCode(ctx context.Context, f *assess.Facts) {
	if *a.code != "" {
		f.Code = assess.ReadCode(ctx, os.DirFS(*a.code))
	}
}

// run reads the source, then says what was found.
func (a *assessment) run(ctx context.Context, w World) int {
	var config *assess.DynamicConfig
	if *a.config != "" {
		in, err := os.Open(*a.config)
		if err != nil {
			return complain(w, fault.Wrap(err, fault.Invalid, "The dynamic configuration file cannot be opened", "Give the name of a file that can be read.").In("dynamic-config"))
		}
		defer in.Close()
		if config, err = assess.ReadDynamicConfig(in); err != nil {
			return complain(w, err)
		}
	}
	t := a.source.target()
	t.Address = orDefault(t.Address, "localhost:7233")
	t.Plaintext = !*a.tls && len(t.CertPEM)+len(t.KeyPEM)+len(t.RootsPEM) == 0 && t.ServerName == "" && t.APIKey == ""
	engine := doctor.New(doctor.Options{})
	if len(t.InputFaults) > 0 { // a file that cannot be read: the doctor names it
		return a.unreachable(w, engine.Run(ctx, t, nil).Verdict)
	}
	conn, err := assess.Dial(t, nil)
	if err != nil {
		return complain(w, err)
	}
	defer conn.Close()
	show, stop := progressOn(w)
	f, err := assess.Collect(ctx, conn, t.Address, a.options(show))
	stop()
	var u *assess.Unreachable
	switch {
	case errors.As(err, &u):
		return a.unreachable(w, assess.Explain(ctx, engine, t, u))
	case err != nil:
		return complain(w, err)
	}
	f.TLS, f.APIKey, f.Config = !t.Plaintext, t.APIKey != "", config
	if *a.metrics != "" {
		f.Metrics = assess.ReadMetrics(ctx, &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, *a.metrics, betweenScrapes)
	}
	a.readCode(ctx, f)
	if *a.target.ns != "" || *a.target.address != "" {
		if code := a.readTarget(ctx, w, f); code != exitOK {
			return code
		}
	}
	return a.finish(w, f)
}

func (a *assessment) readTarget(ctx context.Context, w World, f *assess.Facts) int {
	t := a.target.target()
	t.Namespace = *a.target.ns
	if t.Address == "" {
		t.Address = t.Namespace + ".tmprl.cloud:7233"
	}
	if len(t.InputFaults) > 0 {
		return complain(w, fault.New(fault.Invalid, t.InputFaults[0].Text, "Give the name of a file that can be read.").In("target-address"))
	}
	conn, err := assess.Dial(t, nil)
	if err != nil {
		return complain(w, err)
	}
	defer conn.Close()
	f.Target = assess.ReadTarget(ctx, conn, t.Address, t.Namespace, f, a.options(nil))
	return exitOK
}

// finish writes the files that were asked for, and the report.
func (a *assessment) finish(w World, f *assess.Facts) int {
	report := assess.Judge(f)
	for _, out := range []struct {
		path, flag string
		write      func(io.Writer) error
	}{
		{*a.facts, "facts", f.Write},
		{*a.pack, "pack", func(w io.Writer) error { return assess.WritePack(w, f, report) }},
		{*a.markdown, "markdown", func(w io.Writer) error { return assess.WriteMarkdown(w, report) }},
	} {
		if out.path == "" {
			continue
		}
		if err := writeWhole(out.path, out.write); err != nil {
			return complain(w, fault.Wrap(err, fault.Invalid, "The file cannot be written", "Give the name of a file in a directory that you may write to.").In(out.flag))
		}
	}
	code := exitOK
	if *a.asJSON {
		code = printJSON(w, report)
	} else {
		code = unwritten(w, assess.WriteText(w.Stdout, report, colour(w)))
	}
	if code != exitOK {
		return code
	}
	return report.ExitCode()
}

// unreachable says why nothing was assessed.
func (a *assessment) unreachable(w World, v doctor.Verdict) int {
	written := exitOK
	if *a.asJSON {
		written = printJSON(w, assess.Report{Schema: assess.Schema, Rules: rulesDate, At: time.Now().UTC().Truncate(time.Second), Rows: []assess.Row{}, RPCs: map[string]int{}, Verdict: &v,
			Source: assess.SourceServer{Namespaces: []string{}}, Drain: assess.Drain{Types: []assess.TypeDrain{}}})
	} else {
		written = unwritten(w, doctor.WriteVerdict(w.Stdout, v, colour(w)))
	}
	if written != exitOK {
		return written
	}
	return doctor.ExitCode(v)
}

// writeWhole writes a file so that either all of it is there or the old one: 0600, for names may be confidential.
func writeWhole(path string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".onramp-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := write(tmp); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// progressOn shows where a run is, on stderr: one line that is written over on a terminal, else a line a phase.
func progressOn(w World) (show func(assess.Progress), stop func()) {
	f, ok := w.Stderr.(*os.File)
	terminal := false
	if ok {
		st, err := f.Stat()
		terminal = err == nil && st.Mode()&os.ModeCharDevice != 0
	}
	last := ""
	return func(p assess.Progress) {
			where := p.Phase
			if p.Namespace != "" {
				where = fmt.Sprintf("%s (%d of %d): %s", sayable(p.Namespace), p.Done+1, p.Of, p.Phase)
			}
			switch {
			case terminal:
				fmt.Fprintf(w.Stderr, "\r\x1b[KReading %s, %d of at most %d calls", where, p.Calls, p.Budget)
			case where != last:
				last = where
				fmt.Fprintf(w.Stderr, "onramp: reading %s, %d of at most %d calls\n", where, p.Calls, p.Budget)
			}
		}, func() {
			if terminal {
				fmt.Fprint(w.Stderr, "\r\x1b[K")
			}
		}
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
