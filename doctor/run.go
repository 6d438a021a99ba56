package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/namespace"
)

// noRepairs is an empty list in JSON, not null.
var noRepairs = []namespace.Repair{}

// run is one check under way: what is known so far, and the stage that runs. One goroutine owns it.
type run struct {
	o       Options
	t       Target
	now     time.Time
	st      *Stage            // the running stage
	started time.Time         // when it started
	values  map[string]string // for the texts of the verdict
	target  ReportTarget

	verdict *Verdict // set when the ladder stops

	addr       namespace.Address
	hostKind   string
	id         namespace.ID
	ns         string // namespace as it is sent
	serverName string
	apiKey     string

	pair     certsvc.Pair
	hasPair  bool
	uploaded []*x509.Certificate

	proxy       *url.URL
	onlyByProxy bool   // past the proxy the target takes no connection
	badProxy    string // name of the variable whose value is no proxy address
	ips         []netip.Addr
	filtered    bool // a name that should be public resolved to no address of the internet: DN-08

	others    []attempt      // the other addresses that take connections, for stage tls
	connected netip.AddrPort // the address of conn, zero behind a proxy

	conn        net.Conn // the TCP connection that stage tcp made, for stage tls
	path        path     // how to make another one
	hello       *hello   // what the handshake showed
	rpc         *rpcConn // the gRPC client of stages 7 to 9
	notCompared string   // why the namespace was not held against the local one, or not in all
	localSilent bool     // the local server was asked for the worker and did not answer

	proof bool // the server showed that it accepted the client certificate
}

// close ends every connection of the run.
func (r *run) close() {
	if r.rpc != nil {
		r.rpc.close()
	}
	if r.hello != nil {
		r.hello.close()
	}
	if r.conn != nil {
		r.conn.Close()
	}
	r.closeOthers()
}

// closeOthers ends the connections that no stage has taken over.
func (r *run) closeOthers() {
	for _, a := range r.others {
		a.conn.Close()
	}
	r.others = nil
}

// say sets the stage's summary.
func (r *run) say(format string, args ...any) { r.st.Summary = fmt.Sprintf(format, args...) }

// skip marks the stage as not applying.
func (r *run) skip(why string) {
	r.st.Status = Skip
	r.st.Summary = why
}

// note lists a finding that is no alarm: the stage stays as it is.
func (r *run) note(code string) {
	if code != "" && !slices.Contains(r.st.Findings, code) {
		r.st.Findings = append(r.st.Findings, code)
	}
}

// warn lists a finding that will hurt: the stage becomes warn, the ladder goes on.
func (r *run) warn(code string) {
	r.note(code)
	if r.st.Status == Pass {
		r.st.Status = Warn
	}
}

// see keeps evidence of the stage, and strings as values for texts.
func (r *run) see(name string, v any) {
	r.st.Evidence[name] = v
	if s, ok := v.(string); ok {
		r.values[name] = s
	}
}

// stop ends the ladder with a verdict of the catalogue. Its stage is the running one.
func (r *run) stop(code string, level Level, candidates ...Candidate) {
	v := Explain(code, level, r.values)
	if v.Code == UnknownCode {
		r.unknown("")
		return
	}
	v.Candidates = append(v.Candidates, candidates...)
	r.seenLater(&v)
	r.fail(r.explainedBefore(v))
}

// explainedBefore puts what was seen earlier in the place of a verdict that only follows from it: a DNS filter before
// what the filter's page does, a client certificate that breaks Cloud's rules before the words of its refusal.
func (r *run) explainedBefore(v Verdict) Verdict {
	code, level := "", Likely
	group, _, _ := strings.Cut(v.Code, "-")
	switch r.st.ID {
	case "tcp", "tls":
		if r.filtered && group != "PX" || r.filtered && v.Code == "PX-08" {
			code = "DN-08"
		}
	case "client-cert", "grpc":
		if group == "CL" && r.hello != nil && r.hello.sent {
			code = r.ruleOfTheLeaf()
		}
	case "namespace":
		if rule := r.ruleOfTheLeaf(); v.Code == "NS-02" && rule != "" {
			e, _ := Lookup(rule)
			v.Candidates = append(v.Candidates, candidate(rule, e.Title+"."))
		}
	}
	if code == "" || code == v.Code {
		return v
	}
	// What was set for the other verdict's texts is not this one's.
	values := map[string]string{}
	for k, s := range r.values {
		if k != "cause" && k != "title" && k != "not_wrong" {
			values[k] = s
		}
	}
	earlier := Explain(code, level, values)
	earlier.NotWrong = v.NotWrong
	earlier.Candidates = append([]Candidate{candidate(v.Code, v.Title+".")}, v.Candidates...)
	earlier.Candidates = slices.DeleteFunc(earlier.Candidates, func(c Candidate) bool { return c.Code == code })
	return earlier
}

