package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/asvs.md anew")

// asvsPage is the table that TestASVS generates.
const asvsPage = "docs/asvs.md"

// applies are the requirements of OWASP ASVS 5.0.0 that apply to Onramp and that a test can show without a person: id,
// level, and what it asks for here, in our words.
var applies = []struct {
	id    string
	level int
	what  string
}{
	{"1.2.1", 1, "no text of a stranger becomes an element or an attribute of a page"},
	{"1.2.2", 1, "no text becomes an address that runs"},
	{"1.2.4", 1, "SQL takes values as parameters, never as text"},
	{"1.2.5", 1, "no command line is made of what somebody typed"},
	{"1.3.6", 2, "what is dialled is judged by an allow list of names, addresses and ports"},
	{"2.2.1", 1, "each field is judged by what is allowed in it"},
	{"2.2.2", 1, "the server judges, whatever the page's script did"},
	{"2.3.1", 1, "no step before the one that it stands on"},
	{"2.4.1", 2, "costly acts are limited for a person and a target"},
	{"3.2.1", 1, "files are saved, never shown as a page of the portal"},
	{"3.3.1", 1, "cookies are Secure and have the prefix"},
	{"3.3.2", 2, "cookies are SameSite"},
	{"3.3.3", 2, "cookies have the prefix __Host-"},
	{"3.3.4", 2, "cookies are HttpOnly"},
	{"3.4.1", 1, "HSTS for a year and more, with subdomains, on every answer"},
	{"3.4.2", 1, "no other site may read an answer"},
	{"3.4.3", 2, "a CSP without exceptions on every answer"},
	{"3.4.4", 2, "types are not guessed"},
	{"3.4.5", 2, "a referrer policy on every answer"},
	{"3.4.6", 2, "no page can be framed"},
	{"3.4.8", 3, "windows of other sites have no hold of ours"},
	{"3.5.1", 1, "forms of other sites are refused on every route that changes something"},
	{"3.5.2", 1, "no preflight is relied on: the origin is judged on every form"},
	{"3.5.3", 1, "a GET changes nothing"},
	{"3.6.1", 3, "pages load nothing from other hosts"},
	{"3.7.2", 2, "redirects stay within the portal"},
	{"4.1.1", 1, "every body has its type, and text its character set"},
	{"4.1.3", 2, "headers of a proxy are believed of the named proxy alone"},
	{"5.2.1", 1, "what is sent is bounded"},
	{"5.2.2", 1, "files are judged by what is in them"},
	{"5.4.1", 2, "downloads have names that we give them"},
	{"5.4.2", 2, "those names cannot break a header"},
	{"6.2.1", 1, "passwords of 12 characters at least"},
	{"6.2.4", 1, "no password that attackers try first"},
	{"6.2.9", 2, "passwords of 64 characters and more"},
	{"6.3.1", 1, "guesses are limited for an account and an address"},
	{"6.3.2", 1, "a new portal has no account; the first owner's link works once"},
	{"6.3.8", 3, "whether an account is there cannot be told from outside"},
	{"7.2.3", 1, "session tokens are random, of 256 bits"},
	{"7.2.4", 1, "each sign-in has a new token, and the old one is worth nothing"},
	{"7.3.1", 2, "sessions end when nobody uses them"},
	{"7.3.2", 2, "sessions end after twelve hours in any case"},
	{"7.4.1", 1, "a session that ended is over on the server"},
	{"7.4.2", 1, "a disabled account has no session left"},
	{"8.2.1", 1, "each route takes those whom it declares"},
	{"8.2.2", 1, "what another team owns is not there"},
	{"8.3.1", 1, "the server decides, and with the next request"},
	{"8.4.1", 2, "no act reaches into another team"},
	{"11.2.3", 2, "128 bits of security; RSA with 2048 bits only for who chooses it"},
	{"11.3.1", 1, "no weak mode or padding; old key stores are read, and the old PKCS#12 form is made for who chooses it"},
	{"11.3.2", 1, "what is encrypted, is with an approved cipher and mode"},
	{"11.4.2", 2, "passwords are stored as argon2id"},
	{"11.5.1", 2, "what nobody may guess is of crypto/rand"},
	{"12.1.1", 1, "TLS 1.2 and 1.3 alone"},
	{"12.3.2", 2, "TLS clients judge the server's certificate"},
	{"13.2.4", 2, "what the portal may reach is a list"},
	{"13.2.5", 2, "that list is a setting of whoever runs it"},
	{"13.4.1", 1, "no file of the source is served"},
	{"13.4.2", 2, "no debugging is served"},
	{"13.4.4", 2, "no TRACE"},
	{"13.4.5", 2, "metrics are not served to the outside"},
	{"14.2.1", 1, "no secret is in an address or the log"},
	{"14.3.1", 1, "signing out clears the browser"},
	{"14.3.2", 2, "no answer is kept by a cache"},
	{"14.3.3", 2, "the browser's storage holds nothing of anybody's"},
	{"15.1.2", 2, "the program says which modules it is made of"},
	{"15.2.1", 1, "no module with a known vulnerability beyond the time in SECURITY.md; the test is skipped without a copy of the database"},
	{"15.2.2", 2, "costly work is bounded in time, memory and number"},
	{"15.3.2", 2, "calls to others follow no redirect"},
	{"15.3.3", 2, "fields that a form does not have change nothing"},
	{"15.3.4", 2, "the address of a person is the true one, also behind a proxy"},
	{"15.4.1", 3, "what is shared by several at once is guarded"},
	{"16.2.1", 2, "each line says when, where, who and what"},
	{"16.2.2", 2, "times are in UTC, or name their zone"},
	{"16.3.1", 2, "sign-ins are in the audit, refused ones too"},
	{"16.3.2", 2, "refusals are logged"},
	{"16.3.4", 2, "defects and failures of checks are logged"},
	{"16.4.1", 2, "no text splits or colours a line of the log"},
	{"16.4.2", 2, "a changed audit shows"},
	{"16.5.1", 2, "a defect's page shows nothing of the inside"},
	{"16.5.3", 2, "what fails changes nothing"},
	{"16.5.4", 3, "a defect ends a request, not the portal"},
}

