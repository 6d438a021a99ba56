package views

import (
	"reflect"
	"runtime"
	"strings"

	"github.com/a-h/templ"

	"onramp/fault"
)

// page is one page with props as handlers would give them. Its name is that of its golden file.
type page struct {
	name string
	of   string // the component that renders it: "HomePage"
	html templ.Component
}

// shown is a page of the given component; name is the component's, HelpEntryPage's help-entry, alone or with a variant.
func shown[P any](name string, component func(Frame, P) templ.Component, f Frame, p P) page {
	of := runtime.FuncForPC(reflect.ValueOf(component).Pointer()).Name()
	return page{name, of[strings.LastIndexByte(of, '.')+1:], component(f, p)}
}

// pages are every page in the states that matter: fresh, refused, live, done.
func pages() []page {
	return append(append(append(append(append(append(clientPages(), replacePages()...), codeFixtures()...), append(peoplePages(), toldPages()...)...), handoffPages()...), boardPages()...), []page{
		shown("home-empty", HomePage, frame("", "migrations", nil), HomeProps{DataDir: dataDir}),
		shown("home", HomePage, frame("Migrations", "migrations", nil), homeProps()),
		shown("home-ending", HomePage, frame("Migrations", "migrations", nil), homeEnding()),
		shown("home-lean", HomePage, frame("", "migrations", nil), HomeProps{NoRehearsal: "This build leaves the rehearsal cloud out; the full build has it"}),
		shown("home-list", HomePage, frame("Migrations", "migrations", nil), homeList()),
		shown("settings", SettingsPage, cloudFrame("Rename, archive or delete", "", 4), settingsProps()),
		shown("settings-refused", SettingsPage, rehearsalFrame("Rename, archive or delete", "", 4), settingsRefused()),
		shown("new", NewPage, frame("Move an application", "migrations", nil), newProps(nil)),
		shown("new-refused", NewPage, frame("Move an application", "migrations", nil), newProps(Problems{
			{Kind: fault.Conflict, Field: "name", Title: "A migration named Payments exists", Fix: "Choose another name, or continue the one that exists"},
		})),
		shown("overview", OverviewPage, alone(cloudFrame("Payments", "", 4)), overviewProps()),
		shown("overview-refused", OverviewPage, alone(replacing(rehearsalFrame("Payments", "", 4))), overviewRefused()),
		shown("namespace", NamespacePage, rehearsalFrame("Choose the namespace", "namespace", 1), namespaceProps()),
		shown("namespace-refused", NamespacePage, cloudFrame("Choose the namespace", "namespace", 1), namespaceRefused()),
		shown("certificates", CertificatesPage, rehearsalFrame("Create certificates", "certificates", 2), CertificatesProps{Migration: "payments", Lanes: lanes("make"), Form: certForm("make"), Tools: tools(), Twin: cli("onramp cert ca --out certs --cn 'payments CA' --org Payments --days 365")}),
		shown("certificates-csr", CertificatesPage, cloudFrame("Create certificates", "certificates", 2), CertificatesProps{Migration: "payments", Lanes: lanes("csr"), Form: certForm("csr"), Problems: Problems{
			{Kind: fault.Invalid, Code: "KP-02", Field: "csr", Title: "This is a private key, not a request", Cause: "It was not stored", Fix: "Paste the file that begins with BEGIN CERTIFICATE REQUEST"},
		}}),
		shown("certificates-import", CertificatesPage, cloudFrame("Create certificates", "certificates", 2), CertificatesProps{Migration: "payments", Lanes: lanes("import"), Form: certForm("import")}),
		shown("certificates-made", CertificatesPage, rehearsalFrame("Create certificates", "certificates", 2), certificatesMade()),
		shown("certificates-shown", CertificatesPage, showing(rehearsalFrame("Create certificates", "certificates", 4)), certificatesShown()),
		shown("unsaved", UnsavedPage, rehearsalFrame("Save the key first", "certificates", 3), unsavedProps()),
		shown("certificates-gone", CertificatesPage, rehearsalFrame("Create certificates", "certificates", 2), certificatesGone()),
		shown("expiry", ExpiryPage, frame("Expiry", "expiry", nil), expiryProps()),
		shown("expiry-empty", ExpiryPage, frame("Expiry", "expiry", nil), expiryEmpty()),
		shown("audit", AuditPage, frame("Audit", "audit", nil), auditProps()),
		shown("audit-halted", AuditPage, halted(frame("Audit", "audit", nil)), auditProps()),
		shown("audit-empty", AuditPage, frame("Audit", "audit", nil), AuditProps{CSV: "/audit.csv", JSON: "/audit.json"}),
		shown("key", KeyPage, cloudFrame("The CA’s private key", "certificates", 2), caKeyProps()),
		shown("key-locked", KeyPage, cloudFrame("The CA’s private key", "certificates", 2), caKeyKept(false)),
		shown("key-open", KeyPage, cloudFrame("The CA’s private key", "certificates", 2), caKeyKept(true)),
		shown("key-missing", KeyPage, cloudFrame("The CA’s private key", "certificates", 2), KeyProps{Migration: "payments", Missing: &NeedProps{Tag{Idle, "Can’t start yet"}, "Create certificates first", "/m/payments/certificates"}, AuditURL: "/audit"}),
		shown("filters", FiltersPage, cloudFrame("Certificate filters", "certificates", 2), filtersProps()),
		shown("filters-refused", FiltersPage, rehearsalFrame("Certificate filters", "certificates", 2), filtersRefused()),
		shown("upload", UploadPage, rehearsalFrame("Upload the CA certificate", "upload", 3), uploadProps(true)),
		shown("upload-cloud", UploadPage, cloudFrame("Upload the CA certificate", "upload", 3), uploadProps(false)),
		shown("upload-no-key", UploadPage, cloudFrame("Upload the CA certificate", "upload", 3), uploadWithoutKey()),
		shown("ops-key", OpsPage, cloudFrame("Let Onramp do it", "upload", 3), opsProps(false)),
		shown("ops-own-key", OpsPage, rehearsalFrame("Let Onramp do it", "upload", 3), OpsProps{Migration: "payments", Namespace: "payments.a1b2c", Server: "localhost:41413", Minutes: "15", Rehearsal: true}),
		shown("ops-fresh", OpsPage, cloudFrame("Let Onramp do it", "namespace", 1), opsFresh()),
		shown("ops-key-waits", OpsPage, cloudFrame("Let Onramp do it", "upload", 3), opsKeyMade(false)),
		shown("ops-key-made", OpsPage, cloudFrame("Let Onramp do it", "upload", 3), opsKeyMade(true)),
		shown("ops-plan", OpsPage, cloudFrame("Let Onramp do it", "upload", 3), opsProps(true)),
		shown("ops-done", OpsPage, cloudFrame("Let Onramp do it", "upload", 3), opsDone()),
		shown("ops-old-key", OpsPage, cloudFrame("Let Onramp do it", "test", 4), opsWithOldKey(nil)),
		shown("ops-old-key-not-yet", OpsPage, cloudFrame("Let Onramp do it", "test", 4), opsWithOldKey(fault.New(fault.Conflict, "The new API key has not been checked since", "Run a check with the new API key once more, on the page of the replacement."))),
		shown("ops-refused", OpsPage, cloudFrame("Let Onramp do it", "upload", 3), opsRefused()),
		shown("upload-missing", UploadPage, cloudFrame("Upload the CA certificate", "upload", 1), UploadProps{Migration: "payments", Missing: &NeedProps{Tag{Idle, "Can’t start yet"}, "Create certificates first", "/m/payments/certificates"}, Status: UploadStatusProps{Tag: Tag{Idle, "Not started"}, Text: "Nothing to watch for yet."}}),
		shown("cloud", CloudPage, cloudSide("Namespaces"), CloudProps{Namespaces: cloudRows(), Back: &Link{Text: "Back to Payments", URL: "/m/payments/upload"}}),
		shown("cloud-empty", CloudPage, cloudSide("Namespaces"), CloudProps{}),
		shown("cloud-absent", CloudPage, cloudSide("Namespaces"), CloudProps{Absent: lean()}),
		shown("cloud-namespace", CloudNamespacePage, cloudSide("Edit docs-assembly.a2dd6"), cloudNamespace(true)),
		shown("cloud-namespace-refused", CloudNamespacePage, cloudSide("Edit docs-assembly.a2dd6"), cloudNamespace(false)),
		shown("test", TestPage, rehearsalFrame("Test the connection", "test", 4), testProps()),
		shown("test-run-live", TestRunPage, live(rehearsalFrame("Test the connection", "test", 4)), testLive()),
		shown("test-run-failed", TestRunPage, cloudFrame("Test the connection", "test", 4), testFailed()),
		shown("test-run-passed", TestRunPage, rehearsalFrame("Test the connection", "test", 5), testPassed()),
		shown("test-run-reported", TestRunPage, cloudFrame("Test the connection", "test", 4), testReported()),
		shown("test-elsewhere", TestPage, rehearsalFrame("Test the connection", "test", 4), testElsewhere()),
		shown("compare", ComparePage, cloudFrame("Run 3 compared", "test", 4), compareRuns()),
		shown("compare-alone", ComparePage, cloudFrame("Run 1 compared", "test", 4), CompareProps{Migration: "payments", Run: Link{Text: "Run 1", URL: "/m/payments/test/r1"}, Summary: "There is no other run yet. Run the checks again after something changed, then compare."}),
		shown("code", CodePage, live(rehearsalFrame("Change the worker", "code", 5)), codeProps()),
		shown("transfer", TransferPage, rehearsalFrame("Run a test transfer", "transfer", 6), transferProps()),
		shown("transfer-run-live", TransferRunPage, live(rehearsalFrame("Transfer 2", "transfer", 6)), transferLive()),
		shown("transfer-run-shown", TransferRunPage, shownEnd(rehearsalFrame("Transfer 2", "transfer", 7), ShowProps{Part: "Done", Title: "That was the whole way.", Next: &Link{Text: "Move your application", URL: "/new", TestID: "show-new"}, More: []Link{{Text: "See all six steps", URL: "/m/payments"}}}), transferDone()),
		shown("test-run-shown", TestRunPage, shownEnd(live(rehearsalFrame("Test the connection", "test", 4)), ShowProps{Part: "Step 4 of 6", Title: "The check is running.", Again: true, Here: "/m/payments/test/r1?show=1", Myself: &Link{Text: "Do it myself", URL: "/m/payments/test", TestID: "show-myself"}}), testLive()),
		shown("transfer-run-failed", TransferRunPage, toast(rehearsalFrame("Transfer 3", "transfer", 6)), transferFailed()),
		shown("transfer-run-done", TransferRunPage, rehearsalFrame("Transfer 2", "transfer", 7), transferDone()),
		shown("drill", DrillPage, rehearsalFrame("Drill", "transfer", 6), drillForm()),
		shown("drill-run-live", DrillRunPage, live(rehearsalFrame("Drill 1", "transfer", 6)), drillLive()),
		shown("drill-run-done", DrillRunPage, rehearsalFrame("Drill 1", "transfer", 7), drillDone()),
		shown("assess", AssessPage, cloudFrame("Assess", "", 4), assessForm()),
		shown("assess-facts", AssessFactsPage, frame("Assess a server", "", nil), AssessFactsProps{Command: assessCommand()}),
		shown("assess-facts-refused", AssessFactsPage, frame("Assess a server", "", nil), AssessFactsProps{Command: assessCommand(), Problems: Problems{{Kind: fault.Invalid, Field: "facts", Title: "There is no facts file", Fix: "Choose the file that onramp assess --facts wrote."}}}),
		shown("assess-run-live", AssessRunPage, cloudFrame("Assessment 1", "", 4), assessLive()),
		shown("assess-run-done", AssessRunPage, cloudFrame("Assessment 2", "", 4), assessDone()),
		shown("assess-run-failed", AssessRunPage, cloudFrame("Assessment 3", "", 4), assessFailed()),
		shown("cutover", CutoverPage, cloudFrame("Cut-over", "", 4), cutoverForm()),
		shown("cutover-looked", CutoverPage, cloudFrame("Cut-over", "", 4), cutoverLooked()),
		shown("cutover-run-live", CutoverRunPage, cloudFrame("Cut-over look 1", "", 4), cutoverLive()),
		shown("cutover-run-failed", CutoverRunPage, cloudFrame("Cut-over look 2", "", 4), cutoverFailed()),
		shown("runs", RunsPage, cloudFrame("Runs", "", 4), RunsProps{Migration: "payments", Checks: checkRows(), Spark: sparkline30(), Transfers: nil}),
		shown("migration-report", MigrationReportPage, rehearsalFrame("Report: Payments", "", 6), reportProps()),
		shown("rehearsal", RehearsalPage, frame("Rehearsal cloud", "rehearsal", nil), rehearsalProps()),
		shown("rehearsal-broken", RehearsalPage, frame("Rehearsal cloud", "rehearsal", nil), brokenRehearsal()),
		shown("test-run-broken", TestRunPage, broken(rehearsalFrame("Run 3", "test", 5)), testFailed()),
		shown("rehearsal-absent", RehearsalPage, frame("Rehearsal cloud", "rehearsal", nil), RehearsalProps{Absent: lean()}),
		shown("help", HelpPage, frame("Help", "help", nil), helpProps()),
		shown("help-found", HelpPage, frame("Help", "help", nil), helpFoundProps()),
		shown("search", SearchPage, frame("Search", "", nil), SearchProps{}),
		shown("search-found", SearchPage, searched(frame("Search", "", nil), "payments"), searchProps()),
		shown("search-none", SearchPage, searched(frame("Search", "", nil), "zebra"), SearchProps{Query: "zebra"}),
		shown("help-entry", HelpEntryPage, frame("CL-01", "help", nil), helpEntry()),
		shown("decode", DecodePage, frame("Explain an error text", "help", nil), DecodeProps{Twin: cli("onramp decode < error.txt")}),
		shown("decode-known", DecodePage, frame("Explain an error text", "help", nil), decodeKnown()),
		shown("decode-unknown", DecodePage, frame("Explain an error text", "help", nil), decodeUnknown()),
		shown("decode-refused", DecodePage, frame("Explain an error text", "help", nil), DecodeProps{Problems: Problems{{Kind: fault.Invalid, Field: "error_text", Title: "There is no text", Fix: "Paste the error that was printed."}}}),
		shown("error-404", ErrorPage, frame("Not found", "", nil), ErrorProps{Status: "404", Title: "No migration is named paymets", Cause: "The nearest name is payments.", Links: []Link{{Text: "Open payments", URL: "/m/payments"}, {Text: "All migrations", URL: "/"}}}),
		shown("error-410", ErrorPage, rehearsalFrame("Gone", "certificates", 2), ErrorProps{Status: "410", Title: "This key has left already", Cause: "Onramp hands out a private key once, in the answer that first asked for it, and keeps no copy.", NotWrong: "Your certificates are still good.", Fix: "Use the file that was downloaded, or make new certificates.", Who: "developer", Outcome: "Nothing was changed.", Links: []Link{{Text: "Back to certificates", URL: "/m/payments/certificates"}}}),
		shown("error-500", ErrorPage, frame("Failed", "", nil), ErrorProps{Status: "500", Title: "Onramp could not do this", Fix: "Try again. If it happens again, look up the request id in the log.", Outcome: "Nothing was changed.", RequestID: "0f3a9c21b7de", Links: []Link{{Text: "Try again", URL: "/m/payments/test"}, {Text: "All migrations", URL: "/"}}}),
	}...)
}

