package doctor

import (
	"context"
	"log/slog"
	"net"
	"os"
	"time"

	"onramp/reach"
)

// Options are what an Engine needs; every field has a default.
type Options struct {
	Now     func() time.Time       // default time.Now
	Getenv  func(string) string    // default os.Getenv: proxies and the like
	Log     *slog.Logger           // default: discard
	Timeout time.Duration          // whole run, default 25 s
	Resolve func() (string, error) // host name for tested_from, default os.Hostname

	// Nameserver is the host:port of a DNS server to ask instead of the system's; "" is the system's.
	Nameserver string
	// Dial opens TCP connections to the target and its proxy; nil is net.Dialer's. A laboratory puts its own
	// network there.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// To, where it is set and Dial is not, gives the dialer of a check of one host:port, by which everything that the
	// check opens is dialled: a portal that several people share says by it what may be reached.
	To func(address string) reach.Dialer
	// Own, where it is set, keeps the connections to the target, so that a server in this process knows them.
	Own *OwnCalls
	// OtherNameserver is the host:port of a second DNS server, outside this network, which is asked for the name
	// of the target where the first does not know it (P10); "" asks nobody else.
	OtherNameserver string
	// Budgets of single stages; zero fields get defaults.
	Budgets Budgets
}

// Budgets are how long single stages wait for an answer.
type Budgets struct {
	DNS, TCP, TLS, Read, RPC time.Duration
	Probe                    time.Duration // each extra probe that separates causes
}

// Engine runs checks. It is safe for concurrent use.
type Engine struct{ o Options }

// New returns an Engine.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = 25 * time.Second
	}
	if o.Resolve == nil {
		o.Resolve = os.Hostname
	}
	o.Budgets = o.Budgets.orDefault()
	return &Engine{o: o}
}

func (b Budgets) orDefault() Budgets {
	for _, f := range []struct {
		v   *time.Duration
		def time.Duration
	}{
		{&b.DNS, 3 * time.Second}, {&b.TCP, 5 * time.Second}, {&b.TLS, 5 * time.Second},
		{&b.Read, 300 * time.Millisecond}, {&b.RPC, 5 * time.Second}, {&b.Probe, 2 * time.Second},
	} {
		if *f.v <= 0 {
			*f.v = f.def
		}
	}
	return b
}

// Run checks the target and returns the report. emit, when not nil, is called from one goroutine
// with each stage twice: as Running when it starts, and as it ended. Run returns when the ladder
// has stopped or ctx ends; what was not reached is NotReached. It never returns an error: what goes
// wrong is the report.
func (e *Engine) Run(ctx context.Context, t Target, emit func(Stage)) Report {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, e.o.Timeout)
	defer cancel()
	if emit == nil {
		emit = func(Stage) {}
	}
	r := &run{o: e.o, t: t, now: e.o.Now(), values: map[string]string{}}
	defer r.close()

	from, err := e.o.Resolve()
	if err != nil {
		e.o.Log.Warn("host name unknown", "err", err)
		from = "unknown host"
	}
	report := Report{
		Schema: Schema, Rules: RulesDate, TestedFrom: clean(from, maxValue), At: r.now.UTC().Truncate(time.Second),
		Stages: make([]Stage, 0, len(StageIDs)),
	}
	for _, s := range ladder {
		if r.verdict != nil {
			report.Stages = append(report.Stages, Stage{ID: s.id, Status: NotReached, Evidence: map[string]any{}, Findings: []string{}})
			continue
		}
		emit(Stage{ID: s.id, Status: Running, Evidence: map[string]any{}, Findings: []string{}})
		start := time.Now()
		r.st = &Stage{ID: s.id, Status: Pass, Evidence: map[string]any{}, Findings: []string{}}
		r.started = start
		s.run(r, ctx)
		r.st.MS = float64(time.Since(start).Microseconds()) / 1000
		r.st.Summary = clean(r.st.Summary, maxSentence)
		r.st.Evidence = safe(r.st.Evidence)
		report.Stages = append(report.Stages, *r.st)
		emit(*r.st)
	}
	report.Target = r.target
	if report.Target.Normalised == nil {
		report.Target.Normalised = noRepairs
	}
	report.Verdict = r.conclude()
	report.NotChecked = r.notChecked(report.Stages)
	report.TookMS = float64(time.Since(began).Microseconds()) / 1000
	return report
}

// ladder is the ten stages with what runs each; the ids are StageIDs.
var ladder = []struct {
	id  string
	run func(*run, context.Context)
}{
	{"input", (*run).input},
	{"pair", (*run).readPair},
	{"chain", (*run).chainRules},
	{"dns", (*run).dns},
	{"tcp", (*run).tcp},
	{"tls", (*run).tls},
	{"client-cert", (*run).clientCert},
	{"grpc", (*run).grpc},
	{"namespace", (*run).describeNamespace},
	{"task-queue", (*run).taskQueue},
}
