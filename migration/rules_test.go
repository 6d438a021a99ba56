package migration_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
	"onramp/migration"
)

func TestNew(t *testing.T) {
	got, err := migration.New("  Payments (EU) ", "go", migration.Rehearsal, "mtls", noon)
	want := migration.Migration{ID: "payments-eu", Name: "Payments (EU)", Lang: "go", Mode: migration.Rehearsal, Auth: "mtls", Created: noon, Version: 1, Team: migration.DefaultTeam}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("New: %v (-want +got):\n%s", err, diff)
	}
	renamed, err := got.Rename(" Payments ")
	want.Name = "Payments"
	if diff := cmp.Diff(want, renamed); diff != "" || err != nil { // the ID, and with it the address, stays
		t.Errorf("Rename: %v (-want +got):\n%s", err, diff)
	}
	_, err = got.Rename("a\nb")
	wantFault(t, "a name of two lines", err, fault.Invalid, "name")
}

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, lang string
		mode       migration.Mode
		auth       string
		fields     []string
	}{
		{"", "go", "cloud", "mtls", []string{"name"}},
		{" \t ", "go", "cloud", "mtls", []string{"name"}},
		{"a\nb", "go", "cloud", "mtls", []string{"name"}},
		{"a\x00", "go", "cloud", "mtls", []string{"name"}},
		{"a\x1b[31m", "go", "cloud", "mtls", []string{"name"}},
		{"a\u202eb", "go", "cloud", "mtls", []string{"name"}}, // turns the rest of the line round
		{"a\u2028b", "go", "cloud", "mtls", []string{"name"}},
		{"a\xffb", "go", "cloud", "mtls", []string{"name"}},
		{strings.Repeat("ü", 81), "go", "cloud", "mtls", []string{"name"}},
		{"a", "cobol", "cloud", "mtls", []string{"lang"}},
		{"a", "go", "moon", "mtls", []string{"mode"}},
		{"a", "go", "cloud", "password", []string{"auth"}},
		{"", "", "", "", []string{"name", "lang", "mode", "auth"}},
	} {
		_, err := migration.New(tt.name, tt.lang, tt.mode, tt.auth, noon)
		var fields []string
		for _, f := range fault.All(err) {
			if f.Kind != fault.Invalid || f.Title == "" || f.Fix == "" {
				t.Errorf("New(%q): %+v, want Invalid with title and fix", tt.name, f)
			}
			fields = append(fields, f.Field)
		}
		if !slices.Equal(fields, tt.fields) {
			t.Errorf("New(%q, %q, %q, %q) refuses %q, want %q", tt.name, tt.lang, tt.mode, tt.auth, fields, tt.fields)
		}
	}
	if _, err := migration.New(strings.Repeat("ü", 80), "go", "cloud", "mtls", noon); err != nil {
		t.Error(err)
	}
}

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"Payments":            "payments",
		"Payments (EU) 2":     "payments-eu-2",
		"--a__b--":            "a-b",
		"Zahlungen Köln":      "zahlungen-koln",
		"Straße":              "strasse",
		"Ａ１":                  "a1", // full width
		"naïve café":          "naive-cafe",
		"../../etc/passwd":    "etc-passwd",
		"<script>":            "script",
		"支払い":                 "app-…",
		"🚀":                   "app-…",
		"new":                 "new",
		"I\u0307stanbul":      "istanbul",
		strings.ToUpper("µm"): "m",
	} {
		if want == "app-…" {
			if got := migration.Slug(name); !strings.HasPrefix(got, "app-") || len(got) != 12 || got != migration.Slug(name) {
				t.Errorf("Slug(%q) = %q, want app- and eight digits", name, got)
			}
			continue
		}
		if got := migration.Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
	if migration.Slug("支払い") == migration.Slug("🚀") {
		t.Error("two names in other scripts share a slug")
	}
}

// FuzzSlug: whatever the name, the slug is fit for a URL and making it again changes nothing.
func FuzzSlug(f *testing.F) {
	for _, s := range []string{"Payments", "a--b", "ÄÖÜ", "支払い", "\xff\x00", "ǅ", "ﬁn", "²", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		slug := migration.Slug(name)
		if slug == "" || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.HasPrefix(slug, "-") || strings.HasSuffix(slug, "-") || strings.Contains(slug, "--") {
			t.Errorf("Slug(%q) = %q", name, slug)
		}
		if again := migration.Slug(slug); again != slug {
			t.Errorf("Slug(%q) = %q, and of that %q", name, slug, again)
		}
		if n := utf8.RuneCountInString(name); n <= migration.MaxName && len(slug) > 18*migration.MaxName {
			t.Errorf("Slug of %d characters has %d", n, len(slug)) // one character may stand for many: ﷺ
		}
	})
}