const dataDir = "~/.local/share/onramp"

// halted is a frame once the audit was changed.
func halted(f Frame) Frame {
	f.Halted = "Record 500, or one before it, is not as it was written. The first record in doubt is 500."
	return f
}

func frame(title, nav string, rail *RailProps) Frame {
	return Frame{Title: title, Version: "0.1.0", DataDir: dataDir, Theme: "auto", Path: "/", Nav: nav, Rail: rail}
}

func cloudFrame(title, step string, current int) Frame {
	f := frame(title, "migrations", &RailProps{Migration: "payments", Name: "Payments", Done: doneText(current), Steps: steps(step, current)})
	f.Path, f.Of = "/m/payments/"+step, "Payments"
	f.Crumbs = []Link{{Text: "Migrations", URL: "/"}, {Text: "Payments", URL: "/m/payments"}, {Text: title}}
	for _, name := range []string{"Overview", "Certificates", "Filters", "Checks", "Transfers", "Drill", "Replace", "Settings"} {
		p := Place{Text: name, URL: "/m/payments/" + strings.ToLower(name), TestID: "inside-" + strings.ToLower(name)}
		if name == "Checks" && step == "test" {
			p.Current = "page"
		}
		f.Inside = append(f.Inside, p)
	}
	return f
}

func rehearsalFrame(title, step string, current int) Frame {
	f := cloudFrame(title, step, current)
	f.Rehearsal = true
	return f
}

