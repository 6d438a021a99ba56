package doctor

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
)

// blackHole is a port whose accept queue is full: packets that ask for a connection are dropped.
func blackHole(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}).String()
	for range 8 {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the accept queue never filled")
	return ""
}

// proxyMode is how a CONNECT proxy of the lab behaves: a status line, or one of these.
type proxyMode string

const (
	proxySilent  proxyMode = "silent"
	proxyCloses  proxyMode = "closes"
	proxyGarbage proxyMode = "garbage"
	proxyTunnels proxyMode = "tunnels" // to the lab's server, whatever was asked for
)

// proxy starts a CONNECT proxy and returns an environment that names it.
func proxy(t testing.TB, mode proxyMode, to string) func(*Options) {
	t.Helper()
	address := raw(t, func(c net.Conn) {
		br := bufio.NewReader(c)
		req, err := http.ReadRequest(br)
		if err != nil || req.Method != http.MethodConnect {
			return
		}
		switch mode {
		case proxySilent:
			silence(c)
		case proxyCloses:
		case proxyGarbage:
			_, _ = io.WriteString(c, "\x05\x00\x00 not http\r\n\r\n")
		case proxyTunnels:
			up, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			defer up.Close()
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			go func() { _, _ = io.Copy(up, br); up.Close() }()
			_, _ = io.Copy(c, up)
		default:
			_, _ = io.WriteString(c, "HTTP/1.1 "+string(mode)+"\r\nContent-Length: 0\r\n\r\n")
		}
	})
	return environment("HTTPS_PROXY", "http://user:secret@"+address)
}

// environment is an engine's environment with one variable.
func environment(name, value string) func(*Options) {
	return func(o *Options) {
		o.Getenv = func(n string) string {
			if n == name {
				return value
			}
			return ""
		}
	}
}

// overTLS starts a server that makes the TLS handshake and hands the connection to talk.
func overTLS(t testing.TB, c *tls.Config, talk func(*tls.Conn)) string {
	t.Helper()
	return raw(t, func(conn net.Conn) {
		tc := tls.Server(conn, c)
		if tc.Handshake() == nil {
			talk(tc)
		}
	})
}

// dropTLS ends a TLS connection without a word.
func dropTLS(c *tls.Conn) { c.NetConn().Close() }

func resetTLS(c *tls.Conn) {
	_ = c.NetConn().(*net.TCPConn).SetLinger(0)
	c.NetConn().Close()
}

func silenceTLS(c *tls.Conn) { _, _ = io.Copy(io.Discard, c) }

// alertRewriter changes the number of every plaintext alert that passes: TLS 1.2 servers refuse a
// client certificate before encryption begins.
type alertRewriter struct {
	net.Conn
	number byte
}

func (c alertRewriter) Write(b []byte) (int, error) {
	if len(b) == 7 && b[0] == 0x15 && b[5] == 2 {
		b = append([]byte{}, b...)
		b[6] = c.number
	}
	return c.Conn.Write(b)
}

// refusesWith is a TLS 1.2 server that refuses every client certificate with this alert.
func (l *lab) refusesWith(number byte) string {
	c := l.mtls(func(c *tls.Config) {
		c.MaxVersion, c.ClientAuth = tls.VersionTLS12, tls.RequireAnyClientCert
		c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errors.New("refused") }
	})
	return raw(l.t, func(conn net.Conn) { _ = tls.Server(alertRewriter{conn, number}, c).Handshake(); silence(conn) })
}

// web is an HTTP/2 web server that answers everything with a status.
func (l *lab) web(status int) string {
	ln := listen(l.t, "127.0.0.1:0")
	srv := &http.Server{TLSConfig: l.mtls(), ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
	})}
	go func() { _ = srv.ServeTLS(ln, "", "") }()
	l.t.Cleanup(func() { srv.Close() })
	return ln.Addr().String()
}

// frames is a server that speaks HTTP/2 frame by frame: after the first request it calls then.
func (l *lab) frames(then func(f *http2.Framer, stream uint32)) string {
	return overTLS(l.t, l.mtls(), func(conn *tls.Conn) {
		f := http2.NewFramer(conn, conn)
		_ = f.WriteSettings()
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					_ = f.WriteSettingsAck()
				}
			case *http2.HeadersFrame:
				then(f, frame.StreamID)
			}
		}
	})
}

// The edits of certificates.
func expired(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
func notYet(c *x509.Certificate)  { c.NotBefore = time.Now().Add(time.Hour) }
func names(n ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = n, nil }
}

// public marks a certificate as public CAs do.
func public(c *x509.Certificate) {
	c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidSCT, Value: []byte{4, 1, 0}})
}

// serverWith is the TLS of a server whose certificate a CA made with edits.
func (l *lab) serverWith(ca *authority, edit ...func(*x509.Certificate)) *tls.Config {
	return l.mtls(func(c *tls.Config) { c.Certificates = []tls.Certificate{ca.serverCert(l.t, edit...)} })
}

// onceThen is a server whose first connection is handed to talk, and which is healthy afterwards.
func onceThen(l *lab, talk func(net.Conn)) string {
	healthy := l.serve(l.mtls())
	var once atomic.Bool
	return raw(l.t, func(conn net.Conn) {
		if !once.Swap(true) {
			talk(conn)
			return
		}
		up, err := net.Dial("tcp", healthy)
		if err != nil {
			return
		}
		defer up.Close()
		go func() { _, _ = io.Copy(up, conn); up.Close() }()
		_, _ = io.Copy(conn, up)
	})
}

// goodbye is a healthy server whose first connection ends with GOAWAY, as in a restart.
func goodbye(l *lab) string {
	c := l.mtls()
	return onceThen(l, func(conn net.Conn) {
		tc := tls.Server(conn, c)
		f := http2.NewFramer(tc, tc)
		_ = f.WriteSettings()
		_ = f.WriteGoAway(0, http2.ErrCodeNo, []byte("max_age"))
		silence(conn)
	})
}

// register adds the lab's service to a server.
func register(s *grpc.Server, l *lab) { workflowservice.RegisterWorkflowServiceServer(s, l.svc) }

// oldKey writes a key as SEC1 or PKCS#1 in PEM.
func oldKey(t testing.TB, key any) []byte {
	t.Helper()
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return pemOf("EC PRIVATE KEY", der)
	case *rsa.PrivateKey:
		return pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k))
	}
	t.Fatalf("no old form of %T", key)
	return nil
}
