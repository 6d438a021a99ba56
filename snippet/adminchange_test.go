package snippet

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cloudChanges is every change, with names that a shell and HCL have to quote.
func cloudChanges() map[string]CloudChange {
	const ns = "it's.a1b2c"
	filter := Filter{CommonName: `a "b" ${c}`, SubjectAlternativeName: "$(rm -rf)"}
	return map[string]CloudChange{
		"add-ca": AddsCA(ns), "set-cas": ReplacesCAs(ns), "remove-ca": RemovesCA(ns, "ab12", "cd34"),
		"filters": SetsFilters(ns, []Filter{filter}, []Filter{{Organization: "old one"}}), "no filters": SetsFilters(ns, nil, []Filter{filter}),
		"attributes":  AddsAttributes(ns, map[string]string{"Customer Id": "KeywordList", "A": "Int"}),
		"to API keys": SetsSignIn(ns, SignIns{APIKeys: true}, SignIns{MTLS: true}), "to mTLS": SetsSignIn(ns, SignIns{MTLS: true}, SignIns{APIKeys: true}),
		"both":       SetsSignIn(ns, SignIns{true, true}, SignIns{MTLS: true}),
		"create":     CreatesNamespace(NewCloudNamespace{Name: "north", Region: "aws-us-east-1", Days: 7, MTLS: true, Attributes: map[string]string{"A": "Int"}}),
		"create, AK": CreatesNamespace(NewCloudNamespace{Name: "north", Region: "azure-eastus", Days: 7}), "key": MakesKey(ns, "näme; x", 30),
	}
}

// TestCloudChanges: the commands of each change are read by the shell as they are meant, and Terraform reads its lines.
func TestCloudChanges(t *testing.T) {
	const ns = "it's.a1b2c"
	all := cloudChanges()
	want := map[string][][]string{
		"set-cas/tcld":           {{"tcld", "namespace", "accepted-client-ca", "set", "--namespace", ns, "--ca-certificate-file", "cas.pem"}},
		"remove-ca/tcld":         {{"tcld", "namespace", "accepted-client-ca", "remove", "--namespace", ns, "--ca-certificate-fingerprint", "cd34"}},
		"remove-ca/onramp":       {{"onramp", "cloud", "ca", "remove", ns, "--fingerprint", "ab12"}},
		"filters/tcld":           {{"tcld", "namespace", "certificate-filters", "import", "--namespace", ns, "--certificate-filter-input", `{"filters":[{"commonName":"a \"b\" ${c}","subjectAlternativeName":"$(rm -rf)"}]}`}},
		"filters/temporal-cloud": {{"temporal", "cloud", "namespace", "mtls", "cert-filter", "create", "--namespace", ns, "--common-name", `a "b" ${c}`, "--subject-alternative-name", "$(rm -rf)"}, {"temporal", "cloud", "namespace", "mtls", "cert-filter", "delete", "--namespace", ns, "--organization", "old one"}},
		"no filters/tcld":        {{"tcld", "namespace", "certificate-filters", "clear", "--namespace", ns}},
		"attributes/tcld":        {{"tcld", "namespace", "search-attributes", "add", "--namespace", ns, "--search-attribute", "A=Int", "--search-attribute", "Customer Id=KeywordList"}},
		"attributes/onramp":      {{"onramp", "cloud", "attributes", "add", ns, "A=Int", "Customer Id=KeywordList"}},
		"to API keys/tcld":       {{"tcld", "namespace", "auth-method", "set", "--namespace", ns, "--auth-method", "api_key"}},
		"to mTLS/temporal-cloud": {{"temporal", "cloud", "namespace", "mtls", "enable", "--namespace", ns}, {"temporal", "cloud", "namespace", "api-key", "disable", "--namespace", ns}},
		"create/tcld":            {{"tcld", "namespace", "create", "--namespace", "north", "--region", "aws-us-east-1", "--retention-days", "7", "--auth-method", "mtls", "--ca-certificate-file", "ca.pem", "--search-attribute", "A=Int"}},
		"create/temporal-cloud":  {{"temporal", "cloud", "namespace", "create", "--name", "north", "--region", "aws-us-east-1", "--retention-days", "7", "--mtls-auth-enabled", "--ca-certificate-file", "ca.pem", "--search-attribute", "A=Int"}},
		"create/onramp":          {{"onramp", "cloud", "create", "north", "--region", "aws-us-east-1", "--retention", "7", "--auth", "mtls", "--ca", "ca.pem"}},
		"key/onramp":             {{"onramp", "cloud", "key", "create", ns, "--name", "näme; x", "--days", "30", "--out", "api-key.txt"}},
	}
	for name, c := range all {
		texts := map[string]string{"onramp": c.Onramp}
		for _, one := range c.Commands {
			if _, twice := texts[one.ID]; twice || one.Text == "" || one.Tool == "" {
				t.Errorf("%s: %s stands twice, or is empty", name, one.ID)
			}
			if texts[one.ID] = one.Text; one.Lang == "hcl" {
				readHCL(t, one.Text)
				delete(texts, one.ID)
			}
		}
		for id, text := range texts {
			words := shellWords(t, text)
			if w, ok := want[name+"/"+id]; ok {
				if diff := cmp.Diff(w, words); diff != "" {
					t.Errorf("%s with %s: %s", name, id, diff)
				}
				delete(want, name+"/"+id)
			}
		}
	}
	for _, left := range slices.Sorted(maps.Keys(want)) {
		t.Errorf("no %s", left)
	}
	for _, one := range all["create, AK"].Commands {
		if one.ID == "tcld" {
			t.Error("tcld has no regions of Azure")
		}
	}
	body := readHCL(t, all["filters"].Commands[2].Text)
	v, diags := body.Attributes["certificate_filters"].Expr.Value(nil)
	if diags.HasErrors() || v.AsValueSlice()[0].GetAttr("common_name").AsString() != `a "b" ${c}` {
		t.Errorf("certificate_filters: %v, %v", v, diags)
	}
	if text := all["attributes"].Commands[2].Text; !strings.Contains(text, `"keyword_list"`) {
		t.Errorf("the type as Terraform has it: %s", text)
	}
}

// TestRegionsNameTheirProvider: no command that Onramp shows or documents names a region without its provider. tcld (f89fc4a,
// app/namespace.go), temporal cloud (722f087, commands.yml) and Terraform (1dff9ec, its page of
// temporalcloud_namespace) take it so.
func TestRegionsNameTheirProvider(t *testing.T) {
	bare := regexp.MustCompile(`--region[ =]+'?[a-z]+-[a-z]+[0-9-]*\d\b`)
	var files []string
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../views/*.templ", "../*/*.go", "../handlers/*/*.go", "../rehearsal/control/*.go"} {
		more, err := filepath.Glob(pattern)
		if err != nil || len(more) == 0 {
			t.Fatal(pattern, err)
		}
		files = append(files, more...)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range bare.FindAllString(string(text), -1) {
			_, id, _ := strings.Cut(found, "--region")
			if id = strings.Trim(id, " ='"); !strings.HasPrefix(id, "aws-") && !strings.HasPrefix(id, "gcp-") && !strings.HasPrefix(id, "azure-") {
				t.Errorf("%s: %s", name, found)
			}
		}
	}
}