// showing is the frame of a page of a shown rehearsal.
func showing(f Frame) Frame {
	f.Show = &ShowProps{Part: "Steps 1 to 3 of 6", Title: "Onramp made a namespace, a CA and a client certificate, and uploaded the CA certificate.", Text: "Here the rehearsal cloud stands in.",
		Action: "/m/payments/show", At: "certificates", Go: "Check the connection", Rest: 8000, Myself: &Link{Text: "Do it myself", URL: "/m/payments/test", TestID: "show-myself"},
		More: []Link{{Text: "The namespace", URL: "/m/payments/namespace"}}}
	return f
}

// shownEnd is the frame at the end of a shown rehearsal, or while a part of it goes on.
func shownEnd(f Frame, p ShowProps) Frame {
	f.Show = &p
	return f
}

func certificatesShown() CertificatesProps {
	p := certificatesMade()
	p.Have.Next, p.Keys.Next = nil, nil
	return p
}

func unsavedProps() UnsavedProps {
	k := *certificatesMade().Keys
	k.Warned = true
	return UnsavedProps{Keys: k, Lost: []string{"bundle.zip with client.key: your workers need it in step 5."}, Next: &Link{Text: "Continue without saving", URL: "/m/payments/upload", TestID: "continue"}}
}

func cloudSide(title string) Frame {
	f := frame(title, "rehearsal", nil)
	f.CloudSide = true
	return f
}

