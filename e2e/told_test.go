package e2e

import (
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	_ "modernc.org/sqlite"
)

// letterbox is a real mail server that asks for STARTTLS and a password, and keeps what it takes.
type letterbox struct {
	mu    sync.Mutex
	mails []string
	to    []string
}

func (b *letterbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &posting{box: b}, nil }

func (b *letterbox) taken() ([]string, []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.mails...), append([]string{}, b.to...)
}

type posting struct {
	box *letterbox
	in  bool
	to  string
}

func (p *posting) Reset()                                    {}
func (p *posting) Logout() error                             { return nil }
func (p *posting) AuthMechanisms() []string                  { return []string{sasl.Plain} }
func (p *posting) Rcpt(to string, _ *smtp.RcptOptions) error { p.to = to; return nil }

func (p *posting) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, word string) error {
		if p.in = user == "onramp" && word == "canary-smtp-password"; !p.in {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (p *posting) Mail(string, *smtp.MailOptions) error {
	if !p.in {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (p *posting) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	p.box.mails, p.box.to = append(p.box.mails, string(b)), append(p.box.to, p.to)
	return err
}

// TestToldAtASharedPortal: through the built program: a webhook whose address stands in a file and in no process list gets
// Slack's form; a person who chose mails gets one by a real server over STARTTLS and stops them by its link, without a
// session; a calendar reads its person's own address; and an owner sees how the portal is doing.
func TestToldAtASharedPortal(t *testing.T) {
	const word = "otter lantern brisk 41 gravel"
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "mail.pem"), filepath.Join(dir, "mail.key")
	certified(t, cert, key, 7)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	box := &letterbox{}
	srv := smtp.NewServer(box)
	srv.Domain, srv.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{pair}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()
	var hooked sync.Map
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		hooked.Store(string(b), r.URL.Path)
	}))
	defer hook.Close()
	put(t, filepath.Join(dir, "webhook.url"), []byte(hook.URL+"/canary-hook-path\n"))
	put(t, filepath.Join(dir, "smtp.password"), []byte("canary-smtp-password\n"))
	s := openShared(t, "--webhook-file", filepath.Join(dir, "webhook.url"), "--webhook-form", "slack", "--smtp-addr", ln.Addr().String(), "--smtp-user", "onramp", "--smtp-password-file", filepath.Join(dir, "smtp.password"),
		"--smtp-ca-file", cert, "--mail-from", "Onramp <onramp@example.com>")
	dana := s.person()
	s.want(303, dana, "POST", "/start", "t", strings.SplitN(s.line.First, "t=", 2)[1], "name", "Dana", "email", "dana@example.com", "password", word)
	s.want(303, dana, "POST", "/new", "name", "Payments", "lang", "go", "mode", "cloud", "auth", "mtls")
	s.want(303, dana, "POST", "/m/payments/namespace", "namespace", "payments.a1b2c")
	s.want(303, dana, "POST", "/m/payments/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "400", "leaf_days", "20")
	within(t, "the webhook's message", func() (ok bool) {
		hooked.Range(func(body, path any) bool {
			var m struct {
				Text   string
				Blocks []any
			}
			ok = json.Unmarshal([]byte(body.(string)), &m) == nil && len(m.Blocks) == 2 && strings.Contains(m.Text, "Payments") && path == "/canary-hook-path"
			return !ok
		})
		return ok
	})
	if cmd, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/cmdline"); err == nil && strings.Contains(string(cmd), "canary") {
		t.Errorf("the arguments hold a secret: %q", cmd)
	}
	s.want(303, dana, "POST", "/account/mails", "every", "daily", "hour", "3", "day", "1")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.data, "onramp.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE subscriptions SET due = 1"); err != nil { // its hour has come
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	waitLong(t, "the mail", func() bool { mails, _ := box.taken(); return len(mails) > 0 })
	mails, to := box.taken()
	m, err := mail.ReadMessage(strings.NewReader(mails[0]))
	if err != nil || to[0] != "dana@example.com" || m.Header.Get("Subject") != "Onramp: 1 certificate" {
		t.Fatalf("to %s: %v, %v", to[0], m.Header, err)
	}
	if strings.Contains(mails[0], "canary") {
		t.Error("the mail holds a secret")
	}
	link := regexp.MustCompile(`^<` + regexp.QuoteMeta(s.public) + `(/unsubscribe\?t=\S+)>$`).FindStringSubmatch(m.Header.Get("List-Unsubscribe"))
	if link == nil || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("%v", m.Header)
	}
	nobody := s.person()
	s.want(200, nobody, "GET", link[1])
	reader := s.browse(true)
	reader.page("stop-mails", link[1], axeCore(t), &portal{process: s.process, url: s.public, data: s.data})
	reader.clean(s.public)
	if page := s.want(200, dana, "GET", "/account/mails"); !strings.Contains(page, "Daily at 03:00") {
		t.Error("a look at the link stopped the mails")
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.public+link[1], strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := nobody.Do(r)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("one click: %v, %v", resp, err)
	}
	resp.Body.Close()
	if page := s.want(200, dana, "GET", "/account/mails"); !strings.Contains(page, "No mails") {
		t.Error("one click did not stop the mails")
	}
	address := regexp.MustCompile(`/calendar/[0-9a-f]{64}\.ics`).FindString(s.want(200, dana, "POST", "/account/calendar"))
	if feed := s.want(200, nobody, "GET", address); !strings.Contains(feed, "BEGIN:VCALENDAR") || !strings.Contains(feed, "Payments") {
		t.Errorf("the calendar is %.300s", feed)
	}
	s.want(401, nobody, "GET", "/operations")
	page := s.want(200, dana, "GET", "/operations")
	health := "No problem found"
	if strings.Contains(page, "Disk nearly full") { // that of the machine, which is no fault of the portal
		health = "1 thing needs you"
	}
	if !strings.Contains(page, health) {
		t.Errorf("the page of operations does not say %q: %s", health, regexp.MustCompile(`(?s)data-testid="health".*?</p>`).FindString(page))
	}
	for _, want := range []string{"Intact", ln.Addr().String(), "POST /m/{m}/certificates", "SELECT "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of operations lacks %q", want)
		}
	}
	if strings.Contains(s.output(), "canary") || strings.Contains(page, "canary") || strings.Contains(s.output(), address) {
		t.Error("the log or a page holds a secret")
	}
}

// waitLong waits for what comes with the next look of a minute.
func waitLong(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
		<-time.After(200 * time.Millisecond)
	}
}
