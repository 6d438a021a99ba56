package certsvc

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// TestRecipesRun: the commands make a pair that keeps Cloud's rules, with whatever names; openssl's always,
// those of step, tcld and certstrap where they are on the PATH.
func TestRecipesRun(t *testing.T) {
	s := New(Options{})
	for _, spec := range []CommandSpec{
		{CA: CASpec{CommonName: "payments CA"}, Leaf: LeafSpec{CommonName: "payments"}},
		{CA: CASpec{CommonName: `Dana's "CA" / $HOME \ + 支払`, Organization: `Acme & Söhne, #1; rm -rf ~`, Days: 30, KeyType: ECP256},
			Leaf: LeafSpec{CommonName: "`id`", Organization: "-subj", OrganizationalUnit: "a=b", Days: 20, KeyType: RSA2048, DNSNames: []string{"w.acme.internal", "*.acme.internal"}}},
		{CA: CASpec{CommonName: `Dana's "CA" $HOME`, Organization: "Acme & Söhne", Days: 30, KeyType: RSA2048},
			Leaf: LeafSpec{CommonName: "my `id`", Organization: "Acme & Söhne", OrganizationalUnit: "a=b", Days: 20}},
	} {
		recipes, err := s.Recipes(spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range recipes {
			if _, err := exec.LookPath(string(r.Tool)); err != nil {
				if r.Tool == ToolOpenSSL {
					t.Fatal(err)
				}
				t.Logf("%s is not installed here: its commands were not run", r.Tool)
				continue
			}
			dir := t.TempDir()
			for _, step := range r.Steps {
				cmd := exec.Command("sh", "-c", step.Command)
				cmd.Dir, cmd.Stdin = dir, strings.NewReader("y\n") // tcld asks before it writes a key
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %s\n%v\n%s", r.Tool, step.Command, err, out)
				}
			}
			read := func(name string) []byte { return must(os.ReadFile(filepath.Join(dir, name)))(t) }
			now := time.Now()
			cas, bad := LintBundle(read(r.Upload), now)
			if len(bad) > 0 {
				t.Errorf("%s: the CA breaks %+v", r.Tool, bad)
			}
			p, done, err := ReadPair(read(r.Cert), read(r.Key))
			if err != nil || len(done) > 0 {
				t.Fatalf("%s: %v, %v", r.Tool, done, err)
			}
			for _, l := range LintLeaf(p.Chain, cas, now) {
				if r.Tool == ToolOpenSSL || l.Severity != SevNote {
					t.Errorf("%s: the client certificate breaks %+v", r.Tool, l)
				}
			}
			if r.Tool != ToolOpenSSL {
				continue
			}
			if got := p.Leaf().Subject; got.CommonName != spec.Leaf.CommonName || strings.Join(got.Organization, "") != spec.Leaf.Organization || strings.Join(got.OrganizationalUnit, "") != spec.Leaf.OrganizationalUnit {
				t.Errorf("subject %s, want %+v", got, spec.Leaf)
			}
			if got := cas[0].Subject; got.CommonName != spec.CA.CommonName || strings.Join(got.Organization, "") != spec.CA.Organization {
				t.Errorf("CA subject %s, want %+v", got, spec.CA)
			}
			if diff := cmp.Diff(spec.Leaf.DNSNames, p.Leaf().DNSNames); diff != "" {
				t.Error(diff)
			}
			if fi, err := os.Stat(filepath.Join(dir, r.Key)); err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v, %v", r.Key, fi.Mode(), err)
			}
		}
	}
}

// TestRecipesText: the documented flags of tools that cannot be installed here, with quoted names.
func TestRecipesText(t *testing.T) {
	recipes := must(testService().Recipes(CommandSpec{CA: CASpec{CommonName: "Dana's CA", Organization: "Acme Ltd", Days: 730, KeyType: RSA4096}, Leaf: LeafSpec{CommonName: "my worker", Organization: "Acme Ltd", OrganizationalUnit: "Pay"}}))(t)
	text := map[Tool]string{}
	for _, r := range recipes {
		for _, s := range r.Steps {
			text[r.Tool] += s.Command + "\n"
			if s.Text == "" {
				t.Errorf("%s: %q is not explained", r.Tool, s.Command)
			}
		}
		cmd := exec.Command("bash", "-n")
		cmd.Stdin = strings.NewReader(text[r.Tool])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: bash -n: %s", r.Tool, out)
		}
	}
	if diff := cmp.Diff("tcld gen ca --org 'Acme Ltd' -d 365d --ca-cert ca.pem --ca-key ca.key --rsa\n"+
		"tcld gen leaf --org 'Acme Ltd' -d 364d --ca-cert ca.pem --ca-key ca.key --cert client.pem --key client.key --common-name 'my worker' --organization-unit Pay\n", text[ToolTcld]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(`certstrap init --common-name 'Dana'\''s CA' --key-bits 4096 --organization 'Acme Ltd' --expires '730 days' --passphrase ''
certstrap request-cert --common-name 'my worker' --key-bits 4096 --organization 'Acme Ltd' --organizational-unit Pay --passphrase ''
certstrap sign my_worker --CA 'Dana'\''s CA' --expires '729 days'
`, text[ToolCertstrap]); diff != "" {
		t.Error(diff)
	}
	if r := recipes[3]; r.Upload != "out/Dana's_CA.crt" || r.Cert != "out/my_worker.crt" || r.Key != "out/my_worker.key" {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(strings.Join(recipes[2].Notes, " "), "365 days only") {
		t.Errorf("tcld's bound is not told: %v", recipes[2].Notes)
	}
	if _, err := testService().Recipes(CommandSpec{Leaf: LeafSpec{Days: -1}}); len(fault.All(err)) != 3 {
		t.Errorf("bad asks: %v", err)
	}
}