// alone is the frame of the overview, which has the steps itself.
func alone(f Frame) Frame {
	f.Rail, f.Crumbs = nil, f.Crumbs[:2]
	f.Crumbs[1].URL, f.Inside[0].Current, f.Saw = "", "page", "1a2b3c4d.0.0"
	return f
}

func replacing(f Frame) Frame {
	f.Replacing = &ReplacingProps{Text: "The CA certificate is being replaced: 2 of 4 steps done.", URL: "/m/payments/certificates/replace"}
	return f
}

func searched(f Frame, query string) Frame {
	f.Query = query
	return f
}

func searchProps() SearchProps {
	return SearchProps{Query: "payments", Groups: []SearchGroup{
		{ID: "migrations", Title: "Migrations and namespaces", Found: []FoundProps{{Title: "Payments", URL: "/m/payments", Text: "payments-prod.a1b2c", Mono: true, Tag: Tag{Busy, "Your turn"}}}, More: &Link{Text: "More in the list of migrations", URL: "/?q=payments"}},
		{ID: "runs", Title: "Runs", Found: []FoundProps{{Title: "Transfer 2 of Payments", URL: "/m/payments/transfer/r2", Tag: Tag{Good, "Passed"}, Text: "14 Nov 2026, 10:42 · r2"}}},
		{ID: "faults", Title: "Faults and help", Found: helpFoundProps().Found},
	}}
}

func live(f Frame) Frame {
	f.Feed, f.Follow = "/m/payments/events?on=test:3", "/m/payments/test/r3?follow=1"
	return f
}

func toast(f Frame) Frame {
	f.Toast = "The worker was seen"
	return f
}

func doneText(current int) string {
	return []string{"", "none done", "1 of 6 done", "2 of 6 done", "3 of 6 done", "4 of 6 done", "5 of 6 done", "all 6 done"}[current]
}

// steps is a migration that has come to the step with number current (7: all done); the page is that of step.
func steps(step string, current int) []StepProps {
	titles := []string{"Choose the namespace", "Create certificates", "Upload the CA certificate", "Test the connection", "Change the worker", "Run a test transfer"}
	ids := []string{"namespace", "certificates", "upload", "test", "code", "transfer"}
	evidence := []string{"payments-prod.a1b2c", "client certificate expires 11 Nov 2027", "seen by run 2", "run 3 passed", "1 worker polling", "completed in 2.6 s"}
	var out []StepProps
	for i := range ids {
		s := StepProps{ID: ids[i], Number: itoa(i + 1), Title: titles[i], Current: ids[i] == step}
		switch {
		case i+1 < current:
			s.State, s.Word, s.Detail, s.When = Good, "Done", evidence[i], "Dana, 12 Nov"
		case i+1 == current:
			s.State, s.Word, s.Detail, s.CanNote = Busy, "Your turn", "", true
		case i == 5 && current < 5:
			s.State, s.Word, s.Detail = Idle, "Can’t start yet", "needs step 4"
		default:
			s.State, s.Word, s.CanNote = Idle, "Not started", true
		}
		out = append(out, s)
	}
	return out
}

