package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const labHost = "orders.a1b2c.tmprl.cloud"

// everything is every other fault that one machine can reproduce.
func everything() []faultRow {
	healthy := func(l *lab) Target { return l.target(l.serve(l.mtls())) }
	typed := func(edit func(t *Target)) func(*lab) Target {
		return func(l *lab) Target {
			t := l.target(labHost + ":7233")
			edit(&t)
			return t
		}
	}
	// client presents another pair to a healthy server.
	client := func(make func(l *lab) keyPair) func(*lab) Target {
		return func(l *lab) Target {
			t, p := healthy(l), make(l)
			t.CertPEM, t.KeyPEM = p.cert, p.key
			return t
		}
	}
	leaf := func(kind string, edit ...func(*x509.Certificate)) func(*lab) Target {
		return client(func(l *lab) keyPair { return l.clientCA.issue(l.t, "orders worker", kind, edit...) })
	}
	// server answers at an address made by the row.
	server := func(address func(l *lab) string) func(*lab) Target {
		return func(l *lab) Target { return l.target(address(l)) }
	}
	talks := func(talk func(net.Conn)) func(*lab) Target {
		return server(func(l *lab) string { return raw(l.t, talk) })
	}
	with := func(edit ...func(*tls.Config)) func(*lab) Target {
		return server(func(l *lab) string { return l.serve(l.mtls(edit...)) })
	}
	info := func(err error) func(*lab) Target {
		return func(l *lab) Target {
			l.svc.info = func() error { return err }
			return healthy(l)
		}
	}
	ns := func(err error) func(*lab) Target {
		return func(l *lab) Target {
			l.svc.namespaces[labNamespace] = err
			return healthy(l)
		}
	}
	queue := func(kinds string, ago time.Duration) func(*lab) Target {
		return func(l *lab) Target {
			l.svc.worker("orders", kinds, ago)
			t := healthy(l)
			t.TaskQueue = "orders"
			return t
		}
	}
	rows := []faultRow{
		{"IN-05 port out of range", typed(func(t *Target) { t.Address = labHost + ":70000" }), nil, "IN-05", Certain, "input"},
		{"IN-05 port is a word", typed(func(t *Target) { t.Address = labHost + ":grpc" }), nil, "IN-05", Certain, "input"},
		{"IN-08 web UI", typed(func(t *Target) { t.Address = "cloud.temporal.io" }), nil, "IN-08", Certain, "input"},
		{"IN-09 Ops API", typed(func(t *Target) { t.Address = "saas-api.tmprl.cloud:443" }), nil, "IN-09", Certain, "input"},
		{"IN-12 host and namespace differ", typed(func(t *Target) { t.Namespace = "billing.a1b2c" }), nil, "IN-12", Certain, "input"},
		{"IN-15 look-alike letter", typed(func(t *Target) { t.Namespace = "оrders.a1b2c" }), nil, "IN-15", Certain, "input"},
		{"IN-18 regional endpoint without server name", typed(func(t *Target) { t.Address = "us-east-1.aws.api.temporal.io:7233" }), nil, "IN-18", Certain, "input"},
		{"IN-18 private link without server name", typed(func(t *Target) { t.Address = "vpce-1.us-east-1.vpce.amazonaws.com:7233" }), nil, "IN-18", Certain, "input"},
		{"IN-22 nothing", typed(func(t *Target) { t.Address, t.Namespace = "", "orders" }), nil, "IN-22", Certain, "input"},
		{"IN-26 placeholder", typed(func(t *Target) { t.Address = "<namespace>.<account>.tmprl.cloud:7233" }), nil, "IN-26", Certain, "input"},
		{"KP-35 unreadable file", typed(func(t *Target) {
			t.InputFaults = []Finding{{Code: "KP-35", Stage: "input", Text: "client.pem: permission denied", Fatal: true}}
		}), nil, "KP-35", Certain, "input"},
		{"AK-03 expired key", typed(func(t *Target) {
			t.CertPEM, t.KeyPEM, t.APIKey = nil, nil, "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2ln"
		}), nil, "AK-03", Certain, "input"},
		{"AK-04 hidden character", typed(func(t *Target) { t.CertPEM, t.KeyPEM, t.APIKey = nil, nil, "abc\u200bdef" }), nil, "AK-04", Certain, "input"},

		{"KP-01 empty certificate", typed(func(t *Target) { t.CertPEM = nil }), nil, "KP-01", Certain, "pair"},
		{"KP-36 empty key", typed(func(t *Target) { t.KeyPEM = []byte("\n") }), nil, "KP-36", Certain, "pair"},
		{"KP-03 certificate for both", typed(func(t *Target) { t.KeyPEM = t.CertPEM }), nil, "KP-03", Certain, "pair"},
		{"KP-07 other kind of key", func(l *lab) Target {
			t := healthy(l)
			t.KeyPEM = l.clientCA.issue(l.t, "x", "rsa2048").key
			return t
		}, nil, "KP-07", Certain, "pair"},
		{"KP-08 the CA with the client's key", func(l *lab) Target {
			t := healthy(l)
			t.CertPEM = l.clientCA.pem
			return t
		}, nil, "KP-08", Certain, "pair"},
		{"KP-26 cut off", typed(func(t *Target) { t.CertPEM = t.CertPEM[:len(t.CertPEM)/2] }), nil, "KP-26", Certain, "pair"},
		{"KP-39 nothing known", typed(func(t *Target) { t.CertPEM = []byte("hello") }), nil, "KP-39", Certain, "pair"},
		{"IN-17 a path", typed(func(t *Target) { t.CertPEM = []byte("/etc/certs/client.pem") }), nil, "IN-17", Certain, "pair"},

		{"CH-06 intermediate missing", func(l *lab) Target {
			mid := newAuthority(l.t, "Lab intermediate", l.clientCA)
			t, p := healthy(l), mid.issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, l.clientCA.pem
			return t
		}, nil, "CH-06", Likely, "chain"},
		{"CH-10 not valid yet", leaf("p256", notYet), nil, "CH-10", Certain, "chain"},
		{"CH-14 short key", leaf("rsa1024"), nil, "CH-14", Certain, "chain"},
		{"CH-15 for servers only", leaf("p256", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), nil, "CH-15", Certain, "chain"},
		{"CH-16 may not sign", leaf("p256", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), nil, "CH-16", Certain, "chain"},
		{"CH-25 Ed25519", leaf("ed25519"), nil, "CH-25", Certain, "chain"},
		{"CH-11 CA expired", func(l *lab) Target {
			ca := newAuthority(l.t, "Old CA", nil, expired)
			t, p := healthy(l), ca.issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, ca.pem
			return t
		}, nil, "CH-11", Certain, "chain"},
		{"CH-26 filters do not match", func(l *lab) Target {
			t := healthy(l)
			t.Filters = []byte(`{"filters":[{"commonName":"*.prod"}]}`)
			return t
		}, nil, "CH-26", Certain, "chain"},

		{"DN-02 SERVFAIL", typed(func(*Target) {}), dnsSays(dnsReply{rcode: 2}), "DN-02", Certain, "dns"},
		{"DN-03 REFUSED", typed(func(*Target) {}), dnsSays(dnsReply{rcode: 5}), "DN-03", Certain, "dns"},
		{"DN-04 no address", typed(func(*Target) {}), dnsSays(dnsReply{}), "DN-04", Certain, "dns"},
		{"DN-06 silent resolver", typed(func(*Target) {}), dnsSays(dnsReply{silent: true}), "DN-06", Certain, "dns"},
		{"DN-07 no resolver", typed(func(*Target) {}), fixed(func(o *Options) { o.Nameserver = "127.0.0.1:1" }), "DN-07", Certain, "dns"},
		{"DN-08 sinkhole", typed(func(t *Target) { t.Address = labHost + ":1" }), dnsSays(dnsReply{v4: []string{"127.0.0.1"}}), "DN-08", Certain, "dns"},
		{"DN-08 unspecified address", typed(func(t *Target) { t.Address = labHost + ":1" }), dnsSays(dnsReply{v4: []string{"0.0.0.0"}}), "DN-08", Certain, "dns"},

		{"TC-02 packets vanish", server(func(l *lab) string { return blackHole(l.t) }), nil, "TC-02", Likely, "tcp"},
		{"TC-06 reset at once", talks(reset), nil, "TC-06", Likely, "tls"},
		{"TC-06 closed at once", talks(func(net.Conn) {}), nil, "TC-06", Likely, "tls"},

		{"PX-01 proxy down", typed(func(*Target) {}), fixed(environment("HTTPS_PROXY", "http://127.0.0.1:1")), "PX-01", Certain, "tcp"},
		{"PX-07 proxy malformed", typed(func(*Target) {}), fixed(environment("HTTPS_PROXY", "http://proxy.example:31x28")), "PX-07", Certain, "tcp"},
		{"SV-04 wrong name", func(l *lab) Target {
			t := l.target(l.serve(l.mtls()))
			t.ServerName = "billing.z9y8x.tmprl.cloud"
			return t
		}, nil, "SV-04", Certain, "tls"},
		{"SV-05 ingress default", server(func(l *lab) string { return l.serve(l.serverWith(l.serverCA, names("ingress.local"))) }), nil, "SV-05", Certain, "tls"},
		{"SV-06 address instead of name", server(func(l *lab) string { return l.serve(l.serverWith(l.serverCA, names(labHost))) }), nil, "SV-06", Certain, "tls"},
		{"SV-07 no alternative name", func(l *lab) Target {
			t := l.target(l.serve(l.serverWith(l.serverCA, names())))
			t.ServerName = labHost
			return t
		}, nil, "SV-07", Certain, "tls"},
		{"SV-08 server expired", server(func(l *lab) string { return l.serve(l.serverWith(l.serverCA, expired)) }), nil, "SV-08", Likely, "tls"},
		{"SV-09 clock behind", server(func(l *lab) string { return l.serve(l.serverWith(l.serverCA, notYet)) }), nil, "SV-09", Likely, "tls"},
		{"SV-11 chain incomplete", func(l *lab) Target {
			mid := newAuthority(l.t, "Lab public intermediate", systemCA)
			return l.target(l.serve(l.serverWith(mid, public)))
		}, nil, "SV-11", Likely, "tls"},
		{"SV-13 own CA not given", func(l *lab) Target {
			t := healthy(l)
			t.ExtraRootsPEM = nil
			return t
		}, nil, "SV-13", Likely, "tls"},
		{"SV-13 other CA given", func(l *lab) Target {
			t := healthy(l)
			t.ExtraRootsPEM, t.RootsPEM = nil, newAuthority(l.t, "Stranger", nil).pem
			return t
		}, nil, "SV-13", Likely, "tls"},
		{"PX-08 inspection of a server of one's own", func(l *lab) Target {
			return l.target(l.serve(l.serverWith(newAuthority(l.t, "Acme SSL Inspection CA", nil))))
		}, nil, "PX-08", Likely, "tls"},
		{"SV-14 client certificate at the server", server(func(l *lab) string {
			return l.serve(l.serverWith(l.serverCA, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }))
		}), nil, "SV-14", Certain, "tls"},
		{"SV-15 root file without certificate", func(l *lab) Target {
			t := healthy(l)
			t.RootsPEM = []byte("nothing")
			return t
		}, nil, "SV-15", Certain, "tls"},

		{"PR-02 web page", talks(says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")), nil, "PR-02", Certain, "tls"},
		{"PX-11 proxy port", talks(func(c net.Conn) {
			b := make([]byte, 4096)
			if n, _ := c.Read(b); strings.HasPrefix(string(b[:n]), "CONNECT") {
				_, _ = c.Write([]byte("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
				return
			}
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			silence(c)
		}), nil, "PX-11", Likely, "tls"},
		{"PR-03 SSH", talks(greets("SSH-2.0-OpenSSH_9.2p1\r\n")), nil, "PR-03", Certain, "tls"},
		{"PR-03 mail", talks(greets("220 mail.example ESMTP\r\n")), nil, "PR-03", Certain, "tls"},
		{"PR-03 PostgreSQL", talks(says("E\x00\x00\x00\x60SFATAL\x00C0A000\x00")), nil, "PR-03", Certain, "tls"},
		{"PR-06 no ALPN", server(func(l *lab) string {
			return overTLS(l.t, l.mtls(func(c *tls.Config) { c.NextProtos = nil }), silenceTLS)
		}), nil, "PR-06", Certain, "tls"},
		{"PR-07 HTTP/1.1 only", server(func(l *lab) string {
			return overTLS(l.t, l.mtls(func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }), silenceTLS)
		}), nil, "PR-07", Certain, "tls"},
		{"PR-08 old TLS", talks(alerts(70)), nil, "PR-08", Certain, "tls"},
		{"PR-10 no cipher", talks(alerts(40)), nil, "PR-10", Likely, "tls"},
		{"PR-13 internal error", talks(alerts(80)), nil, "PR-13", Likely, "tls"},
		{"PR-14 unrecognized name", talks(alerts(112)), nil, "PR-14", Certain, "tls"},
		{"PR-11 closed at hello", talks(closeAfterHello), nil, "PR-11", Likely, "tls"},
		{"PR-12 reset at hello", talks(resetAfterHello), nil, "PR-12", Likely, "tls"},
		{"PR-15 stalls", talks(func(c net.Conn) {
			b := make([]byte, 4096)
			if _, err := c.Read(b); err == nil && b[0] == 0x16 {
				_, _ = c.Write([]byte{0x16, 3, 3, 0, 0x7a})
			}
			silence(c)
		}), nil, "PR-15", Likely, "tls"},

		{"CL-04 expired by the server's clock", with(func(c *tls.Config) { c.Time = func() time.Time { return time.Now().Add(60 * 24 * time.Hour) } }), nil, "CL-04", Likely, "client-cert"},
		{"CL-05 filters in TLS", with(func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errRefused }
		}), nil, "CL-05", Likely, "client-cert"},
		{"CL-11 closed after the certificate", server(func(l *lab) string {
			return overTLS(l.t, l.mtls(func(c *tls.Config) { c.SessionTicketsDisabled = true }), dropTLS)
		}), nil, "CL-11", Likely, "client-cert"},
		{"CL-12 reset after the certificate", server(func(l *lab) string {
			return overTLS(l.t, l.mtls(func(c *tls.Config) { c.SessionTicketsDisabled = true }), resetTLS)
		}), nil, "CL-12", Likely, "client-cert"},
		{"CL-01 in TLS 1.2", func(l *lab) Target {
			t := l.target(l.serve(l.mtls(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })))
			t.CertPEM, t.KeyPEM = nil, nil
			return t
		}, nil, "CL-01", Certain, "client-cert"},
		{"AK-01 key at an mTLS endpoint", func(l *lab) Target {
			t := healthy(l)
			t.CertPEM, t.KeyPEM, t.APIKey = nil, nil, "key"
			return t
		}, nil, "AK-01", Certain, "client-cert"},

		{"H2-01 silent after TLS", server(func(l *lab) string { return overTLS(l.t, l.mtls(), silenceTLS) }), nil, "H2-01", Likely, "grpc"},
		{"H2-02 web server", server(func(l *lab) string { return l.web(404) }), nil, "H2-02", Certain, "grpc"},
		{"H2-03 web filter", server(func(l *lab) string { return l.web(403) }), nil, "H2-03", Certain, "grpc"},
		{"H2-04 login", server(func(l *lab) string { return l.web(401) }), nil, "H2-04", Certain, "grpc"},
		{"H2-05 gateway limit", server(func(l *lab) string { return l.web(429) }), nil, "H2-05", Certain, "grpc"},
		{"H2-06 no backend", server(func(l *lab) string { return l.web(503) }), nil, "H2-06", Certain, "grpc"},
		{"H2-07 redirect", server(func(l *lab) string { return l.web(302) }), nil, "H2-07", Certain, "grpc"},
		{"H2-10 stream refused", server(func(l *lab) string {
			return l.frames(func(f *http2.Framer, s uint32) { _ = f.WriteRSTStream(s, http2.ErrCodeInternal) })
		}), nil, "H2-10", Certain, "grpc"},
		{"H2-12 headers too large", func(l *lab) Target {
			t := l.target(l.serve(l.mtls(), grpc.MaxHeaderListSize(1000)))
			t.APIKey = strings.Repeat("k", 3000)
			return t
		}, nil, "H2-12", Certain, "grpc"},
		{"SY-01 another service", server(func(l *lab) string {
			l.svc = nil
			return l.serve(l.mtls())
		}), nil, "SY-01", Certain, "grpc"},
		{"SY-02 backend down", info(status.Error(codes.Unavailable, "upstream connect error or disconnect/reset before headers. reset reason: connection termination")), nil, "SY-02", Certain, "grpc"},
		{"SY-03 no answer", info(errHang), nil, "SY-03", Likely, "grpc"},
		{"SY-04 rate limit", info(serviceerror.ToStatus(serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "namespace rate limit exceeded")).Err()), nil, "SY-04", Certain, "grpc"},
		{"SY-05 answer too big", info(status.Error(codes.ResourceExhausted, "grpc: received message larger than max (5242885 vs. 4194304)")), nil, "SY-05", Certain, "grpc"},
		{"SY-06 request too big", info(status.Error(codes.ResourceExhausted, "trying to send message larger than max (5 vs. 4)")), nil, "SY-06", Certain, "grpc"},
		{"SY-07 busy workflow", info(status.Error(codes.ResourceExhausted, "Workflow is busy.")), nil, "SY-07", Certain, "grpc"},
		{"SY-08 server error", info(status.Error(codes.Unavailable, "shard status unknown")), nil, "SY-08", Likely, "grpc"},

		{"NS-04 no namespace", func(l *lab) Target {
			t := healthy(l)
			t.Namespace = ""
			return t
		}, nil, "NS-04", Certain, "namespace"},
		{"NS-05 name too long", ns(serviceerror.NewInvalidArgument("Namespace length exceeds limit.")), nil, "NS-05", Certain, "namespace"},
		{"NS-06 deleted", ns(serviceerror.NewNamespaceInvalidState(labNamespace, enums.NAMESPACE_STATE_DELETED, nil)), nil, "NS-06", Certain, "namespace"},
		{"NS-06 state deleted", func(l *lab) Target {
			l.svc.state = enums.NAMESPACE_STATE_DELETED
			return healthy(l)
		}, nil, "NS-06", Certain, "namespace"},
		{"NS-07 failover", ns(serviceerror.NewNamespaceNotActive(labNamespace, "b", "a")), nil, "NS-07", Certain, "namespace"},
		{"NS-11 still default", func(l *lab) Target {
			t := healthy(l)
			t.Namespace = "default"
			return t
		}, nil, "NS-11", Certain, "namespace"},
		{"IN-11 without account at a server with mTLS", func(l *lab) Target {
			t := healthy(l)
			t.Namespace = "orders"
			return t
		}, nil, "IN-11", Likely, "namespace"},
		{"AK-02 wants an API key", func(l *lab) Target {
			l.svc.info = func() error { return status.Error(codes.Unauthenticated, "Jwt is missing") }
			return l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
		}, nil, "AK-02", Certain, "grpc"},
		{"AK-02 certificate at an address that asks for one, of a namespace that takes API keys", func(l *lab) Target {
			return l.target(l.serve(l.keyedEndpoint(x509.NewCertPool())))
		}, nil, "AK-02", Likely, "client-cert"},
		{"AK-02 certificate of another namespace's CA there", func(l *lab) Target {
			l.svc.namespaces[labNamespace] = serviceerror.NewPermissionDenied("Request unauthorized.", "")
			return l.target(l.serve(l.keyedEndpoint(l.mtls().ClientCAs)))
		}, nil, "AK-02", Likely, "namespace"},
		{"AK-06 key in the variable of tcld", func(l *lab) Target {
			l.svc.info = func() error { return status.Error(codes.Unauthenticated, "Jwt is missing") }
			t := l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
			t.CertPEM, t.KeyPEM, t.OpsKeySet = nil, nil, true
			return t
		}, nil, "AK-06", Certain, "grpc"},
		{"AK-03 key not accepted", func(l *lab) Target {
			l.svc.info = func() error { return status.Error(codes.Unauthenticated, "Request unauthorized.") }
			t := l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
			t.CertPEM, t.KeyPEM, t.APIKey = nil, nil, "key"
			return t
		}, nil, "AK-03", Likely, "grpc"},
		{"AK-07 key may not do this", func(l *lab) Target {
			l.svc.namespaces[labNamespace] = serviceerror.NewPermissionDenied("Request unauthorized.", "")
			t := l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
			t.CertPEM, t.KeyPEM, t.APIKey = nil, nil, "key"
			return t
		}, nil, "AK-07", Likely, "namespace"},

		{"TQ-02 blank at the end", func(l *lab) Target {
			l.svc.worker("orders ", "Workflow+Activity", 0)
			t := healthy(l)
			t.TaskQueue = "orders"
			return t
		}, nil, "TQ-02", Likely, "task-queue"},
		{"TQ-04 worker gone", queue("Workflow+Activity", 3*time.Minute), nil, "TQ-04", Likely, "task-queue"},
		{"TQ-03 worker in default", func(l *lab) Target {
			l.svc.worker("orders", "Workflow", 0).inside = "default"
			t := healthy(l)
			t.TaskQueue = "orders"
			return t
		}, nil, "TQ-03", Certain, "task-queue"},
		{"NS-12 shorter retention and no search attribute", func(l *lab) Target {
			l.svc.attributes = map[string]enums.IndexedValueType{"Region": enums.INDEXED_VALUE_TYPE_TEXT}
			return l.besideLocal(&temporal{retention: 240 * time.Hour, attributes: map[string]enums.IndexedValueType{
				"CustomerId": enums.INDEXED_VALUE_TYPE_KEYWORD, "Region": enums.INDEXED_VALUE_TYPE_KEYWORD_LIST}})
		}, nil, "NS-12", found, "namespace"},
		{"TQ-07 worker still local", func(l *lab) Target {
			local := &lab{t: l.t, svc: (&temporal{}).worker("orders", "Workflow+Activity", 0)}
			t := healthy(l)
			t.TaskQueue, t.LocalAddress = "orders", "http://"+local.serve(nil)
			return t
		}, nil, "TQ-07", Certain, "task-queue"},
		{"TQ-01 and the local server is down", func(l *lab) Target {
			t := healthy(l)
			t.TaskQueue, t.LocalAddress = "orders", closedPort(l.t)
			return t
		}, nil, "TQ-01", Certain, "task-queue"},
		{"TQ-06 another build is current", func(l *lab) Target {
			t := queue("Workflow+Activity", 0)(l)
			l.svc.build("v1", "v2")
			return t
		}, nil, "TQ-06", Certain, "task-queue"},
		{"TQ-06 no build is current", func(l *lab) Target {
			t := queue("Workflow+Activity", 0)(l)
			l.svc.build("v1", "")
			return t
		}, nil, "TQ-06", Certain, "task-queue"},
		{"TQ-06 routing not told", func(l *lab) Target {
			t := queue("Workflow+Activity", 0)(l)
			l.svc.build("v1", "").versioning = nil
			return t
		}, nil, "TQ-06", Likely, "task-queue"},
		{"TC-10 cut once in the handshake", server(func(l *lab) string { return onceThen(l, resetAfterHello) }), nil, "TC-10", Likely, "tls"},
		{"TC-10 dropped once after the certificate", server(func(l *lab) string {
			c := l.mtls(func(c *tls.Config) { c.SessionTicketsDisabled = true })
			return onceThen(l, func(conn net.Conn) {
				tc := tls.Server(conn, c)
				if tc.Handshake() == nil {
					dropTLS(tc)
				}
			})
		}), nil, "TC-10", Likely, "client-cert"},
		{"TQ-05 no activity worker", queue("Workflow", 0), nil, "TQ-05", Certain, "task-queue"},
		{"TQ-10 no workflow worker", queue("Activity", 0), nil, "TQ-10", Certain, "task-queue"},
	}
	for mode, code := range map[proxyMode]string{
		"407 Proxy Authentication Required": "PX-02", "403 Forbidden": "PX-03", "502 Bad Gateway": "PX-04", "504 Gateway Timeout": "PX-04",
		"405 Method Not Allowed": "PX-05", proxyCloses: "PX-05", proxyGarbage: "PX-05", proxySilent: "PX-06",
	} {
		rows = append(rows, faultRow{code + " proxy: " + string(mode), typed(func(*Target) {}),
			func(l *lab) func(*Options) { return proxy(l.t, mode, "") }, code, Certain, "tcp"})
	}
	through := func(address func(l *lab) string) func(*lab) func(*Options) {
		return func(l *lab) func(*Options) { return proxy(l.t, proxyTunnels, address(l)) }
	}
	atCloud := func(l *lab) Target {
		t := l.target(labHost + ":7233")
		t.ExtraRootsPEM = nil
		return t
	}
	rows = append(rows,
		faultRow{name: "PX-08 inspection, CA not trusted", make: atCloud, code: "PX-08", level: Certain, stage: "tls",
			prepare: through(func(l *lab) string { return l.serve(l.serverWith(newAuthority(l.t, "Corp CA", nil))) })},
		faultRow{name: "PX-09 inspection, CA trusted", make: atCloud, code: "PX-09", level: Likely, stage: "client-cert",
			prepare: through(func(l *lab) string {
				c := l.serverWith(systemCA)
				c.ClientAuth, c.SessionTicketsDisabled = tls.NoClientCert, true
				return overTLS(l.t, c, dropTLS)
			})},
		faultRow{name: "SV-01 at a public server", make: func(l *lab) Target {
			t := atCloud(l)
			t.RootsPEM = l.clientCA.pem
			return t
		}, code: "SV-01", level: Certain, stage: "tls",
			prepare: through(func(l *lab) string { return l.serve(l.serverWith(systemCA, public)) })},
		faultRow{name: "IN-18 another server name is served", make: func(l *lab) Target {
			t := l.target(overSNI(l, labHost))
			t.ServerName = "us-east-1.aws.api.temporal.io"
			return t
		}, code: "IN-18", level: Certain, stage: "tls"},
	)
	for alert, want := range map[byte]struct {
		code  string
		level Level
	}{42: {"CL-05", Likely}, 43: {"CL-06", Certain}, 44: {"CL-10", Likely}, 45: {"CL-04", Likely}, 46: {"CL-09", Likely},
		48: {"CL-03", Certain}, 49: {"CL-08", Likely}, 51: {"CL-07", Certain}, 50: {UnknownCode, Unknown}} {
		rows = append(rows, faultRow{want.code + " alert " + alertName(alert), server(func(l *lab) string { return l.refusesWith(alert) }),
			nil, want.code, want.level, "client-cert"})
	}
	return rows
}

