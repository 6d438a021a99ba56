package e2e

import (
	"crypto/tls"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
)

// patient makes journeys take in what comes by the minute, and every page: for the figures.
var patient = flag.Bool("patient", false, "wait for mails, and visit every page")

// planted is a portal that several people share, into which canaries are put.
type planted struct {
	*hunt
	s       *sharedPortal
	box     *letterbox
	metrics string
}

// plantedPortal starts one that tells a webhook and a mail server.
func plantedPortal(t *testing.T) *planted {
	p := &planted{hunt: &hunt{t: t}, box: &letterbox{}}
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "mail.pem"), filepath.Join(dir, "mail.key")
	certified(t, cert, key, 7)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(p.box)
	srv.Domain, srv.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{pair}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { srv.Close() })
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	put(t, filepath.Join(dir, "webhook.url"), []byte(hook.URL+"/"+p.plant("webhook and mail server", "the path of the webhook", "canary-hook-path")+"\n"))
	put(t, filepath.Join(dir, "smtp.password"), []byte(p.plant("webhook and mail server", "the password of the mail server", "canary-smtp-password")+"\n"))
	p.s = openShared(t, "--rehearsal", "on", "--targets", "127.0.0.1", "--webhook-file", filepath.Join(dir, "webhook.url"), "--smtp-addr", ln.Addr().String(), "--smtp-user", "onramp",
		"--smtp-password-file", filepath.Join(dir, "smtp.password"), "--smtp-ca-file", cert, "--mail-from", "Onramp <onramp@example.com>", "--metrics-addr", "127.0.0.1:0")
	p.metrics = p.s.line.Metrics
	return p
}

// ask sends a form, looks for canaries in the answer and in where it leads, and returns it. but are the kinds and canaries
// whose place that answer is.
func (p *planted) ask(c *http.Client, method, path string, form []string, but ...string) (*http.Response, string) {
	p.t.Helper()
	resp, body := p.s.send(c, method, path, form...)
	p.in("the answer to "+method+" "+strings.SplitN(path, "?", 2)[0], []byte(body), but...)
	p.in("where "+method+" "+strings.SplitN(path, "?", 2)[0]+" leads", []byte(resp.Header.Get("Location")), but...)
	return resp, body
}

// takes is ask, and fails unless the form was taken.
func (p *planted) takes(c *http.Client, path string, form []string, but ...string) string {
	p.t.Helper()
	resp, body := p.ask(c, "POST", path, form, but...)
	if resp.StatusCode >= 400 {
		p.t.Errorf("POST %s answers %d: %s", path, resp.StatusCode, mainOf([]byte(body)))
	}
	return body
}

// session plants the cookie of a person.
func (p *planted) session(c *http.Client, who string) {
	p.t.Helper()
	at, err := url.Parse(p.s.public)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(at) {
		if cookie.Name == "__Host-onramp" {
			p.plant("session", "the cookie of "+who, cookie.Value)
			return
		}
	}
	p.t.Errorf("%s has no session", who)
}

// reads is every page that a person reaches.
func (p *planted) reads(c *http.Client, who string, from ...string) (all []byte) {
	p.t.Helper()
	follows := *c
	follows.CheckRedirect = nil
	v := &visitor{t: p.t, client: &follows, base: p.s.public}
	for _, path := range everyPage(p.t, v, from...) {
		body := v.get(path).body
		p.in("the page "+strings.SplitN(path, "?", 2)[0]+" as "+who+" sees it", body)
		all = append(append(all, body...), '\n')
	}
	return all
}

// checks has a migration checked, and looks into the report.
func (p *planted) checks(c *http.Client, m string, form ...string) {
	p.t.Helper()
	resp, body := p.ask(c, "POST", m+"/test", form)
	run := resp.Header.Get("Location")
	if run == "" {
		p.t.Fatalf("no check begins: %d %s", resp.StatusCode, mainOf([]byte(body)))
	}
	report := ""
	within(p.t, "the check's end", func() bool {
		resp, report = p.s.send(c, "GET", run+".json")
		return resp.StatusCode == 200 && strings.Contains(report, `"verdict"`)
	})
	p.in("a check's report", []byte(report))
	p.finds("a check's report", []byte(report), `"verdict"`)
}

