package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// authorizationOf is what a call brings to be let in.
func authorizationOf(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	return strings.Join(md.Get("authorization"), " ")
}

// badSource is something that is not, or not quite, the server that a person meant.
type badSource struct {
	name    string
	address string
	flags   []string // of the command, besides
	form    []string // of the page, besides
	exits   []int
	code    string // of the verdict; "" where there is a report
	says    string // in the verdict's title or of what is incomplete
}

// badSources are those of issue 16, under "Bad input".
func badSources(t *testing.T) []badSource {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	t.Cleanup(web.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	mute, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes its callers, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })

	dir := t.TempDir()
	cert, key, apiKey := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"), filepath.Join(dir, "api.key")
	certified(t, cert, key, 4)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pemOf := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(pemOf)) {
		t.Fatal("no certificate")
	}
	put(t, apiKey, []byte(wrongKey+"\n"))
	guarded, _ := (&sourceStub{before: func(_ int64, _, authorization string) error {
		if authorization != "Bearer the-right-one" {
			return status.Error(codes.Unauthenticated, "Request unauthorized.")
		}
		return nil
	}}).serve(t, pair)
	plain, _ := (&sourceStub{}).serve(t)
	throttles, _ := (&sourceStub{before: func(_ int64, method, _ string) error {
		if strings.HasPrefix(method, "Count") {
			return status.Error(codes.ResourceExhausted, "namespace rate limit exceeded")
		}
		return nil
	}}).serve(t)
	// It hangs up twice, once for the command and once for the page: a server each.
	var dying []string
	for range 2 {
		var stop func()
		var once sync.Once
		dies := &sourceStub{before: func(n int64, _, _ string) error {
			if n > 20 {
				once.Do(func() { go stop() })
				return status.Error(codes.Unavailable, "going away")
			}
			return nil
		}}
		var at string
		at, stop = dies.serve(t)
		dying = append(dying, at)
	}
	lies, _ := (&sourceStub{lies: true}).serve(t)
	big, _ := (&sourceStub{payload: 100 << 20}).serve(t)
	endless, _ := (&sourceStub{payload: 3 << 20, endless: true}).serve(t)
	odd, _ := (&sourceStub{prefix: oddName}).serve(t)
	return []badSource{
		{name: "a web server", address: strings.TrimPrefix(web.URL, "http://"), exits: []int{12}, code: "*"},
		{name: "a server that says nothing", address: mute.Addr().String(), exits: []int{11, 12}, code: "*"},
		{name: "TLS where none was asked for", address: strings.TrimPrefix(secure.URL, "https://"), exits: []int{12}, code: "PR-04", says: "wants TLS"},
		{name: "no TLS where it was asked for", address: plain, flags: []string{"--tls"}, form: []string{"tls", "on"}, exits: []int{12}, code: "*"},
		{name: "a wrong API key", address: guarded, flags: []string{"--tls-ca-path", cert, "--api-key-path", apiKey}, form: []string{"tls", "on", "ca_pem", pemOf, "api_key", wrongKey}, exits: []int{13}, code: "NS-02", says: "refuses this identity"},
		{name: "a server that throttles", address: throttles, exits: []int{20, 21, 22}, says: "The server throttled Onramp, so it stopped asking."},
		{name: "a server that dies in mid-run", address: dying[0], form: []string{"address", dying[1]}, exits: []int{20, 21, 22}, says: "The server stopped answering."},
		{name: "a server that lies", address: lies, flags: []string{"--budget", "300"}, form: []string{"budget", "300"}, exits: []int{20, 21}, says: "The budget of 300 calls was used up."},
		{name: "messages of 100 MB", address: big, exits: []int{20, 21, 22}},
		{name: "histories without end", address: endless, exits: []int{21}},
		{name: "names with escapes and markup", address: odd, exits: []int{21}},
	}
}

const (
	wrongKey = "tmprl_wrong-key-CANARY-7c20"
	oddName  = "\x1b[31m<script>alert(1)</script>\u202e'\"`$(id);"
)

// TestBadSources: what is no Temporal server, or one that refuses, throttles, dies or lies, is told by the command and by the page
// in the same words, within a minute and a bounded memory; names do no harm, and nothing that workflows hold is in any output.
func TestBadSources(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--rehearsal", "off")
	h := &hunt{t: t}
	var mu sync.Mutex
	h.plant("payload", "an input, a memo, a search attribute, a heartbeat, a note", secretText)
	h.plant("key", "an API key for the source", wrongKey)
	looked := func(place string, content []byte) {
		mu.Lock()
		defer mu.Unlock()
		h.in(place, content)
	}
	sources := badSources(t)
	t.Run("sources", func(t *testing.T) {
		for i, s := range sources {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				v := visit(t, p.url)
				said := s.byCommand(t, looked)
				m := strings.TrimSuffix(v.form("/new", "name", "Source "+strconv.Itoa(i), "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration").path, "/namespace")
				s.byPage(t, v, m, said, looked)
			})
		}
	})
	if got := highWater(t, p.cmd.Process.Pid); got > 500<<20 {
		t.Errorf("the portal had %d MB resident", got>>20)
	} else {
		t.Logf("the portal had at most %d MB resident", got>>20)
	}
	h.in("the portal's output", []byte(p.output()))
	h.finds("the portal's data", h.inFiles(p.data, "afterwards"), "CustomerId")
	for _, found := range h.found {
		t.Error(found)
	}
}

