package assess

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"onramp/doctor"
	"onramp/fault"
	"onramp/namespace"
	"onramp/reach"
)

// Dial makes a connection to a server, without TLS where the target says so. It opens nothing yet: the first call does. to,
// where it is not nil, gives the dialer of the address; nil is gRPC's own. Errors are Invalid faults.
func Dial(t doctor.Target, to func(address string) reach.Dialer) (*grpc.ClientConn, error) {
	a, _, err := namespace.ParseAddress(t.Address)
	if err != nil {
		return nil, err
	}
	address := a.String()
	opts := []grpc.DialOption{grpc.WithDisableRetry(), grpc.WithDisableServiceConfig()} // what throttles is to be seen
	key := strings.TrimSpace(t.APIKey)
	switch {
	case t.Plaintext && key != "":
		return nil, fault.New(fault.Invalid, "An API key needs TLS", "Without TLS anyone on the network path could read the key: connect with TLS, or leave the API key out.").In("api-key-path")
	case t.Plaintext:
		opts = append(opts, grpc.WithTransportCredentials(insecure.NewCredentials()))
	default:
		c, err := tlsOf(t)
		if err != nil {
			return nil, err
		}
		opts = append(opts, grpc.WithTransportCredentials(credentials.NewTLS(c)))
		if key != "" {
			opts = append(opts, grpc.WithPerRPCCredentials(bearer{key: key, namespace: t.Namespace}))
		}
	}
	if to != nil {
		dial := to(address)
		opts = append(opts, grpc.WithNoProxy(), grpc.WithContextDialer(func(ctx context.Context, to string) (net.Conn, error) { return dial(ctx, "tcp", to) }))
		address = "passthrough:///" + address
	}
	return grpc.NewClient(address, opts...)
}

func tlsOf(t doctor.Target) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: strings.TrimSpace(t.ServerName)}
	if len(t.CertPEM) > 0 || len(t.KeyPEM) > 0 {
		pair, err := tls.X509KeyPair(t.CertPEM, t.KeyPEM)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "Certificate and key cannot be used as a pair", "Run onramp check: it says which of the two is wrong, and why.").In("tls-cert-path")
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if len(t.RootsPEM)+len(t.ExtraRootsPEM) == 0 {
		return c, nil
	}
	c.RootCAs = x509.NewCertPool()
	if len(t.RootsPEM) == 0 {
		if system, err := x509.SystemCertPool(); err == nil {
			c.RootCAs = system
		}
	}
	for _, pem := range [][]byte{t.RootsPEM, t.ExtraRootsPEM} {
		if len(pem) > 0 && !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.Wrap(errors.New("no certificate in the roots"), fault.Invalid, "The server root file contains no certificate", "Give the PEM file with the CA certificate that signed the server's certificate.").In("tls-ca-path")
		}
	}
	return c, nil
}

// bearer sends an API key, over TLS only.
type bearer struct{ key, namespace string }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	m := map[string]string{"authorization": "Bearer " + b.key}
	if b.namespace != "" {
		m["temporal-namespace"] = b.namespace
	}
	return m, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (b bearer) RequireTransportSecurity() bool { return true }

// standIn is the namespace of the check that looks at a source's network. No word that a person reads may rest on it.
const standIn = "assess.source"

// atSource is a verdict about a network as it holds for a source: the doctor's catalogue is about Temporal Cloud, which a
// source is not.
func atSource(v doctor.Verdict, address string) doctor.Verdict {
	host, port := address, "7233"
	if a, _, err := namespace.ParseAddress(address); err == nil {
		if h, p, err := net.SplitHostPort(a.String()); err == nil {
			host, port = h, p
		}
	}
	ofCloud := func(text string) bool {
		return strings.Contains(text, standIn) || (v.Stage == "dns" || v.Stage == "tcp") && (strings.Contains(text, "Temporal Cloud") || strings.Contains(text, "tmprl"))
	}
	v.Candidates = slices.DeleteFunc(slices.Clone(v.Candidates), func(c doctor.Candidate) bool { return c.Code == "IN-10" || ofCloud(c.Why) })
	v.Fix = slices.DeleteFunc(slices.Clone(v.Fix), func(f Fix) bool { return ofCloud(f.Text) || ofCloud(f.Command) })
	for _, text := range []*string{&v.NotWrong, &v.Confirm, &v.Unseen} {
		if ofCloud(*text) {
			*text = ""
		}
	}
	switch {
	case v.Code == "IN-10" || v.Code == "DN-01":
		v.Code, v.Stage, v.Title, v.Cause = "DN-01", "dns", host+" does not resolve", "DNS has no address for "+host+" on this machine."
		v.NotWrong, v.Candidates = "", []doctor.Candidate{}
		v.Fix = []Fix{developer("Check the source's address; a name that only a container network knows resolves only there.", "getent hosts "+shell(host))}
	case v.Code == "TC-01":
		v.Fix = []Fix{developer("Check the source's address, and that the server runs.", "nc -vz "+shell(host)+" "+shell(port)), developer("If it is a local server, start it.", "temporal server start-dev")}
	case ofCloud(v.Cause):
		v.Cause = "The connection to " + address + " failed before a server answered a call."
	}
	if ofCloud(v.Title) {
		v.Title = "The source at " + address + " cannot be reached"
	}
	if len(v.Fix) == 0 {
		v.Fix = []Fix{developer("Check the source's address, and how this machine reaches it.", "nc -vz "+shell(host)+" "+shell(port))}
	}
	return v
}

