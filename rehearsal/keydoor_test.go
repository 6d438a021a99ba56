//go:build !lean

package rehearsal

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// TestKeyDoor: where API keys are shown, Temporal's documented code works as it stands: an address, a namespace and a
// key, without a server name. So does a regional endpoint by its own name, for the namespaces of its region.
func TestKeyDoor(t *testing.T) {
	c := sharedCloud(t)
	id, other := keyed(t, c), keyed(t, c)
	ca := newCA(t, "ours")
	mtls := newNamespace(t, c, ca)
	key, others := newKey(t, c, id, time.Hour), newKey(t, c, other, time.Hour)
	connect := func(name, key, serverName string) (client.Client, error) {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(c.RootPEM())
		cl, err := client.DialContext(testContext(t), client.Options{HostPort: c.KeyAddress(), Namespace: name, Credentials: client.NewAPIKeyStaticCredentials(key),
			ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{RootCAs: roots, ServerName: serverName}, GetSystemInfoTimeout: within},
			Logger:            sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
		if err == nil {
			t.Cleanup(cl.Close)
		}
		return cl, err
	}
	denied := func(err error) {
		t.Helper()
		var d *serviceerror.PermissionDenied
		if !errors.As(err, &d) || d.Error() != "Request unauthorized." {
			t.Errorf("got %v", err)
		}
	}
	for _, serverName := range []string{"", "us-east-1.aws.api.temporal.io", id.Host()} {
		cl, err := connect(id.String(), key, serverName)
		if err != nil {
			t.Fatalf("%q: %v", serverName, err)
		}
		runWorkflow(t, cl, "by "+serverName)
		denied(describe(cl, other.String()))
		denied(describe(cl, mtls.String()))
		denied(describe(cl, "nobody.a1b2c"))
	}
	cl, err := connect(id.String(), key, "us-central1.gcp.api.temporal.io")
	if err != nil {
		t.Fatal(err)
	}
	denied(describe(cl, id.String())) // another region's endpoint
	if cl, err = connect(other.String(), others, ""); err != nil {
		t.Fatal(err)
	}
	runWorkflow(t, cl, "the neighbour")
	for want, bad := range map[string]string{"Jwt verification fails": "nonsense"} {
		if _, err := connect(id.String(), bad, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if _, err := connect(other.String(), others, mtls.Host()); err == nil {
		t.Errorf("let in by the name of a namespace that takes certificates")
	}
	at, err := netip.ParseAddrPort(strings.Replace(c.KeyAddress(), "localhost", "127.0.0.1", 1))
	if err != nil || !c.Serves(at) || c.KeyAddress() == c.Address() {
		t.Errorf("%s is not served beside %s: %v", c.KeyAddress(), c.Address(), err)
	}
}
