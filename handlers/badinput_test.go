package handlers_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/custody"
	"onramp/people"
)

// filler is a value for each parameter of an address of a portal with a migration.
func filler(m, run, fp string) *strings.Replacer {
	return strings.NewReplacer("/m/{m}", m, "{run}", run, "{other}", run, "{fp:[0-9a-f]{64}}", fp, "{ns}", "docs-assembly.a2dd6", "{code}", "CL-01", "{file}", "full-chain.pem", "{person}", "u", "{token}", "t")
}

// forms are all addresses that take a form, with the parameters filled in.
func (d *desk) forms(m string) (out []route) {
	d.t.Helper()
	for _, x := range d.h.Declared() {
		if x.Method == http.MethodPost {
			out = append(out, route{x.Method, x.Pattern, filler(m, "r", strings.Repeat("ab", 32)).Replace(x.Pattern)})
		}
	}
	if len(out) < 55 {
		d.t.Fatalf("only %d forms", len(out))
	}
	return out
}

// who is what is stored of people: accounts, teams, sessions, links and whose a migration is.
func (d *desk) who() string {
	d.t.Helper()
	db := d.sql(d.t)
	defer db.Close()
	var b strings.Builder
	for _, query := range []string{"SELECT id, email, role, disabled, issuer, subject FROM accounts ORDER BY id", "SELECT * FROM teams ORDER BY 1", "SELECT * FROM members ORDER BY 1, 2",
		"SELECT COUNT(*) FROM sessions", "SELECT COUNT(*) FROM links", "SELECT id, team_id FROM migrations ORDER BY id"} {
		for _, row := range columns(d.t, db, query) {
			b.WriteString(strings.Join(row, " | ") + "\n")
		}
	}
	return b.String()
}

// TestForgedHeaders: nobody becomes somebody, and nobody somebody else, by what a header says; no header makes a GET a
// form, or one address another.
func TestForgedHeaders(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	owner, err := d.people.Find(t.Context(), "dana@example.com")
	check(t, err)
	forged := []string{"X-Forwarded-User", owner.Email, "X-Remote-User", owner.ID, "Remote-User", owner.ID, "X-User", owner.ID, "X-User-Id", owner.ID, "X-Email", owner.Email, "X-Auth-Request-Email", owner.Email,
		"X-Role", "owner", "X-Roles", "owner", "X-Groups", "owner", "X-Admin", "1", "Authorization", "Bearer " + owner.ID, "X-Api-Key", owner.ID, "X-Original-Url", "/healthz", "X-Rewrite-Url", "/healthz",
		"X-Http-Method-Override", "GET", "X-Method-Override", "GET", "X-Forwarded-Prefix", "/healthz", "X-Forwarded-Proto", "https", "X-Forwarded-For", "127.0.0.1", "X-Real-Ip", "127.0.0.1", "Forwarded", "for=127.0.0.1;host=localhost",
		"X-Client-Cert", "CN=owner", "X-Ssl-Client-Verify", "SUCCESS", "X-Fragment", "1", "Sec-Fetch-Site", "same-origin", "X-Requested-With", "XMLHttpRequest"}
	viewer := d.join("viewer@example.com", custody.Viewer)
	before, cells := d.who(), 0
	for _, x := range d.h.Declared() {
		path := filler("/m/nope", "r", strings.Repeat("ab", 32)).Replace(x.Pattern)
		for as, token := range map[string]string{"nobody": "", "a viewer": viewer} {
			if x.Need.Role == custody.Nobody || strings.HasPrefix(x.Pattern, "/m/{m}") || strings.HasPrefix(x.Pattern, "/cloud/") || as == "a viewer" && x.Need.Role <= custody.Viewer {
				continue
			}
			cells++
			d.as = token
			want := map[string]int{"nobody": http.StatusUnauthorized, "a viewer": http.StatusForbidden}[as]
			if r := d.send(d.request(x.Method, path, nil, forged...)); r.status != want {
				t.Errorf("%s %s as %s with forged headers answers %d, want %d", x.Method, path, as, r.status, want)
			}
		}
	}
	d.as = viewer
	for _, method := range []string{"POST", "DELETE", "PUT"} {
		if r := d.get("/people", "X-Http-Method-Override", method, "X-Original-Url", "/help"); r.status != http.StatusForbidden {
			t.Errorf("GET /people as %s answers %d", method, r.status)
		}
	}
	if d.who() != before || cells < 40 {
		t.Errorf("%d cells; people before:\n%s\nafter:\n%s", cells, before, d.who())
	}
	// Cookies that are not the one that the portal set.
	for name, cookie := range map[string]string{
		"without the prefix": "onramp=" + viewer, "with another": "__Secure-onramp=" + viewer, "in capitals": "__HOST-ONRAMP=" + viewer, "the account": "__Host-onramp=" + owner.ID,
		"the address": "__Host-onramp=" + owner.Email, "empty": "__Host-onramp=", "a list": "__Host-onramp=" + viewer + "," + viewer, "a wildcard": "__Host-onramp=%", "SQL": "__Host-onramp=' OR '1'='1",
	} {
		if r := d.get("/account", "Cookie", cookie); r.status != http.StatusUnauthorized {
			t.Errorf("a cookie %s answers %d", name, r.status)
		}
	}
}