func homeProps() HomeProps {
	return HomeProps{
		DataDir: dataDir,
		Sections: []CardSection{
			{Title: "Your turn", None: "Nothing needs your action.", Tally: "2", Lead: true, Cards: []CardProps{
				{ID: "payments", Name: "Payments", Turn: Tag{Busy, "Your turn"}, Meter: []State{Good, Good, Good, Bad, Idle, Idle}, Count: "3 of 6", Next: &Link{Text: "Test the connection", URL: "/m/payments/test"}, Detail: "Python · run 3 failed at Certificate · 2 h ago"},
				{ID: "rehearsal", Name: "Rehearsal of 12 Nov", Rehearsal: true, Turn: Tag{Busy, "Your turn"}, Meter: []State{Good, Busy, Idle, Idle, Idle, Idle}, Count: "1 of 6", Next: &Link{Text: "Create certificates", URL: "/m/rehearsal/certificates"}, Detail: "Python · started 5 min ago"},
			}},
			{Title: "Waiting for others", Tally: "1", Cards: []CardProps{{ID: "orders", Name: "Orders", Turn: Tag{Wait, "Waiting for a Cloud admin"}, Meter: []State{Good, Good, Wait, Idle, Idle, Idle}, Count: "2 of 6", Next: &Link{Text: "Upload the CA certificate", URL: "/m/orders/upload"}, Detail: "Go · since Tuesday"}}},
			{Title: "Recent", Tally: "1", Cards: []CardProps{{ID: "ledger", Name: "Ledger", Turn: Tag{Good, "Done"}, Replacing: "Replacing the CA certificate", Meter: []State{Good, Good, Good, Good, Good, Good}, Count: "6 of 6", Detail: "Java · finished 3 Nov"}}},
		},
	}
}

func homeEnding() HomeProps {
	p := homeProps()
	p.Ending = &EndingProps{State: Bad, Title: "5 client certificates have expired or expire in the next 15 days", More: "and 3 more.", Rows: []EndingRow{
		{Name: "Payments", Text: "expired on 12 Nov 2026", Replace: Link{Text: "Replace the certificate of Payments", URL: "/m/payments/certificates/replace"}},
		{Name: "Orders: eu-west", Text: "expires in 5 days, on 4 Dec 2026", Replace: Link{Text: "Replace the certificate of Orders: eu-west", URL: "/m/orders/certificates/replace"}}}}
	return p
}

func homeList() HomeProps {
	p := homeProps()
	p.Sections = p.Sections[:1]
	p.Sections[0].Tally = "312"
	p.List = &ListProps{Group: "yours", Text: "pay", Shown: "26 to 50 of 312",
		Groups: []Link{{Text: "All 1234", URL: "/?q=pay", TestID: "show-all"}, {Text: "Your turn 312", URL: "/?q=pay&show=yours", Current: true, TestID: "show-yours"}, {Text: "Archived 3", URL: "/?q=pay&show=archived", TestID: "show-archived"}},
		Modes:  []Choice{{Label: "Rehearsals and Temporal Cloud", Selected: true}, {Value: "cloud", Label: "Temporal Cloud only"}},
		Sorts:  []Choice{{Label: "Whose turn", Selected: true}, {Value: "name", Label: "Name"}},
		Clear:  &Link{Text: "Show all", URL: "/"},
		Pages:  []Link{{Text: "Previous page", URL: "/?q=pay&show=yours", TestID: "page-previous"}, {Text: "Next page", URL: "/?page=3&q=pay&show=yours", TestID: "page-next"}}}
	return p
}

func settingsProps() SettingsProps {
	return SettingsProps{Migration: "payments", Name: "Payments", NewName: "Payments", DeleteSaw: "9c8d7e6f", Place: "Temporal Cloud", OpsURL: "/m/payments/ops", Read: "12 Nov, 10:42 UTC",
		Namespace: []Pair{{Name: "State", Value: "active"}, {Name: "Regions", Value: "aws-us-east-1"}}, CAs: []Pair{{Name: "CN=Payments CA", Value: "expires 12 Nov 2027"}},
		Goes: []string{"the migration and its address, with 12 observed facts", "3 checks with their logs and results"}}
}

func settingsRefused() SettingsProps {
	p := settingsProps()
	p.Archived, p.Typed, p.Open = "archived 12 Nov 2026", "payment", true
	p.Goes = append(p.Goes, "the namespace payments.a1b2c of the rehearsal cloud with its workflows: no other migration uses it")
	p.DeleteProblems = Problems{{Kind: fault.Invalid, Field: "confirm", Title: "This is not the migration's name", Fix: "Type Payments to delete it"}}
	return p
}

func newProps(ps Problems) NewProps {
	return NewProps{
		Name:  "Payments",
		Langs: []Choice{{Value: "python", Label: "Python", Selected: true}, {Value: "go", Label: "Go"}, {Value: "typescript", Label: "TypeScript"}},
		Modes: []Choice{
			{Value: "rehearsal", Label: "Rehearse first", Hint: "The rehearsal cloud inside Onramp: no account, no network", Selected: true},
			{Value: "cloud", Label: "Temporal Cloud", Hint: "A namespace that exists, or that somebody will make"},
		},
		Auths: []Choice{
			{Value: "mtls", Label: "Client certificates (mTLS)", Hint: "You have or want a CA of your own; workers hold a key pair", Selected: true},
			{Value: "api-key", Label: "API key", Hint: "No PKI; replaced by issuing a new one", Disabled: true, Reason: "Comes with a later version of Onramp"},
		},
		Problems: ps,
	}
}

func crossing(broken int) CrossingProps {
	labels := []string{"This machine", "Name", "Network", "Server", "Certificate", "Namespace", "Task queue"}
	p := CrossingProps{Label: "Run 3"}
	for i, l := range labels {
		m := MarkProps{Label: l, State: Good, Word: "passed"}
		if i == broken {
			m.State, m.Word, m.URL = Bad, "refused", "#stage-client-cert"
		}
		if i > broken {
			m.State, m.Word = Idle, "not reached"
		}
		p.Marks = append(p.Marks, m)
	}
	return p
}

func overviewCrossing() CrossingProps {
	p := crossing(4)
	p.Marks[4].URL = "/m/payments/test/r3#stage-client-cert"
	return p
}

