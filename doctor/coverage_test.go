package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// How an id that no row of the laboratory gives as a verdict or finding is accounted for.
const (
	asCandidate = "named beside"       // a row names it among what looks the same from here; proof is that row's code
	asText      = "decoded"            // the decoder gives it for a text; proof is the text
	asTest      = "tested"             // by another test; proof is "file TestName", and the id's name there where it has one
	asSame      = "cross-reference"    // to the id in proof
	asOddity    = "accepted"           // nothing is wrong; proof is the test that sees no alarm
	asDuty      = "a duty of Onramp"   // proof is the test that it is done
	asNever     = "not on one machine" // why says what it would take
)

// account is how one id is accounted for.
type account struct{ as, proof, why string }

// beyondRows are the ids of the catalogue that no row gives, each with its account.
var beyondRows = map[string]account{
	"KP-31": {asOddity, "doctor/healthy_test.go TestNoFalseAlarms", "CRLF, blanks and text before BEGIN pass without a word"},
	"KP-34": {asCandidate, "CL-07", "from the network it is the server's alert 51; that the worker loads from two pairs is not seen"},
	"KP-41": {asTest, "certsvc/declined_test.go TestDeclined", "what Go's parser declines, each with its reason"},
	"KP-42": {asTest, "certsvc/declined_test.go TestDeclined", ""},
	"CH-34": {asTest, "certsvc/path_test.go TestPaths", "beside crypto/x509 and openssl verify"},
	"CH-35": {asTest, "certsvc/path_test.go TestPaths", ""},
	"CH-36": {asTest, "certsvc/path_test.go TestPaths", ""},
	"CH-37": {asTest, "certsvc/path_test.go TestPaths", ""},
	"CH-38": {asTest, "certsvc/path_test.go TestPaths", ""},
	"CH-39": {asTest, "certsvc/path_test.go TestPaths", "what no rule of ours foresees"},
	"CH-28": {asCandidate, "CL-03", "Cloud refuses in the same words whatever became of the bundle; with --uploaded-ca it is CH-01"},
	"CH-30": {asCandidate, "CL-03", "how long Cloud takes is not known; the fix says to check again for five minutes"},
	"DN-10": {asCandidate, "TC-02", "a private connection that DNS does not use and a firewall are the same silence from here"},
	"PX-12": {asDuty, "doctor/healthy_test.go TestOtherHealthyEndpoints", "Onramp goes through proxies by itself"},
	"SV-02": {asTest, "doctor/noroots_test.go TestNoRootsOnThisMachine", "needs a process without root certificates, which the test starts"},
	"SV-03": {asSame, "PX-08", "the same fault seen from the server's certificate"},
	"SV-12": {asCandidate, "CL-03", "every account's server certificate is good; the namespace or the client certificate shows it"},
	"PR-09": {asText, `Server connection error: remote error: tls: protocol version not supported`, "Onramp's own TLS is new; a worker's old TLS is known by its text only"},
	"CL-13": {asDuty, "doctor/refused_test.go TestThousandRefusals", "the check reads before it writes, so the reason is never lost; the text is decoded"},
	"NS-03": {asDuty, "doctor/lab_test.go ListNamespaces", "the laboratory's server ends the test when namespaces are listed; the text of others is decoded"},
	"NS-08": {asCandidate, "TC-06", "a connectivity rule and a firewall cut in the same way; only the namespace's administrators see the rule"},
	"NS-09": {asDuty, "doctor/duties_test.go TestEveryCallNamesTheNamespace", "the header temporal-namespace goes with every call"},
	"NS-10": {asCandidate, "NS-02", "a certificate that opens a wrong namespace opens it; the stage says in large which one it is"},
	"NS-13": {asText, `InvalidArgument: invalid region: us-west-2`, "said by tcld and the Ops API when a namespace is made"},
	"NS-14": {asText, `InvalidArgument: cannot create namespace with provided auth method`, "said by tcld and the Ops API when a namespace is made"},
	"AK-08": {asCandidate, "AK-03", "which methods a namespace takes is known to its administrators only"},
	"AK-09": {asCandidate, "PR-05", "an API key without TLS is TLS switched off"},
	"AK-10": {asDuty, "doctor/healthy_test.go TestSecretsStay", "an API key is not sent before the server has proved who it is"},

	"WF-01": {asTest, "transfer/diagnose_test.go TestClassify", "a worker's answers, as the SDKs print them"},
	"WF-02": {asTest, "transfer/diagnose_test.go TestActivityFault", ""},
	"WF-03": {asTest, "transfer/diagnose_test.go TestClassify", ""},
	"WF-04": {asTest, "transfer/diagnose_test.go TestClassify", ""},
	"WF-05": {asTest, "transfer/diagnose_test.go TestClassify", ""},
	"WF-06": {asText, `InvalidArgument: Namespace orders.a1b2c has no mapping defined for search attribute CustomerId`, "said when a workflow is started; the check starts none"},
	"WF-07": {asText, `WorkflowExecutionAlreadyStarted: Workflow execution is already running`, "said when a workflow is started; the check starts none"},
	"WF-08": {asNever, "", "a property of two servers, no failure: workflows go on where they run"},
	"WF-09": {asNever, "", "nothing fails, so nothing is seen: schedules are listed by their owner on both sides"},
	"WF-10": {asText, `Activity complete after timeout`, "needs two clocks; the text is decoded, and SV-09 and CH-10 see a wrong clock here"},
	"WF-11": {asNever, "", "needs two places far apart; stage tcp prints how long each address took"},
	"WF-12": {asNever, "", "a query runs the user's code, and the check runs none; without pollers it is TQ-01"},
	"WF-13": {asTest, "transfer/diagnose_test.go TestClassify", ""},
	"WF-14": {asTest, "transfer/diagnose_test.go TestClassify", ""},
	"WF-15": {asTest, "transfer/diagnose_test.go TestEnds", ""},
	"WF-16": {asTest, "transfer/ends_test.go TestEndedFromOutside", ""},
	"WF-17": {asTest, "transfer/ends_test.go TestEndedFromOutside", ""},
	"WF-18": {asTest, "transfer/diagnose_test.go TestClassify", ""},
	"WF-19": {asTest, "transfer/follow_test.go TestFollowOnly noWorkflow", ""},
	"WF-20": {asTest, "transfer/worker_test.go TestForeignQueue foreignQueue", ""},
	"WF-21": {asTest, "transfer/waitsfor_test.go TestWaitsFor", "what a workflow that is followed waits for"},
	"WF-22": {asTest, "transfer/waitsfor_test.go TestWaitsFor", ""},

	"TC-11": {asText, `connect: cannot assign requested address`, "needs a machine without free ports or without IPv6"},
	"TC-12": {asText, `socket: too many open files`, "the check opens a handful of connections and closes them"},
	"WK-01": {asText, `task queue name cannot start with reserved prefix /_sys/`, "said by a worker that starts; the check starts none"},
	"WK-02": {asText, `At least one activity, Nexus service, or workflow must be specified`, "said by a worker that starts"},
	"WK-03": {asText, `Failed validating workflow Orders`, "said by a worker that starts"},
	"WK-04": {asText, `temporal_plugin_serve: worker info should contain at least 1 worker`, "said by RoadRunner"},
	"WK-05": {asText, `Error loading shared library ld-linux-x86-64.so.2: No such file or directory`, "said by a worker that starts"},
	"WK-06": {asText, `Your Workflow code (or a library used by your Workflow code) is importing the following disallowed modules`, "said by TypeScript's bundler"},
	"WK-07": {asText, `Lazy clients cannot be used for workers`, "said by a worker that starts"},
	"WK-08": {asText, `worker is now shutdown`, "said by a worker that ends"},
	"WK-09": {asText, `missing task queue field`, "said by a worker that starts"},
}