// TestForeignFields: over all forms, fields that a form does not have give nobody a role, a team, an account, a session or a
// migration.
// ASVS 15.3.3.
func TestForeignFields(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	m := strings.TrimSuffix(d.post("/new", "name", "Mine", "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	for _, role := range []custody.Role{custody.Viewer, custody.Developer, custody.CloudAdmin} {
		d.as = d.join(role.String()+"@example.com", role)
		a, err := d.people.Find(t.Context(), role.String()+"@example.com")
		check(t, err)
		before := d.who()
		for _, x := range d.forms(m) {
			if x.pattern == "/signout" || x.pattern == "/m/{m}/settings/team" || x.pattern == "/new" || x.pattern == "/rehearse-now" || x.pattern == "/rehearsal/practice" { // that is what they do
				continue
			}
			d.post(x.path+"?role=owner&team="+team.ID+"&person="+a.ID, "role", "owner", "Role", "owner", "roles", "owner", "team", team.ID, "teams", team.ID, "team_id", team.ID, "person", a.ID, "account", a.ID, "id", a.ID, "email", a.Email, "owner", a.ID,
				"is_admin", "1", "admin", "true", "disabled", "0", "issuer", "x", "subject", "y", "by", "Dana", "as", "owner", "_method", "PUT", "signed_in", "2030-01-01T00:00:00Z", "via", "command")
		}
		if after := d.who(); after != before {
			t.Errorf("as a %s, people before:\n%s\nafter:\n%s", role, before, after)
		}
	}
}

// TestPathTricks: no spelling of an address leads past its right, to a file, or to a defect.
func TestPathTricks(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	owner := d.as
	theirs := strings.TrimSuffix(d.post("/new", "name", "Theirs", "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	d.post(theirs+"/settings/team", "team", team.ID).to(t)
	viewer := d.join("viewer@example.com", custody.Viewer)
	raw := func(method, path string) reply {
		t.Helper()
		r := d.request(method, "/", nil)
		r.URL.Opaque = "//" + r.URL.Host + path // as it is, not cleaned
		return d.send(r)
	}
	secret := []string{"dana@example.com", "Theirs", "SQLite format", "BEGIN", "root:"}
	tried := 0
	for _, path := range []string{"/people", theirs, theirs + "/report", theirs + "/settings"} {
		rest := strings.TrimPrefix(path, "/")
		for _, trick := range []string{"/" + strings.ToUpper(rest), "//" + rest, "/./" + rest, "/help/../" + rest, "/help/%2e%2e/" + rest, "/help/..%2f" + rest, "/%2e/" + rest, "/" + rest + "/", "/" + rest + "/.", "/" + rest + "%00", "/" + rest + "%20",
			"/" + rest + ";a=b", "/" + rest + "%3fa=b", "/" + rest + "%23", "/" + rest + "..;/", "/a/../" + rest, "/a/..%5c" + rest, "/%25" + rest, "/" + rest + ".json", "/signin/../" + rest, "/healthz/" + rest, "/healthz;/" + rest, "/" + strings.ReplaceAll(rest, "e", "%65"),
			"/" + strings.ReplaceAll(rest, "/", "%2f"), "/" + strings.ReplaceAll(rest, "e", "%c1%a5"), "/" + rest + "%0d%0aSet-Cookie:%20a=b"} {
			for as, token := range map[string]string{"nobody": "", "a viewer of another team": viewer} {
				tried++
				d.as = token
				r := raw("GET", trick)
				if r.status == http.StatusOK || r.status >= 500 || r.header.Get("Set-Cookie") == "a=b" {
					t.Errorf("%s as %s answers %d", trick, as, r.status)
				}
				r.lacks(t, secret...)
				if to := r.header.Get("Location"); to != "" && !strings.HasPrefix(to, "/signin?next=") {
					t.Errorf("%s as %s leads to %s", trick, as, to)
				}
			}
		}
	}
	// And each parameter of each address, as its owner: not there, or refused, and never a defect.
	d.as = owner
	parameter := regexp.MustCompile(`\{[a-z]+(:[^/]*)?\}(\.json)?`)
	evil := []string{"..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "..%5c..%5c", "%00", "'", "%25", "*", "a%2fb", ".", "~", "%e2%80%ae", "%ff", "%0d%0a", "con", "-1", "9999999999999999999999", strings.Repeat("a", 4000), "<script>", "{m}", "$(id)", "%24%7bjndi:x%7d"}
	for _, x := range d.h.Declared() {
		for _, at := range parameter.FindAllStringIndex(x.Pattern, -1) {
			for _, e := range evil {
				tried++
				path := parameter.ReplaceAllString(x.Pattern[:at[0]], "theirs") + e + parameter.ReplaceAllString(x.Pattern[at[1]:], "r")
				if strings.HasSuffix(x.Pattern, "/events") && x.Method == http.MethodGet {
					path += "?on=migration"
				}
				r := raw(x.Method, path)
				if r.status < 300 || r.status >= 500 {
					t.Errorf("%s %s answers %d", x.Method, path, r.status)
				}
				if to := r.header.Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "://") {
					t.Errorf("%s %s leads to %s", x.Method, path, to)
				}
				r.lacks(t, "SQLite format", "root:", "<script>")
			}
		}
	}
	t.Logf("%d addresses", tried)
}

// TestOversizedForms: over all forms, a body beyond the limit is refused before anything is done with it.
// ASVS 5.2.1.
func TestOversizedForms(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, _ := d.rehearsed()
	big := strings.Repeat("x", 70<<10)
	var files bytes.Buffer
	w := multipart.NewWriter(&files)
	part, err := w.CreateFormFile("file", "a.pem")
	check(t, err)
	_, err = io.WriteString(part, strings.Repeat("x", 130<<10))
	check(t, err)
	check(t, w.Close())
	before := d.dump(t)
	for _, x := range d.forms(m) {
		if fieldless.MatchString(x.pattern) || x.pattern == "/m/{m}/transfer" { // that takes 8 MB
			continue
		}
		for name, r := range map[string]reply{
			"typed": d.post(x.path, "name", big), "many fields": d.post(x.path, slices.Repeat([]string{"a", "b"}, 20_000)...),
			"a file": d.send(d.request("POST", x.path, bytes.NewReader(files.Bytes()), "Content-Type", w.FormDataContentType())),
		} {
			if r.status != http.StatusRequestEntityTooLarge && r.status != http.StatusNotFound && r.status != http.StatusGone {
				t.Errorf("POST %s, %s: %d", x.path, name, r.status)
			}
		}
	}
	d.post(m+"/transfer", "input", strings.Repeat("x", 9<<20)).want(t, http.StatusRequestEntityTooLarge)
	if after := d.dump(t); after != before {
		t.Errorf("something was stored:\n%s", firstDifference(before, after))
	}
}

// fieldless are the forms of a button alone: their address says it all, and a body is not read.
var fieldless = regexp.MustCompile(`^/signout$|/(bundle|ca-key)\.zip$|/upload/look$|^/rehearsal/reset$`)

// firstDifference is the first line that two texts do not share.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\n" + y[i]
		}
	}
	return ""
}

