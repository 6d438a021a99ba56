package notices_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"onramp/fault"
	"onramp/notices"
)

const (
	smtpUser = "onramp"
	smtpWord = "canary-smtp-password"
)

// certified is a certificate of 127.0.0.1 and localhost, and the pool of its root.
func certified(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// mailServer is a real SMTP server that keeps what it took.
type mailServer struct {
	mu     sync.Mutex
	auths  []string
	from   []string
	to     []string
	mails  []string
	rcpt   error
	data   error
	mechs  []string
	noAuth bool
}

func (s *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) {
	if s.noAuth {
		return &mailSession{s}, nil
	}
	return &mailAuthSession{mailSession{s}}, nil
}

type mailSession struct{ s *mailServer }

func (m *mailSession) Reset()        {}
func (m *mailSession) Logout() error { return nil }
func (m *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.from = append(m.s.from, from)
	return nil
}

func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.to = append(m.s.to, to)
	return m.s.rcpt
}

func (m *mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	if m.s.data != nil {
		return m.s.data
	}
	m.s.mails = append(m.s.mails, string(b))
	return err
}

type mailAuthSession struct{ mailSession }

func (m *mailAuthSession) AuthMechanisms() []string { return m.s.mechs }

func (m *mailAuthSession) Auth(mech string) (sasl.Server, error) {
	ok := func(user, word string) error {
		m.s.mu.Lock()
		defer m.s.mu.Unlock()
		m.s.auths = append(m.s.auths, mech)
		if user != smtpUser || word != smtpWord {
			return smtp.ErrAuthFailed
		}
		return nil
	}
	if mech == sasl.Plain {
		return sasl.NewPlainServer(func(_, user, word string) error { return ok(user, word) }), nil
	}
	return loginServer(ok), nil
}

// loginServer speaks AUTH LOGIN, which the library leaves to its users.
func loginServer(ok func(user, word string) error) sasl.Server { return &login{ok: ok} }

type login struct {
	ok   func(user, word string) error
	step int
	user string
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.ok(l.user, string(response))
}

// serveMail starts a real server and returns its address; implicit: TLS from the first byte. No certificate: no TLS.
func serveMail(t testing.TB, s *mailServer, cert *tls.Certificate, implicit bool) string {
	t.Helper()
	if s.mechs == nil {
		s.mechs = []string{sasl.Plain}
	}
	srv := smtp.NewServer(s)
	srv.Domain, srv.ReadTimeout, srv.WriteTimeout, srv.ErrorLog = "localhost", 10*time.Second, 10*time.Second, quiet{}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr().String()
	if cert != nil {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}}
		if implicit {
			ln = tls.NewListener(ln, srv.TLSConfig)
		}
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return at
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func aLetter() notices.Letter {
	return notices.Letter{ID: "0123456789abcdef@example.com", To: "omar@example.com", Subject: "Onramp: 1 certificate", Text: "Hello Omar,\n\n.a line with a dot\nGrüße\n", Stop: "https://onramp.example.com/unsubscribe?t=u1.abc", At: start}
}

