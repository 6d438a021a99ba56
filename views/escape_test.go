package views

import (
	"reflect"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"onramp/fault"
)

// canary is what a stranger could type anywhere. If one of its elements or attributes comes to life, a
// text was not escaped.
const canary = `"'><canary-bird onsing="x"><script>canary()</script></textarea></title></pre><!--{{ -->` + "`${x}`"

// filled returns props with the canary in every string, down to the last slice and pointer.
func filled[T any](t *testing.T) T {
	t.Helper()
	var v T
	fill(reflect.ValueOf(&v).Elem())
	return v
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(canary)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64: // a Duration
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// hostile is a page all of whose texts are the canary.
func hostile[P any](t *testing.T, page func(Frame, P) templ.Component) templ.Component {
	return page(filled[Frame](t), filled[P](t))
}

// No text of a stranger becomes an element or an attribute, on any page.
// ASVS 1.2.1.
func TestNoTextBecomesMarkup(t *testing.T) {
	certificates := filled[CertificatesProps](t)
	fresh := certificates
	fresh.Have = nil
	csr, imported := fresh, fresh
	csr.Form.Lane, imported.Form.Lane = "csr", "import"
	cloud, side, rehearsal := filled[CloudProps](t), filled[CloudNamespaceProps](t), filled[RehearsalProps](t)
	cloud.Absent, side.Absent, rehearsal.Absent = nil, nil, nil
	upload := filled[UploadProps](t)
	upload.Missing = nil
	run, code := filled[TestRunProps](t), filled[CodeProps](t)
	run.Verdict.Pending = false
	for i := range run.Stages {
		run.Stages[i].Live = false
	}
	code.Holder.Lang, code.Edits[0].Lang = "bash", "python"
	transfer := filled[TransferRunProps](t)
	transfer.Verdict.Pending = false
	f := filled[Frame](t)

	for name, page := range map[string]templ.Component{
		"home":             hostile(t, HomePage),
		"home empty":       HomePage(f, HomeProps{DataDir: canary, NoRehearsal: canary}),
		"new":              hostile(t, NewPage),
		"overview":         hostile(t, OverviewPage),
		"namespace":        hostile(t, NamespacePage),
		"certificates":     hostile(t, CertificatesPage),
		"certificates new": CertificatesPage(f, fresh),
		"certificates csr": CertificatesPage(f, csr),
		"import":           CertificatesPage(f, imported),
		"upload":           UploadPage(f, upload),
		"upload missing":   hostile(t, UploadPage),
		"ops":              hostile(t, OpsPage),
		"cloud":            CloudPage(f, cloud),
		"cloud absent":     hostile(t, CloudPage),
		"cloud namespace":  CloudNamespacePage(f, side),
		"test":             hostile(t, TestPage),
		"test run":         TestRunPage(f, run),
		"test run live":    hostile(t, TestRunPage),
		"code":             CodePage(f, code),
		"transfer":         hostile(t, TransferPage),
		"transfer run":     TransferRunPage(f, transfer),
		"runs":             hostile(t, RunsPage),
		"assess":           hostile(t, AssessPage),
		"assess facts":     hostile(t, AssessFactsPage),
		"assess run":       hostile(t, AssessRunPage),
		"cutover":          hostile(t, CutoverPage),
		"cutover run":      hostile(t, CutoverRunPage),
		"report":           hostile(t, MigrationReportPage),
		"drill":            hostile(t, DrillRunPage),
		"drill plots":      DrillPlots(filled[DrillPlotsProps](t)),
		"help":             hostile(t, HelpPage),
		"help entry":       hostile(t, HelpEntryPage),
		"rehearsal":        RehearsalPage(f, rehearsal),
		"error":            hostile(t, ErrorPage),
	} {
		text := render(t, page)
		if !strings.Contains(text, "canary-bird") {
			t.Errorf("%s: no canary on the page: this test proves nothing", name)
		}
		for _, n := range elements(parse(t, text)) {
			if n.Data == "canary-bird" || (n.Data == "script" && n.FirstChild != nil) {
				t.Errorf("%s: a text became <%s>, inside <%s %v>", name, n.Data, n.Parent.Data, n.Parent.Attr)
			}
			for _, a := range n.Attr {
				if a.Key == "onsing" || (a.Key == "href" && strings.HasPrefix(a.Val, "javascript:")) {
					t.Errorf("%s: <%s> got %s=%q", name, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// An address that a stranger could choose must not run when it is followed.
// ASVS 1.2.2.
func TestAddressesDoNotRun(t *testing.T) {
	for _, url := range []string{"javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "vbscript:x"} {
		text := render(t, linkButton(Link{Text: "x", URL: url}, "")) + render(t, pairs([]Pair{{Name: "n", Value: "v", URL: url}}, "p"))
		for _, n := range elements(parse(t, text)) {
			if href := attribute(n, "href"); strings.Contains(strings.ToLower(href), "script:") || strings.HasPrefix(href, "data:") {
				t.Errorf("%q stayed an address: %q", url, href)
			}
		}
	}
}

// The cause of a fault is for the log.
func TestCausesStayInTheLog(t *testing.T) {
	f := &fault.Fault{Kind: fault.Invalid, Field: "namespace", Title: "t", Err: errSecret}
	text := render(t, NamespacePage(Frame{}, NamespaceProps{Problems: Problems{f}, Preview: NamespacePreviewProps{Problems: Problems{f}}}))
	if strings.Contains(text, errSecret.Error()) {
		t.Error("the cause of a fault is on the page")
	}
}

// A key that was pasted for one run is never sent back.
func TestPastedKeysAreNotSentBack(t *testing.T) {
	p := filled[TestProps](t)
	p.Key.Sources = []Choice{{Value: "paste", Selected: true}}
	for _, n := range elements(parse(t, render(t, TestPage(Frame{}, p)))) {
		if n.Data == "textarea" && attribute(n, "name") == "key_pem" && textOf(n) != "" {
			t.Errorf("key_pem holds %q", textOf(n))
		}
	}
}