// byCommand runs onramp assess, and returns what it says: a verdict's title, or the headline and what is incomplete.
func (s badSource) byCommand(t *testing.T, looked func(string, []byte)) (said []string) {
	dir := t.TempDir()
	files := map[string]string{"facts": filepath.Join(dir, "facts.json"), "markdown": filepath.Join(dir, "report.md"), "pack": filepath.Join(dir, "pack.zip")}
	args := []string{"assess", "--json", "--address", s.address, "--rate", "50"}
	for flag, file := range files {
		args = append(args, "--"+flag, file)
	}
	began := time.Now()
	a := run(t, cleanEnv(), append(args, s.flags...)...)
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("the command took %v", took)
	}
	looked("the command's JSON and words", []byte(a.out+a.err))
	var got struct {
		Incomplete string
		Rows       []struct{ ID, Manual, Title string }
		Verdict    *struct{ Code, Title string }
	}
	if err := json.Unmarshal([]byte(a.out), &got); err != nil || !slices.Contains(s.exits, a.code) {
		t.Fatalf("exit %d, want %v: %v\n%s\n%.3000s", a.code, s.exits, err, a.err, a.out)
	}
	if strings.ContainsAny(a.err, "\x1b\u202e") {
		t.Errorf("an escape is on the terminal: %q", a.err)
	}
	if s.code != "" {
		if got.Verdict == nil || s.code != "*" && got.Verdict.Code != s.code || !strings.Contains(got.Verdict.Title, s.says) {
			t.Fatalf("%+v, want %s %q", got.Verdict, s.code, s.says)
		}
		return []string{got.Verdict.Title}
	}
	if got.Verdict != nil || !strings.Contains(got.Incomplete, s.says) || len(got.Rows) < 40 {
		t.Fatalf("%+v, %d rows, incomplete %q, want %q", got.Verdict, len(got.Rows), got.Incomplete, s.says)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".zip") {
			content = []byte(everyFile(t, file))
		}
		looked("the command's "+filepath.Base(file), content)
	}
	text := run(t, cleanEnv(), "assess", "--from", files["facts"])
	looked("the command's text", []byte(text.out))
	if strings.ContainsAny(text.out, "\x1b\u202e") {
		t.Error("an escape is in the text")
	}
	headline, _, _ := strings.Cut(text.out, "\n")
	if said = []string{headline}; got.Incomplete != "" {
		said = append(said, got.Incomplete)
	}
	return said
}

// byPage has a migration's source assessed, and looks for what the command said.
func (s badSource) byPage(t *testing.T, v *visitor, m string, said []string, looked func(string, []byte)) {
	form := []string{"address", s.address, "namespaces", "", "histories", "20", "rate", "50", "budget", "1000", "tls", "off"}
	for i := 0; i+1 < len(s.form); i += 2 {
		if at := slices.Index(form, s.form[i]); at >= 0 && at%2 == 0 {
			form[at+1] = s.form[i+1]
		} else {
			form = append(form, s.form[i], s.form[i+1])
		}
	}
	began := time.Now()
	run := v.upload(m+"/assess", form...).ok(t, "an assessment").path
	var page string
	within(t, "the assessment's end", func() bool {
		page = string(v.get(run).ok(t, "its page").body)
		return !strings.Contains(page, "stop-assessment")
	})
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("the page took %v", took)
	}
	looked("the page", []byte(page))
	words := strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
	for _, want := range said {
		want = strings.Join(strings.Fields(strings.ReplaceAll(want, s.address, "ADDRESS")), " ")
		if !strings.Contains(strings.NewReplacer(s.address, "ADDRESS", form[1], "ADDRESS").Replace(words), want) {
			t.Errorf("the page does not say what the command says, %q:\n%s", want, mainOf([]byte(page)))
		}
	}
	if strings.Contains(page, "<script>alert") || strings.ContainsAny(page, "\x1b\u202e") {
		t.Error("a name stands on the page as markup, or with an escape")
	}
	if s.code != "" {
		return
	}
	for _, ext := range []string{".json", ".md", ".csv", ".facts", ".zip"} {
		file := v.get(run+ext).ok(t, ext)
		content := file.body
		if ext == ".zip" {
			content = nil
			for name, text := range file.files(t) {
				content = append(content, name+"\n"+text...)
			}
		}
		looked("the page's "+ext, content)
	}
	for _, step := range []string{"", "/namespace", "/test", "/code", "/report", "/report.json", "/runs"} {
		looked("the migration's "+step, v.get(m+step).ok(t, step).body)
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// highWater is the most that a process had resident, in bytes.
func highWater(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		t.Fatal("no VmHWM")
	}
	kb, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kb << 10
}
