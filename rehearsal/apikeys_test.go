//go:build !lean

package rehearsal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// keyed is a namespace of the test's own that takes API keys.
func keyed(t testing.TB, c *Cloud) namespace.ID {
	t.Helper()
	id := newNamespace(t, c)
	if _, err := c.SetAuth(testContext(t), id, cloud.AuthAPIKey); err != nil {
		t.Fatal(err)
	}
	return id
}

func newKey(t testing.TB, c *Cloud, id namespace.ID, life time.Duration) string {
	t.Helper()
	key, _, err := c.CreateAPIKey(testContext(t), id, "worker", life)
	if err != nil {
		t.Fatal(err)
	}
	return string(key.Secret.Reveal())
}

// dialKey connects the Go SDK with an API key, "" for none, as the generated code does.
func dialKey(t testing.TB, c *Cloud, id namespace.ID, key, serverName string) (client.Client, error) {
	t.Helper()
	conf := clientTLS(c, nil, serverName)
	o := client.Options{HostPort: c.Address(), Namespace: id.String(), ConnectionOptions: client.ConnectionOptions{TLS: conf, GetSystemInfoTimeout: within},
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))}
	if key != "" {
		o.Credentials = client.NewAPIKeyStaticCredentials(key)
	}
	cl, err := client.DialContext(testContext(t), o)
	if err == nil {
		t.Cleanup(cl.Close)
	}
	return cl, err
}

