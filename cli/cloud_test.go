package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal/control"
	"onramp/rehearsal/control/controltest"
)

// TestCloudWords: a word after onramp cloud that is no command is named, with the one that was meant and where all are; a
// command that is not whole is told what may follow.
func TestCloudWords(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says []string
		not  string
	}{
		{"bogus", exitUsage, []string{"unknown command cloud bogus", "onramp cloud --help lists all commands."}, "ca add"},
		{"whoamy", exitUsage, []string{"unknown command cloud whoamy", "Did you mean onramp cloud whoami?"}, ""},
		{"ca", exitUsage, []string{"cloud ca is not whole", "onramp cloud ca list", "onramp cloud ca remove"}, "whoami"},
		{"ca lst", exitUsage, []string{"unknown command cloud ca lst", "Did you mean onramp cloud ca list?"}, "whoami"},
		{"key", exitUsage, []string{"cloud key is not whole", "onramp cloud key create", "onramp cloud key delete"}, ""},
		{"eyJhbGciOiJFUzI1NiJ9.e30.c2VjcmV0", exitUsage, []string{"unknown command after onramp cloud"}, "eyJ"},
		{"ca --help", exitOK, []string{"onramp cloud ca add"}, "unknown"},
		{"ca remove --help", exitOK, []string{"Usage: onramp cloud ca remove NS [--flag value …]\n", "required"}, "file …"},
		{"create --help", exitOK, []string{"Usage: onramp cloud create NAME [--flag value …]\n"}, "file …"},
		{"ca add --help", exitOK, []string{"Usage: onramp cloud ca add NS FILE … [--flag value …]\n"}, "] file …"},
		{"attributes add --help", exitOK, []string{"Usage: onramp cloud attributes add NS NAME=Type … [--flag value …]\n"}, ""},
		{"whoami --help", exitOK, []string{"Usage: onramp cloud whoami [--flag value …]\n"}, "file …"},
		{"--help", exitOK, []string{"onramp cloud filters set NS FILE"}, "unknown"},
		{"", exitUsage, []string{"onramp cloud filters set NS FILE"}, "unknown"},
	} {
		code, stdout, stderr := typed(t, append([]string{"cloud"}, strings.Fields(c.args)...)...)
		out := stdout + stderr
		if code != c.code || c.not != "" && strings.Contains(out, c.not) || (code == exitOK) != (stderr == "") {
			t.Errorf("onramp cloud %s: exit %d\n%s", c.args, code, out)
		}
		for _, want := range c.says {
			if !strings.Contains(out, want) {
				t.Errorf("onramp cloud %s lacks %q\n%s", c.args, want, out)
			}
		}
	}
	for _, c := range clouds { // the help shows them all
		if !strings.Contains(cloudHelp, "onramp cloud "+c.name+" ") {
			t.Errorf("the help lacks %s", c.name)
		}
	}
}