// stages of a check that lie before anything that only Temporal Cloud knows.
var ofTheNetwork = map[string]bool{"dns": true, "tcp": true, "tls": true, "client-cert": true}

// speaksTLS reports a verdict that only a server with TLS can come to: a handshake was answered by one, whatever was wrong
// with it.
func speaksTLS(v doctor.Verdict) bool {
	group, _, _ := strings.Cut(v.Code, "-")
	return v.Stage == "client-cert" || v.Stage == "grpc" || v.Stage == "namespace" || v.Stage == "tls" && group != "PR" && group != "TC"
}

// Explain says why a server could not be assessed, by a verdict of the doctor's catalogue. t is how it was dialled.
func Explain(ctx context.Context, engine *doctor.Engine, t doctor.Target, u *Unreachable) doctor.Verdict {
	v := doctor.Verdict{Level: doctor.Certain, Fix: []Fix{}, Candidates: []doctor.Candidate{}}
	address := clean(t.Address)
	switch {
	case u.Namespace != "":
		v.Code, v.Stage, v.Title = "NS-01", "namespace", "The namespace “"+clean(u.Namespace)+"” does not exist at "+address
		v.Cause = "The server answered, and has no namespace of this name."
		v.NotWrong = "The address is right and the server is well."
		v.Fix = []Fix{developer("See which there are, and name one of them.", "temporal operator namespace list --address "+shell(address))}
		return v
	case u.Refused:
		v.Code, v.Stage, v.Title = "NS-02", "client-cert", "The server refuses this identity"
		v.Cause = "It answers, and refuses even to say its version."
		v.NotWrong = "The address is right and the server is well."
		v.Fix = []Fix{platform("Give a client certificate or an API key that may read the server.", "onramp assess --address "+shell(address)+" --tls-cert-path FILE --tls-key-path FILE")}
		return v
	}
	if u.NotTemporal {
		v.Code, v.Stage, v.Title = "PR-03", "grpc", "What answers at "+address+" is no Temporal server"
		v.Cause = "It speaks gRPC, and knows none of Temporal's calls."
		v.Fix = []Fix{developer("Give the address of Temporal's frontend; its usual port is 7233.", "onramp assess --address HOST:7233")}
		return v
	}
	probe := t
	probe.Plaintext, probe.Namespace, probe.TaskQueue, probe.APIKey = false, standIn, "", "" // stages beyond the network are not looked at
	seen := engine.Run(ctx, probe, nil).Verdict
	switch {
	case seen.Code == "IN-10" || (seen.Stage == "dns" || seen.Stage == "tcp") && seen.Code != doctor.OK:
		return atSource(seen, address)
	case !t.Plaintext && ofTheNetwork[seen.Stage] && seen.Code != doctor.OK:
		return atSource(seen, address)
	case t.Plaintext && seen.Stage == "tls" && (seen.Code == "PR-02" || seen.Code == "PR-03"):
		return atSource(seen, address)
	case t.Plaintext && speaksTLS(seen):
		v.Code, v.Stage, v.Level, v.Title = "PR-04", "grpc", doctor.Likely, "The server at "+address+" wants TLS"
		v.Cause = "It answers a TLS handshake, and Onramp was told to connect without TLS."
		v.Fix = []Fix{developer("Connect with TLS; give the root of the server's certificate where it is not a public one.", "onramp assess --address "+shell(address)+" --tls --tls-ca-path FILE")}
		return v
	}
	v.Code, v.Level, v.Stage, v.Title = "unknown", doctor.Unknown, "grpc", "The server at "+address+" does not answer as a Temporal server"
	v.Cause = "A connection was made or tried, and no call was answered: " + clean(doctor.WithoutSecrets(u.Err.Error()))
	v.Fix = []Fix{developer("Give the address of Temporal's frontend; its usual port is 7233. A server with TLS needs --tls.", "onramp assess --address HOST:7233")}
	return v
}