func overviewProps() OverviewProps {
	ss := steps("", 4)
	ss[2].State, ss[2].Word, ss[2].Detail, ss[2].When = Wait, "Waiting for a Cloud admin", "sent to Priya", "since Tuesday"
	ss[3].State, ss[3].Word, ss[3].Detail, ss[3].Run = Bad, "Failed", "run 3 stopped at Certificate", &Link{Text: "See run 3", URL: "/m/payments/test/r3"}
	return OverviewProps{Checks: sparkline30(),
		Migration: "payments", Name: "Payments", Summary: "Python · mTLS · started 12 Nov 2026",
		Turn:     TurnProps{Tag: Tag{Busy, "Your turn"}, Text: "2 of 6 done", Since: "waiting since 14 Nov 2026", Besides: []string{"Omar is asked to set the certificate filters."}, Continue: &Link{Text: "Continue: Test the connection", URL: "/m/payments/test"}},
		Crossing: overviewCrossing(),
		Steps:    StepsProps{Migration: "payments", Steps: ss},
		Activity: ActivityProps{Rows: []ActivityRow{
			{When: "14 Nov 2026, 10:42", Stamp: "2026-11-14T10:42:00Z", Who: "Dana", Text: "Run 3 stopped at Certificate: CL-01"},
			{When: "12 Nov 2026, 16:20", Stamp: "2026-11-12T16:20:00Z", Who: "Dana", Text: "Certificates issued: leaf CN=payments-prod until 11 Nov 2027", Stale: "No longer counts: the namespace changed"},
			{When: "12 Nov 2026, 16:05", Stamp: "2026-11-12T16:05:00Z", Who: "Dana", Text: "Namespace payments-prod.a1b2c set"},
		}},
		Links:   []Link{{Text: "All runs", URL: "/m/payments/runs"}},
		Message: &MessageProps{Text: CodeBlockProps{ID: "turn-message", Name: "Message", Text: "Payments: your turn to test the connection\n\n2 of 6 steps are done.\n", TestID: "turn-message"}, Mail: "mailto:?subject=Payments"},
		Twin:    cli("onramp check --address payments-prod.a1b2c.tmprl.cloud:7233 --namespace payments-prod.a1b2c"),
	}
}

func overviewRefused() OverviewProps {
	p := overviewProps()
	p.Crossing = CrossingProps{Label: "Not tested yet", Marks: []MarkProps{}}
	for _, m := range crossing(4).Marks {
		p.Crossing.Marks = append(p.Crossing.Marks, MarkProps{Label: m.Label, State: Idle, Word: "not tested"})
	}
	p.Activity = ActivityProps{}
	p.Steps.Steps = steps("", 4)
	p.Steps.NoteStep, p.Steps.NoteWhy = "test", ""
	p.Steps.Problems = Problems{{Kind: fault.Invalid, Field: "why", Title: "The note lacks its reason", Fix: "Say in a sentence why the step counts as done"}}
	return p
}

func cli(text string) CodeBlockProps {
	return CodeBlockProps{ID: "cli", Name: "Terminal", Lang: "bash", Text: text, Values: []string{"payments-prod.a1b2c.tmprl.cloud:7233", "payments-prod.a1b2c"}}
}

func namespaceProps() NamespaceProps {
	return NamespaceProps{
		Migration: "payments", Value: "https://docs-assembly.a2dd6.tmprl.cloud:7233", Rehearsal: true,
		Preview: NamespacePreviewProps{
			Tag: Tag{Good, "Valid"},
			Parts: []PartProps{
				{Text: "docs-assembly", Name: "name"}, {Text: "a2dd6", Name: "account", Sep: "."},
				{Text: "tmprl.cloud", Name: "Temporal Cloud", Sep: "."}, {Text: "7233", Name: "port", Sep: ":"},
			},
			Repairs: []RepairProps{{From: "https://docs-assembly.a2dd6.tmprl.cloud:7233", To: "docs-assembly.a2dd6.tmprl.cloud:7233", Text: "SDKs and the CLI take host:port", Code: "IN-01"}},
			Derived: []Pair{
				{Name: "Namespace ID", Value: "docs-assembly.a2dd6", Mono: true, Copy: true},
				{Name: "Endpoint", Value: "docs-assembly.a2dd6.tmprl.cloud:7233", Mono: true, Copy: true},
				{Name: "Server name", Value: "docs-assembly.a2dd6.tmprl.cloud", Mono: true},
				{Name: "In the console", Value: "cloud.temporal.io/namespaces/docs-assembly.a2dd6", URL: "https://cloud.temporal.io/namespaces/docs-assembly.a2dd6/workflows", Away: true},
			},
			Notes: []string{"In this rehearsal programs dial localhost:7243 instead."},
		},
		Saved:  "Saved 12 Nov, 16:05 by Dana",
		Create: CodeBlockProps{ID: "tcld-create", Name: "With tcld", Lang: "bash", Text: "tcld namespace create --namespace payments-prod --region aws-us-east-1 --retention-days 30 --auth-method mtls --ca-certificate-file ca.pem", Values: []string{"payments-prod", "aws-us-east-1"}},
		Twin:   cli("onramp check --namespace docs-assembly.a2dd6"),
	}
}