// TestSameAgain: what is there already is not written again; another value is.
func TestSameAgain(t *testing.T) {
	d := sit(t, migration.Rehearsal)
	ns2, cert1, cert2 := home, certificate("ca1", "leaf1"), certificate("ca2", "leaf2")
	ns2.Namespace = "other.a1b2c"
	zoned := cert1
	zoned.LeafNotAfter = zoned.LeafNotAfter.In(time.FixedZone("west", -3600))
	set := func(ns migration.NamespaceData) func() ([]migration.Fact, error) {
		return func() ([]migration.Fact, error) { return d.view().SetNamespace(ns) }
	}
	cert := func(c migration.CertificateData) func() ([]migration.Fact, error) {
		return func() ([]migration.Fact, error) { return d.view().SetCertificate(c) }
	}
	save := func(ca string) func() ([]migration.Fact, error) {
		return func() ([]migration.Fact, error) { return d.view().SetUpload(migration.UploadData{CAFingerprint: ca}) }
	}
	poll := func(identity string) func() ([]migration.Fact, error) {
		return func() ([]migration.Fact, error) {
			return d.view().SetPoller(migration.PollerData{TaskQueue: "Q", Identity: identity}), nil
		}
	}
	note := func(why string) func() ([]migration.Fact, error) {
		return func() ([]migration.Fact, error) { return d.view().Note(migration.StepTest, why) }
	}
	for i, step := range []struct {
		do   func() ([]migration.Fact, error)
		adds int
	}{
		{set(home), 1}, {set(home), 0}, {cert(cert1), 1}, {cert(zoned), 0}, {save("ca1"), 1}, {save("ca1"), 0},
		{poll("1"), 1}, {poll("2"), 1}, {poll("1"), 0}, {note("by hand"), 1}, {note(" by hand "), 0},
		{set(ns2), 1}, {set(home), 1}, // back is a change too
		{cert(cert2), 1}, {save("ca2"), 1}, {save("ca1"), 1}, // saved over ca2
	} {
		before := d.view()
		if got := d.must(step.do()); got != step.adds {
			t.Errorf("step %d adds %d facts, want %d", i, got, step.adds)
		}
		if after := d.view(); step.adds == 0 && cmp.Diff(before.Steps, after.Steps) != "" {
			t.Errorf("step %d wrote nothing and changed a step:\n%s", i, cmp.Diff(before.Steps, after.Steps))
		}
	}
}

func TestRefusals(t *testing.T) {
	d := sit(t, migration.Rehearsal)
	key := certificate("ca1", "leaf1")
	key.CAPEM = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
	refuse := func(what string, kind fault.Kind, field string) func([]migration.Fact, error) {
		return func(facts []migration.Fact, err error) {
			t.Helper()
			if wantFault(t, what, err, kind, field); len(facts) > 0 {
				t.Errorf("%s: refused with facts", what)
			}
		}
	}
	refuse("no namespace", fault.Invalid, "namespace")(d.view().SetNamespace(migration.NamespaceData{Address: "a:1"}))
	refuse("no address", fault.Invalid, "address")(d.view().SetNamespace(migration.NamespaceData{Namespace: "a.b"}))
	refuse("no leaf", fault.Invalid, "leaf")(d.view().SetCertificate(certificate("ca1", "")))
	refuse("a private key", fault.Invalid, "leaf")(d.view().SetCertificate(key))
	refuse("upload to nothing", fault.Conflict, "")(d.view().SetUpload(migration.UploadData{CAFingerprint: "ca1"}))
	refuse("no reason", fault.Invalid, "why")(d.view().Note(migration.StepCode, " "))
	refuse("a long reason", fault.Invalid, "why")(d.view().Note(migration.StepCode, strings.Repeat("ü", 501)))
	refuse("a key as reason", fault.Invalid, "why")(d.view().Note(migration.StepCode, key.CAPEM))
	refuse("binary as reason", fault.Invalid, "why")(d.view().Note(migration.StepCode, "\xff"))
	refuse("a step that must be done here", fault.Invalid, "step")(d.view().Note(migration.StepNamespace, "by hand"))
	refuse("a step that is none", fault.Invalid, "step")(d.view().Note("lunch", "by hand"))
	refuse("a step that can't start", fault.Conflict, "step")(d.view().Note(migration.StepTransfer, "by hand"))
	d.must(d.view().SetCertificate(certificate("ca1", "leaf1")))
	refuse("a step that has evidence", fault.Conflict, "step")(d.view().Note(migration.StepCertificates, "by hand"))
	d.must(d.view().Note(migration.StepCode, strings.Repeat("ü", 500)))
	if !d.view().Step(migration.StepCode).Noted {
		t.Error("a reason of 500 characters is not noted")
	}
	cloudy := sit(t, migration.Cloud)
	cloudy.must(cloudy.view().SetNamespace(home))
	refuse("what Cloud saved cannot be seen", fault.Conflict, "")(cloudy.view().SetUpload(migration.UploadData{CAFingerprint: "ca1"}))
}