func TestAPIKeys(t *testing.T) {
	c := sharedCloud(t)
	id, other := keyed(t, c), keyed(t, c)
	ca := newCA(t, "ours")
	mtls := newNamespace(t, c, ca)
	key := newKey(t, c, id, time.Hour)

	cl, err := dialKey(t, c, id, key, id.Host())
	if err != nil {
		t.Fatal(err)
	}
	runWorkflow(t, cl, "with a key")
	unauthenticated := func(err error, want string) {
		t.Helper()
		var s *status.Status
		if u := (interface{ Status() *status.Status })(nil); errors.As(err, &u) {
			s = u.Status()
		} else {
			s = status.Convert(err)
		}
		if s.Code() != codes.Unauthenticated || s.Message() != want && !strings.Contains(s.Message(), want) {
			t.Errorf("got %v: %v, want Unauthenticated: %s", s.Code(), err, want)
		}
	}
	for what, tt := range map[string]struct{ key, want string }{
		"no key": {"", "Jwt is missing"}, "nonsense": {"nonsense", "Jwt verification fails"}, "cut off": {key[:len(key)-1], "Jwt verification fails"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := dialKey(t, c, id, tt.key, id.Host())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	noRole := func(err error, of namespace.ID) {
		t.Helper()
		var denied *serviceerror.PermissionDenied
		if !errors.As(err, &denied) || denied.Error() != "Request unauthorized." || denied.Reason != "caller has insufficient permissions for namespace '"+of.String()+"'" {
			t.Errorf("got %#v", err)
		}
	}
	t.Run("another namespace", func(t *testing.T) {
		noRole(describe(cl, other.String()), other)
		stranger, err := dialKey(t, c, other, key, other.Host())
		if err != nil { // the key is one of Cloud's, so connecting works
			t.Fatal(err)
		}
		noRole(describe(stranger, other.String()), other)
	})
	t.Run("what only the control plane may", func(t *testing.T) {
		_, err := cl.WorkflowService().UpdateNamespace(testContext(t), &workflowservice.UpdateNamespaceRequest{Namespace: id.String()})
		unauthorized(t, err)
		_, err = cl.WorkflowService().ListNamespaces(testContext(t), &workflowservice.ListNamespacesRequest{})
		unauthorized(t, err)
		_, err = cl.WorkflowService().DescribeNamespace(testContext(t), &workflowservice.DescribeNamespaceRequest{Id: "32049b68-7872-4094-8e63-d0dd59896a83"})
		unauthorized(t, err)
	})
	t.Run("a key at a namespace of certificates", func(t *testing.T) {
		for _, name := range []string{mtls.Host(), "localhost"} {
			if _, err := dialKey(t, c, mtls, key, name); err == nil {
				t.Errorf("%s let the key in", name)
			}
			if _, err := handshake(t, c, clientTLS(c, nil, name)); err == nil || !strings.Contains(err.Error(), "certificate required") {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
	t.Run("a certificate at a namespace of keys", func(t *testing.T) {
		setCAs(t, c, id, ca)
		_, err := dial(t, c, id, ca.leaf(t).pair(), id.Host())
		if err == nil || !strings.Contains(err.Error(), "Jwt is missing") {
			t.Errorf("got %v", err)
		}
		local := mustDial(t, c, mtls, ca.leaf(t).pair(), "")
		unauthorized(t, describe(local, id.String()))
		state, err := handshake(t, c, clientTLS(c, ca.leaf(t).pair(), id.Host()))
		if err != nil || len(state.PeerCertificates) == 0 {
			t.Errorf("handshake: %v", err)
		}
	})
	t.Run("deleted", func(t *testing.T) {
		ns, err := c.Namespace(testContext(t), id)
		if err != nil || len(ns.Keys) != 1 || ns.Auth != cloud.AuthAPIKey {
			t.Fatalf("%+v, %v", ns, err)
		}
		if ns, err = c.DeleteAPIKey(testContext(t), id, ns.Keys[0].ID, nil); err != nil || len(ns.Keys) != 0 {
			t.Fatalf("%+v, %v", ns, err)
		}
		unauthenticated(describe(cl, id.String()), "Jwt verification fails") // the connection that it let in
	})
	t.Run("back to certificates", func(t *testing.T) {
		if _, err := c.SetAuth(testContext(t), id, cloud.AuthMTLS); err != nil {
			t.Fatal(err)
		}
		unauthorized(t, describe(cl, id.String()))
		runWorkflow(t, mustDial(t, c, id, ca.leaf(t).pair(), id.Host()), "with a certificate again")
	})
}

func TestAPIKeyExpires(t *testing.T) {
	var late atomic.Int64
	c := started(t, Options{Now: func() time.Time { return time.Now().Add(time.Duration(late.Load())) }})
	id := keyed(t, c)
	cl, err := dialKey(t, c, id, newKey(t, c, id, time.Hour), id.Host())
	if err != nil {
		t.Fatal(err)
	}
	if err := describe(cl, id.String()); err != nil {
		t.Fatal(err)
	}
	late.Store(int64(time.Hour + time.Second))
	if err := describe(cl, id.String()); err == nil || !strings.Contains(err.Error(), "Jwt is expired") {
		t.Errorf("after its end: %v", err)
	}
}

// TestAPIKeysAreKept: keys go on after a restart, and none of them lies in a file.
func TestAPIKeysAreKept(t *testing.T) {
	dir := t.TempDir()
	c := started(t, Options{Dir: dir})
	id := keyed(t, c)
	key := newKey(t, c, id, time.Hour)
	before, err := c.Namespace(testContext(t), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := started(t, Options{Dir: dir})
	after, err := again.Namespace(testContext(t), id)
	if diff := cmp.Diff(before, after); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
	cl, err := dialKey(t, again, id, key, id.Host())
	if err == nil {
		err = describe(cl, id.String())
	}
	if err != nil {
		t.Error(err)
	}
	random := key[strings.LastIndex(key, ".")+1:]
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(random)) {
			t.Errorf("%s holds the API key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAPIKeyTellsItsEnd: as Cloud's, a key is a JSON Web Token; the doctor reads its end.
func TestAPIKeyTellsItsEnd(t *testing.T) {
	c := sharedCloud(t)
	id := keyed(t, c)
	parts := strings.Split(newKey(t, c, id, 48*time.Hour), ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct{ Exp int64 }
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if left := time.Until(time.Unix(claims.Exp, 0)); err != nil || left < 47*time.Hour || left > 48*time.Hour {
		t.Errorf("%s: ends in %s, %v", raw, left, err)
	}
}

func TestAPIKeyRefusals(t *testing.T) {
	c := sharedCloud(t)
	id := keyed(t, c)
	for _, tt := range []struct {
		name, field string
		life        time.Duration
	}{
		{"", "key_name", time.Hour}, {"two\nlines", "key_name", time.Hour}, {strings.Repeat("x", 65), "key_name", time.Hour},
		{"worker", "key_days", 0}, {"worker", "key_days", maxKeyLife + time.Hour},
	} {
		key, _, err := c.CreateAPIKey(testContext(t), id, tt.name, tt.life)
		if f := fault.From(err); err == nil || f.Kind != fault.Invalid || f.Field != tt.field || !key.Secret.Empty() {
			t.Errorf("%q for %s: %v", tt.name, tt.life, err)
		}
	}
	for range maxKeys {
		newKey(t, c, id, time.Hour)
	}
	if _, _, err := c.CreateAPIKey(testContext(t), id, "one more", time.Hour); !fault.Is(err, fault.Invalid) {
		t.Errorf("key %d: %v", maxKeys+1, err)
	}
	if _, err := c.SetAuth(testContext(t), id, "neither"); !fault.Is(err, fault.Invalid) {
		t.Errorf("SetAuth: %v", err)
	}
	if _, err := c.SetAuth(context.Background(), namespace.ID{Name: "nobody", Account: "a1b2c"}, cloud.AuthMTLS); !fault.Is(err, fault.NotFound) {
		t.Errorf("SetAuth: %v", err)
	}
}