// coverage is which rows give each id, and in which way.
type coverage struct {
	verdicts, findings, candidates map[string][]string // id → names of rows
}

func newCoverage() *coverage {
	return &coverage{map[string][]string{}, map[string][]string{}, map[string][]string{}}
}

func (c *coverage) add(row faultRow, r Report) {
	note := func(m map[string][]string, code string) {
		if !slices.Contains(m[code], row.name) {
			m[code] = append(m[code], row.name)
		}
	}
	note(c.verdicts, r.Verdict.Code)
	for _, s := range r.Stages {
		for _, code := range s.Findings {
			note(c.findings, code)
		}
	}
	for _, x := range r.Verdict.Candidates {
		note(c.candidates, x.Code)
	}
}

// rows are those that give an id as their verdict or as a finding.
func (c *coverage) rows(code string) []string {
	if v := c.verdicts[code]; len(v) > 0 {
		return v
	}
	return c.findings[code]
}

// judge sees that every id of the catalogue is given by a row or accounted for, and that each account is true.
func (c *coverage) judge(t *testing.T) {
	t.Helper()
	for _, e := range Catalogue() {
		a, accounted := beyondRows[e.Code]
		given := len(c.rows(e.Code)) > 0
		switch {
		case given && accounted:
			t.Errorf("%s is given by %q, and accounted for as %s too", e.Code, c.rows(e.Code), a.as)
		case !given && !accounted:
			t.Errorf("%s (%s) is given by no row and accounted for nowhere", e.Code, e.Title)
		case accounted:
			if why := c.untrue(e.Code, a); why != "" {
				t.Errorf("%s is accounted for as %s, but %s", e.Code, a.as, why)
			}
		}
	}
	for code := range beyondRows {
		if _, ok := Lookup(code); !ok {
			t.Errorf("%s is accounted for and not in the catalogue", code)
		}
	}
}