// TestWhatAChecksEndMeans: which ends of a check leave which facts and steps.
func TestWhatAChecksEndMeans(t *testing.T) {
	type check = migration.Check
	for _, tt := range []struct {
		name   string
		bend   func(*check)
		state  migration.RunState
		code   string
		facts  []string
		upload migration.Status
		test   migration.Status
	}{
		{"passes", func(c *check) { c.Passed, c.Accepted = true, true }, migration.RunPassed, "OK", []string{"check.passed", "ca.seen"}, migration.Done, migration.Done},
		{"the CA is refused", func(*check) {}, migration.RunFailed, "CL-03", nil, migration.Waiting, migration.Failing},
		{"the namespace is not there", func(*check) {}, migration.RunFailed, "NS-01", nil, migration.Waiting, migration.Failing},
		{"nobody polls: the CA was accepted all the same", func(c *check) { c.Accepted = true }, migration.RunFailed, "TQ-01", []string{"ca.seen"}, migration.Done, migration.Failing},
		{"it was interrupted", func(*check) {}, migration.RunInterrupted, "", nil, migration.Waiting, migration.YourTurn},
		{"without the pair", func(c *check) { c.Passed, c.Accepted, c.Leaf = true, true, "" }, migration.RunPassed, "OK", []string{"check.passed"}, migration.Waiting, migration.LookAgain},
		{"with another pair", func(c *check) { c.Passed, c.Accepted, c.Leaf = true, true, "leaf9" }, migration.RunPassed, "OK", []string{"check.passed"}, migration.Waiting, migration.LookAgain},
		{"at another address", func(c *check) { c.Passed, c.Accepted, c.Address = true, true, "other:7233" }, migration.RunPassed, "OK", []string{"check.passed"}, migration.Waiting, migration.LookAgain},
		{"a name given that is the address's own", func(c *check) { c.Passed, c.Accepted, c.Server = true, true, "payments.a1b2c.tmprl.cloud" }, migration.RunPassed, "OK", []string{"check.passed", "ca.seen"}, migration.Done, migration.Done},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := payments(t, migration.Cloud)
			c := d.about("leaf1")
			tt.bend(&c)
			d.check(c, tt.state, tt.code, "")
			if got := d.kinds()[2:]; !slices.Equal(got, tt.facts) && len(got)+len(tt.facts) > 0 {
				t.Errorf("facts = %q, want %q", got, tt.facts)
			}
			if u, x := d.status(migration.StepUpload), d.status(migration.StepTest); u != tt.upload || x != tt.test && !(tt.state == migration.RunInterrupted && x == migration.NotStarted) {
				t.Errorf("upload %s, test %s; want %s, %s", u, x, tt.upload, tt.test)
			}
		})
	}
}

// TestRepairedNamespace: what was typed may have been repaired: then the check is about what was dialled.
func TestRepairedNamespace(t *testing.T) {
	d := payments(t, migration.Cloud)
	typed := d.about("leaf1")
	typed.Namespace = strings.ToUpper(typed.Namespace)
	o := d.ended(migration.CheckRun, d.view().AboutCheck(typed), migration.RunPassed, "OK")
	dialled := d.about("leaf1")
	dialled.Passed, dialled.Accepted = true, true
	d.add(d.view().Checked(o, dialled))
	if d.status(migration.StepTest) != migration.Done || d.status(migration.StepUpload) != migration.Done {
		t.Errorf("test %s, upload %s", d.status(migration.StepTest), d.status(migration.StepUpload))
	}
	if v := d.view(); d.facts[2].InputHash != v.CheckHash() {
		t.Errorf("the fact is about %s, want %s", d.facts[2].InputHash, v.CheckHash())
	}
	if got := data[migration.UploadData](t, d.facts[3].Data); got != (migration.UploadData{Namespace: home.Namespace, CAFingerprint: "ca1", Run: o.ID, RunNumber: 1}) {
		t.Errorf("ca.seen %+v", got)
	}
	if s := d.view().Step(migration.StepTest); s.Run != o.ID || s.Evidence != "check 1 passed" {
		t.Errorf("evidence of test: %+v", s)
	}
}