// TestCanaries: secrets of every kind are given to a portal that several people share, in their fields and in wrong ones,
// by its forms, flags, files and headers. Afterwards, and in between, they are looked for in all that it writes and says,
// as they are, in base64, in hex and escaped.
func TestCanaries(t *testing.T) {
	p := plantedPortal(t)
	s := p.s
	const owners, devs, tokens = "password", "session", "one-time link"
	first := p.plant(tokens, "of the first owner", strings.SplitN(s.line.First, "t=", 2)[1])
	ownerWord, devWord := newWord("owner"), newWord("developer")
	dana := s.person()
	p.takes(dana, "/start", []string{"t", first, "name", "Dana", "email", "dana@example.com", "password", p.plant(owners, "the owner's", ownerWord)})
	p.session(dana, "the owner")
	_, page := s.send(dana, "POST", "/people", "email", "omar@example.com", "name", "Omar", "role", "developer")
	invite := regexp.MustCompile(`/start\?t=([0-9a-f]{64})`).FindStringSubmatch(page)
	if invite == nil {
		t.Fatalf("no invitation: %s", mainOf([]byte(page)))
	}
	p.plant(tokens, "of an invitation", invite[1])
	omar := s.person()
	p.takes(omar, "/start", []string{"t", invite[1], "name", "Omar", "password", p.plant(owners, "a developer's", devWord)})
	p.session(omar, "a developer")
	nobody := s.person()
	p.ask(nobody, "POST", "/signin", []string{"email", "omar@example.com", "password", p.plant(owners, "a wrong one", newWord("wrong"))})
	p.ask(nobody, "POST", "/signin", []string{"email", "nobody@example.com", "password", p.plant(owners, "of somebody unknown", newWord("unknown"))})
	p.ask(nobody, "POST", "/start", []string{"t", p.plant(tokens, "a guess", strings.Repeat("c0ffee42", 8)), "password", newWord("nothing")})
	p.ask(omar, "POST", "/again", []string{"password", p.plant(owners, "a wrong one, at the second look", newWord("again"))})
	p.takes(omar, "/again", []string{"password", devWord})
	p.session(omar, "a developer, after the second look")

	// A rehearsal by client certificates.
	p.takes(omar, "/new", []string{"name", "Harmless Payments", "lang", "go", "mode", "rehearsal", "auth", "mtls"})
	const m = "/m/harmless-payments"
	p.takes(omar, m+"/namespace", []string{"namespace", "docs-assembly.a2dd6"})
	p.takes(omar, m+"/certificates", []string{"lane", "make", "maker", "server", "organization", "Harmless Inc", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "400", "leaf_days", "20", "lend", "on"})
	const keys = "private key"
	taken := func(path string) map[string]string {
		resp, body := s.send(omar, "POST", path)
		if resp.StatusCode != 200 {
			t.Fatalf("POST %s answers %d: %s", path, resp.StatusCode, mainOf([]byte(body)))
		}
		return seen{body: []byte(body)}.files(t)
	}
	caFiles := taken(m + "/certificates/ca-key.zip")
	bundle := taken(m + "/certificates/bundle.zip")
	clientKey, caKey := p.plant(keys, "a client's, made by the server", bundle["client.key"]), ""
	for name, content := range caFiles {
		if strings.Contains(content, "PRIVATE KEY") {
			caKey = p.plant(keys, "a CA's, made by the server: "+name, content)
		}
	}
	const custodied = "passphrase"
	phrase := p.plant(custodied, "of a kept CA key", newWord("custody"))
	p.ask(omar, "POST", m+"/certificates/key/keep", []string{"ca_source", "paste", "ca_key", caKey, "passphrase", phrase, "repeat", p.plant(custodied, "repeated wrongly", newWord("repeat"))})
	p.takes(omar, m+"/certificates/key/keep", []string{"ca_source", "paste", "ca_key", caKey, "passphrase", phrase, "repeat", phrase, "key_passphrase", p.plant(custodied, "of a file that has none", newWord("file"))})
	p.ask(omar, "POST", m+"/certificates/key/open", []string{"passphrase", p.plant(custodied, "a wrong one of a kept CA key", newWord("guess"))})
	p.takes(omar, m+"/certificates/key/open", []string{"passphrase", phrase})
	p.inFiles(s.data, "while a CA key is open")
	p.takes(omar, m+"/certificates/clients", []string{"name", "Refunds", "common_name", "refunds", "ca_from", "kept", "lane", "make", "maker", "server", "key_type", "ec-p256", "leaf_days", "9"})
	issued := regexp.MustCompile(regexp.QuoteMeta(m)+`/certificates/([0-9a-f]{64})`).FindAllStringSubmatch(s.want(200, omar, "GET", m+"/certificates/clients"), -1)
	if issued == nil {
		t.Error("no client certificate was issued")
	}
	p12 := 0
	for _, one := range issued {
		resp, _ := s.send(omar, "POST", m+"/certificates/"+one[1]+"/take", "format", "pkcs12", "password", p.plant(custodied, "of a PKCS#12 file", newWord("p12")), "secret_name", "refunds")
		if resp.StatusCode == 200 {
			p12++
		}
	}
	if p12 == 0 {
		t.Error("no PKCS#12 file was made")
	}
	p.takes(omar, m+"/certificates/key/lock", nil)
	p.ask(omar, "POST", m+"/certificates/clients", []string{"name", "Own", "common_name", "own", "ca_from", "files", "ca_text", caFiles["ca.pem"] + p.plant(keys, "that does not fit its CA", newKeyPEM(t)), "passphrase", p.plant(custodied, "of a CA's files", newWord("files")), "lane", "make", "maker", "server", "key_type", "ec-p256"})
	p.ask(omar, "POST", m+"/certificates/batch.zip", []string{"ca_from", "files", "rows", "one,payments", "ca_text", p.plant(keys, "in a batch", newKeyPEM(t)), "passphrase", p.plant(custodied, "of a batch", newWord("batch"))})
	p.takes(omar, "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", bundle["ca.pem"], "m", "harmless-payments"})

	// Checks, transfers and what else takes a key.
	uploaded := p.plant(keys, "pasted for a check", newKeyPEM(t))
	p.ask(omar, "POST", m+"/test", []string{"key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", uploaded})
	p.checks(omar, m, "key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", clientKey)
	p.ask(omar, "POST", m+"/test", []string{"key_source", "paste", "cert_pem", p.plant(keys, "where the certificate belongs", newKeyPEM(t)), "key_pem", bundle["client.pem"]})
	p.takes(omar, m+"/certificates/lend", []string{"lend", "on", "lent_key", clientKey})
	p.ask(omar, "POST", m+"/certificates/lend", []string{"lend", "on", "lent_key", p.plant(keys, "that fits no certificate", newKeyPEM(t))})
	p.ask(omar, "POST", m+"/transfer", transferForm("success", "once", "c1"))
	p.ask(omar, "POST", m+"/ops", []string{"ops_key", p.plant("API key", "a Cloud Ops key", jwt("ops"))})
	p.ask(omar, "POST", m+"/certificates/inspect", []string{"text", p.plant(keys, "inspected", newKeyPEM(t)), "passphrase", p.plant(custodied, "of inspected files", newWord("inspect"))})
	p.ask(omar, "POST", "/certificates/inspect", []string{"text", p.plant(keys, "inspected with a certificate", newKeyPEM(t)) + bundle["client.pem"], "passphrase", p.plant(custodied, "of inspected files, again", newWord("inspected"))})
	p.ask(omar, "POST", m+"/assess", []string{"address", "127.0.0.1:1", "tls", "on", "cert_pem", bundle["client.pem"], "key_pem", p.plant(keys, "for a server of today", newKeyPEM(t)), "api_key", p.plant("API key", "for a server of today", jwt("assess")), "rate", "2", "budget", "9", "histories", "0"})
	p.takes(omar, "/new", []string{"name", "Keyed", "lang", "go", "mode", "rehearsal", "auth", "api-key"})
	p.takes(omar, "/m/keyed/namespace", []string{"namespace", "keyed.f45a2"})
	_, page = s.send(omar, "POST", "/cloud/keyed.f45a2/keys", "key_name", "worker", "key_days", "30", "m", "keyed")
	made := shownKey.FindString(page)
	if made == "" {
		t.Fatalf("no API key was made: %s", mainOf([]byte(page)))
	}
	p.plant("API key", "made in the rehearsal cloud", made)
	p.checks(dana, "/m/keyed", "api_key", made)
	p.ask(dana, "POST", "/m/keyed/test", []string{"api_key", p.plant("API key", "that opens nothing", jwt("worker"))})
	p.ask(dana, "POST", "/m/keyed/code/worker?lang=go", []string{"api_key", p.plant("API key", "to look for a worker", jwt("look")), "queue", "MONEY"})
	p.ask(dana, "POST", "/m/keyed/transfer", transferForm("success", "once", "c2", "api_key", p.plant("API key", "for a transfer", jwt("transfer"))))

	// In pasted text.
	const pasted = "in pasted text"
	for what, text := range map[string][2]string{
		"an API key in an error":   {"/decode", "error_text\x00rpc error: code = Unauthenticated: Bearer %s"},
		"an API key in a variable": {m + "/code/environment", "environment\x00TEMPORAL_ADDRESS=docs-assembly.a2dd6.tmprl.cloud:7233\nTEMPORAL_API_KEY=%s\n"},
		"an API key in a command":  {m + "/code/judge", "command\x00temporal workflow start --api-key %s --address docs-assembly.a2dd6.tmprl.cloud:7233"},
	} {
		field, value, _ := strings.Cut(text[1], "\x00")
		p.ask(omar, "POST", text[0], []string{field, fmt.Sprintf(value, p.plant(pasted, what, jwt("pasted")))})
	}
	p.ask(omar, "POST", "/decode", []string{"error_text", "tls: failed to find any PEM data\n" + p.plant(pasted, "a private key in an error", newKeyPEM(t))})
	p.ask(omar, "POST", m+"/code/environment", []string{"environment", "TEMPORAL_ADDRESS=https://me:" + p.plant(pasted, "a password in an address", "canary-in-address-51") + "@docs-assembly.a2dd6.tmprl.cloud:7233\n"})
	p.ask(omar, "POST", m+"/code/environment", []string{"environment", "TEMPORAL_TLS_CLIENT_KEY_DATA=" + strings.ReplaceAll(p.plant(pasted, "a private key in a variable", newKeyPEM(t)), "\n", `\n`)})
	_, page = s.send(omar, "POST", m+"/test/elsewhere", "else_by", "Omar")
	if token := regexp.MustCompile(`/report/([0-9A-Za-z_-]{20,})\.json`).FindStringSubmatch(page); token == nil {
		t.Error("no address for a report")
	} else {
		p.plant(tokens, "of a report from elsewhere", token[1])
		p.ask(nobody, "POST", "/report/"+token[1]+".json", []string{"schema", "x", "key", p.plant(pasted, "a private key in a report that was sent", newKeyPEM(t))})
	}
	p.ask(omar, "POST", m+"/test/report", []string{"report_by", "Omar", "report", `{"schema":"onramp.check/1","verdict":{"code":"CL-03","title":"` + p.plant(pasted, "an API key in a report", jwt("report")) + `"}}`})
	p.ask(omar, "POST", "/assess", []string{"facts", `{"schema":"onramp.facts/1","note":"` + p.plant(pasted, "an API key in facts", jwt("facts")) + `"}`})

	// In a wrong field.
	const wrong = "in a wrong field"
	for where, form := range map[string][]string{
		"a migration's name":         {"/new", "lang", "go", "mode", "cloud", "auth", "mtls", "name"},
		"a note":                     {m + "/note", "step", "upload", "why"},
		"a namespace":                {m + "/namespace", "namespace"},
		"a region":                   {m + "/namespace", "namespace", "docs-assembly.a2dd6", "region"},
		"a new name":                 {m + "/settings/name", "name"},
		"a client's name":            {m + "/certificates/clients", "common_name", "x", "ca_from", "kept", "name"},
		"a task queue":               {m + "/test", "key_source", "lent", "task_queue"},
		"a transfer's reference":     append(append([]string{m + "/transfer"}, transferForm("success", "once", "c3")...), "reference"),
		"a workflow that is watched": {m + "/transfer/follow", "key_source", "lent", "workflow_id"},
		"whom a link is for":         {m + "/upload/links", "for"},
		"a team's name":              {"/people/teams", "team_name"},
		"an invited person's name":   {"/people", "email", "eve@example.com", "role", "viewer", "name"},
		"an imported list":           {"/migrations/import", "lang", "go", "auth", "mtls", "list"},
		"filters":                    {m + "/certificates/filters", "do", "save", "f1_cn"},
		"the name of a Secret":       {m + "/certificates/" + strings.Repeat("0", 64) + "/take", "format", "kubernetes", "secret_name"},
	} {
		secret := jwt("wrong")
		if slices.Contains([]string{"a note", "a new name", "whom a link is for", "an imported list"}, where) {
			secret = newKeyPEM(t)
		}
		p.ask(omar, "POST", form[0], append(slices.Clone(form[1:]), p.plant(wrong, where, secret)))
		p.ask(dana, "POST", form[0], append(slices.Clone(form[1:]), secret))
	}

	// In addresses and headers. What stands in an address comes back to whoever wrote it, and to nobody else.
	const sent = "in an address or a header"
	for what, path := range map[string]string{"a search": "/search?q=%s", "a parameter that nobody reads": "/?api_key=%s", "an address that is not there": "/nowhere/%s", "a migration that is not there": "/m/%s",
		"a page of help": "/help/%s", "where a sign-in leads": "/signin?next=/%s", "a filter of the board": "/migrations?q=%s"} {
		secret := p.plant(sent, what, "canary-"+jwt("address")[60:])
		s.send(omar, "GET", fmt.Sprintf(path, url.QueryEscape(secret)))
	}
	for what, path := range map[string]string{"a guessed link": "/h/%s", "a guessed calendar": "/calendar/%s.ics", "a guessed unsubscription": "/unsubscribe?t=%s", "a guessed report": "/report/%s.json"} {
		p.ask(nobody, "GET", fmt.Sprintf(path, p.plant(sent, what, strings.Repeat("decafbad", 8)[:52]+strconv.Itoa(len(what)))), nil, sent)
	}
	for name, value := range map[string]string{"Authorization": "Bearer %s", "Cookie": "__Host-onramp=%s", "Proxy-Authorization": "Basic %s", "X-Forwarded-For": "10.0.0.1, %s", "X-Request-Id": "%s", "Referer": "https://onramp.test/h/%s", "X-Api-Key": "%s"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.public+"/migrations", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(name, fmt.Sprintf(value, p.plant(sent, "a forged "+name, strings.ReplaceAll(newWord("header"), " ", "-"))))
		resp, err := nobody.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		p.in("the answer to a forged "+name, body)
	}

	// Links that are handed on.
	p.takes(dana, "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", bundle["ca.pem"]})
	p.takes(omar, "/new", []string{"name", "Handed", "lang", "go", "mode", "cloud", "auth", "mtls"})
	p.takes(omar, "/m/handed/namespace", []string{"namespace", "handed.a1b2c"})
	p.takes(omar, "/m/handed/certificates", []string{"lane", "make", "maker", "server", "organization", "Handed", "common_name", "handed", "ca_common_name", "Handed CA", "key_type", "ec-p256", "ca_days", "300", "leaf_days", "20"})
	_, page = s.send(omar, "POST", "/m/handed/upload/links", "for", "Ines")
	handed := regexp.MustCompile(`/h/([0-9a-z]{52})`).FindStringSubmatch(page)
	if handed == nil {
		t.Fatalf("no link: %s", mainOf([]byte(page)))
	}
	p.plant(tokens, "a hand-off link", handed[1])
	const itsPlace = "a hand-off link"
	p.ask(nobody, "GET", "/h/"+handed[1], nil, itsPlace) // its forms go to its own address
	p.ask(nobody, "POST", "/h/"+handed[1]+"/done", []string{"words", p.plant(wrong, "a word to the team", jwt("words"))}, itsPlace)
	p.ask(nobody, "POST", "/h/"+handed[1]+"/not-me", []string{"words", "ask Paul"}, itsPlace)
	feed := regexp.MustCompile(`/calendar/([0-9a-f]{64})\.ics`).FindStringSubmatch(s.want(200, omar, "POST", "/account/calendar"))
	if feed == nil {
		t.Fatal("no calendar")
	}
	p.plant(tokens, "a calendar's address", feed[1])
	p.in("a calendar", []byte(s.want(200, nobody, "GET", feed[0])))
	if *patient {
		p.mails(omar)
	}

	// Everywhere.
	p.reads(omar, "the one who gave them", "/", "/account", "/nowhere", "/decode", "/certificates/inspect")
	pages := p.reads(dana, "somebody else", "/", "/people", "/operations", "/nowhere", "/audit", "/decode")
	audit := []byte(s.want(200, dana, "GET", "/audit.json") + s.want(200, dana, "GET", "/audit.csv"))
	p.in("the audit", audit)
	scraped, err := http.Get(p.metrics)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(scraped.Body)
	scraped.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	p.in("/metrics", metrics)
	log := strings.Replace(s.output(), s.line.First, "", 1) // the line for the operator, in which the first link is in its place
	p.in("the log", []byte(log))
	arguments, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	p.in("the process list", arguments)
	files := p.inFiles(s.data, "while it serves")

	// The search finds what may stand in each of these places, so that it would find a secret.
	p.finds("somebody else's pages", pages, "Harmless Payments")
	p.finds("the audit", audit, "docs-assembly")
	p.finds("/metrics", metrics, "onramp_migrations")
	p.finds("the log", []byte(log), "/m/{m}/certificates")
	p.finds("the process list", arguments, "https://onramp.test")
	p.finds("the files", files, "Harmless Payments")
	for i, sign := range p.canaries[0].signs {
		stray := filepath.Join(s.data, "stray")
		put(t, stray, slices.Concat([]byte("x"), sign, []byte("y")))
		beside := hunt{t: t, canaries: p.canaries}
		if beside.inFiles(s.data, ""); len(beside.found) != 1 {
			t.Errorf("a canary in a file, written in way %d, is found %d times", i, len(beside.found))
		}
		if err := os.Remove(stray); err != nil {
			t.Fatal(err)
		}
	}
	if code, _ := s.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	p.inFiles(s.data, "after the stop")
	p.in("the log", []byte(strings.Replace(s.output(), s.line.First, "", 1)))

	slices.Sort(p.found)
	p.hunt.found = slices.Compact(p.found)
	for _, found := range p.found {
		t.Error(found)
	}
	names, count := p.kinds()
	var kinds []string
	for _, name := range names {
		kinds = append(kinds, fmt.Sprintf("%s=%d", strings.ReplaceAll(name, " ", "_"), count[name]))
	}
	t.Logf("figure: S6 found_outside_their_place=%d canaries=%d %s", len(p.found), len(p.canaries), strings.Join(kinds, " "))
}

// mails has a person be sent a mail, and plants the token of its link.
func (p *planted) mails(c *http.Client) {
	p.t.Helper()
	p.takes(c, "/account/mails", []string{"every", "daily", "hour", "3", "day", "1"})
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.s.data, "onramp.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := db.ExecContext(p.t.Context(), "UPDATE subscriptions SET due = 1"); err != nil { // its hour has come
		p.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		p.t.Fatal(err)
	}
	waitLong(p.t, "the mail", func() bool { mails, _ := p.box.taken(); return len(mails) > 0 })
	got, _ := p.box.taken()
	m, err := mail.ReadMessage(strings.NewReader(got[0]))
	if err != nil {
		p.t.Fatal(err)
	}
	p.in("a mail", []byte(got[0]))
	link := regexp.MustCompile(`/unsubscribe\?t=([^>]+)>`).FindStringSubmatch(m.Header.Get("List-Unsubscribe"))
	if link == nil {
		p.t.Fatalf("%v", m.Header)
	}
	token, err := url.QueryUnescape(link[1])
	if err != nil {
		p.t.Fatal(err)
	}
	p.plant("one-time link", "that stops mails", token)
	p.ask(p.s.person(), "GET", "/unsubscribe?t="+link[1], nil, "that stops mails")
}
