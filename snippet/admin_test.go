package snippet

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// shellWords are the words of each command as a POSIX shell splits and unquotes them.
func shellWords(t *testing.T, text string) [][]string {
	t.Helper()
	f, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	if err != nil {
		t.Fatalf("a shell does not read this: %v\n%s", err, text)
	}
	var out [][]string
	for _, s := range f.Stmts {
		call, ok := s.Cmd.(*syntax.CallExpr)
		if !ok || s.Background || s.Negated || len(s.Redirs) > 0 || len(call.Assigns) > 0 {
			t.Fatalf("not a plain command: %s", text)
		}
		words, err := expand.Fields(&expand.Config{Env: expand.ListEnviron("SERVICE_ACCOUNT_ID=sa 1")}, call.Args...)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, words)
	}
	return out
}

// readHCL reads a text as Terraform does.
func readHCL(t *testing.T, text string) *hclsyntax.Body {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "admin.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("Terraform does not read this: %v\n%s", diags, text)
	}
	return f.Body.(*hclsyntax.Body)
}

// The commands for a Cloud admin are read by the shell and by Terraform as they are meant, whatever the names are.
func TestAdminCommands(t *testing.T) {
	for _, tt := range []struct{ ns, file, name string }{
		{"payments-prod.a1b2c", "payments-prod-ca.pem", "payments-worker"},
		{"it's.a1b2c", `a "b" ${c} $(rm -rf) 'd'.pem`, "näme; x"},
	} {
		byTool := map[string]AdminCommand{}
		for _, c := range AddCA(tt.ns, tt.file) {
			byTool[c.ID] = c
		}
		if diff := cmp.Diff([][]string{{"tcld", "namespace", "accepted-client-ca", "add", "--namespace", tt.ns, "--ca-certificate-file", tt.file}}, shellWords(t, byTool["tcld"].Text)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([][]string{{"temporal", "cloud", "namespace", "mtls", "cert-ca", "create", "--namespace", tt.ns, "--ca-certificate-file", tt.file}}, shellWords(t, byTool["temporal-cloud"].Text)); diff != "" {
			t.Error(diff)
		}
		if got := filesNamed(t, readHCL(t, byTool["terraform"].Text).Attributes["accepted_client_ca"]); !slices.Equal(got, []string{"present-cas.pem", tt.file}) {
			t.Errorf("accepted_client_ca is made of %q", got)
		}

		for _, c := range MakeAPIKey(tt.ns, tt.name) {
			byTool[c.ID] = c
		}
		if diff := cmp.Diff([][]string{{"tcld", "namespace", "auth-method", "get", "--namespace", tt.ns},
			{"tcld", "service-account", "create-scoped", "--name", tt.name, "--namespace-permission", tt.ns + "=Write"},
			{"tcld", "apikey", "create", "--name", tt.name, "--duration", "90d", "--service-account-id", "sa 1"}}, shellWords(t, byTool["tcld"].Text)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([][]string{{"temporal", "cloud", "namespace", "get", "--namespace", tt.ns},
			{"temporal", "cloud", "service-account", "create-namespace-scoped", "--name", tt.name, "--namespace", tt.ns, "--namespace-permission", "write"},
			{"temporal", "cloud", "apikey", "create-for-service-account", "--service-account-id", "sa 1", "--display-name", tt.name, "--expiry-duration", "90d"}}, shellWords(t, byTool["temporal-cloud"].Text)); diff != "" {
			t.Error(diff)
		}
		var blocks []string
		for _, b := range readHCL(t, byTool["terraform"].Text).Blocks {
			blocks = append(blocks, b.Type+" "+strings.Join(b.Labels, " "))
			if len(b.Labels) > 1 && b.Labels[0] == "temporalcloud_service_account" {
				name, diags := b.Body.Attributes["name"].Expr.Value(nil)
				scope, more := b.Body.Attributes["namespace_scoped_access"].Expr.Value(nil)
				if diags.HasErrors() || more.HasErrors() || name.AsString() != tt.name || scope.GetAttr("namespace_id").AsString() != tt.ns || scope.GetAttr("permission").AsString() != "write" {
					t.Errorf("the service account: %v %v", name, scope)
				}
			}
		}
		if want := []string{"resource temporalcloud_service_account worker", "resource temporalcloud_apikey worker", "variable expiry_time"}; !slices.Equal(blocks, want) {
			t.Errorf("blocks %q", blocks)
		}
	}
}

// filesNamed are the names that an expression hands to file(), in order.
func filesNamed(t *testing.T, a *hclsyntax.Attribute) []string {
	t.Helper()
	if a == nil {
		t.Fatal("the attribute is missing")
	}
	var out []string
	diags := hclsyntax.VisitAll(a.Expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && call.Name == "file" {
			v, diags := call.Args[0].Value(nil)
			if diags.HasErrors() {
				return diags
			}
			out = append(out, v.AsString())
		}
		return nil
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return out
}
