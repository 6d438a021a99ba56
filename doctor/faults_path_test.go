package doctor

import (
	"crypto/tls"
	"fmt"
	"net"
	"syscall"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"golang.org/x/net/http2"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// elsewhereDNS gives an engine a second DNS server.
func elsewhereDNS(first, second internet) func(*lab) func(*Options) {
	return func(l *lab) func(*Options) {
		here, there := first.in(l.t), second.in(l.t)
		return func(o *Options) {
			var other Options
			there(&other)
			here(o)
			o.OtherNameserver = other.Nameserver
		}
	}
}

// networkRows are the faults between a machine and the server that everything does not
// have.
func networkRows() []faultRow {
	cloud := typedCloud(func(*Target) {})
	byLink := func(l *lab) Target {
		t := l.target(privateLink + ":7233")
		t.ServerName = labHost
		return t
	}
	// reached is the internet in which the namespace's endpoint has these addresses.
	reached := func(r dnsReply, routes func(l *lab) map[string]string, errs map[string]error) func(*lab) func(*Options) {
		return inside(func(l *lab) internet {
			n := internet{names: map[string]dnsReply{labHost: r}, errs: errs}
			if routes != nil {
				n.routes = routes(l)
			}
			return n
		})
	}
	both := dnsReply{v4: []string{east, west}}
	eastAnd := func(other string, address func(l *lab) string) func(l *lab) map[string]string {
		return func(l *lab) map[string]string {
			return map[string]string{east + ":7233": l.serve(l.mtls()), other: address(l)}
		}
	}
	none := func(errno syscall.Errno, to ...string) map[string]error {
		out := map[string]error{}
		for _, a := range to {
			out[a] = errno
		}
		return out
	}
	hole := func(l *lab) string { return blackHole(l.t) }
	known := internet{names: map[string]dnsReply{labHost: home("aws-us-east-1", east)}}
	return []faultRow{
		{"DN-05 IPv6 alone, and none here", cloud, reached(dnsReply{v6: []string{east6}}, nil, none(syscall.ENETUNREACH, "["+east6+"]:7233")), "DN-05", Certain, "tcp"},
		{"DN-09 private zone without the record", cloud, elsewhereDNS(internet{}, known), "DN-09", Likely, "dns"},
		{"DN-09 private endpoint unknown", byLink, fixed(func(*Options) {}), "DN-09", Likely, "dns"},
		{"DN-11 old answer kept after a failover", func(l *lab) Target {
			l.svc.namespaces[labNamespace] = serviceerror.NewNamespaceNotActive(labNamespace, "b", "a")
			return cloud(l)
		}, inside(func(l *lab) internet {
			stale := home("aws-us-east-1", east)
			stale.ttl = 3600
			return internet{names: map[string]dnsReply{labHost: stale}, routes: map[string]string{east + ":7233": l.serve(l.mtls())}}
		}), "DN-11", Likely, "namespace"},
		{"DN-11 another DNS server names the new region", func(l *lab) Target {
			l.svc.namespaces[labNamespace] = serviceerror.NewNamespaceNotActive(labNamespace, "b", "a")
			return cloud(l)
		}, func(l *lab) func(*Options) {
			n := internet{names: map[string]dnsReply{labHost: home("aws-us-east-1", east)}, routes: map[string]string{east + ":7233": l.serve(l.mtls())}}
			return elsewhereDNS(n, internet{names: map[string]dnsReply{labHost: home("aws-us-west-2", west)}})(l)
		}, "DN-11", Likely, "namespace"},
		{"NS-07 failover, and DNS is fresh", func(l *lab) Target {
			l.svc.namespaces[labNamespace] = serviceerror.NewNamespaceNotActive(labNamespace, "b", "a")
			return cloud(l)
		}, inside(func(l *lab) internet {
			return internet{names: map[string]dnsReply{labHost: home("aws-us-east-1", east)}, routes: map[string]string{east + ":7233": l.serve(l.mtls())}}
		}), "NS-07", Certain, "namespace"},
		{"DN-12 private endpoint of another region, unknown", func(l *lab) Target {
			t := byLink(l)
			t.Address = "vpce-0a1.us-west-2.vpce.amazonaws.com:7233"
			return t
		}, inside(func(*lab) internet { return known }), "DN-12", Likely, "dns"},
		{"DN-12 private endpoint of another region, silent", byLink, inside(func(l *lab) internet {
			return internet{names: map[string]dnsReply{labHost: home("aws-us-west-2", west), privateLink: {v4: []string{private10}}}, routes: map[string]string{private10 + ":7233": hole(l)}}
		}), "DN-12", Likely, "tcp"},

		{"TC-02 packets to a public address vanish", cloud, atEast(hole), "TC-02", Likely, "tcp"},
		{"TC-03 no route", cloud, reached(both, nil, none(syscall.ENETUNREACH, east+":7233", west+":7233")), "TC-03", Certain, "tcp"},
		{"TC-04 host unreachable", cloud, reached(dnsReply{v4: []string{east}}, nil, none(syscall.EHOSTUNREACH, east+":7233")), "TC-04", Certain, "tcp"},
		{"TC-07 one of two addresses refuses", cloud, reached(both, eastAnd(west+":7233", func(l *lab) string { return closedPort(l.t) }), nil), "TC-07", found, "tcp"},
		{"TC-07 one of two addresses is silent", cloud, reached(both, eastAnd(west+":7233", hole), nil), "TC-07", found, "tcp"},
		{"TC-07 a private and a public address, one fails", cloud, reached(dnsReply{v4: []string{private10, east}}, eastAnd(private10+":7233", func(l *lab) string { return closedPort(l.t) }), nil), "TC-07", found, "tcp"},
		{"TC-07 the first of two servers has no TLS", cloud, reached(dnsReply{v4: []string{west, east}}, eastAnd(west+":7233", func(l *lab) string { return l.serve(nil) }), nil), "TC-07", found, "tls"},
		{"TC-07 the second of two servers has expired", cloud, reached(both, eastAnd(west+":7233", func(l *lab) string { return l.serve(l.serverWith(l.serverCA, expired)) }), nil), "TC-07", found, "tls"},
		{"TC-08 IPv6 broken, IPv4 fine", cloud, reached(dnsReply{v4: []string{east}, v6: []string{east6}}, eastAnd("["+east6+"]:7233", hole), nil), "TC-08", found, "tcp"},
		{"TC-09 private endpoint does not answer", byLink, inside(func(l *lab) internet {
			return internet{names: map[string]dnsReply{privateLink: {v4: []string{private10}}}, routes: map[string]string{private10 + ":7233": hole(l)}}
		}), "TC-09", Likely, "tcp"},
		{"TC-10 refuses the first time", cloud, func(l *lab) func(*Options) {
			n := internet{names: map[string]dnsReply{labHost: {v4: []string{east}}}, routes: map[string]string{east + ":7233": l.serve(l.mtls())}}
			return n.failingOnce(l.t, syscall.ECONNREFUSED)
		}, "TC-10", Likely, "tcp"},
		{"DN-08 block page at a private address", func(l *lab) Target {
			t := cloud(l)
			t.ExtraRootsPEM = nil
			return t
		}, reached(dnsReply{v4: []string{private10}}, func(l *lab) map[string]string {
			return map[string]string{private10 + ":7233": l.serve(l.serverWith(newAuthority(l.t, "Filter CA", nil)))}
		}, nil), "PX-08", Likely, "tls"},

		{"PX-10 the proxy alone leads there", cloud, func(l *lab) func(*Options) { return proxy(l.t, proxyTunnels, l.serve(l.mtls())) }, "PX-10", found, "tcp"},
		{"PX-13 the proxy alone leads there, and SDKs do not read it", cloud, func(l *lab) func(*Options) {
			tunnel := proxy(l.t, proxyTunnels, l.serve(l.mtls()))
			nothing := dnsSays(nowhere)(l)
			return func(o *Options) { nothing(o); tunnel(o) }
		}, "PX-13", found, "tcp"},
		{"PX-01 proxy down, and the direct way is open", cloud, func(l *lab) func(*Options) {
			way := healthyEast(l)
			return func(o *Options) {
				way(o)
				environment("HTTPS_PROXY", "http://203.0.113.99:3128")(o)
			}
		}, "PX-01", Certain, "tcp"},

		{"PR-04 TLS is off", func(l *lab) Target {
			t := l.target(l.serve(l.mtls()))
			t.CertPEM, t.KeyPEM, t.Plaintext = nil, nil, true
			return t
		}, nil, "PR-04", Likely, "grpc"},
		{"PR-05 TLS is off at Temporal Cloud", typedCloud(func(t *Target) { t.CertPEM, t.KeyPEM, t.APIKey, t.Plaintext = nil, nil, "key", true }),
			atEast(func(l *lab) string { return raw(l.t, resetAfterHello) }), "PR-05", Likely, "grpc"},
	}
}

// acceptedRows are the faults after the server has shown who it is that everything does
// not have.
func acceptedRows() []faultRow {
	server := func(address func(l *lab) string) func(*lab) Target {
		return func(l *lab) Target { return l.target(address(l)) }
	}
	// polled is a namespace's endpoint with workers on the task queue: identity → how long ago.
	polled := func(workers map[string]time.Duration) func(*lab) Target {
		return func(l *lab) Target {
			l.svc.pollers = map[string][]*taskqueue.PollerInfo{}
			for identity, ago := range workers {
				for _, kind := range []string{"Workflow", "Activity"} {
					l.svc.pollers["orders/"+kind] = append(l.svc.pollers["orders/"+kind],
						&taskqueue.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(time.Now().Add(-ago))})
				}
			}
			t := l.target(labHost + ":7233")
			t.TaskQueue = "orders"
			return t
		}
	}
	crashing := map[string]time.Duration{}
	for i := range 4 {
		crashing[fmt.Sprintf("%d@worker-1", 100+i)] = time.Duration(75+40*i) * time.Second
	}
	lately := map[string]time.Duration{"104@worker-1": time.Second}
	for k, v := range crashing {
		lately[k] = v
	}
	return []faultRow{
		{"CL-03 at another account's address", func(l *lab) Target {
			t, p := l.target(labHost+":7233"), newAuthority(l.t, "Stranger CA", nil).issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM = p.cert, p.key
			return t
		}, healthyEast, "CL-03", Certain, "client-cert"},
		{"CL-14 user canceled, then silence", server(func(l *lab) string { return l.whispers(90, silence) }), nil, "CL-14", Likely, "client-cert"},
		{"CL-14 user canceled, then reset", server(func(l *lab) string { return l.whispers(90, reset) }), nil, "CL-14", Likely, "client-cert"},
		{"CL-14 user canceled in TLS 1.2", server(func(l *lab) string { return l.refusesWith(90) }), nil, "CL-14", Likely, "client-cert"},
		{"CL-15 never asked", server(func(l *lab) string { return l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })) }), nil, "CL-15", found, "client-cert"},
		{"CL-16 asked, and anything is good", func(l *lab) Target {
			t := l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert })))
			t.CertPEM, t.KeyPEM = nil, nil
			return t
		}, nil, "CL-16", found, "client-cert"},

		{"H2-08 too many pings", server(func(l *lab) string {
			return l.frames(func(f *http2.Framer, _ uint32) {
				_ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too_many_pings"))
			})
		}), nil, "H2-08", Certain, "grpc"},
		{"H2-08 calm down, without saying why", server(func(l *lab) string {
			return l.frames(func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil) })
		}), nil, "H2-08", Likely, "grpc"},
		{"H2-09 the connection is old", server(goodbye), nil, "H2-09", found, "grpc"},
		{"H2-11 dropped in mid-call", server((*lab).cutsCalls), nil, "H2-11", Likely, "grpc"},
		{"TC-10 dropped in mid-call, once", server(func(l *lab) string {
			c := l.mtls()
			return onceThen(l, func(conn net.Conn) {
				tc := tls.Server(conn, c)
				f := http2.NewFramer(tc, tc)
				_ = f.WriteSettings()
				b := make([]byte, 4096)
				for n := 0; n < 60; { // the client's preface and settings, then its call
					m, err := tc.Read(b)
					if err != nil {
						return
					}
					n += m
				}
			})
		}), nil, "TC-10", Likely, "grpc"},
		{"H2-13 no compression", server((*lab).oldServer), nil, "H2-13", found, "grpc"},
		{"SY-09 says goodbye to every call", server(func(l *lab) string {
			return l.frames(func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeNo, []byte("graceful_stop")) })
		}), nil, "SY-09", Likely, "grpc"},

		{"NS-02 and TLS accepts any certificate", func(l *lab) Target {
			l.svc.namespaces[labNamespace] = serviceerror.NewPermissionDenied("Request unauthorized.", "")
			return l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert })))
		}, nil, "NS-02", Likely, "namespace"},
		{"TQ-08 a laptop polls", polled(map[string]time.Duration{"7@danas-macbook.local": 0}), healthyEast, "TQ-08", found, "task-queue"},
		{"TQ-09 starts again and again", polled(lately), healthyEast, "TQ-09", found, "task-queue"},
		{"TQ-09 started again and again, and is gone", polled(crashing), healthyEast, "TQ-09", Likely, "task-queue"},
	}
}
