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

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := migration.New(migration.Options{}); err == nil {
		t.Error("New without a store gave no error")
	}
}

func TestCreate(t *testing.T) {
	now := time.Date(2026, 11, 12, 10, 42, 0, 0, time.FixedZone("east", 3600))
	d := sit(t, deskOptions{now: func() time.Time { return now }})
	got := must(d.Create(t.Context(), "  Payments (EU) ", "go", migration.Rehearsal, "mtls"))(t)
	want := migration.Migration{ID: "payments-eu", Name: "Payments (EU)", Lang: "go", Mode: migration.Rehearsal, Auth: "mtls", Created: now.UTC(), Version: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Create (-want +got):\n%s", diff)
	}
	_, err := d.Create(t.Context(), "payments: EU!", "go", migration.Cloud, "mtls")
	wantFault(t, "a taken name", err, fault.Conflict, "name")
	if f := fault.From(err); !strings.Contains(f.Title, `"Payments (EU)"`) || !strings.Contains(f.Cause, "/m/payments-eu") {
		t.Errorf("the fault does not name the existing migration: %q %q", f.Title, f.Cause)
	}
	must(d.Create(t.Context(), "Orders", "python", migration.Cloud, "api-key"))(t)
	var ids []string
	for _, v := range must(d.List(t.Context()))(t) {
		ids = append(ids, v.Migration.ID+" "+v.Next)
	}
	if want := []string{"orders namespace", "payments-eu namespace"}; !slices.Equal(ids, want) {
		t.Errorf("List = %q, want %q", ids, want)
	}
}

func TestCreateRefuses(t *testing.T) {
	d := sit(t, deskOptions{})
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
		_, err := d.Create(t.Context(), tt.name, tt.lang, tt.mode, tt.auth)
		var fields []string
		for _, f := range fault.All(err) {
			if f.Kind != fault.Invalid || f.Title == "" || f.Fix == "" {
				t.Errorf("Create(%q): %+v, want Invalid with title and fix", tt.name, f)
			}
			fields = append(fields, f.Field)
		}
		if !slices.Equal(fields, tt.fields) {
			t.Errorf("Create(%q, %q, %q, %q) refuses %q, want %q", tt.name, tt.lang, tt.mode, tt.auth, fields, tt.fields)
		}
	}
	if all := must(d.List(t.Context()))(t); len(all) != 0 {
		t.Errorf("%d migrations were stored", len(all))
	}
	must(d.Create(t.Context(), strings.Repeat("ü", 80), "go", "cloud", "mtls"))(t)
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
	d := sit(t, deskOptions{})
	id := must(d.Create(t.Context(), "Payments", "python", migration.Rehearsal, "mtls"))(t).ID
	ns2, cert1, cert2 := home, certificate("ca1", "leaf1"), certificate("ca2", "leaf2")
	ns2.Namespace = "other.a1b2c"
	zoned := cert1
	zoned.LeafNotAfter = zoned.LeafNotAfter.In(time.FixedZone("west", -3600))
	for i, step := range []struct {
		do   func() (migration.View, error)
		adds int
	}{
		{func() (migration.View, error) { return d.SetNamespace(t.Context(), id, home) }, 1},
		{func() (migration.View, error) { return d.SetNamespace(t.Context(), id, home) }, 0},
		{func() (migration.View, error) { return d.SetCertificate(t.Context(), id, cert1) }, 1},
		{func() (migration.View, error) { return d.SetCertificate(t.Context(), id, zoned) }, 0},
		{func() (migration.View, error) {
			return d.SetUpload(t.Context(), id, migration.UploadData{CAFingerprint: "ca1"})
		}, 1},
		{func() (migration.View, error) {
			return d.SetUpload(t.Context(), id, migration.UploadData{CAFingerprint: "ca1"})
		}, 0},
		{func() (migration.View, error) {
			return d.SetPoller(t.Context(), id, migration.PollerData{TaskQueue: "Q", Identity: "1"})
		}, 1},
		{func() (migration.View, error) {
			return d.SetPoller(t.Context(), id, migration.PollerData{TaskQueue: "Q", Identity: "2"})
		}, 1},
		{func() (migration.View, error) {
			return d.SetPoller(t.Context(), id, migration.PollerData{TaskQueue: "Q", Identity: "1"})
		}, 0},
		{func() (migration.View, error) { return d.Note(t.Context(), id, migration.StepTest, "by hand", "dana") }, 1},
		{func() (migration.View, error) {
			return d.Note(t.Context(), id, migration.StepTest, " by hand ", "omar")
		}, 0},
		{func() (migration.View, error) { return d.SetNamespace(t.Context(), id, ns2) }, 1},
		{func() (migration.View, error) { return d.SetNamespace(t.Context(), id, home) }, 1}, // back is a change too
		{func() (migration.View, error) { return d.SetCertificate(t.Context(), id, cert2) }, 1},
		{func() (migration.View, error) {
			return d.SetUpload(t.Context(), id, migration.UploadData{CAFingerprint: "ca2"})
		}, 1},
		{func() (migration.View, error) {
			return d.SetUpload(t.Context(), id, migration.UploadData{CAFingerprint: "ca1"})
		}, 1}, // saved over ca2
	} {
		before := must(d.View(t.Context(), id))(t)
		after := must(step.do())(t)
		if got := len(after.Facts) - len(before.Facts); got != step.adds {
			t.Errorf("step %d adds %d facts, want %d", i, got, step.adds)
		}
		if got := after.Migration.Version - before.Migration.Version; got != int64(step.adds) {
			t.Errorf("step %d raises the version by %d, want %d", i, got, step.adds)
		}
		if step.adds == 0 && cmp.Diff(before.Steps, after.Steps) != "" {
			t.Errorf("step %d wrote nothing and changed a step:\n%s", i, cmp.Diff(before.Steps, after.Steps))
		}
	}
}