// TestSlowBodies: over all forms, one that does not come to its end in time is answered, and changes nothing.
// ASVS 15.2.2.
func TestSlowBodies(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	srv := &http.Server{Handler: d.h.Router(), ReadTimeout: 200 * time.Millisecond, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	defer func() { check(t, srv.Close()); <-served }()
	before := d.snapshot()
	forms := slices.DeleteFunc(d.forms(m), func(x route) bool { return fieldless.MatchString(x.pattern) })
	answers := make(chan string, len(forms))
	for _, x := range forms {
		go func() {
			answers <- func() string {
				conn, err := net.Dial("tcp", ln.Addr().String())
				if err != nil {
					return err.Error()
				}
				defer conn.Close()
				fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nname=a", x.path, d.srv.Listener.Addr())
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					return x.path + ": " + err.Error()
				}
				defer resp.Body.Close()
				if s := resp.StatusCode; s != http.StatusRequestTimeout && s != http.StatusNotFound && s != http.StatusGone {
					return fmt.Sprintf("%s answers %d", x.path, s)
				}
				return ""
			}()
		}()
	}
	for range forms {
		if wrong := <-answers; wrong != "" {
			t.Error(wrong)
		}
	}
	if after := d.snapshot(); after != before {
		t.Errorf("something was stored:\n%s", firstDifference(before, after))
	}
}