func newSMTP(t testing.TB, o notices.SMTPOptions) *notices.SMTP {
	t.Helper()
	if o.From == "" {
		o.From = "Onramp at Example <onramp@example.com>"
	}
	s, err := notices.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMailIsTaken: by a real server, over STARTTLS and over TLS from the start, with PLAIN and LOGIN, and without TLS or
// password on loopback; and the mail is what a mail program expects.
func TestMailIsTaken(t *testing.T) {
	cert, roots := certified(t)
	for _, tt := range []struct {
		name    string
		secured notices.Secured
		mechs   []string
	}{{"STARTTLS, PLAIN", notices.StartTLS, nil}, {"TLS, PLAIN", notices.Implicit, nil}, {"STARTTLS, LOGIN", notices.StartTLS, []string{sasl.Login}}, {"TLS, LOGIN", notices.Implicit, []string{sasl.Login}}, {"loopback", notices.Plain, nil}} {
		t.Run(tt.name, func(t *testing.T) {
			s := &mailServer{mechs: tt.mechs, noAuth: tt.secured == notices.Plain}
			o := notices.SMTPOptions{Secured: tt.secured, User: smtpUser, Password: smtpWord, Roots: roots, Hello: "onramp.example.com"}
			switch tt.secured {
			case notices.Plain:
				o.Addr, o.User, o.Password = serveMail(t, s, nil, false), "", ""
			default:
				o.Addr = serveMail(t, s, &cert, tt.secured == notices.Implicit)
			}
			if err := newSMTP(t, o).Send(t.Context(), aLetter()); err != nil {
				t.Fatalf("%v: %v", err, errors.Unwrap(err))
			}
			if len(s.mails) != 1 || !slices.Equal(s.from, []string{"onramp@example.com"}) || !slices.Equal(s.to, []string{"omar@example.com"}) {
				t.Fatalf("the server took %d mails from %q to %q", len(s.mails), s.from, s.to)
			}
			m, err := mail.ReadMessage(strings.NewReader(s.mails[0]))
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{
				"From": `"Onramp at Example" <onramp@example.com>`, "To": "<omar@example.com>", "Subject": "Onramp: 1 certificate", "Message-Id": "<0123456789abcdef@example.com>",
				"List-Unsubscribe": "<https://onramp.example.com/unsubscribe?t=u1.abc>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "Date": "Sun, 22 Nov 2026 10:00:00 +0000",
			} {
				if got := m.Header.Get(name); got != want || len(m.Header[name]) != 1 {
					t.Errorf("%s is %q, want %q", name, m.Header[name], want)
				}
			}
			if kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type")); kind != "text/plain" || !strings.EqualFold(params["charset"], "UTF-8") || err != nil {
				t.Errorf("Content-Type: %s", m.Header.Get("Content-Type"))
			}
			if strings.Contains(s.mails[0], smtpWord) {
				t.Error("the mail holds the password")
			}
		})
	}
}

// wire is a server that says what it was told to say and keeps what came in, each connection alike.
type wire struct {
	mu    sync.Mutex
	lines []string
	open  sync.WaitGroup
}

func (w *wire) heard(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
}

func (w *wire) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.lines, "\n")
}

// serve speaks as say does on each connection, which ends when it returns.
func (w *wire) serve(t testing.TB, say func(c net.Conn, r *bufio.Reader)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close(); w.open.Wait() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			w.open.Add(1)
			go func() {
				defer w.open.Done()
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				say(c, bufio.NewReader(c))
			}()
		}
	}()
	return ln.Addr().String()
}

// talk answers each line by the first answer whose beginning it has; "" hangs, "close" ends the connection.
func (w *wire) talk(answers ...[2]string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, r *bufio.Reader) {
		say := func(text string) bool {
			switch text {
			case "":
				_, _ = io.Copy(io.Discard, r) // until the other side gives up
				return false
			case "close":
				return false
			}
			_, err := io.WriteString(c, text+"\r\n")
			return err == nil
		}
		if !say(answers[0][1]) {
			return
		}
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			w.heard(strings.TrimSpace(line))
			i := slices.IndexFunc(answers[1:], func(a [2]string) bool { return strings.HasPrefix(line, a[0]) })
			if i < 0 {
				continue
			}
			if !say(answers[1+i][1]) {
				return
			}
		}
	}
}

