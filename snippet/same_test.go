package snippet

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/magiconair/properties"
	"gopkg.in/yaml.v3"
	"mvdan.cc/sh/v3/syntax"

	"onramp/snippet/config"
)

// formatReads lets a parser of the format read a text; Bicep, cmd and PowerShell have none here.
func formatReads(form, dialect, text string) error {
	switch {
	case form == "json":
		return json.Unmarshal([]byte(text), new(any))
	case form == "toml":
		_, err := toml.Decode(text, new(any))
		return err
	case form == "hcl":
		if _, diags := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos); diags.HasErrors() {
			return diags
		}
	case form == "properties":
		loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
		_, err := loader.LoadBytes([]byte(text))
		return err
	case form == "yaml" || form == "compose" || form == "kubernetes" || form == "github-actions":
		return yaml.Unmarshal([]byte(text), new(any))
	case form == "lines" && (dialect == "shell" || dialect == ""):
		_, err := syntax.NewParser().Parse(strings.NewReader(text), "")
		return err
	}
	return nil
}

// TestRepairedInItsForm: over all field files, the repaired version in its own form is what was given but for what a
// finding says: the format's own parser reads it, its settings are the same, Temporal's or not, and so is every line that
// no repair is about.
func TestRepairedInItsForm(t *testing.T) {
	count, repaired := 0, 0
	for _, f := range fieldFiles(t) {
		e := judgeEnvironment(context.Background(), string(f.Data), EnvChoice{})
		if e.Given == "" {
			t.Errorf("%s: it does not come back", f.Name)
		}
		text, err := e.Repaired("")
		if err != nil {
			continue
		}
		count++
		if len(e.ByHand) > 0 {
			t.Errorf("%s: not written: %q", f.Name, e.ByHand)
		}
		if e.Changed != (text != e.Given) {
			t.Errorf("%s: changed is %v", f.Name, e.Changed)
		}
		if e.Changed {
			repaired++
		}
		keepsWhatWasGiven(t, f.Name, e, text)
		d := config.Read(context.Background(), string(f.Data))
		form := e.Form
		if err := formatReads(form, d.Dialect, text); err != nil && formatReads(form, d.Dialect, string(f.Data)) == nil {
			t.Errorf("%s: its own format's parser does not read\n%s\n%v", f.Name, text, err)
		}
		again := judgeEnvironment(context.Background(), text, EnvChoice{})
		repairs := map[string]string{}
		for _, x := range e.Findings {
			if x.From != "" && x.To != "" {
				repairs[x.From] = x.To
			}
		}
		want, got := map[string]string{}, map[string]string{}
		for _, v := range e.InEffect {
			if to, ok := repairs[v.Value]; ok {
				v.Value = to
			}
			want[strings.TrimSuffix(v.What, "'s content")] = v.Value
		}
		for _, x := range e.Findings {
			if x.Code == "NS-04" && x.Level == "repair" && x.From == "" && want["namespace"] == "" { // read from the endpoint, and written
				want["namespace"] = x.To
			}
		}
		for _, v := range again.InEffect { // a masked content looks like a path
			got[strings.TrimSuffix(v.What, "'s content")] = v.Value
		}
		for _, what := range []string{"server's CA", "TLS", "host verification off", "TLS server name"} { // left out, or added
			delete(want, what)
			delete(got, what)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the repaired version means something else (-given +repaired):\n%s%s", f.Name, diff, text)
		}
		for _, x := range again.Findings {
			if x.Level == "repair" {
				t.Errorf("%s: still to repair: %+v\n%s", f.Name, x, text)
			}
		}
	}
	t.Logf("%d files came back, %d of them changed", count, repaired)
	if count < 60 || repaired < 25 {
		t.Errorf("only %d files came back, %d of them changed", count, repaired)
	}
}

// keepsWhatWasGiven compares settings and lines of the repaired version with what was given.
func keepsWhatWasGiven(t *testing.T, name string, e Environment, text string) {
	t.Helper()
	settings := func(text string) map[string]int {
		out := map[string]int{}
		r := newReading(config.Read(context.Background(), text))
		for _, s := range r.Settings {
			if _, ours := r.of(s); !ours {
				out[s.Path+"="+s.Value.String()]++
			}
		}
		return out
	}
	if diff := cmp.Diff(settings(e.Given), settings(text)); diff != "" && e.Form != "hcl" { // a local value may be where a repair belongs
		t.Errorf("%s: a setting that is none of Temporal's has changed (-given +repaired):\n%s", name, diff)
	}
	repairs := 0
	for _, x := range e.Findings {
		if x.Level == "repair" || x.Level == "danger" {
			repairs++
		}
	}
	left := map[string]int{}
	for _, l := range strings.Split(text, "\n") {
		left[l]++
	}
	gone := 0
	for _, l := range strings.Split(e.Given, "\n") {
		if left[l]--; left[l] < 0 {
			gone++
		}
	}
	if gone > 4*max(repairs, 1) {
		t.Errorf("%s: %d lines are gone for %d repairs:\n%s", name, gone, repairs, text)
	}
}

// TestRepairedForHolders: what a field file says is the same for every holder that can carry it.
func TestRepairedForHolders(t *testing.T) {
	for _, f := range fieldFiles(t) {
		e := judgeEnvironment(context.Background(), string(f.Data), EnvChoice{})
		for _, shell := range Shells {
			text, err := e.Repaired(shell)
			if err != nil {
				continue
			}
			again := judgeEnvironment(context.Background(), text, EnvChoice{})
			if again.request == nil || again.request.Namespace != e.request.Namespace {
				t.Errorf("%s for %s: another namespace, or none:\n%s%+v", f.Name, shell, text, again.Findings)
			}
			if strings.Contains(text, refOpen) || strings.Contains(text, refClose) {
				t.Errorf("%s for %s: an unfilled reference:\n%s", f.Name, shell, text)
			}
		}
	}
}

// TestPathsKeepTheirVariables: a variable in a path stays one, written as the holder writes variables.
func TestPathsKeepTheirVariables(t *testing.T) {
	home := "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=\"$HOME/my certs/client.pem\"\nTEMPORAL_TLS_CLIENT_KEY_PATH=${HOME}/client.key\n"
	windows := "set TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nset TEMPORAL_NAMESPACE=orders.a1b2c\nset TEMPORAL_TLS_CLIENT_CERT_PATH=%USERPROFILE%\\client.pem\nset TEMPORAL_TLS_CLIENT_KEY_PATH=%USERPROFILE%\\client.key\n"
	for _, tt := range []struct{ in, shell, want string }{
		{home, "", `"$HOME/my certs/client.pem"`}, {home, "bash", `"${HOME}/my certs/client.pem"`}, {home, "fish", `"$HOME/my certs/client.pem"`},
		{home, "powershell", `"${env:HOME}/my certs/client.pem"`}, {home, "cmd", `=%HOME%/my certs/client.pem"`}, {home, "dotenv", "${HOME}/my certs/client.pem"},
		{home, "compose", "${HOME}/my certs/client.pem"}, {home, "systemd", ""}, {home, "toml", ""},
		{windows, "", `%USERPROFILE%\client.pem`}, {windows, "cmd", `%USERPROFILE%\client.pem`}, {windows, "powershell", `"${env:USERPROFILE}\client.pem"`},
	} {
		got, err := judged(tt.in).Repaired(tt.shell)
		if tt.want == "" && err == nil || tt.want != "" && !strings.Contains(got, tt.want) {
			t.Errorf("for %q: %v\n%s\nlacks %s", tt.shell, err, got, tt.want)
		}
	}
}
