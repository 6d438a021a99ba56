package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"onramp/acts"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// post sends a form.
func (o *office) post(t testing.TB, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+officeHost+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	return w
}

// status is how a page answers.
func (o *office) status(t testing.TB, path string) int {
	t.Helper()
	w := httptest.NewRecorder()
	o.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+officeHost+path, nil))
	return w.Code
}

// TestSettings tells what a person does with a migration as a whole, and what pages say then.
func TestSettings(t *testing.T) {
	o := newOffice(t, 4)
	const m = "/m/move-1"
	for _, step := range []struct {
		what   string
		path   string
		form   url.Values
		status int
		page   string   // looked at afterwards; "" for the answer itself
		says   []string // on that page
		not    []string
	}{
		{what: "no name", path: "/settings/name", form: url.Values{"name": {"  "}}, status: 422, says: []string{"thing to change", `id="name"`}},
		{what: "a long name", path: "/settings/name", form: url.Values{"name": {strings.Repeat("x", 500)}}, status: 422, says: []string{"thing to change"}},
		{what: "another name", path: "/settings/name", form: url.Values{"name": {"Billing"}}, status: 303, page: m + "/", says: []string{"Billing", `href="/m/move-1/settings"`}, not: []string{"Order processing"}},
		{what: "the list knows it", path: "/settings/name", form: url.Values{"name": {"Billing"}}, status: 303, page: "/?q=billing", says: []string{"card-move-1"}, not: []string{"card-move-2"}},
		{what: "the board knows it", path: "/settings/name", form: url.Values{"name": {"Billing"}}, status: 303, page: "/expiry", says: []string{">Billing<"}},
		{what: "archive", path: "/settings/archive", form: url.Values{"away": {"on"}}, status: 303, page: "/", says: []string{"card-move-2", "Archived 1"}, not: []string{"card-move-1\""}},
		{what: "archive again", path: "/settings/archive", form: url.Values{"away": {"on"}}, status: 303, page: "/?show=archived", says: []string{"card-move-1", "archived "}, not: []string{"card-move-2"}},
		{what: "its pages stay", path: "/settings/archive", form: url.Values{"away": {"on"}}, status: 303, page: m + "/settings", says: []string{"Put it back"}},
		{what: "and back", path: "/settings/archive", form: nil, status: 303, page: "/", says: []string{"card-move-1"}, not: []string{"Archived 1"}},
		{what: "what goes is said", path: "/settings/archive", form: nil, status: 303, page: m + "/settings", says: []string{"3 observed facts", "2 checks"}, not: []string{"kept key", "load drill"}},
		{what: "delete without the name", path: "/settings/delete", form: nil, status: 422, says: []string{"Type Billing", "<details class=\"more\" id=\"delete\" open"}},
		{what: "delete with the former name", path: "/settings/delete", form: url.Values{"confirm": {"Order processing 1"}}, status: 422, says: []string{"Type Billing"}},
		{what: "still there", path: "/settings/delete", form: url.Values{"confirm": {"billing"}}, status: 422, page: m + "/", says: []string{"Billing"}},
		{what: "delete", path: "/settings/delete", form: url.Values{"confirm": {" Billing "}}, status: 303, page: "/", says: []string{"card-move-2"}, not: []string{"card-move-1\""}},
		{what: "delete again", path: "/settings/delete", form: url.Values{"confirm": {"Billing"}}, status: 404, page: "/audit", says: []string{"move-1"}},
	} {
		t.Run(step.what, func(t *testing.T) {
			w := o.post(t, m+step.path, step.form)
			if w.Code != step.status {
				t.Fatalf("answers %d, want %d", w.Code, step.status)
			}
			text := w.Body.String()
			if step.page != "" {
				text = unpacked(t, o.get(t, step.page))
			}
			for _, s := range step.says {
				if !strings.Contains(text, s) {
					t.Errorf("the page does not say %q", s)
				}
			}
			for _, s := range step.not {
				if strings.Contains(text, s) {
					t.Errorf("the page says %q", s)
				}
			}
		})
	}
	for _, path := range []string{"/", "/runs", "/settings", "/namespace", "/certificates", "/test", "/test/run-1-0", "/code", "/transfer", "/events?on=migration"} {
		if code := o.status(t, m+path); code != http.StatusNotFound {
			t.Errorf("%s of the deleted migration answers %d", path, code)
		}
	}
	verbs := map[custody.Verb]bool{}
	records, err := o.db.Records(t.Context(), custody.Query{Migration: "move-1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		verbs[r.Verb] = r.Person == "ines"
	}
	for _, v := range []custody.Verb{custody.Renamed, custody.Archived, custody.Restored, custody.Deleted} {
		if !verbs[v] {
			t.Errorf("the audit has no line %q with its person", v)
		}
	}
}

// TestDeleteWhileBusy: a run under way holds a deletion up, and the page says so.
func TestDeleteWhileBusy(t *testing.T) {
	o := newOffice(t, 1)
	_, err := o.db.AddRun(t.Context(), runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: "live", MigrationID: "move-0", Kind: migration.TransferRun, State: migration.RunRunning, Started: time.Now()}}})
	if err != nil {
		t.Fatal(err)
	}
	w := o.post(t, "/m/move-0/settings/delete", url.Values{"confirm": {"Payments 0"}})
	if text := w.Body.String(); w.Code != http.StatusConflict || !strings.Contains(text, "is under way") || !strings.Contains(text, "Nothing was changed") {
		t.Errorf("%d: %s", w.Code, text)
	}
	if code := o.status(t, "/m/move-0/"); code != http.StatusOK {
		t.Errorf("the migration answers %d", code)
	}
}