func namespaceRefused() NamespaceProps {
	f := &fault.Fault{Kind: fault.Invalid, Code: "IN-11", Field: "namespace", Title: "The namespace lacks its account ID", Cause: "Temporal Cloud knows a namespace as name.account", Fix: "Add a dot and the account ID: payments_prod.a1b2c", Unchanged: true, Err: errSecret}
	return NamespaceProps{
		Migration: "payments", Value: "payments_prod",
		Regions: []Choice{{Value: "", Label: "Not known"}, {Value: "aws-us-east-1", Label: "N. Virginia (aws us-east-1)", Selected: true}},
		Preview: NamespacePreviewProps{
			Tag:      Tag{Bad, "Not a Namespace ID"},
			Parts:    []PartProps{{Text: "payments_prod", Name: "name: letters, digits, hyphens", State: Bad}, {Text: "?", Name: "account is missing", Sep: ".", State: Bad}},
			Problems: Problems{f},
		},
		Create:   CodeBlockProps{ID: "tcld-create", Name: "With tcld", Lang: "bash", Text: "tcld namespace create --namespace payments-prod --region aws-us-east-1 --retention-days 30 --auth-method mtls --ca-certificate-file ca.pem", Values: []string{"payments-prod", "aws-us-east-1"}},
		Problems: Problems{f},
	}
}

func lanes(current string) []Link {
	return []Link{
		{Text: "Make them for me", URL: "?lane=make", Current: current == "make"},
		{Text: "I have a signing request", URL: "?lane=csr", Current: current == "csr"},
		{Text: "I have certificates", URL: "?lane=import", Current: current == "import"},
	}
}

func certForm(lane string) CertificateForm {
	return CertificateForm{
		Lane: lane,
		Makers: []Choice{
			{Value: "browser", Label: "In this browser", Hint: "The client key never leaves it", Disabled: true, Reason: "Needs JavaScript and https or localhost"},
			{Value: "server", Label: "On the server", Hint: "Sent to you once, never stored", Selected: true},
		},
		Organization: "Payments", CommonName: "payments-prod", CACommonName: "payments-prod CA",
		KeyTypes:    []Choice{{Value: "ec-p384", Label: "ECDSA P-384", Selected: true}, {Value: "ec-p256", Label: "ECDSA P-256"}, {Value: "rsa-4096", Label: "RSA 4096"}},
		PathLengths: []Choice{{Value: "0", Label: "0: signs client certificates only", Selected: true}, {Value: "1", Label: "1: one intermediate CA may be below it"}},
		CADays:      "365", LeafDays: "364", Lend: true, LendFor: "30 minutes",
	}
}

func tools() []CodeBlockProps {
	return []CodeBlockProps{{ID: "tool-tcld", Name: "tcld", Lang: "bash", Text: "tcld gen ca --org Payments -d 1y --ca-cert ca.pem --ca-key ca.key\ntcld gen leaf --org Payments -d 364d --ca-cert ca.pem --ca-key ca.key --cert client.pem --key client.key", Values: []string{"Payments"}}}
}

func certs() (ca, leaf CertProps) {
	ca = CertProps{ID: "ca", Title: "CA certificate", Subject: "CN=payments-prod CA, O=Payments", Fingerprint: "9f3c 5e1a 77b0 42d9 … c071", FullPrint: "9f3c5e1a77b042d9c071", Until: "12 Nov 2027", Left: Tag{Good, "364 days left"}, KeyType: "ECDSA P-384", Download: "/m/payments/certificates/ca.pem", Advice: "Safe to share: it contains no secret. This is what goes to Temporal Cloud."}
	leaf = CertProps{ID: "leaf", Title: "Client certificate", Subject: "CN=payments-prod, O=Payments", Fingerprint: "7710 0e4d 91ac b3f2 … abee", FullPrint: "77100e4d91acb3f2abee", Until: "11 Nov 2027", Left: Tag{Good, "363 days left"}, KeyType: "ECDSA P-384", Download: "/m/payments/certificates/client.pem", Advice: "Stays with your workers, beside its key."}
	return ca, leaf
}

func certificatesMade() CertificatesProps {
	ca, leaf := certs()
	return CertificatesProps{
		Migration: "payments", Lanes: lanes("make"), Form: certForm("make"),
		Have: &HaveProps{CA: ca, Leaf: leaf, Made: "Made on the server by Dana, 12 Nov 2026, 16:20", Next: &Link{Text: "Upload the CA certificate", URL: "/m/payments/upload"},
			CAPage: "/m/payments/certificates/9f3c", LeafPage: "/m/payments/certificates/7710", Clients: &Link{Text: "Issue more client certificates", URL: "/m/payments/certificates/clients"},
			Report: ReportProps{Tag: Tag{Good, "14 rules passed"}, Text: "Every documented rule of Temporal Cloud holds.", Rows: []RuleRow{
				{State: Good, Word: "passed", Code: "CH-09", Rule: "CA and client certificate have different names", Source: "Temporal documentation, Certificates"},
				{State: Good, Word: "passed", Rule: "The client certificate expires before its CA"},
			}}},
		Keys: &KeysProps{Migration: "payments", Next: &Link{Text: "Continue: Upload the CA certificate", URL: "/m/payments/upload"}, Bundle: true, CAKey: true, Countdown: "Onramp forgets these keys in 29 minutes.", Lent: true, LentText: "Onramp may use the key until 16:50"},
	}
}

func certificatesGone() CertificatesProps {
	p := certificatesMade()
	p.Keys = &KeysProps{Migration: "payments", Next: &Link{Text: "Continue: Upload the CA certificate", URL: "/m/payments/upload"}, Browser: true, CanLend: true, Gone: "bundle.zip was downloaded on 12 Nov at 16:21. Onramp kept no copy; if the file is lost, make new certificates."}
	p.Have.Report.Tag = Tag{Warn, "1 warning"}
	p.Have.Report.Rows = append(p.Have.Report.Rows, RuleRow{State: Warn, Word: "warning", Code: "CH-17", Rule: "The CA ends within 30 days", Text: "It ends on 12 Dec 2026.", Fix: "Replace it before that day"})
	return p
}