// TestServersThatLie: a server without STARTTLS, one that refuses it, one that offers it and goes on in the clear, one that
// slips an answer in before TLS, and one with another certificate get neither the password nor the mail.
func TestServersThatLie(t *testing.T) {
	cert, _ := certified(t)
	_, others := certified(t)
	const offer = "250-localhost\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS"
	rest := [][2]string{{"AUTH", "235 ok"}, {"MAIL", "250 ok"}, {"RCPT", "250 ok"}, {"DATA", "354 go"}, {".", "250 ok"}, {"QUIT", "221 bye"}, {"RSET", "250 ok"}}
	for _, tt := range []struct {
		name, title string
		answers     [][2]string
	}{
		{"no STARTTLS", "The connection to the mail server broke", [][2]string{{"", "220 hi"}, {"EHLO", "250-localhost\r\n250 AUTH PLAIN LOGIN"}}},
		{"STARTTLS refused", "The mail server answered 454", [][2]string{{"", "220 hi"}, {"EHLO", offer}, {"STARTTLS", "454 not now"}}},
		{"STARTTLS unknown after all", "The mail server answered 502", [][2]string{{"", "220 hi"}, {"EHLO", offer}, {"STARTTLS", "502 no"}}},
		{"goes on in the clear", "The mail server does not speak TLS there", [][2]string{{"", "220 hi"}, {"EHLO", offer}, {"STARTTLS", "220 go"}, {"\x16", "250 it is not TLS, and says so at length"}}},
		{"an answer slipped in before TLS", "", [][2]string{{"", "220 hi"}, {"EHLO", offer}, {"STARTTLS", "220 go\r\n250-localhost\r\n250 AUTH PLAIN"}}},
		{"hangs up at STARTTLS", "The connection to the mail server broke", [][2]string{{"", "220 hi"}, {"EHLO", offer}, {"STARTTLS", "close"}}},
		{"not SMTP", "", [][2]string{{"", "HTTP/1.1 400 Bad Request\r\n\r\n"}}},
		{"busy", "The mail server answered 421", [][2]string{{"", "421 later"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &wire{}
			at := w.serve(t, w.talk(append(tt.answers, rest...)...))
			err := newSMTP(t, notices.SMTPOptions{Addr: at, Secured: notices.StartTLS, User: smtpUser, Password: smtpWord, Roots: others, Timeout: 3 * time.Second}).Send(t.Context(), aLetter())
			f := fault.From(err)
			if err == nil || f.Kind != fault.Unavailable || tt.title != "" && f.Title != tt.title || strings.Contains(f.Title+f.Cause+f.Fix, smtpWord) {
				t.Errorf("%v: %v", f, errors.Unwrap(err))
			}
			var rejected notices.Rejected
			if errors.As(err, &rejected) {
				t.Errorf("%v is taken for the mail's fault", err)
			}
			began := time.Now()
			if w.open.Wait(); time.Since(began) > 10*time.Second { // closed on our side, not by the server's own limit
				t.Errorf("the connection stayed open for %s", time.Since(began))
			}
			for _, word := range []string{"AUTH", "MAIL", "RCPT", "DATA", "omar", "Hello Omar"} {
				if strings.Contains(w.all(), word) {
					t.Errorf("the server heard %s:\n%s", word, w.all())
				}
			}
		})
	}
	for _, secured := range []notices.Secured{notices.StartTLS, notices.Implicit} {
		s := &mailServer{}
		at := serveMail(t, s, &cert, secured == notices.Implicit)
		err := newSMTP(t, notices.SMTPOptions{Addr: at, Secured: secured, User: smtpUser, Password: smtpWord, Roots: others}).Send(t.Context(), aLetter())
		if f := fault.From(err); f == nil || f.Title != "The mail server's certificate is not trusted here" || len(s.auths) != 0 || len(s.mails) != 0 {
			t.Errorf("%s with a stranger's certificate: %v; %d sign-ins", secured, f, len(s.auths))
		}
	}
}

// TestServersThatHang: a server that hangs, at any point, or answers a byte at a time, costs no more than the time of one
// mail; so does the end of the context.
func TestServersThatHang(t *testing.T) {
	say := [][2]string{{"", "220 hi"}, {"EHLO", "250 localhost"}, {"MAIL", "250 ok"}, {"RCPT", "250 ok"}, {"DATA", "354 go"}, {".", "250 ok"}, {"RSET", "250 ok"}, {"QUIT", "221 bye"}}
	hangs := func(at int) [][2]string {
		out := slices.Clone(say)
		out[at][1] = ""
		return out
	}
	send := func(t *testing.T, ctx context.Context, at string) (time.Duration, error) {
		t.Helper()
		began := time.Now()
		err := newSMTP(t, notices.SMTPOptions{Addr: at, Secured: notices.Plain, Timeout: 500 * time.Millisecond}).Send(ctx, aLetter())
		return time.Since(began), err
	}
	for i, step := range []string{"greeting", "EHLO", "MAIL", "RCPT", "DATA", "the mail's end"} {
		t.Run(step, func(t *testing.T) {
			w := &wire{}
			took, err := send(t, t.Context(), w.serve(t, w.talk(hangs(i)...)))
			if f := fault.From(err); f == nil || f.Title != "The mail server did not answer in time" || took > 5*time.Second {
				t.Errorf("after %s: %v: %v", took, f, errors.Unwrap(err))
			}
		})
	}
	t.Run("a byte at a time", func(t *testing.T) {
		w := &wire{}
		at := w.serve(t, func(c net.Conn, _ *bufio.Reader) {
			for range 10_000 {
				if _, err := c.Write([]byte("2")); err != nil {
					return
				}
				<-time.After(20 * time.Millisecond)
			}
		})
		if took, err := send(t, t.Context(), at); err == nil || took > 5*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
	})
	t.Run("the context ends", func(t *testing.T) {
		w := &wire{}
		ctx, stop := context.WithCancel(t.Context())
		at := w.serve(t, func(_ net.Conn, r *bufio.Reader) { stop(); _, _ = io.Copy(io.Discard, r) })
		if took, err := send(t, ctx, at); err == nil || took > 5*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
	})
	// What comes after the mail was taken changes nothing: it is not sent again.
	for i, step := range []string{"RSET", "QUIT"} {
		for _, how := range []string{"", "close", "554 no"} {
			t.Run(fmt.Sprintf("taken, then %s is answered %q", step, how), func(t *testing.T) {
				w, answers := &wire{}, slices.Clone(say)
				answers[6+i][1] = how
				if _, err := send(t, t.Context(), w.serve(t, w.talk(answers...))); err != nil {
					t.Errorf("%v: %v", err, errors.Unwrap(err))
				}
			})
		}
	}
}

// TestServersThatRefuse: which refusals are about the mail alone, and which about the server.
func TestServersThatRefuse(t *testing.T) {
	cert, roots := certified(t)
	for _, tt := range []struct {
		name       string
		rcpt, data error
		word       string
		rejected   bool
		title      string
	}{
		{"no such mailbox", &smtp.SMTPError{Code: 550, Message: "canary no such user"}, nil, smtpWord, true, "The mail server answered 550 to this mail"},
		{"mailbox busy", &smtp.SMTPError{Code: 450, Message: "canary greylisted"}, nil, smtpWord, false, "The mail server answered 450"},
		{"content refused", nil, &smtp.SMTPError{Code: 554, Message: "canary spam"}, smtpWord, true, "The mail server answered 554 to this mail"},
		{"no room", nil, &smtp.SMTPError{Code: 452, Message: "canary full"}, smtpWord, false, "The mail server answered 452"},
		{"wrong password", nil, nil, "not it", false, "The mail server answered 535"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &mailServer{rcpt: tt.rcpt, data: tt.data}
			at := serveMail(t, s, &cert, false)
			err := newSMTP(t, notices.SMTPOptions{Addr: at, Secured: notices.StartTLS, User: smtpUser, Password: tt.word, Roots: roots}).Send(t.Context(), aLetter())
			var rejected notices.Rejected
			if f := fault.From(err); errors.As(err, &rejected) != tt.rejected || f == nil || f.Title != tt.title || strings.Contains(f.Title+f.Cause+f.Fix, "canary") {
				t.Errorf("%v (rejected %v): %v", f, errors.As(err, &rejected), errors.Unwrap(err))
			}
			if len(s.mails) != 0 {
				t.Error("it was taken")
			}
		})
	}
	// Addresses that nobody's server has are never dialled, and a dead one is said to be.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := ln.Addr().String()
	ln.Close()
	for at, title := range map[string]string{
		"169.254.169.254:587": "The name leads to an address that is no mail server's", "[fd00:ec2::254]:587": "The name leads to an address that is no mail server's", "100.100.100.200:25": "The name leads to an address that is no mail server's",
		"[::ffff:169.254.169.254]:587": "The name leads to an address that is no mail server's", dead: "Nothing listens at the mail server's address",
	} {
		err := newSMTP(t, notices.SMTPOptions{Addr: at, Secured: notices.StartTLS, Timeout: 2 * time.Second}).Send(t.Context(), aLetter())
		if f := fault.From(err); f == nil || f.Title != title {
			t.Errorf("%s: %v", at, f)
		}
	}
}

