package doctor

import (
	"crypto/tls"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// port is the port of an address.
func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}

// typedHere is a healthy server of this machine, reached by what somebody typed; %s is its port.
func typedHere(address string) func(*lab) Target {
	return func(l *lab) Target { return l.target(strings.ReplaceAll(address, "%s", port(l.serve(l.mtls())))) }
}

// typedCloud is a namespace's endpoint at which all is well, with an edit of what was typed.
func typedCloud(edit func(*Target)) func(*lab) Target {
	return func(l *lab) Target {
		t := l.target(labHost + ":7233")
		edit(&t)
		return t
	}
}

// healthyEast is a namespace's endpoint at which all is well.
var healthyEast = atEast(func(l *lab) string { return l.serve(l.mtls()) })

// byKey is a healthy server that takes API keys.
func (l *lab) byKey(key string) Target {
	t := l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
	t.CertPEM, t.KeyPEM, t.APIKey = nil, nil, key
	return t
}

// inputRows are the faults of what was typed that everything does not have.
func inputRows() []faultRow {
	refused := func(edit func(*Target)) func(*lab) Target { return typedCloud(edit) }
	return []faultRow{
		{"IN-01 scheme", typedHere("https://localhost:%s"), nil, "IN-01", found, "input"},
		{"IN-02 no port", typedCloud(func(t *Target) { t.Address = labHost }), healthyEast, "IN-02", found, "input"},
		{"IN-03 path", typedHere("localhost:%s/"), nil, "IN-03", found, "input"},
		{"IN-04 hidden characters", typedHere("\u00a0localhost:%s\u200b\n"), nil, "IN-04", found, "input"},
		{"IN-06 two ports", refused(func(t *Target) { t.Address = labHost + ":7233:8233" }), nil, "IN-06", Certain, "input"},
		{"IN-06 the same port twice", typedCloud(func(t *Target) { t.Address = labHost + ":7233:7233" }), healthyEast, "IN-06", found, "input"},
		{"IN-07 IPv6 without brackets", func(l *lab) Target {
			s := grpc.NewServer(grpc.Creds(credentials.NewTLS(l.mtls())))
			register(s, l)
			ln := listen(l.t, "[::1]:0")
			go func() { _ = s.Serve(ln) }()
			l.t.Cleanup(s.Stop)
			return l.target("::1:" + port(ln.Addr().String()))
		}, nil, "IN-07", found, "input"},
		{"IN-10 still the local server", func(l *lab) Target {
			t := l.target(l.serve(l.serverWith(systemCA)))
			t.ExtraRootsPEM = nil
			return t
		}, nil, "IN-10", found, "input"},
		{"IN-13 no Cloud name", refused(func(t *Target) { t.Namespace = "Orders_Prod.a1b2c" }), nil, "IN-13", Certain, "input"},
		{"IN-13 capitals", typedCloud(func(t *Target) { t.Namespace = "Orders.A1B2C" }), healthyEast, "IN-13", found, "input"},
		{"IN-14 dash for the dot", refused(func(t *Target) { t.Namespace = "orders-a1b2c" }), nil, "IN-14", Likely, "input"},
		{"IN-16 the key for the certificate", refused(func(t *Target) { t.CertPEM = t.KeyPEM }), nil, "IN-16", Certain, "pair"},
		{"IN-16 an API key for the certificate", refused(func(t *Target) { t.CertPEM = []byte("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2ln") }), nil, "IN-16", Certain, "pair"},
		{"IN-19 regional endpoint of another region", func(l *lab) Target {
			delete(l.svc.namespaces, labNamespace)
			t := l.target("us-west-2.aws.api.temporal.io:7233")
			t.ServerName = labHost
			return t
		}, inside(func(l *lab) internet {
			return internet{names: map[string]dnsReply{labHost: home("aws-us-east-1", east), "us-west-2.aws.api.temporal.io": {v4: []string{west}}},
				routes: map[string]string{west + ":7233": l.serve(l.mtls())}}
		}), "IN-19", Likely, "namespace"},
		{"IN-20 quotes around the API key", func(l *lab) Target { return l.byKey(`"key"`) }, nil, "IN-20", found, "input"},
		{"IN-21 quotes around the address", typedHere(`"localhost:%s"`), nil, "IN-21", found, "input"},
		{"IN-23 impossible account", refused(func(t *Target) { t.Namespace = "orders.a_b" }), nil, "IN-23", Certain, "input"},
		{"IN-24 no host name", refused(func(t *Target) { t.Address = "orders..a1b2c:7233" }), nil, "IN-24", Certain, "input"},
		{"IN-25 in each other's place", typedCloud(func(t *Target) { t.Address, t.Namespace = labNamespace, labHost+":7233" }), healthyEast, "IN-25", found, "input"},
		{"AK-05 blank after the API key", func(l *lab) Target { return l.byKey("key ") }, nil, "AK-05", found, "input"},
		{"SV-10 verification switched off", typedHere("localhost:%s"), fixed(environment("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "true")), "SV-10", found, "input"},
	}
}