// ruleOfTheLeaf is the rule of Cloud that the client certificate breaks although the check let it pass, "" for none:
// it is a CA (CH-18), or a public CA issued it (CH-24).
func (r *run) ruleOfTheLeaf() string {
	if !r.hasPair {
		return ""
	}
	switch leaf := r.pair.Leaf(); {
	case leaf.BasicConstraintsValid && leaf.IsCA:
		return "CH-18"
	case r.publicLeaf():
		return "CH-24"
	}
	return ""
}

// publicLeaf reports whether the client certificate is one of a public CA: it stands under a root of this system, or
// is in the logs of public certificates.
func (r *run) publicLeaf() bool {
	system, err := x509.SystemCertPool()
	return looksPublic(r.pair.Leaf()) || err == nil && verifies(r.pair.Chain, system, r.now)
}

// seenLater corrects what a verdict says where it has the words of a stage before the network (nothing was
// contacted) and falls at one after it: a namespace without its account ID is seen in the input, or only when the
// namespace answers.
func (r *run) seenLater(v *Verdict) {
	e, _ := Lookup(v.Code)
	own, here := byStage[e.Stage], byStage[r.st.ID]
	before := slices.Index(StageIDs, e.Stage)
	if before < 0 || before > slices.Index(StageIDs, "chain") || slices.Index(StageIDs, r.st.ID) < slices.Index(StageIDs, "dns") {
		return
	}
	if e.NotWrong == own.notWrong && r.values["not_wrong"] == "" {
		v.NotWrong = fill(here.notWrong, r.values)
	}
	if e.Unseen == own.unseen {
		v.Unseen = fill(here.unseen, r.values)
	}
}

// unknown ends the ladder without a guess; what was seen is in the evidence.
func (r *run) unknown(what string) {
	values := map[string]string{}
	for k, v := range r.values {
		values[k] = v
	}
	if what != "" {
		values["cause"] = what
	}
	r.fail(unknownVerdict(r.st.ID, values))
}

func (r *run) fail(v Verdict) {
	v.Stage = r.st.ID
	v.Confirm = r.complete(v.Confirm)
	for i, f := range v.Fix {
		v.Fix[i].Command = r.complete(f.Command)
	}
	r.st.Status = Fail
	if r.st.Summary == "" {
		r.st.Summary = v.Title
	}
	if v.Code != UnknownCode {
		r.note(v.Code)
	}
	r.verdict = &v
}

// because keeps an unexplained error as evidence.
func (r *run) because(err error) {
	if err != nil {
		r.see("error", err.Error())
	}
}

// conclude returns the verdict of the whole run.
func (r *run) conclude() Verdict {
	if r.verdict != nil {
		return *r.verdict
	}
	v := Explain(OK, Certain, r.values)
	who := "the namespace " + r.ns
	v.Cause = fmt.Sprintf("No stage failed: %s answers, and %s accepts you.", r.addr, who)
	v.Unseen = "The worker's own network, environment and files: run the check where the worker runs."
	if r.t.TaskQueue == "" {
		v.Unseen = "No task queue was given, so nobody looked for a worker. " + v.Unseen
	}
	v.Confirm = r.complete(fill("temporal operator namespace describe --address {address} --namespace {namespace}", shellSafe(r.values)))
	if r.proxy != nil {
		r.byProxy(&v)
	}
	v.Stage = ""
	return v
}

// expired reports whether the check was cancelled, or the time of the whole check ended so early in
// this stage that silence proves nothing; the ladder then stops. A silence long enough is evidence
// and is judged by the stage.
func (r *run) expired(ctx context.Context) bool {
	switch {
	case ctx.Err() == nil:
		return false
	case errors.Is(ctx.Err(), context.Canceled):
		r.unknown("The check was stopped before this stage ended.")
		return true
	case time.Since(r.started) < min(time.Second, r.o.Timeout/4):
		r.unknown(fmt.Sprintf("The time for the whole check (%s) was over before this stage ended.", fault.Lasts(r.o.Timeout)))
		return true
	}
	return false
}

// tlsCertificate is what is presented, nil for none.
func (r *run) tlsCertificate() *tls.Certificate {
	if !r.hasPair {
		return nil
	}
	c := r.pair.TLS()
	return &c
}

// cloudHost reports whether the address is one of Temporal Cloud's by its name.
func (r *run) cloudHost() bool {
	switch r.hostKind {
	case namespace.HostNamespace, namespace.HostRegional, namespace.HostRegionCNAME:
		return true
	}
	return false
}

func candidate(code, why string) Candidate { return Candidate{Code: code, Why: why} }