// TestGuessedTokens: what is nearly a token, of a session, a link or an invited report, is none; the right one is good
// afterwards.
func TestGuessedTokens(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	owner := d.as
	_, link, err := d.people.Add(t.Context(), d.owner(), people.NewAccount{Email: "omar@example.com", Role: custody.Viewer})
	check(t, err)
	alone := sit(t, deskOptions{})
	m, _ := alone.rehearsed()
	address := alone.address(m)
	report := strings.TrimSuffix(address[strings.LastIndexByte(address, '/')+1:], ".json")
	near := func(token string) map[string]string {
		flip := []byte(token)
		flip[len(flip)/2] ^= 1
		hash := fmt.Sprintf("%x", sha256.Sum256([]byte(token))) // as it is stored
		return map[string]string{"empty": "", "cut by one": token[:len(token)-1], "cut in front": token[1:], "one digit changed": string(flip), "in capitals": strings.ToUpper(token) + "A", "twice": token + token, "with a blank": token + " x", "its hash": hash,
			"the first half": token[:len(token)/2], "a wildcard": "%", "an underscore for each": strings.Repeat("_", len(token)), "zeros": strings.Repeat("0", len(token)), "NULL": "NULL", "SQL": "' OR '1'='1", "long": strings.Repeat(token, 100), "with a NUL": token + "\x00"}
	}
	for how, guess := range near(owner) {
		d.as = ""
		if r := d.get("/account", "Cookie", "__Host-onramp="+url.PathEscape(guess)); r.status != http.StatusUnauthorized && r.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a session %s answers %d", how, r.status)
		}
	}
	for how, guess := range near(link) {
		if r := d.get("/start?" + url.Values{"t": {guess}}.Encode()); r.status != http.StatusGone {
			t.Errorf("a link %s answers %d", how, r.status)
		}
		if r := d.post("/start", "t", guess, "password", word); r.status != http.StatusGone && r.status != http.StatusTooManyRequests {
			t.Errorf("a link %s, sent, answers %d", how, r.status)
		}
	}
	for how, guess := range near(report) {
		if r := alone.postTo("/report/"+url.PathEscape(guess)+".json", "{}"); r.status < 400 || r.status >= 500 {
			t.Errorf("an invitation %s answers %d", how, r.status)
		}
	}
	alone.postTo(address, alone.printed(m, "OK")).want(t, 200)
	d.as = owner
	d.get("/account").want(t, 200)
	d.as = ""
	d.get("/start?t="+link).want(t, 200)
}