// TestHeadersCannotBeInjected: whatever an account's address, a subject or a sender holds, a mail has the headers that we
// give it and one recipient, or it is not sent at all.
func TestHeadersCannotBeInjected(t *testing.T) {
	cert, roots := certified(t)
	s := &mailServer{}
	at := serveMail(t, s, &cert, false)
	post := newSMTP(t, notices.SMTPOptions{Addr: at, Secured: notices.StartTLS, User: smtpUser, Password: smtpWord, Roots: roots})
	for _, to := range []string{
		"omar@example.com\r\nBcc: eve@example.com", "omar@example.com\nBcc: eve@example.com", "omar@example.com\rX: y", "omar@example.com, eve@example.com", "omar@example.com; eve@example.com",
		"Eve <eve@example.com>", "<omar@example.com>\r\nSubject: x", "omar@example.com>\r\nRCPT TO:<eve@example.com", "", "omar", "@example.com", "omar@", "omar@exam ple.com", "omar@example.com\x00", "omar@example.com\u2028x",
	} {
		l := aLetter()
		l.To = to
		err := post.Send(t.Context(), l)
		var rejected notices.Rejected
		if !errors.As(err, &rejected) {
			t.Errorf("to %q: %v", to, err)
		}
	}
	if len(s.mails) != 0 || len(s.to) != 0 {
		t.Fatalf("sent to %q", s.to)
	}
	l := aLetter()
	l.Subject = "Onramp\r\nBcc: eve@example.com\r\n\r\nHello"
	l.Text = "Hello\r\n.\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<eve@example.com>\r\nDATA\r\nBcc: eve@example.com\r\n"
	if err := post.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(s.mails[0]))
	if err != nil || len(s.mails) != 1 || !slices.Equal(s.to, []string{"omar@example.com"}) {
		t.Fatalf("%d mails to %q, %v", len(s.mails), s.to, err)
	}
	names := map[string]bool{"From": true, "To": true, "Subject": true, "Date": true, "Message-Id": true, "Mime-Version": true, "List-Unsubscribe": true, "List-Unsubscribe-Post": true, "Auto-Submitted": true, "Content-Type": true, "Content-Transfer-Encoding": true}
	for name := range m.Header {
		if !names[name] {
			t.Errorf("a mail has the header %s", name)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if strings.ContainsAny(subject, "\r\n") || err != nil || !strings.HasPrefix(subject, "Onramp") {
		t.Errorf("Subject: %q, %v", subject, err)
	}
	for _, from := range []string{"", "onramp", "onramp@example.com\r\nBcc: eve@example.com", "a@example.com, b@example.com", "\"x\r\n\" <a@example.com>"} {
		if _, err := notices.NewSMTP(notices.SMTPOptions{Addr: "mail.example.com:587", Secured: notices.StartTLS, From: from}); fault.From(err) == nil || fault.From(err).Field != "mail-from" {
			t.Errorf("from %q: %v", from, err)
		}
	}
}

// TestMailServersThatCannotBe: what an operator may give.
func TestMailServersThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		o     notices.SMTPOptions
		field string
	}{
		{notices.SMTPOptions{Addr: "mail.example.com:587", Secured: notices.StartTLS}, ""},
		{notices.SMTPOptions{Addr: "mail.example.com:465", Secured: notices.Implicit, User: "u", Password: "p"}, ""},
		{notices.SMTPOptions{Addr: "127.0.0.1:25", Secured: notices.Plain}, ""},
		{notices.SMTPOptions{Addr: "10.0.0.7:25", Secured: notices.Plain}, "smtp-tls"},
		{notices.SMTPOptions{Addr: "mail.example.com:25", Secured: notices.Plain}, "smtp-tls"},
		{notices.SMTPOptions{Addr: "127.0.0.1:25", Secured: notices.Plain, User: "u", Password: "p"}, "smtp-user"},
		{notices.SMTPOptions{Addr: "mail.example.com:587", Secured: notices.StartTLS, User: "u"}, "smtp-user"},
		{notices.SMTPOptions{Addr: "mail.example.com:587", Secured: notices.StartTLS, Password: "p"}, "smtp-user"},
		{notices.SMTPOptions{Addr: "mail.example.com:587", Secured: "maybe"}, "smtp-tls"},
		{notices.SMTPOptions{Addr: "mail.example.com", Secured: notices.StartTLS}, "smtp-addr"},
		{notices.SMTPOptions{Addr: ":587", Secured: notices.StartTLS}, "smtp-addr"},
		{notices.SMTPOptions{Addr: "mail.example.com:0", Secured: notices.StartTLS}, "smtp-addr"},
		{notices.SMTPOptions{Addr: "mail.example.com:smtp", Secured: notices.StartTLS}, "smtp-addr"},
	} {
		tt.o.From = "onramp@example.com"
		_, err := notices.NewSMTP(tt.o)
		if f := fault.From(err); tt.field == "" && err != nil || tt.field != "" && (f == nil || f.Field != tt.field) {
			t.Errorf("%+v: %v", tt.o, err)
		}
	}
}
