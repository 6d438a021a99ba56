package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// shake says how to make one TLS handshake.
type shake struct {
	serverName string
	roots      *x509.CertPool
	cert       *tls.Certificate // nil sends none
	maxVersion uint16           // 0: the newest
	alpn       []string         // nil: h2
	curves     []tls.CurveID    // nil: Go's own
	only       bool             // stop when the server is verified: nothing is sent (P7)
	budget     time.Duration
}

// errEnough ends a handshake that had only to show the server's certificate.
var errEnough = errors.New("the server is verified; this handshake asked no more")

// hello is what a handshake showed.
type hello struct {
	conn     *tls.Conn
	raw      *countingConn
	state    tls.ConnectionState // as the server was verified
	verified bool                // chain and name are good
	asked    bool                // the server asked for a client certificate
	sent     bool                // and one was sent
	withheld string              // why a library that follows the server's hints would not have sent it
	hints    int                 // how many acceptable CAs the server named
	ticket   atomic.Bool         // TLS 1.3: the server has finished and accepted
	listens  atomic.Bool         // listen is reading
	took     time.Duration
	err      error
}

// countingConn counts the bytes and the records that came in.
type countingConn struct {
	net.Conn
	in      atomic.Int64
	mu      sync.Mutex
	records recordWatch
}

func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records.saw(b[:n])
	return n, err
}

// begin counts encrypted alerts from now on; alerts is how many came.
func (c *countingConn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records.on = true
}

func (c *countingConn) alerts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.records.alerts
}

// ticketProof is a session cache that keeps nothing. A ticket proves acceptance (RFC 8446 §4.6.1),
// so the wait for the server's first words ends there.
type ticketProof struct{ h *hello }

func (t ticketProof) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (t ticketProof) Put(_ string, s *tls.ClientSessionState) {
	if s == nil || t.h.state.Version < tls.VersionTLS13 {
		return
	}
	t.h.ticket.Store(true)
	if t.h.listens.Load() {
		_ = t.h.raw.SetReadDeadline(time.Unix(1, 0))
	}
}

// do makes the handshake on an open connection, which it owns. The client certificate is presented
// through GetClientCertificate: crypto/tls would withhold one whose issuer the server does not name,
// and the server would then say "certificate required". The certificate leaves only
// after the server's own was verified.
func (s shake) do(ctx context.Context, conn net.Conn) *hello {
	h := &hello{raw: &countingConn{Conn: conn}}
	alpn := s.alpn
	if alpn == nil {
		alpn = []string{"h2"}
	}
	h.conn = tls.Client(h.raw, &tls.Config{
		ServerName: s.serverName, RootCAs: s.roots, NextProtos: alpn,
		MinVersion: tls.VersionTLS12, MaxVersion: s.maxVersion, CurvePreferences: s.curves,
		ClientSessionCache: ticketProof{h},
		VerifyConnection: func(cs tls.ConnectionState) error {
			h.state, h.verified = cs, true
			if s.only {
				return errEnough
			}
			if cs.Version == tls.VersionTLS13 {
				h.raw.begin() // what follows in TLS 1.3 is the server's Finished, tickets and alerts
			}
			return nil
		},
		GetClientCertificate: func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			h.asked, h.hints = true, len(info.AcceptableCAs)
			if s.cert == nil {
				return &tls.Certificate{}, nil
			}
			h.sent = true
			if err := info.SupportsCertificate(s.cert); err != nil {
				h.withheld = err.Error()
			}
			return s.cert, nil
		},
	})
	ctx, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	start := time.Now()
	h.err = h.conn.HandshakeContext(ctx)
	h.took = time.Since(start)
	return h
}

// again dials the target anew and makes a handshake: the probes' way. The caller closes conn.
func (r *run) again(ctx context.Context, s shake) *hello {
	ctx, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	conn, err := r.path.dial(ctx)
	if err != nil {
		return &hello{err: err}
	}
	return s.do(ctx, conn)
}

func (h *hello) close() {
	if h.conn != nil {
		h.conn.Close()
	}
}

// How a connection ended, or did not.
type ending string

const (
	endData   ending = "data"   // the server spoke
	endTicket ending = "ticket" // the server finished the handshake
	endAlert  ending = "alert"
	endEOF    ending = "closed"
	endReset  ending = "reset"
	endSilent ending = "silent"
	endOther  ending = "error"
)

// classify says how a read or a handshake ended; alert is set for endAlert.
func classify(err error) (end ending, alert uint8) {
	if n, ok := alertNumber(err); ok {
		return endAlert, n
	}
	switch {
	case err == nil:
		return endData, 0
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return endEOF, 0
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return endReset, 0
	case timedOut(err):
		return endSilent, 0
	}
	return endOther, 0
}

// alertNumber is the alert that the server sent. Over TCP crypto/tls wraps its own alert type in a
// net.OpError with Op "remote error"; the type is not exported, its number is read by reflection.
func alertNumber(err error) (uint8, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return 0, false
	}
	v := reflect.ValueOf(op.Err)
	if !v.CanUint() || v.Uint() > 255 {
		return 0, false
	}
	return uint8(v.Uint()), true
}

// listen reads before anything is written: in TLS 1.3 the server judges the client certificate after
// the client's handshake has ended, and a write would race with its refusal.
func (h *hello) listen(atLeast time.Duration) (first []byte, end ending, alert uint8, err error) {
	if h.ticket.Load() {
		return nil, endTicket, 0, nil
	}
	wait := min(max(atLeast, 3*h.took), 3*time.Second)
	_ = h.conn.SetReadDeadline(time.Now().Add(wait))
	h.listens.Store(true)
	defer func() {
		h.listens.Store(false)
		_ = h.conn.SetReadDeadline(time.Time{})
	}()
	buf := make([]byte, 4096)
	n, err := h.conn.Read(buf)
	if n > 0 {
		return buf[:n], endData, 0, nil
	}
	if h.ticket.Load() && timedOut(err) {
		return nil, endTicket, 0, nil
	}
	end, alert = classify(err)
	return nil, end, alert, err
}

// refusal makes a whole probe of stage client-cert on a new connection: handshake, then listen.
func (r *run) refusal(ctx context.Context, s shake) (*hello, ending, uint8) {
	h := r.again(ctx, s)
	defer h.close()
	if h.err != nil {
		end, alert := classify(h.err)
		return h, end, alert
	}
	_, end, alert, _ := h.listen(r.o.Budgets.Read)
	return h, end, alert
}