func TestRefusals(t *testing.T) {
	d := sit(t, deskOptions{})
	ctx := t.Context()
	id := must(d.Create(ctx, "Payments", "python", migration.Rehearsal, "mtls"))(t).ID
	key := certificate("ca1", "leaf1")
	key.CAPEM = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
	refuse := func(what string, kind fault.Kind, field string) func(migration.View, error) {
		return func(_ migration.View, err error) { t.Helper(); wantFault(t, what, err, kind, field) }
	}
	refuse("no namespace", fault.Invalid, "namespace")(d.SetNamespace(ctx, id, migration.NamespaceData{Address: "a:1"}))
	refuse("no address", fault.Invalid, "address")(d.SetNamespace(ctx, id, migration.NamespaceData{Namespace: "a.b"}))
	refuse("no leaf", fault.Invalid, "leaf")(d.SetCertificate(ctx, id, certificate("ca1", "")))
	refuse("a private key", fault.Invalid, "leaf")(d.SetCertificate(ctx, id, key))
	refuse("upload to nothing", fault.Conflict, "")(d.SetUpload(ctx, id, migration.UploadData{CAFingerprint: "ca1"}))
	refuse("no reason", fault.Invalid, "why")(d.Note(ctx, id, migration.StepCode, " ", "dana"))
	refuse("a long reason", fault.Invalid, "why")(d.Note(ctx, id, migration.StepCode, strings.Repeat("a", 501), "dana"))
	refuse("a key as reason", fault.Invalid, "why")(d.Note(ctx, id, migration.StepCode, key.CAPEM, "dana"))
	refuse("binary as reason", fault.Invalid, "why")(d.Note(ctx, id, migration.StepCode, "\xff", "dana"))
	refuse("a step that must be done here", fault.Invalid, "step")(d.Note(ctx, id, migration.StepNamespace, "by hand", "dana"))
	refuse("a step that is none", fault.Invalid, "step")(d.Note(ctx, id, "lunch", "by hand", "dana"))
	refuse("a step that can't start", fault.Conflict, "step")(d.Note(ctx, id, migration.StepTransfer, "by hand", "dana"))
	if got := d.kinds(id); len(got) != 0 {
		t.Errorf("refused facts were stored: %q", got)
	}
	must(d.SetCertificate(ctx, id, certificate("ca1", "leaf1")))(t)
	refuse("a step that has evidence", fault.Conflict, "step")(d.Note(ctx, id, migration.StepCertificates, "by hand", "dana"))

	cloud := must(d.Create(ctx, "Cloudy", "python", migration.Cloud, "mtls"))(t).ID
	must(d.SetNamespace(ctx, cloud, home))(t)
	refuse("what Cloud saved cannot be seen", fault.Conflict, "")(d.SetUpload(ctx, cloud, migration.UploadData{CAFingerprint: "ca1"}))

	refuse("unknown", fault.NotFound, "")(d.View(ctx, "nobody"))
	refuse("unknown", fault.NotFound, "")(d.SetNamespace(ctx, "nobody", home))
	if v := must(d.Note(ctx, id, migration.StepCode, "moved by the platform team", "dana"))(t); v.Facts[len(v.Facts)-1].By != "dana" || !v.Step(migration.StepCode).Noted {
		t.Errorf("the note is not dana's: %+v", v.Facts[len(v.Facts)-1])
	}
}