// fixed is a preparation that needs nothing of the lab.
func fixed(edit func(*Options)) func(*lab) func(*Options) {
	return func(*lab) func(*Options) { return edit }
}

// overSNI is a healthy server that ends every handshake for another name.
func overSNI(l *lab, name string) string {
	c := l.mtls()
	return raw(l.t, func(conn net.Conn) {
		edge := c.Clone()
		edge.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			if h.ServerName != name {
				conn.Close()
			}
			return nil, nil
		}
		_ = tls.Server(conn, edge).Handshake()
	})
}

// Every fault gets its verdict, and every id of the catalogue is given by one of them or accounted for: the
// table on the page, which -update writes.
func TestEveryReproducibleFault(t *testing.T) {
	var mu sync.Mutex
	c := newCoverage()
	rows := allRows()
	reports := make([]Report, len(rows))
	t.Run("rows", func(t *testing.T) {
		for i, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				r := runRow(t, row)
				mu.Lock()
				defer mu.Unlock()
				reports[i] = r
			})
		}
	})
	for i, row := range rows {
		c.add(row, reports[i])
	}
	c.judge(t)
	sameReports(t, rows, reports)
	if *update {
		intoPage(t, "coverage", c.markdown())
	} else {
		onPage(t, c.markdown())
	}
}