const pem = "-----BEGIN CERTIFICATE-----\nMIIB8jCCAXigAwIBAgIRAJ0s0mYh2P0kq8m3a8yqf6cwCgYIKoZIzj0EAwMwMjER\nMA8GA1UEChMIUGF5bWVudHMxHTAbBgNVBAMTFHBheW1lbnRzLXByb2QgQ0EwHhcN\n-----END CERTIFICATE-----\n"

func uploadProps(rehearsal bool) UploadProps {
	ca, _ := certs()
	p := UploadProps{
		Migration: "payments", Namespace: "payments-prod.a1b2c", CA: &ca, Rehearsal: rehearsal,
		CAPEM: CodeBlockProps{ID: "ca-pem", Name: "ca.pem", Label: "CA certificate", Text: pem, Download: "/m/payments/certificates/ca.pem", Raw: "/m/payments/certificates/ca.pem?raw=1", TestID: "ca-pem"},
		Size:  "1 of 16 certificates · 0.7 of 32 KB", CloudURL: "https://cloud.temporal.io/namespaces/payments-prod.a1b2c",
		Commands: []CodeBlockProps{{ID: "tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca add --namespace payments-prod.a1b2c --ca-certificate-file ca.pem", Values: []string{"payments-prod.a1b2c", "ca.pem"}}},
		Existing: "No other CA is known to be there.",
		Handoff:  handoffOfferProps(!rehearsal),
		Notes:    []string{"tcld reads its key from TEMPORAL_CLOUD_API_KEY."},
		Status: UploadStatusProps{Tag: Tag{Wait, "Waiting for a Namespace Admin"}, Text: "Not accepted yet. This updates as soon as a check sees the CA certificate accepted.",
			Look: &LookProps{Action: "/m/payments/upload/look", Every: "30", Seen: "Namespace does not trust the CA (CL-03).", Ago: "12 s", Since: "12345"}},
		Twin: cli("onramp check --uploaded-ca ca.pem"),
	}
	if rehearsal {
		p.CloudURL = "/cloud/docs-assembly.a2dd6?m=payments"
		p.Status = UploadStatusProps{Tag: Tag{Good, "Saved"}, Text: "CA certificate saved, 3 min ago", Next: &Link{Text: "Test the connection", URL: "/m/payments/test", TestID: "continue"}}
	}
	return p
}

func uploadWithoutKey() UploadProps {
	p := uploadProps(false)
	p.Status.Look = &LookProps{Cannot: "To check from this page Onramp needs the client key: ", Ways: []Link{{Text: "let it use the key for 30 minutes", URL: "/m/payments/certificates#keys"}, {Text: "provide the key to the check of step 4", URL: "/m/payments/test"}}}
	return p
}

func handoffOfferProps(first bool) *HandoffOffer {
	return &HandoffOffer{Lead: "One file holds everything a Cloud admin needs.", File: Link{Text: "Download the hand-off file", URL: "/m/payments/handoff.html"}, Go: first,
		Mail: HandoffMail(handoffProps()), Text: CodeBlockProps{ID: "handoff-text", Name: "Message", Text: HandoffText(handoffProps()), Raw: "/m/payments/handoff.txt", TestID: "handoff-text"}}
}

func cloudRows() []CloudRow {
	return []CloudRow{{ID: "docs-assembly.a2dd6", URL: "/cloud/docs-assembly.a2dd6", CAs: "1 CA certificate", Created: "12 Nov, 16:05"}, {ID: "orders.a2dd6", URL: "/cloud/orders.a2dd6", CAs: "none", Created: "12 Nov, 15:00"}}
}

func lean() *AbsentProps {
	return &AbsentProps{Tag: Tag{Idle, "Not built in"}, Title: "The rehearsal cloud is not in this build", Text: "This is the lean build: it leaves the Temporal server out.", Fix: "Build without the tag lean, or move an application to Temporal Cloud directly."}
}

func cloudNamespace(saved bool) CloudNamespaceProps {
	p := CloudNamespaceProps{
		ID: "docs-assembly.a2dd6", Migration: "payments", Bundle: pem, Size: "1 of 16 certificates · 0.7 of 32 KB", Endpoint: "docs-assembly.a2dd6.tmprl.cloud:7233 · here localhost:7243",
		CAs:  []CloudCARow{{Subject: "CN=payments-prod CA, O=Payments", Fingerprint: "9f3c5e1a77b042d9c0715e1a77b042d9c0715e1a77b042d9c0715e1a77b042d9", Until: "12 Nov 2027", Tag: Tag{Good, "364 days left"}}},
		Back: &Link{Text: "Back to Payments", URL: "/m/payments/upload"},
	}
	if saved {
		p.Saved = "Saved. docs-assembly.a2dd6 accepts clients of 1 CA."
	} else {
		p.Bundle, p.CAs = "-----BEGIN CERTIFICATE-----\nMIIB…", nil
		p.Problems = Problems{
			{Kind: fault.Invalid, Code: "CH-02", Field: "ca_bundle", Title: "Certificate 1 (CN=payments-prod) is not a CA", Cause: "Every certificate of the bundle needs basicConstraints CA:true", Fix: "Paste ca.pem, not client.pem", Unchanged: true},
			{Kind: fault.Invalid, Field: "ca_bundle", Title: "Certificate 2 has expired", Fix: "Remove it: one expired certificate fails every update", Left: "The namespace was made."},
		}
	}
	return p
}
