package transfer

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"onramp/doctor"
	"onramp/fault"
	"onramp/namespace"
)

// place is a target made ready to dial: addresses repaired, key pair read.
type place struct {
	address, namespace string
	key                string // placeKey
	opts               client.Options
}

// prepare reads a target. Errors are Invalid faults that carry the field and the catalogue's id.
func prepare(t doctor.Target) (place, error) {
	addr, _, err := namespace.ParseAddress(t.Address)
	if err != nil && !t.Plaintext {
		return place{}, err
	}
	p := place{key: placeKey(t), address: addr.String(), namespace: strings.TrimSpace(t.Namespace)}
	if err != nil { // a local server may have any name
		p.address = strings.TrimSpace(t.Address)
	}
	switch id, _, err := namespace.ParseID(t.Namespace); {
	case err == nil && !(t.Plaintext && !strings.Contains(t.Namespace, ".")):
		p.namespace = id.String()
	case !t.Plaintext:
		return place{}, err
	case p.namespace == "":
		p.namespace = "default"
	}
	p.opts = client.Options{HostPort: p.address, Namespace: p.namespace, Identity: identity}
	// A dead line is noticed within 25 s; pings more often than every 10 s would be refused.
	p.opts.ConnectionOptions.KeepAliveTime, p.opts.ConnectionOptions.KeepAliveTimeout = 15*time.Second, 10*time.Second
	key := strings.TrimSpace(t.APIKey)
	if t.Plaintext {
		if key != "" {
			return place{}, &fault.Fault{Kind: fault.Invalid, Code: "AK-09", Field: "api-key", Title: "An API key needs TLS",
				Cause: "Without TLS anyone on the network path could read the key.", Fix: "Connect with TLS, or leave the API key out.", Who: "developer"}
		}
		p.opts.ConnectionOptions.TLSDisabled = true
		return p, nil
	}
	if p.opts.ConnectionOptions.TLS, err = tlsConfig(t); err != nil {
		return place{}, err
	}
	if key != "" {
		p.opts.Credentials = client.NewAPIKeyStaticCredentials(key)
	}
	return p, nil
}

// tlsConfig trusts the target's roots and presents its certificate whatever the server hints at: Go would
// otherwise send none where the issuer is not on the server's list.
func tlsConfig(t doctor.Target) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: strings.TrimSpace(t.ServerName)}
	if len(t.CertPEM) > 0 || len(t.KeyPEM) > 0 {
		pair, err := tls.X509KeyPair(t.CertPEM, t.KeyPEM)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "Certificate and key cannot be used as a pair", "Run a check: it says which of the two is wrong, and why.").In("cert")
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if len(t.RootsPEM)+len(t.ExtraRootsPEM) == 0 {
		return c, nil
	}
	pool := x509.NewCertPool()
	if len(t.RootsPEM) == 0 {
		if system, err := x509.SystemCertPool(); err == nil {
			pool = system
		}
	}
	for _, pem := range [][]byte{t.RootsPEM, t.ExtraRootsPEM} {
		if len(pem) > 0 && !pool.AppendCertsFromPEM(pem) {
			return nil, fault.Wrap(errors.New("no certificate in the roots"), fault.Invalid, "The server root file contains no certificate", "Leave it unset: Temporal Cloud's server certificate is trusted by every system.").In("ca")
		}
	}
	c.RootCAs = pool
	return c, nil
}

// connect is dial for somebody who waits: a server that does not answer in time is checked, and where a check finds nothing
// wrong it was only slow, as on a busy machine, and gets all of startTimeout.
func (s *Service) connect(ctx context.Context, t doctor.Target, p place) (c client.Client, done func(), err error) {
	first, cancel := context.WithTimeout(ctx, s.beat.start)
	defer cancel()
	if c, done, err = s.dial(first, p); !late(err) || ctx.Err() != nil {
		return c, done, err
	}
	if _, wrong := s.checked(ctx, t); wrong {
		return nil, nil, err
	}
	second, cancel := context.WithTimeout(ctx, s.beat.start)
	defer cancel()
	p.opts.ConnectionOptions.GetSystemInfoTimeout = s.beat.start
	p.key += "\nslow" // not the connection that others may be waiting for in vain
	return s.dial(second, p)
}

// late reports whether an error says that time ran out.
func late(err error) bool {
	var answered *serviceerror.DeadlineExceeded
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &answered) || err != nil && status.Code(err) == codes.DeadlineExceeded
}

// dial connects and asks the server what it can do, or joins a connection that is there already; ctx
// bounds it. done lets go of the connection.
func (s *Service) dial(ctx context.Context, p place) (c client.Client, done func(), err error) {
	p.opts.Logger = sdkLog{s.o.Log}
	if p.opts.ConnectionOptions.GetSystemInfoTimeout == 0 {
		p.opts.ConnectionOptions.GetSystemInfoTimeout = s.beat.greeting
	}
	switch {
	case s.o.To != nil:
		p.opts.ConnectionOptions.DialOptions = append(p.opts.ConnectionOptions.DialOptions, grpc.WithNoProxy(), grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			c, err := s.o.To(p.address)(ctx, "tcp", address)
			return s.o.Own.Keep(c), err
		}))
	case s.o.Own != nil && near(p.address): // elsewhere gRPC dials by itself, proxies and all
		p.opts.ConnectionOptions.DialOptions = append(p.opts.ConnectionOptions.DialOptions, grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return s.o.Own.Dial(ctx, "tcp", address)
		}))
	}
	return s.lines.take(ctx, p.key, func(ctx context.Context) (client.Client, error) { return client.DialContext(ctx, p.opts) })
}

// near reports whether host:port is on this machine.
func near(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip, notIP := netip.ParseAddr(host)
	return err == nil && (host == "localhost" || notIP == nil && ip.IsLoopback())
}

// placeKey is the same for targets with the same way in. It is a hash, so that no secret of the target
// lies about in a map.
func placeKey(t doctor.Target) string {
	text, _ := json.Marshal([]any{t.Address, t.Namespace, t.ServerName, t.CertPEM, t.KeyPEM, t.RootsPEM, t.ExtraRootsPEM, t.APIKey, t.Plaintext}) // strings and bytes: cannot fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
