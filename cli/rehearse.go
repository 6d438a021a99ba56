package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal"
	"onramp/transfer"
)

// rehearsalSchema names the first line of `rehearse --hold`.
const rehearsalSchema = "onramp.rehearsal/1"

// defaultNamespace is the tutorial's example of a Namespace ID.
const defaultNamespace = "docs-assembly.a2dd6"

// held is the first line of `rehearse --hold`.
type held struct {
	Schema     string            `json:"schema"`
	Address    string            `json:"address"`
	Namespace  string            `json:"namespace"`
	Cert       string            `json:"cert"`
	Key        string            `json:"key"`
	CA         string            `json:"ca"`
	CAKey      string            `json:"ca_key"`
	ServerRoot string            `json:"server_root"`
	TrustEnv   map[string]string `json:"trust_env"`
	APIKey     string            `json:"api_key,omitempty"` // path of a file with the API key, with --auth api-key
	ServerName string            `json:"server_name"`       // chooses the namespace's endpoint, as in Temporal Cloud
	Control    *heldControl      `json:"control,omitempty"`
}

// heldControl is where the rehearsal's Cloud Ops API is, with the key of an Account Owner.
type heldControl struct {
	Address string            `json:"address"`
	APIKey  string            `json:"api_key"` // path of the file with the key
	Env     map[string]string `json:"env"`     // as tcld, Terraform's provider and onramp cloud read it
}

// rehearse is `onramp rehearse`: the whole way with no account, or with --hold the same prepared for
// other programs.
func rehearse(ctx context.Context, w World, args []string) int {
	s := newSettings("rehearse", "rehearse all six steps in the embedded rehearsal cloud", w)
	hold := s.boolean("hold", "prepare everything and stay up for other programs until SIGTERM")
	out := s.text("out", "", "`directory` for the certificates; with --hold required")
	ns := s.text("namespace", defaultNamespace, "Namespace ID to rehearse with")
	addr := s.text("rehearsal-addr", "127.0.0.1:0", "loopback `host:port` of the rehearsal cloud; port 0 picks a free one")
	auth := s.text("auth", cloud.AuthMTLS, "how workers sign in: mtls or api-key")
	operations := s.oneOf("operations", "fulfilled", "how changes by the Cloud Ops API end, with --hold", "fulfilled", "failed", "rejected", "cancelled", "slow")
	controlAddr := s.text("control-addr", "127.0.0.1:0", "loopback `host:port` of the rehearsal's Cloud Ops API, with --hold; port 0 picks a free one")
	as := asInCloudFlags(s)
	var wanted many
	s.fs.Var(&wanted, "search-attribute", "custom search attribute of the namespace, as `NAME=Type`; may be given several times. The rehearsal's database has room for 10 Keyword and 3 of each other type, fewer than Temporal Cloud")
	retention := s.text("retention", "3", "`days` that closed workflows stay, 1 to 90")
	var attributes map[string]string
	var days int
	asJSON := s.boolean("json", "machine output")
	force := s.boolean("force", "overwrite files that already exist in --out")
	var id namespace.ID
	s.after = append(s.after, func() error {
		if *hold && *out == "" {
			return fault.New(fault.Invalid, "--hold needs a directory", "Set --out DIR: certificates and keys are written there.").In("out")
		}
		return nil
	}, func() error {
		p, err := namespace.Parse(*ns)
		if err != nil {
			return fault.From(err).In("namespace")
		}
		id = p.ID
		return nil
	}, func() (err error) {
		if attributes, err = namespace.ReadAttributes(wanted); err == nil {
			err = rehearsal.Room(attributes)
		}
		if err != nil {
			return fault.From(err).In("search-attribute")
		}
		if days, err = strconv.Atoi(*retention); err != nil {
			return fault.New(fault.Invalid, "The retention is no number of days", "Choose a whole number from 1 to 90.").In("retention")
		}
		return nil
	}, func() error { return loopbackOnly("rehearsal-addr", *addr) }, func() error { return loopbackOnly("control-addr", *controlAddr) }, func() error {
		if *auth != cloud.AuthMTLS && *auth != cloud.AuthAPIKey {
			return fault.New(fault.Invalid, "Unknown sign-in method", "Choose mtls or api-key.").In("auth")
		}
		return nil
	}, func() error {
		if *out == "" || *force {
			return nil
		}
		return nothingThere(*out, rehearsalFiles...)
	})
	if code, done := s.parse(args); done {
		return code
	}
	place, err := rehearsal.New(rehearsal.Options{Addr: *addr, Lenient: as.lenient(), BothMethods: as.bothMethods(), Limits: as.limits})
	if err != nil {
		return complain(w, err)
	}
	defer place.Close()
	var plane *rehearsal.Control
	if *hold {
		if plane, err = rehearsal.NewControl(place, rehearsal.ControlOptions{Addr: *controlAddr, Outcome: *operations}); err != nil {
			return complain(w, err)
		}
		defer plane.Close()
	}
	r := &rehearser{w: w, cloud: place, control: plane, id: id, days: days, attributes: attributes, began: time.Now(), quiet: *hold || *asJSON, force: *force}
	if *auth == cloud.AuthAPIKey {
		err = r.withKey(ctx, *hold, *out)
	} else if *hold {
		err = r.hold(ctx, *out)
	} else {
		err = r.walk(ctx, *out)
	}
	if *asJSON && !*hold {
		code := exitOK
		answer := map[string]any{"schema": "onramp.rehearse/1", "namespace": id.String(), "steps": r.steps, "completed": err == nil}
		if f := fault.From(err); f != nil {
			answer["fault"] = map[string]string{"title": f.Title, "cause": f.Cause, "fix": f.Fix}
			code = exitInternal
		}
		if c := printJSON(w, answer); c != exitOK {
			return c
		}
		return code
	}
	if err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(w.Stderr, "onramp: the rehearsal was stopped")
			return exitInternal
		}
		return complain(w, err)
	}
	return exitOK
}