// untrue says why an account does not hold, "" where it does.
func (c *coverage) untrue(code string, a account) string {
	switch a.as {
	case asCandidate:
		if !slices.ContainsFunc(c.candidates[code], func(row string) bool { return slices.Contains(c.verdicts[a.proof], row) }) {
			return fmt.Sprintf("no row of %s names it; rows that do: %q", a.proof, c.candidates[code])
		}
	case asText:
		d := Decode(a.proof)
		if d.Code != code && !slices.ContainsFunc(d.Candidates, func(x Candidate) bool { return x.Code == code }) {
			return fmt.Sprintf("%q is decoded as %s", a.proof, d.Code)
		}
	case asSame:
		if len(c.rows(a.proof)) == 0 {
			return a.proof + " is given by no row"
		}
	case asTest, asDuty, asOddity:
		file, name, _ := strings.Cut(a.proof, " ")
		name, as, ok := strings.Cut(name, " ") // as: the name that the other room gives to the id
		if !ok {
			as = `"` + code + `"`
		}
		b, err := os.ReadFile(filepath.Join("..", file))
		switch {
		case err != nil:
			return err.Error()
		case !strings.Contains(string(b), "func "+name+"(") && !strings.Contains(string(b), ") "+name+"("):
			return fmt.Sprintf("%s has no %s", file, name)
		case a.as == asTest && !strings.Contains(string(b), as):
			return fmt.Sprintf("%s does not speak of it", file)
		}
	case asNever:
		if a.why == "" {
			return "without a reason"
		}
	}
	return ""
}

// markdown is the table of the page.
func (c *coverage) markdown() string {
	var b strings.Builder
	byRow, counts := 0, map[string]int{}
	for _, e := range Catalogue() {
		var how string
		if rows := c.rows(e.Code); len(rows) > 0 {
			byRow++
			word := "verdict"
			if len(c.verdicts[e.Code]) == 0 {
				word = "finding"
			}
			var names []string
			for _, r := range rows {
				names = append(names, strings.TrimPrefix(r, e.Code+" "))
			}
			slices.Sort(names) // rows come from maps too
			how = word + ": " + strings.Join(names[:min(len(names), 4)], "; ")
			if more := len(names) - 4; more > 0 {
				how += fmt.Sprintf(" and %d more", more)
			}
		} else {
			a := beyondRows[e.Code]
			counts[a.as]++
			how = a.as
			if a.proof != "" {
				how += " `" + clean(a.proof, 90) + "`"
			}
			if a.why != "" {
				how += ": " + a.why
			}
		}
		said, _ := e.General()
		fmt.Fprintf(&b, "| %s | %s | %s |\n", e.Code, said.Title, how)
	}
	head := fmt.Sprintf("%d ids; %d are given by rows of the laboratory as verdict or finding", len(Catalogue()), byRow)
	for _, as := range []string{asCandidate, asTest, asText, asDuty, asOddity, asSame, asNever} {
		head += fmt.Sprintf(", %d %s", counts[as], as)
	}
	return head + ".\n\n| id | fault | how it is shown |\n|---|---|---|\n" + b.String()
}
