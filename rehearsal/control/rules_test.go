package control

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/connectivityrule/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// TestRulesOfAnAccount: a connectivity rule belongs to the account that it was made in. An owner of another does not list,
// see, delete or attach it, and is answered as of one that is not there; also after a restart, and in a state that an
// earlier version wrote, which kept no account.
func TestRulesOfAnAccount(t *testing.T) {
	file := filepath.Join(t.TempDir(), "control.json")
	w := newWorld(t, Options{File: file})
	secret, err := w.NewKey("b3ee7", Owner, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	other := w.with(string(secret.Reveal()))
	ctx := t.Context()
	public := &connectivityrule.ConnectivityRuleSpec{ConnectionType: &connectivityrule.ConnectivityRuleSpec_PublicRule{PublicRule: &connectivityrule.PublicConnectivityRule{}}}
	add := func(c cloudservice.CloudServiceClient, account string) string {
		t.Helper()
		made, err := c.CreateConnectivityRule(ctx, &cloudservice.CreateConnectivityRuleRequest{Spec: public})
		if err != nil {
			t.Fatal(err)
		}
		w.endsIn(account, made.GetAsyncOperation())
		return made.GetConnectivityRuleId()
	}
	ours, theirs := add(w.owner, testAccount), add(other, "b3ee7")
	id := w.made("payments").GetNamespace()
	spec := func(name, rule string) *nspb.NamespaceSpec {
		return &nspb.NamespaceSpec{Name: name, RetentionDays: 30, Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, ApiKeyAuth: &nspb.ApiKeyAuthSpec{Enabled: true}, ConnectivityRuleIds: []string{rule}}
	}
	attach := func(rule string) error {
		next := proto.CloneOf(w.get(id).GetSpec())
		next.ConnectivityRuleIds = []string{rule}
		out, err := w.owner.UpdateNamespace(ctx, &cloudservice.UpdateNamespaceRequest{Namespace: id, Spec: next, ResourceVersion: w.get(id).GetResourceVersion()})
		if err == nil {
			w.ends(out.GetAsyncOperation())
		}
		return err
	}
	get := func(rule string) error {
		_, err := w.owner.GetConnectivityRule(ctx, &cloudservice.GetConnectivityRuleRequest{ConnectivityRuleId: rule})
		return err
	}
	version := w.rules[theirs].shown.GetResourceVersion()
	remove := func(rule string) error {
		_, err := w.owner.DeleteConnectivityRule(ctx, &cloudservice.DeleteConnectivityRuleRequest{ConnectivityRuleId: rule, ResourceVersion: version})
		return err
	}
	create := func(rule string) error {
		_, err := w.owner.CreateNamespace(ctx, &cloudservice.CreateNamespaceRequest{Spec: spec("orders", rule)})
		return err
	}
	for what, do := range map[string]func(string) error{"get": get, "delete": remove, "attach": attach, "make a namespace with": create} {
		err, none := do(theirs), do("none")
		if status.Code(err) != codes.NotFound && status.Code(err) != codes.InvalidArgument || status.Code(err) != status.Code(none) {
			t.Errorf("%s another account's rule: %v; one that is none: %v", what, err, none)
		}
	}
	if err := attach(ours); err != nil {
		t.Errorf("attach one's own: %v", err)
	}
	list := func(c cloudservice.CloudServiceClient, want string) {
		t.Helper()
		got, err := c.GetConnectivityRules(ctx, &cloudservice.GetConnectivityRulesRequest{})
		if err != nil || len(got.GetConnectivityRules()) != 1 || got.GetConnectivityRules()[0].GetId() != want {
			t.Errorf("the list has %v, %v; want %s", got.GetConnectivityRules(), err, want)
		}
	}
	list(w.owner, ours)
	list(other, theirs)

	accounts := func(what string) {
		t.Helper()
		again, err := New(Options{File: file, Spaces: w.shelf, TLS: w.o.TLS})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if len(again.rules) != 2 || again.rules[ours].account != testAccount || again.rules[theirs].account != "b3ee7" {
			t.Errorf("%s the rules are %v", what, again.rules)
		}
	}
	accounts("after a restart")
	w.mu.Lock()
	defer w.mu.Unlock()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state saved
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	for _, r := range state.RulesOf {
		state.Rules = append(state.Rules, r.Shown)
	}
	state.RulesOf = nil
	if raw, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	accounts("from an earlier version's state")
}