// TestDeletedStreamEnds: whoever looks at a migration that is deleted is not left waiting.
func TestDeletedStreamEnds(t *testing.T) {
	o := newOffice(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	first, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		n := 0
		for _, err := range o.acts.Book.Watch(ctx, "move-1") {
			if n++; n == 1 {
				close(first)
			}
			if err != nil {
				ended <- err
			}
		}
	}()
	stream := make(chan int, 1)
	go func() {
		w := httptest.NewRecorder()
		o.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://"+officeHost+"/m/move-1/events?on=migration", nil))
		stream <- w.Code
	}()
	<-first
	if err := o.acts.Migrations.Delete(ctx, acts.Actor{Person: "ines"}, "move-1", "Order processing 1"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !fault.Is(err, fault.NotFound) {
		t.Errorf("the watch ended with %v", err)
	}
	select {
	case <-stream: // 200 and then cut off, or 404 when it came late
	case <-ctx.Done():
		t.Error("the stream goes on")
	}
}

// TestHomeAsked: whatever an address asks of the list, it answers with a page.
func TestHomeAsked(t *testing.T) {
	o := newOffice(t, 30)
	for query, want := range map[string]string{
		"":                                    "1 to 25 of 30",
		"page=2":                              "26 to 30 of 30",
		"page=3":                              "26 to 30 of 30", // behind the end is the last page
		"page=99&sort=name":                   "26 to 30 of 30",
		"page=7&show=archived":                "None match.",
		"page=-1":                             "1 to 25 of 30",
		"page=99999999999999999999":           "1 to 25 of 30",
		"show=failing":                        "Your turn",
		"show=nonsense":                       "1 to 25 of 30",
		"mode=rehearsal&sort=newest":          "card-move-27",
		"sort=name&page=2":                    "card-move-",
		"q=ledger":                            "card-move-2\"",
		"q=payments-29.a1b2c":                 "card-move-29",
		"q=%25":                               "None match.",
		"q=%ff%00%3Cscript%3Ealert(1)":        "None match.",
		"q=" + strings.Repeat("x", 5000):      "None match.",
		"show=archived&sort=name&mode=cloud":  "None match.",
		"show=waiting&q=x&sort=turn&mode=all": "None match.",
	} {
		text := unpacked(t, o.get(t, "/?"+query))
		if !strings.Contains(text, want) || strings.Contains(text, "<script>alert") {
			t.Errorf("?%.40s: no %q", query, want)
		}
		if n := strings.Count(text, `data-testid="card-`); n > 25 {
			t.Errorf("?%.40s: %d cards", query, n)
		}
	}
}

// TestMetricsBounded: up to a hundred certificates have a series each, as ever; of more, those that end next and last
// did, and the gauges count every one.
func TestMetricsBounded(t *testing.T) {
	for _, tt := range []struct{ n, series int }{{90, 90}, {150, 100}} {
		text := unpacked(t, newOffice(t, tt.n).get(t, "/metrics"))
		if n := strings.Count(text, "\nonramp_certificate_not_after_timestamp_seconds{"); n != tt.series {
			t.Errorf("%d migrations: %d series, want %d", tt.n, n, tt.series)
		}
		total := 0
		for _, mode := range []string{"cloud", "rehearsal"} {
			var all, in15, in60 int
			for line := range strings.Lines(text) {
				for days, n := range map[string]*int{"+Inf": &all, "15": &in15, "60": &in60} {
					if rest, ok := strings.CutPrefix(line, `onramp_certificates_ending{mode="`+mode+`",within_days="`+days+`"} `); ok {
						*n, _ = strconv.Atoi(strings.TrimSpace(rest))
					}
				}
			}
			if total += all; in15 == 0 && mode == "rehearsal" || in15 > in60 || in60 >= all {
				t.Errorf("%d migrations, %s: %d within 15 days, %d within 60, %d in all", tt.n, mode, in15, in60, all)
			}
		}
		if total != tt.n {
			t.Errorf("%d migrations: the gauges count %d", tt.n, total)
		}
	}
}