// TestInputsChangeMeanwhile: a check speaks for what it was started with.
func TestInputsChangeMeanwhile(t *testing.T) {
	d := payments(t, migration.Cloud)
	began, c := d.view(), d.about("leaf1")
	c.Passed, c.Accepted = true, true
	moved := home
	moved.Namespace = "moved.a1b2c"
	d.must(d.view().SetNamespace(moved))
	o := d.ended(migration.CheckRun, began.AboutCheck(c), migration.RunPassed, "OK")
	d.add(began.Checked(o, c))
	if d.status(migration.StepTest) != migration.LookAgain || d.status(migration.StepUpload) != migration.LookAgain {
		t.Errorf("the old namespace's check ticked the new one's steps: %s, %s", d.status(migration.StepTest), d.status(migration.StepUpload))
	}
	d.must(d.view().SetNamespace(home))
	if d.status(migration.StepTest) != migration.Done || d.status(migration.StepUpload) != migration.Done {
		t.Errorf("the check's own namespace does not find it")
	}
}

// TestReportedCounts: which reports from elsewhere make step test done, and that they do nothing else.
func TestReportedCounts(t *testing.T) {
	type check = migration.Check
	for _, tt := range []struct {
		name string
		bend func(*check)
		why  string // "" counts
	}{
		{"the same endpoint, namespace and leaf, fresh", func(*check) {}, ""},
		{"no server name given", func(c *check) { c.Server = "" }, ""},
		{"different endpoint", func(c *check) { c.Address = "evil.a1b2c.tmprl.cloud:7233" }, "different endpoint"},
		{"another server name", func(c *check) { c.Server = "evil.example" }, "different endpoint"},
		{"another namespace", func(c *check) { c.Namespace = "orders.a1b2c" }, "different endpoint"},
		{"another leaf", func(c *check) { c.Leaf = "leaf9" }, "different client certificate"},
		{"no leaf", func(c *check) { c.Leaf = "" }, "does not say which client certificate"},
		{"an API key", func(c *check) { c.Auth, c.Leaf = "api-key", "" }, "different sign-in method"},
		{"no time", func(c *check) { c.Made = time.Time{} }, "when it was made"},
		{"an hour ago", func(c *check) { c.Made = noon.Add(-time.Hour) }, ""},
		{"a moment more than an hour ago", func(c *check) { c.Made = noon.Add(-time.Hour - 1) }, "more than an hour"},
		{"a clock five minutes ahead", func(c *check) { c.Made = noon.Add(5 * time.Minute) }, ""},
		{"a moment more ahead", func(c *check) { c.Made = noon.Add(5*time.Minute + 1) }, "ahead"},
		{"nothing was asked", func(c *check) { c.Accepted = false }, "without contacting"},
		{"it failed before the namespace", func(c *check) { c.Passed, c.Accepted = false, false }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := payments(t, migration.Cloud)
			c := d.about("leaf1")
			c.Server, c.Made, c.Passed, c.Accepted = "payments.a1b2c.tmprl.cloud", noon.Add(-time.Minute), true, true
			tt.bend(&c)
			why := d.view().Discounts(c, noon)
			if (why == "") != (tt.why == "") || !strings.Contains(why, tt.why) {
				t.Fatalf("discounts %q, want %q", why, tt.why)
			}
			if why != "" || !c.Passed {
				return
			}
			o := d.check(c, migration.RunPassed, "OK", "worker-1")
			test := d.view().Step(migration.StepTest)
			if test.Status != migration.Done || test.Evidence != "check 1 passed, as reported from worker-1" || test.Run != o.ID {
				t.Errorf("step test is %+v", test)
			}
			if d.status(migration.StepUpload) == migration.Done {
				t.Error("step upload took a report for an observation")
			}
		})
	}
}

// TestReportedFailure: a failure that counts fails step test, and is not held against the upload.
func TestReportedFailure(t *testing.T) {
	d := payments(t, migration.Cloud)
	d.passes()
	now := noon
	d.now = func() time.Time { now = now.Add(time.Second); return now }
	d.check(d.about("leaf1"), migration.RunFailed, "CL-03", "worker-1")
	if x, u := d.status(migration.StepTest), d.status(migration.StepUpload); x != migration.Failing || u != migration.Done {
		t.Errorf("after a reported failure: test %s, upload %s", x, u)
	}
	d.check(d.about("leaf1"), migration.RunFailed, "CL-03", "")
	if u := d.status(migration.StepUpload); u != migration.LookAgain {
		t.Errorf("after a failure that Onramp saw: upload %s", u)
	}
}