// TestReplayedForms: what may happen once happens once, however often its form is sent.
func TestReplayedForms(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	owner := d.as
	m, _ := d.rehearsed()
	twice := func(name string, first, second int, path string, fields ...string) {
		t.Helper()
		if r := d.post(path, fields...); r.status != first {
			t.Errorf("%s answers %d, want %d\n%.600s", name, r.status, first, mainOf(r.body))
		}
		before := d.who() + d.dump(t)
		for range 3 {
			if r := d.post(path, fields...); r.status != second {
				t.Errorf("%s, replayed, answers %d, want %d\n%.600s", name, r.status, second, mainOf(r.body))
			}
		}
		if after := d.who() + d.dump(t); after != before {
			t.Errorf("%s, replayed, stored:\n%s", name, firstDifference(before, after))
		}
	}
	d.post(m+"/certificates", serverLane...) // anew
	twice("a download of a key", 200, 410, m+"/certificates/bundle.zip")
	twice("a download of a CA's key", 200, 410, m+"/certificates/ca-key.zip")
	twice("a migration of a name", 303, 422, "/new", "name", "Once", "lang", "go", "mode", "cloud", "auth", "mtls")
	twice("a team of a name", 303, 422, "/people/teams", "team_name", "Ledger")
	saw := regexp.MustCompile(`name="saw" value="([^"]*)"`).FindStringSubmatch(d.get("/m/once/settings").body)
	if saw == nil {
		t.Fatal("the form does not say what it saw")
	}
	twice("a name", 303, 303, "/m/once/settings/name", "name", "Another", "saw", saw[1])
	d.post("/m/once/settings/name", "name", "Third", "saw", saw[1]).want(t, 409) // over what somebody changed since
	_, link, err := d.people.Add(t.Context(), d.owner(), people.NewAccount{Email: "omar@example.com", Role: custody.Viewer})
	check(t, err)
	d.as = ""
	twice("a link", 303, 410, "/start", "t", link, "password", word)
	d.as = owner
	// A transfer is started once for each form, whatever is sent again.
	full, _, _ := d.tested()
	form := append(append([]string{}, transferForm...), "key_source", "paste", "key_pem", d.lastKey, "once", "a-form")
	to := d.upload(full+"/transfer", form...).to(t)
	for range 3 {
		if again := d.upload(full+"/transfer", form...); again.status == http.StatusSeeOther && again.header.Get("Location") != to {
			t.Errorf("a replayed transfer leads to %s and the first to %s", again.header.Get("Location"), to)
		}
	}
}

// TestStolenCookie: a cookie that somebody copied is worth nothing, on any route, once its session ended: by signing out,
// from elsewhere, by a second look, by disabling the account.
// ASVS 7.4.1, 7.4.2.
func TestStolenCookie(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	owner := d.as
	m := strings.TrimSuffix(d.post("/new", "name", "Mine", "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	fields := func(email string) string { d.join(email, custody.Developer); return d.signIn(email) }
	ends := map[string]func(token, email string){
		"signing out":   func(token, _ string) { d.as = token; d.post("/signout").to(t) },
		"a second look": func(token, _ string) { d.as = token; d.post("/again", "password", word, "next", "/").to(t) },
		"disabling":     func(_, email string) { check(t, d.people.Disable(t.Context(), d.owner(), email)) },
		"elsewhere": func(token, email string) {
			d.as = d.signIn(email)
			who, err := d.people.Who(t.Context(), d.as)
			check(t, err)
			all, err := d.people.Sessions(t.Context(), who)
			check(t, err)
			for _, s := range all {
				if s.Handle != who.Session {
					d.post("/account/sessions", "session", s.Handle).to(t)
				}
			}
		},
	}
	cells, wrong, n := 0, 0, 0
	for how, end := range ends {
		n++
		email := fmt.Sprintf("omar-%d@example.com", n)
		token := fields(email)
		d.as = token
		d.get(m).want(t, 200)
		end(token, email)
		d.as = token
		before := d.dump(t)
		for _, x := range d.h.Declared() {
			if x.Need.Role == custody.Nobody {
				continue
			}
			cells++
			path := filler(m, "r", strings.Repeat("ab", 32)).Replace(x.Pattern)
			if r := d.send(d.request(x.Method, path, strings.NewReader("name=x"), "Content-Type", "application/x-www-form-urlencoded")); r.status != http.StatusUnauthorized {
				wrong++
				t.Errorf("after %s, %s %s answers %d", how, x.Method, path, r.status)
			}
		}
		if after := d.dump(t); after != before {
			t.Errorf("after %s something was stored:\n%s", how, firstDifference(before, after))
		}
	}
	if cells < 400 {
		t.Errorf("only %d cells", cells)
	}
	d.as = owner
	d.get(m).want(t, 200)
	t.Logf("figure: S9 requests_until_it_counts=0 cells=%d wrong=%d", cells, wrong)
}