// leftOut are the chapters, sections and requirements of the levels 1 and 2 that no test of ours shows, and why.
var leftOut = [][2]string{
	{"1.2.3", "no JavaScript or JSON is built from text: templ's pages hold none, and JSON is encoded by encoding/json"},
	{"1.2.6, 1.2.7, 1.2.8, 1.3.3 to 1.3.11 without 1.3.6", "no LDAP, XPath, LaTeX, mail header, template of a stranger, memcache or JNDI"},
	{"1.3.1, 1.3.2", "no HTML is taken from anybody; Go evaluates no code"},
	{"1.4, 1.5", "Go is memory-safe; no XML is read, and no object is deserialised"},
	{"2.1, 6.1, 7.1, 8.1, 11.1, 13.1, 14.1, 15.1.1, 16.1", "documentation: docs/share.md, docs/ARCHITECTURE.md, SECURITY.md"},
	{"2.2.3, 2.3.2 to 2.3.5", "rules of each act, shown by the tests of acts and migration"},
	{"3.1, 3.2.2, 3.2.3", "pages are made on the server; the scripts set text as text, and Trusted Types hold them to it"},
	{"4.2", "HTTP is net/http's"},
	{"4.3, 4.4", "no GraphQL, no WebSocket"},
	{"5.1, 5.3, 5.4.3", "no file of a person is stored, run or served to another"},
	{"6.2.2, 6.2.3", "an owner's link sets a new password; there is no form that changes one"},
	{"6.2.5 to 6.2.8, 6.2.10 to 6.2.12", "6.2.5 and 6.2.10 are shown with 6.2.1; the rest is how the fields are made"},
	{"6.3.3, 6.5, 6.6, 6.7", "a second factor is the provider's, with --signin oidc; none for local accounts"},
	{"6.4", "no initial passwords: a link, once, for an hour or a week"},
	{"6.8, 10", "the provider's; what a client has to do is shown by TestOIDC"},
	{"7.5, 7.6", "a second look is shown by TestSecondLook and TestProviderProof; the provider's sessions are its own"},
	{"9", "no self-contained tokens but the provider's, judged once, at the sign-in"},
	{"11.4.1, 11.4.3, 11.6, 11.7", "certificates are signed by crypto/x509; no signature of our own"},
	{"12.2", "the operator's certificate, or the reverse proxy's"},
	{"13.2.1 to 13.2.3, 13.3", "one process; no secret of a service but the provider's, read from a file"},
	{"14.2.2 to 14.2.8", "no cache or analytics; what is kept is in the README"},
	{"15.3.1, 15.3.5 to 15.3.7", "typed in Go; JSON answers have types of their own"},
	{"16.2.3 to 16.2.5, 16.3.3, 16.4.3, 16.5.2", "16.2.5 is shown with 14.2.1; where the log goes is the operator's"},
	{"17", "no WebRTC"},
}

