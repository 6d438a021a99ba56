package notices

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/textproto"
	"strconv"
	"sync"
	"syscall"
	"time"

	gomail "github.com/wneessen/go-mail"

	"onramp/fault"
	"onramp/reach"
)

// Secured is how the connection to a mail server is encrypted.
type Secured string

// How it is encrypted. There is no way in which it is when the server likes: one that does not offer STARTTLS, or somebody
// in between who takes the offer away, gets neither the password nor the mail.
const (
	StartTLS Secured = "starttls" // after the greeting, always
	Implicit Secured = "tls"      // from the first byte
	Plain    Secured = "off"      // never: for a server on this computer's loopback interface alone, without a password
)

// SMTPOptions say which mail server takes the mails.
type SMTPOptions struct {
	Addr     string // host:port. Required
	Secured  Secured
	User     string // "" for none
	Password string
	From     string         // the address that mails come from. Required
	Roots    *x509.CertPool // nil: the system's
	Hello    string         // what Onramp calls itself; default the host of Base of the Subscriptions, or "localhost"
	Timeout  time.Duration  // of one mail in all; default 30 s
}

// SMTP is a Post. It dials the one server that it was given, whose addresses are judged at the socket: never one that is
// nobody's server, where clouds keep credentials among them.
type SMTP struct {
	o    SMTPOptions
	host string
	port int
}

// NewSMTP returns an SMTP. The errors are Invalid faults in the fields smtp-addr, smtp-tls, smtp-user and mail-from.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	host, text, err := net.SplitHostPort(o.Addr)
	port, numErr := strconv.Atoi(text)
	if err != nil || numErr != nil || host == "" || port < 1 || port > 65535 {
		return nil, fault.New(fault.Invalid, "This is not a mail server", "Give HOST:PORT: port 587 for STARTTLS, 465 for TLS from the start.").In("smtp-addr")
	}
	if a, err := mail.ParseAddress(o.From); err != nil || plain(o.From) != o.From || a.Address == "" {
		return nil, fault.New(fault.Invalid, "This is not an address that mails can come from", "Give one like onramp@example.com, or \"Onramp <onramp@example.com>\".").In("mail-from")
	}
	switch o.Secured {
	case StartTLS, Implicit:
	case Plain:
		if !loopback(host) {
			return nil, fault.New(fault.Invalid, "Mail without TLS is for a server on this computer alone", "Use starttls or tls.").In("smtp-tls")
		}
		if o.User != "" {
			return nil, fault.New(fault.Invalid, "A password is sent over TLS alone", "Use starttls or tls, or leave the user out.").In("smtp-user")
		}
	default:
		return nil, fault.New(fault.Invalid, "Mail is not encrypted in this way", "Give starttls, tls or off.").In("smtp-tls")
	}
	if (o.User == "") != (o.Password == "") {
		return nil, fault.New(fault.Invalid, "User and password belong together", "Give both, the password in a file, or neither.").In("smtp-user")
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Hello == "" {
		o.Hello = "localhost"
	}
	return &SMTP{o, host, port}, nil
}

// Where is the server as it may be shown.
func (s *SMTP) Where() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// Send hands one mail to the server. The errors are faults whose title says why, without address or password; a Rejected
// one is about this mail alone.
func (s *SMTP) Send(ctx context.Context, l Letter) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	m, err := s.compose(l)
	if err != nil {
		return Rejected{fault.Wrap(err, fault.Internal, "The mail could not be written", "")}
	}
	var dialled dialled
	defer dialled.close()
	stop := context.AfterFunc(ctx, dialled.close) // go-mail's own deadline, a little later, begins anew with each mail
	defer stop()
	c, err := gomail.NewClient(s.host, s.options(&dialled)...)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The mail server cannot be used", "")
	}
	err = c.DialAndSendWithContext(ctx, m)
	switch {
	case err == nil, m.IsDelivered(): // what goes wrong after it was taken is of no concern
		return nil
	case ctx.Err() != nil && dialled.ever():
		return fault.New(fault.Unavailable, "The mail server did not answer in time", "Check that it is running and can be reached from here.")
	}
	return refusal(err)
}