type stepDone struct {
	Step string  `json:"step"`
	Text string  `json:"text"`
	MS   float64 `json:"ms"`
}

// rehearser walks the steps and prints each with its time.
type rehearser struct {
	w     World
	cloud *rehearsal.Cloud
	// control is the Cloud Ops API, nil without --hold.
	control *rehearsal.Control
	id      namespace.ID
	// days and attributes are the namespace's settings.
	days       int
	attributes map[string]string
	began      time.Time
	mark       time.Time
	quiet      bool
	force      bool // write over files
	steps      []stepDone
}

func (r *rehearser) done(step, format string, a ...any) {
	took := time.Since(r.mark)
	d := stepDone{Step: step, Text: fmt.Sprintf(format, a...), MS: float64(took.Microseconds()) / 1000}
	r.steps = append(r.steps, d)
	if !r.quiet {
		fmt.Fprintf(r.w.Stdout, "%d  %-16s %8s   %s\n", len(r.steps), step, fault.Took(took), d.Text)
	}
	r.mark = time.Now()
}

// begin starts the cloud and makes the namespace.
func (r *rehearser) begin(ctx context.Context) error {
	if !r.quiet {
		fmt.Fprintln(r.w.Stdout, "Rehearsal: the rehearsal cloud, at a loopback address of this machine, stands in for Temporal Cloud.")
	}
	r.mark = time.Now()
	if err := r.cloud.Start(ctx); err != nil {
		return err
	}
	ready := time.Since(r.mark)
	if err := r.cloud.CreateNamespace(ctx, r.id); err != nil {
		return err
	}
	settings := rehearsal.SettingsOf(r.cloud)
	if err := settings.SetRetention(ctx, r.id, r.days); err != nil {
		return err
	}
	if len(r.attributes) > 0 {
		if err := settings.AddAttributes(ctx, r.id, r.attributes); err != nil {
			return fault.Rename(err, map[string]string{"search_attributes": "search-attribute"})
		}
	}
	r.done("Namespace", "%s at %s (rehearsal cloud ready after %s)", r.id, r.cloud.Address(), fault.Took(ready))
	return nil
}

// prepare does namespace, certificates and CA upload.
func (r *rehearser) prepare(ctx context.Context) (certsvc.Set, error) {
	var none certsvc.Set
	if err := r.begin(ctx); err != nil {
		return none, err
	}
	set, err := certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{
		Namespace: r.id.String(), Address: r.cloud.Address(),
		CA:   certsvc.CASpec{CommonName: r.id.Name + " rehearsal CA", Organization: "Onramp rehearsal"},
		Leaf: certsvc.LeafSpec{CommonName: r.id.Name, Organization: "Onramp rehearsal"},
	})
	if err != nil {
		return none, err
	}
	r.done("Certificates", "CA and client certificate created; both meet Temporal Cloud's rules")
	if _, err := r.cloud.SetCAs(ctx, r.id, set.CA.CertPEM); err != nil {
		return none, err
	}
	r.done("CA upload", "the namespace accepts %s", set.CA.Cert.Subject)
	return set, nil
}

// walk does all six steps; it writes the certificates to out when that is given.
func (r *rehearser) walk(ctx context.Context, out string) error {
	set, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	if out != "" {
		if _, err := r.write(out, set); err != nil {
			return err
		}
	}
	target := doctor.Target{Address: r.cloud.Address(), Namespace: r.id.String(), CertPEM: set.Leaf.CertPEM,
		KeyPEM: set.Leaf.Key.Reveal(), ExtraRootsPEM: r.cloud.RootPEM()}
	return r.tryOut(ctx, target, "mTLS")
}