var (
	asvsMark = regexp.MustCompile(`ASVS ((?:\d+\.\d+\.\d+(?:, | and )?)+)`)
	asvsID   = regexp.MustCompile(`\d+\.\d+\.\d+`)
)

// shownBy is, for each requirement that a comment "ASVS 6.3.2" in a test or above it names, the tests, as room.Name.
func shownBy(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != ".") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(file, "_test.go") || file == "asvs_test.go" {
			return nil
		}
		f, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, group := range f.Comments {
			for _, m := range asvsMark.FindAllStringSubmatch(strings.Join(strings.Fields(group.Text()), " "), -1) {
				name := testAround(f, group)
				if name == "" {
					t.Errorf("%s: a comment names ASVS %s, and belongs to no test", set.Position(group.Pos()), m[1])
					continue
				}
				for _, id := range asvsID.FindAllString(m[1], -1) {
					if test := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file))+"."+name, ".."); !slices.Contains(out[id], test) {
						out[id] = append(out[id], test)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// testAround is the test, or benchmark, that a comment stands in or above; "" for none.
func testAround(f *ast.File, c *ast.CommentGroup) string {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && (fn.Doc == c || fn.Pos() <= c.Pos() && c.End() <= fn.End()) && (strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Benchmark")) {
			return fn.Name.Name
		}
	}
	return ""
}

// TestASVS: each requirement of OWASP ASVS 5.0.0 that applies is named by a test that shows it; docs/asvs.md says which
// (go test . -run TestASVS -update).
func TestASVS(t *testing.T) {
	by := shownBy(t)
	var page strings.Builder
	levels := map[int]int{}
	tests := map[string]bool{}
	shown := 0
	var rows strings.Builder
	for _, r := range applies {
		levels[r.level]++
		if len(by[r.id]) == 0 {
			t.Errorf("no test shows ASVS %s: %s", r.id, r.what)
			continue
		}
		shown++
		slices.Sort(by[r.id])
		for _, name := range by[r.id] {
			tests[name] = true
		}
		fmt.Fprintf(&rows, "| %s | %d | %s | `%s` |\n", r.id, r.level, r.what, strings.Join(by[r.id], "`, `"))
	}
	fmt.Fprintf(&page, `# OWASP ASVS 5.0

Generated by `+"`go test . -run TestASVS -update`"+` from comments in the tests. These %d requirements of OWASP's Application Security Verification Standard 5.0.0 apply to a shared portal and can be shown by a test without a person: %d of level 1, %d of level 2, %d of level 3. %d tests show %d of them; the one of 15.2.1 is skipped without a copy of Go's vulnerability database. The words are ours; the standard's own count.

| id | level | what it asks for here | shown by |
|---|---|---|---|
%s
## What no test shows, and why

| id | why |
|---|---|
`, len(applies), levels[1], levels[2], levels[3], len(tests), shown, rows.String())
	for _, r := range leftOut {
		fmt.Fprintf(&page, "| %s | %s |\n", r[0], r[1])
	}
	page.WriteString("\nLevel 3 as a whole is no goal; the five of it above are.\n")
	t.Logf("figure: S1 shown=%d skipped_without_a_database=1 of=%d tests=%d", shown-1, len(applies), len(tests))
	if *update {
		if err := os.WriteFile(asvsPage, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(asvsPage); err != nil || string(have) != page.String() {
		t.Errorf("%s is not what the tests say: go test . -run TestASVS -update", asvsPage)
	}
}
