package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	rulepb "go.temporal.io/cloud-sdk/api/connectivityrule/v1"
	"go.temporal.io/cloud-sdk/cloudclient"

	"onramp/namespace"
	"onramp/rehearsal/control"
	"onramp/rehearsal/control/controltest"
)

// TestCloudRules: the first connectivity rule shuts every other way to a namespace, so a y is not enough, and --yes alone is
// not either; the next ones and detaching are changes like any other.
func TestCloudRules(t *testing.T) {
	plane := controltest.Start(t, control.Options{})
	id := namespace.ID{Name: "orders", Account: controltest.Account}
	plane.Set(control.Space{ID: id, Created: time.Now().Add(-time.Hour), Keyed: true, RetentionDays: 3})
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, plane.RootPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(plane.RootPEM)
	conn, err := cloudclient.New(cloudclient.Options{APIKey: string(plane.Key(control.Owner).Reveal()), HostPort: plane.Address, TLSConfig: &tls.Config{RootCAs: roots}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	api := conn.CloudService()
	var ids []string
	for _, spec := range []*rulepb.ConnectivityRuleSpec{{ConnectionType: &rulepb.ConnectivityRuleSpec_PrivateRule{PrivateRule: &rulepb.PrivateConnectivityRule{ConnectionId: "vpce-0f3c", Region: "aws-us-east-1"}}},
		{ConnectionType: &rulepb.ConnectivityRuleSpec_PublicRule{PublicRule: &rulepb.PublicConnectivityRule{}}}} {
		made, err := api.CreateConnectivityRule(t.Context(), &cloudservice.CreateConnectivityRuleRequest{Spec: spec})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.GetConnectivityRuleId())
	}
	for there := 0; there < len(ids); { // an operation makes each
		all, err := api.GetConnectivityRules(t.Context(), &cloudservice.GetConnectivityRulesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		there = len(all.GetConnectivityRules())
	}
	env := map[string]string{"TEMPORAL_CLOUD_API_KEY": string(plane.Key(control.Owner).Reveal()), "TEMPORAL_CLOUD_API_SERVER": plane.Address}
	data := t.TempDir()
	for _, tt := range []struct {
		what, typed, args string
		code              int
		says              []string
		rules             []string // afterwards
	}{
		{"the list", "", "list", exitOK, []string{"vpce-0f3c", "aws-us-east-1", "private", "public", ids[0]}, nil},
		{"one that is not there", "", "attach NS none --yes", exitInput, []string{"no connectivity rule with that ID"}, nil},
		{"one that is not attached", "", "detach NS 0 --yes", exitInput, []string{"The namespace has no connectivity rule"}, nil},
		{"looked at", "", "attach NS 0 --dry-run", exitOK, []string{"+ connectivity rule " + ids[0], "SHUTS EVERY OTHER WAY", "--dry-run"}, nil},
		{"agreed to with a y", "y\n", "attach NS 0", exitOK, []string{"SHUTS EVERY OTHER WAY", "type its ID", "Nothing was changed"}, nil},
		{"nobody there", "", "attach NS 0", exitUsage, []string{"Nobody answered"}, nil},
		{"--yes alone", "", "attach NS 0 --yes", exitInput, []string{"--yes is not enough", "--shut-other-ways"}, nil},
		{"agreed to in so many words", id.String() + "\n", "attach NS 0", exitOK, []string{"Done"}, ids[:1]},
		{"again", "", "attach NS 0 --yes", exitOK, []string{"Nothing to change"}, ids[:1]},
		{"a second", "", "attach NS 1 --yes", exitOK, []string{"Done"}, ids},
		{"the first leaves", "y\n", "detach NS 0", exitOK, []string{"- connectivity rule " + ids[0], "cut off", "Done"}, ids[1:]},
		{"and the last", "", "detach NS 1 --yes", exitOK, []string{"over the public Internet again", "Done"}, nil},
		{"by a program", "", "attach NS 1 --yes --shut-other-ways", exitOK, []string{"Done"}, ids[1:]},
	} {
		t.Run(tt.what, func(t *testing.T) {
			args := []string{"cloud", "rules"}
			for _, word := range strings.Fields(tt.args) {
				switch word {
				case "NS":
					word = id.String()
				case "0", "1":
					word = ids[word[0]-'0']
				}
				args = append(args, word)
			}
			var out, errs bytes.Buffer
			code := Run(context.Background(), World{Args: append(args, "--tls-ca-path", root, "--data", data), Stdin: strings.NewReader(tt.typed), Stdout: &out, Stderr: &errs,
				Getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
			said := out.String() + errs.String()
			if code != tt.code {
				t.Errorf("exit %d, want %d\n%s", code, tt.code, said)
			}
			for _, want := range tt.says {
				if !strings.Contains(said, want) {
					t.Errorf("lacks %q\n%s", want, said)
				}
			}
			now, err := api.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: id.String()})
			if err != nil || strings.Join(now.GetNamespace().GetSpec().GetConnectivityRuleIds(), " ") != strings.Join(tt.rules, " ") {
				t.Errorf("the namespace has %v, want %v (%v)", now.GetNamespace().GetSpec().GetConnectivityRuleIds(), tt.rules, err)
			}
		})
	}
}