// tryOut checks a connection and does a transfer through it.
func (r *rehearser) tryOut(ctx context.Context, target doctor.Target, over string) error {
	report := doctor.New(doctor.Options{}).Run(ctx, target, nil)
	if report.Verdict.Code != "OK" {
		v := report.Verdict
		return &fault.Fault{Kind: fault.Internal, Code: v.Code, Title: v.Title, Cause: v.Cause, NotWrong: v.NotWrong, Fix: "Run the same with --json and look at the stages."}
	}
	passed := 0
	for _, st := range report.Stages {
		if st.Status == doctor.Pass || st.Status == doctor.Warn {
			passed++
		}
	}
	r.done("Connection", "%d stages passed over %s", passed, over)
	events := make(chan transfer.Event, 64)
	result := make(chan transfer.Result, 1)
	go func() {
		defer close(events)
		result <- newTransfers(10*time.Second, nil, nil, nil).Run(ctx, transfer.Request{Target: target, Template: "builtin", Worker: "builtin",
			Scenario: transfer.Success, GiveUp: true}, func(es []transfer.Event) {
			for _, e := range es {
				events <- e
			}
		})
	}()
	for e := range events {
		if e.Event == transfer.KindWorker {
			r.done("Worker", "%s", e.Text)
		}
	}
	res := <-result
	if !res.AsExpected {
		v := res.Verdict
		return &fault.Fault{Kind: fault.Internal, Code: v.Code, Title: v.Title, Cause: v.Cause, Fix: "Run onramp rehearse --hold and onramp transfer to see every event."}
	}
	r.done("Transfer", "workflow %s completed: %v", res.WorkflowID, res.Result)
	if !r.quiet {
		fmt.Fprintf(r.w.Stdout, "The transfer completed over %s, %s after the start.\n", over, fault.Took(time.Since(r.began)))
	}
	return nil
}

// hold prepares, prints where everything is as one line of JSON, and stays until ctx ends.
func (r *rehearser) hold(ctx context.Context, out string) error {
	set, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	h, err := r.write(out, set)
	if err != nil {
		return err
	}
	return r.stay(ctx, h, filepath.Dir(h.Cert))
}

// stay writes the trust files, prints where everything is and stays until ctx ends.
func (r *rehearser) stay(ctx context.Context, h held, dir string) error {
	var err error
	if h.TrustEnv, err = r.cloud.TrustFiles(dir); err != nil {
		return err
	}
	h.ServerRoot = filepath.Join(dir, "server-root.pem")
	if h.Control, err = r.opsKey(dir); err != nil {
		return err
	}
	line, err := jsonLine(h)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.w.Stdout, line)
	fmt.Fprintln(r.w.Stderr, "The rehearsal cloud is up. Stop it with Ctrl-C or SIGTERM.")
	<-ctx.Done()
	return nil
}

// write puts the set into dir, all of it or nothing: certificates 0644, keys 0600.
func (r *rehearser) write(dir string, set certsvc.Set) (held, error) {
	h := held{Schema: rehearsalSchema, Address: r.cloud.Address(), Namespace: r.id.String(), ServerName: r.id.Host()}
	paths, err := place(r.w, dir, r.force, output{"ca.pem", set.CA.CertPEM, 0o644}, output{"ca.key", set.CA.Key.Reveal(), 0o600},
		output{"client.pem", set.Leaf.CertPEM, 0o644}, output{"client.key", set.Leaf.Key.Reveal(), 0o600})
	if err != nil {
		return h, err
	}
	h.CA, h.CAKey, h.Cert, h.Key = paths[0], paths[1], paths[2], paths[3]
	return h, nil
}

// rehearsalFiles are the files that a rehearsal writes into --out.
var rehearsalFiles = []string{"client.pem", "client.key", "ca.pem", "ca.key", "api-key.txt", "cloud-key.txt", "server-root.pem", "trust.pem", "trust.p12"}

// nothingThere refuses a directory that holds one of the files already: a CA's key that is written over is gone.
func nothingThere(dir string, names ...string) error {
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return there(path)
		}
	}
	return nil
}

func there(path string) error {
	f := fault.New(fault.Invalid, printable(path)+" exists already", "Choose another directory, or use --force to overwrite it.").In("out")
	f.Cause = "An overwritten key is lost; without a CA's key you cannot sign more client certificates under that CA."
	return f
}

// loopbackOnly refuses a listen address that others could reach.
func loopbackOnly(flagName, addr string) error {
	if err := hostPort(flagName, addr); err != nil || isLoopback(addr) {
		return err
	}
	return &fault.Fault{Kind: fault.Invalid, Field: flagName,
		Title: fmt.Sprintf("%s can be reached by others", addr),
		Cause: "Beyond this machine it needs TLS and sign-in, and the rehearsal cloud has neither for strangers.",
		Fix:   "Listen on loopback: 127.0.0.1:0 takes a free port."}
}

// isLoopback reports an address that this machine alone reaches.
func isLoopback(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// hostPort refuses what is no address to listen on.
func hostPort(flagName, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return fault.New(fault.Invalid, fmt.Sprintf("%q is not host:port", addr), "Use a loopback address with a port, such as 127.0.0.1:8686.").In(flagName)
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n < 0 || strings.HasPrefix(port, "+") {
		return fault.New(fault.Invalid, fmt.Sprintf("%q is not a port", port), "Use a number from 0 to 65535; 0 picks a free port.").In(flagName)
	}
	return nil
}