// TestCloudJudgesFirst: what is wrong with the arguments is said without a key, and without a call.
func TestCloudJudgesFirst(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "x", Organization: "x"})
	if err != nil {
		t.Fatal(err)
	}
	good := file("ca.pem", string(ca.CertPEM))
	key := file("ca.key", string(ca.Key.Reveal()))
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a Namespace ID that is none", []string{"show", "no"}, 14, ""},
		{"a CA's key", []string{"ca", "add", "orders.a2dd6", key}, exitInput, "key"},
		{"a file that is no certificate", []string{"ca", "set", "orders.a2dd6", file("x.pem", "nothing")}, exitInput, ""},
		{"a file that is not there", []string{"ca", "add", "orders.a2dd6", filepath.Join(dir, "none.pem")}, exitInput, "cannot be read"},
		{"a fingerprint that is none", []string{"ca", "remove", "orders.a2dd6", "--fingerprint", "12"}, exitInput, "not a fingerprint"},
		{"an empty filter", []string{"filters", "set", "orders.a2dd6", file("f.json", `{"filters":[{}]}`)}, exitInput, ""},
		{"a type that is none", []string{"attributes", "add", "orders.a2dd6", "A=Float"}, exitInput, "KeywordList"},
		{"no NAME=Type", []string{"attributes", "add", "orders.a2dd6", "A"}, exitInput, "NAME=Type"},
		{"a sign-in method that is none", []string{"sign-in", "set", "orders.a2dd6", "password"}, exitInput, "mtls, api-key or both"},
		{"a name in capitals", []string{"create", "Orders", "--region", "aws-us-east-1", "--ca", good}, exitInput, "not a name"},
		{"a region without its provider", []string{"create", "orders", "--region", "us-east-1", "--ca", good}, exitInput, "aws-us-east-1"},
		{"retention of 91 days", []string{"create", "orders", "--region", "aws-us-east-1", "--ca", good, "--retention", "91"}, exitInput, "1 to 90"},
		{"a key for three years", []string{"key", "create", "orders.a2dd6", "--name", "w", "--days", "1000", "--out", filepath.Join(dir, "k")}, exitInput, "730"},
		{"no key named", []string{"key", "delete", "orders.a2dd6"}, exitUsage, "No API key is named"},
		{"no key's ID", []string{"key", "delete", "orders.a2dd6", "--id", "a b"}, exitInput, "not the ID of an API key"},
		{"a key for its ID", []string{"key", "delete", "orders.a2dd6", "--id", "eyJhbGciOiJub25lIn0.eyJqdGkiOiJhIn0.c2VjcmV0c2VjcmV0"}, exitUsage, "secret"},
		{"no rule's ID", []string{"rules", "attach", "orders.a2dd6", "a b\x1b"}, exitInput, "not the ID of a connectivity rule"},
		{"too many arguments", []string{"show", "orders.a2dd6", "payments.a2dd6"}, exitUsage, "takes a Namespace ID"},
		{"good ones, and no key", []string{"ca", "add", "orders.a2dd6", good}, 13, ""},
	} {
		code, _, stderr := typed(t, append([]string{"cloud"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.says) || c.code != 13 && strings.Contains(stderr, "TEMPORAL_CLOUD_API_KEY") {
			t.Errorf("%s: exit %d, want %d with %q\n%s", c.name, code, c.code, c.says, stderr)
		}
	}
	if code, stdout, _ := typed(t, "cloud", "attributes", "add", "orders.a2dd6", "A=Float", "--json"); code != exitInput || !strings.Contains(stdout, `"fault"`) {
		t.Errorf("in JSON: exit %d\n%s", code, stdout)
	}
}

// TestCloudShowsNamesSafely: line breaks, escapes and the like in what somebody else named come out written, never as they
// are: they would draw lines of their own, or colour them.
func TestCloudShowsNamesSafely(t *testing.T) {
	const bad = "x\n  CA certificates: 99\x1b[31m\t\u202e"
	plane := controltest.Start(t, control.Options{})
	plane.Set(control.Space{ID: namespace.ID{Name: "orders", Account: controltest.Account}, Created: time.Now(), Keyed: true, RetentionDays: 3, Attributes: map[string]string{bad: "Keyword"}})
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, plane.RootPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"TEMPORAL_CLOUD_API_KEY": string(plane.Key(control.Owner).Reveal()), "TEMPORAL_CLOUD_API_SERVER": plane.Address}
	for _, args := range [][]string{{"show"}, {"attributes", "list"}} {
		var out, errs bytes.Buffer
		code := Run(context.Background(), World{Args: append(append([]string{"cloud"}, args...), "orders."+controltest.Account, "--tls-ca-path", root, "--data", t.TempDir()), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
			Getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
		if code != exitOK || strings.ContainsAny(out.String(), "\x1b\t\u202e") || !strings.Contains(out.String(), `x\n  CA certificates: 99`) {
			t.Errorf("%v: exit %d\n%q\n%s", args, code, out.String(), errs.String())
		}
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, "  CA certificates: 99") {
				t.Errorf("%v: a line of somebody else's: %q", args, line)
			}
		}
	}
	var said bytes.Buffer
	complain(World{Stderr: &said}, fault.New(fault.Conflict, "changed: a\nonramp: all is well", "Look again.\nonramp: or do not."))
	if strings.Count("\n"+said.String(), "\nonramp: ") != 1 {
		t.Errorf("a line of somebody else's looks like one of ours:\n%s", said.String())
	}
}
