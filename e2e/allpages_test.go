package e2e

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// listedPages are the addresses of every page, from the list in views/views.go, which handlers' tests hold against the
// routes: "/m/{m}/report".
func listedPages(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("../views/views.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range regexp.MustCompile(`(?m)^//\t\w+Page\(Frame, \w+\) +(.+)$`).FindAllStringSubmatch(string(text), -1) {
		for _, part := range strings.Split(l[1], "; ") {
			if methods, addresses, ok := strings.Cut(part, " /"); ok && strings.Contains(methods, "GET") {
				for _, a := range strings.Split(addresses, ", ") {
					a, _, _ = strings.Cut(strings.TrimPrefix(a, "/"), " ") // "where API keys sign in"
					out = append(out, "/"+a)
				}
			}
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d pages are listed: the test looks in the wrong place", len(out))
	}
	return out
}

// onlyShared are the pages that only a portal for several people has, and those whose work begins there.
var onlyShared = []string{"/m/{m}/send", "/m/{m}/upload/links", "/h/{token}", "/signin", "/again", "/start", "/people", "/account", "/account/mails", "/account/calendar"}

// byMail is a page to which only a mail leads (TestToldAtASharedPortal looks at it).
const byMail = "/unsubscribe"

// parameters are what stands in an address for a name.
var parameters = strings.NewReplacer(`\{run\}`, `[a-z0-9]{20,}`, `\{other\}`, `[a-z0-9]{20,}`, `\{bulk\}`, `[a-z0-9]{20,}`, `\{fp\}`, `[0-9a-f]{64}`, `\{code\}`, `[A-Z][A-Z0-9]-\d\d`)

// allWalked fails for each listed page that is to be among paths and is not: a page that is added and looked at nowhere.
func allWalked(t *testing.T, paths []string, wanted func(pattern string) bool) {
	t.Helper()
	missing := 0
	for _, pattern := range listedPages(t) {
		if !wanted(pattern) {
			continue
		}
		if !slices.ContainsFunc(paths, func(path string) bool { return isOf(pattern, path) }) {
			missing++
			t.Errorf("%s is a page, and is not among the %d that were looked at", pattern, len(paths))
		}
	}
	if missing == 0 {
		t.Logf("%d addresses, every listed page is among them", len(paths))
	}
}

// isOf reports whether an address is one of a listed page.
func isOf(pattern, path string) bool {
	path, _, _ = strings.Cut(path, "?")
	shape := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(parameters.Replace(regexp.QuoteMeta(pattern)), `[^/]+`)
	return regexp.MustCompile(`^` + shape + `$`).MatchString(path)
}

// atHome is what allWalked wants of a portal for one person; of a shared one it wants the rest.
func atHome(pattern string) bool { return pattern != byMail && !slices.Contains(onlyShared, pattern) }

// assessed is the page of an assessment of a migration's source, of which there is much to say.
func (v *visitor) assessed(m string) string {
	v.t.Helper()
	address, _ := (&sourceStub{}).serve(v.t)
	run := v.form(m+"/assess", "address", address, "namespaces", "", "histories", "5", "rate", "50", "budget", "2000", "tls", "off").ok(v.t, "an assessment").path
	within(v.t, "the assessment's end", func() bool { return v.get(run+".json").status == 200 })
	return run
}

// crossed is the page of a look at both sides of a migration's cut-over, of whose source there is much to say.
func (v *visitor) crossed(m string) string {
	v.t.Helper()
	address, _ := (&sourceStub{}).serve(v.t)
	run := v.upload(m+"/cutover", "address", address, "namespace", "payments", "tls", "off", "silent", "7", "rate", "50", "budget", "500", "key_source", "lent").ok(v.t, "a look at both sides").path
	within(v.t, "the look's end", func() bool { return v.get(run+".json").status == 200 })
	return run
}

// checkedTogether is the page of checks of some migrations, by their addresses.
func (v *visitor) checkedTogether(moves ...string) string {
	v.t.Helper()
	var form []string
	for _, m := range moves {
		form = append(form, "m", strings.TrimPrefix(m, "/m/"))
	}
	page := v.form("/migrations/checks", form...).ok(v.t, "checks of many").path
	within(v.t, "the checks' end", func() bool {
		return strings.Contains(string(v.get(page).body), fmt.Sprintf("%d of %[1]d done", len(moves)))
	})
	return page
}