func (s *SMTP) compose(l Letter) (*gomail.Msg, error) {
	to, err := mail.ParseAddress(l.To)
	if err != nil || to.Name != "" || plain(l.To) != l.To {
		return nil, errors.New("the recipient has no address")
	}
	from, err := mail.ParseAddress(s.o.From)
	if err != nil {
		return nil, err
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(m.FromFormat(from.Name, from.Address), m.To(to.Address), m.SetListUnsubscribeOneClick(l.Stop)); err != nil {
		return nil, err
	}
	m.Subject(plain(l.Subject))
	m.SetMessageIDWithValue(l.ID)
	m.SetDateWithValue(l.At)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office notes
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	return m, nil
}

func (s *SMTP) options(d *dialled) []gomail.Option {
	config := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, RootCAs: s.o.Roots}
	out := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(s.o.Timeout + time.Second), gomail.WithHELO(s.o.Hello), gomail.WithTLSConfig(config), gomail.WithoutNoop()}
	dialer := &net.Dialer{Timeout: s.o.Timeout / 2, ControlContext: mayDial}
	dial := dialer.DialContext
	switch s.o.Secured {
	case StartTLS:
		out = append(out, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		out = append(out, gomail.WithSSL())
		dial = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext
	case Plain:
		out = append(out, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	out = append(out, gomail.WithDialContextFunc(func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := dial(ctx, network, s.Where()) // go-mail leaves the brackets of an IPv6 address out
		if err == nil {
			d.keep(conn)
		}
		return conn, err
	}))
	if s.o.User != "" {
		out = append(out, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin), gomail.WithUsername(s.o.User), gomail.WithPassword(s.o.Password))
	}
	return out
}

// mayDial judges the address that is really dialled, after the name was resolved.
func mayDial(_ context.Context, _, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || reach.KindOf(at.Addr()) == reach.Never {
		return errAddress
	}
	return nil
}

// dialled is the connection of one mail: go-mail leaves it open when the greeting, STARTTLS or the sign-in fails.
type dialled struct {
	mu   sync.Mutex
	conn net.Conn
}

func (d *dialled) keep(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conn = c
}

func (d *dialled) ever() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn != nil
}

func (d *dialled) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.Close()
	}
}

// refusal is an error of go-mail as a fault. What a server says is not repeated, but its number: it may hold anything.
func refusal(err error) error {
	fix := "Check --smtp-addr and the server's log."
	var said *gomail.SendError
	if errors.As(err, &said) {
		code := said.ErrorCode()
		what := fmt.Sprintf("The mail server answered %d", code)
		if code == 0 {
			return fault.Wrap(err, fault.Unavailable, "The connection to the mail server broke", fix)
		}
		if about := said.Reason == gomail.ErrSMTPRcptTo || said.Reason == gomail.ErrSMTPData || said.Reason == gomail.ErrSMTPDataClose; about && code >= 500 {
			return Rejected{fault.Wrap(err, fault.Unavailable, what+" to this mail", "Check the address.")}
		}
		return fault.Wrap(err, fault.Unavailable, what, fix)
	}
	var proto *textproto.Error
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var timeout interface{ Timeout() bool }
	title := "The connection to the mail server broke"
	switch {
	case errors.Is(err, errAddress):
		title = "The name leads to an address that is no mail server's"
	case errors.As(err, &dns):
		title = "The mail server's host name is unknown"
	case errors.As(err, &cert):
		title = "The mail server's certificate is not trusted here"
	case errors.As(err, &record):
		title = "The mail server does not speak TLS there"
	case errors.Is(err, syscall.ECONNREFUSED):
		title = "Nothing listens at the mail server's address"
	case errors.As(err, &proto):
		title = fmt.Sprintf("The mail server answered %d", proto.Code)
	case errors.As(err, &timeout) && timeout.Timeout():
		title = "The mail server did not answer in time"
	}
	return fault.Wrap(err, fault.Unavailable, title, fix)
}
