package notices

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"onramp/fault"
	"onramp/reach"
)

// sendTimeout bounds one delivery.
const sendTimeout = 10 * time.Second

// minSecret is how many bytes a secret has at least.
const minSecret = 16

// Webhook delivers messages by HTTP POST as Standard Webhooks describes it: the headers webhook-id,
// webhook-timestamp and, with a secret, webhook-signature ("v1," and the HMAC-SHA256 of id.timestamp.body in
// base64). Anything but a 2xx answer is a failure; redirects are not followed and no proxy is used.
type Webhook struct {
	url    *url.URL
	form   Form
	secret []byte
	client *http.Client
	agent  string
}

// WebhookOptions say where messages go and how.
type WebhookOptions struct {
	Address string // https, or http on this computer's loopback interface
	Secret  string // "" for none, text, or whsec_ and base64
	Form    Form   // default Generic
	Version string // of Onramp
}

// NewWebhook returns a Webhook. The errors are Invalid faults in the field webhook; none repeats the address, whose path
// may be a secret.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	bad := func(cause string) error {
		f := fault.New(fault.Invalid, "The webhook's address cannot be used", "Use an https address: --webhook https://hooks.example.com/onramp.").In("webhook")
		f.Cause = cause
		return f
	}
	u, err := url.Parse(strings.TrimSpace(o.Address))
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, bad("It is not a web address.")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, bad("Its scheme is " + strconv.Quote(u.Scheme) + ".")
	case u.User != nil:
		return nil, bad("It holds a user name or password, which other programs on this computer can see.")
	case u.Fragment != "":
		return nil, bad("It has a fragment (#), which is never sent.")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, bad("Plain http shows the message to everyone on the network path; Onramp accepts it only for this computer.")
	}
	w := &Webhook{url: u, form: o.Form, agent: "Onramp/" + o.Version}
	if w.form == "" {
		w.form = Generic
	}
	if secret := o.Secret; secret != "" {
		w.secret = []byte(secret)
		if text, ok := strings.CutPrefix(secret, "whsec_"); ok {
			if w.secret, err = base64.StdEncoding.DecodeString(text); err != nil {
				return nil, fault.New(fault.Invalid, "The webhook's secret is not base64 after whsec_", "Set ONRAMP_WEBHOOK_SECRET to it exactly as the receiver shows it.").In("webhook")
			}
		}
		if len(w.secret) < minSecret {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("The webhook's secret is shorter than %d bytes", minSecret), "Make one: openssl rand -base64 32").In("webhook")
		}
	}
	dial := &net.Dialer{Timeout: 5 * time.Second, ControlContext: allow(u.Scheme == "http")}
	w.client = &http.Client{
		Timeout:       sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dial.DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: sendTimeout, MaxResponseHeaderBytes: 16 << 10, DisableKeepAlives: true, ForceAttemptHTTP2: true},
	}
	return w, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

var errAddress = errors.New("the name leads to an address that a webhook must not use")

// allow judges the address that is really dialled, after the name was resolved: loopback only for plain
// http, and never one that is nobody's server, where clouds keep credentials among them.
func allow(loopbackOnly bool) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return errAddress
		}
		if kind := reach.KindOf(at.Addr()); kind == reach.Never || loopbackOnly && kind != reach.Loopback {
			return errAddress
		}
		return nil
	}
}

// Where is the receiver as it may be shown: the path of some addresses is a secret.
func (w *Webhook) Where() string { return w.url.Scheme + "://" + w.url.Host }

// Form is how the receiver wants its messages.
func (w *Webhook) Form() Form { return w.form }

// Signed reports whether messages carry a signature.
func (w *Webhook) Signed() bool { return len(w.secret) > 0 }

// Sign is the value of webhook-signature.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Send delivers one message. The error is an Unavailable fault whose title says why, without the address.
func (w *Webhook) Send(ctx context.Context, id string, at time.Time, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.String(), bytes.NewReader(body))
	if err != nil {
		return fault.New(fault.Internal, "The request could not be made", "")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", w.agent)
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	if w.Signed() {
		r.Header.Set("webhook-signature", Sign(w.secret, id, at, body))
	}
	resp, err := w.client.Do(r)
	if err != nil {
		return fault.New(fault.Unavailable, why(err), "Check that the receiver is running and can be reached from here.")
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 512) // what it says is of no use here, and may be anything
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fault.New(fault.Unavailable, fmt.Sprintf("The receiver answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)), "See the receiver's log.")
	}
	return nil
}

// why says in a few words why no answer came. The text of url.Error holds the address; its cause does not.
func why(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errAddress):
		return "The name leads to an address that a webhook must not use"
	case errors.As(err, &dns):
		return "The receiver's host name is unknown"
	case errors.As(err, &cert):
		return "The receiver's certificate is not trusted here"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing listens at the receiver's address"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "The receiver did not answer in time"
	}
	return "The connection to the receiver broke"
}
