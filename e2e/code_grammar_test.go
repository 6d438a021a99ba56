package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// grammar parses files by tree-sitter's grammar of a language, which none of our readers and writers knows, and prints
// what it cannot parse.
const grammar = `import importlib, sys, tree_sitter
parser = tree_sitter.Parser(tree_sitter.Language(importlib.import_module("tree_sitter_" + sys.argv[1]).language()))
def wrong(n): return [n] if n.is_error or n.is_missing else [w for c in n.children for w in wrong(c)]
bad = [(f, w.start_point, w.text) for f in sys.argv[2:] for w in wrong(parser.parse(open(f, "rb").read()).root_node)]
print(*bad, sep="\n", file=sys.stderr)
sys.exit(bool(bad))`

// TestRepairedGrammars: the repaired version of Bicep, PowerShell and cmd is parsed by a grammar that is not ours, in the
// form in which the text was given and in each of these shells; and it keeps what was given.
func TestRepairedGrammars(t *testing.T) {
	const bicepHead = "param image string = 'orders:1'\nparam location string = resourceGroup().location\n\n@secure()\nparam key string\n\nresource app 'Microsoft.App/containerApps@2024-03-01' = {\n  name: 'orders'\n  location: location\n  properties: {\n    configuration: {\n      secrets: [\n        {\n          name: 'k'\n          value: key\n        }\n      ]\n    }\n    template: {\n      containers: [\n        {\n          name: 'worker'\n          image: image\n          env: [\n            {\n              name: 'DATABASE_URL'\n              secretRef: 'db'\n            }\n"
	const bicepTail = "            {\n              name: 'TEMPORAL_API_KEY'\n              secretRef: 'k'\n            }\n          ]\n        }\n      ]\n    }\n  }\n}\n"
	pair := func(name, value string) string {
		return "            {\n              name: '" + name + "'\n              value: '" + value + "'\n            }\n"
	}
	for _, tt := range []struct{ name, language, file, text, keeps string }{
		{"bicep: scheme and port", "bicep", "main.bicep", bicepHead + pair("TEMPORAL_ADDRESS", "https://orders.a1b2c.tmprl.cloud") + pair("TEMPORAL_NAMESPACE", "orders") + bicepTail, "param location string = resourceGroup().location"},
		{"bicep: no namespace", "bicep", "main.bicep", bicepHead + pair("TEMPORAL_ADDRESS", "orders.a1b2c.tmprl.cloud:7233") + bicepTail, "name: 'DATABASE_URL'"},
		{"bicep: a setting goes", "bicep", "main.bicep", bicepHead + pair("TEMPORAL_ADDRESS", "orders.a1b2c.tmprl.cloud:7233") + pair("TEMPORAL_NAMESPACE", "orders.a1b2c") + pair("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "true") + bicepTail, "image: image"},
		{"bicep: by a variable", "bicep", "main.bicep", "var address = 'orders.a1b2c.tmprl.cloud'\n" + bicepHead + strings.ReplaceAll(pair("TEMPORAL_ADDRESS", "X"), "'X'", "address") + pair("TEMPORAL_NAMESPACE", "orders.a1b2c") + bicepTail, "value: address"},
		{"PowerShell: quotes", "powershell", "set.ps1", "# orders\n$ErrorActionPreference = 'Stop'\n$env:DATABASE_URL = \"postgres://$($env:COMPUTERNAME)/orders\"\n$env:TEMPORAL_ADDRESS = 'https://orders.a1b2c.tmprl.cloud:7233'\n$env:TEMPORAL_NAMESPACE = \"orders\"\n$env:TEMPORAL_API_KEY = 'c4nary''s key'\nif (-not $env:CI) {\n  Write-Host 'started'\n}\n", "postgres://$($env:COMPUTERNAME)/orders"},
		{"PowerShell: a setting goes", "powershell", "set.ps1", "$env:TEMPORAL_ADDRESS = \"orders.a1b2c.tmprl.cloud:7233\"\n$env:TEMPORAL_NAMESPACE = \"orders.a1b2c\"\n$env:TEMPORAL_TLS_SERVER_CA_CERT_PATH = \"C:\\certs\\ca.pem\"\n$env:TEMPORAL_TLS_CLIENT_CERT_PATH = \"$env:USERPROFILE\\client.pem\"\n$env:TEMPORAL_TLS_CLIENT_KEY_PATH = \"$env:USERPROFILE\\client.key\"\nStart-Process worker.exe -Wait\n", "Start-Process worker.exe -Wait"},
		{"PowerShell: no namespace", "powershell", "set.ps1", "$env:TEMPORAL_ADDRESS = \"orders.a1b2c.tmprl.cloud:7233\"\n$env:TEMPORAL_API_KEY = (Get-Secret temporal)\n", "(Get-Secret temporal)"},
		{"cmd", "batch", "set.bat", "@echo off\nset APP=orders\nset \"TEMPORAL_ADDRESS=https://orders.a1b2c.tmprl.cloud\"\nset TEMPORAL_NAMESPACE=orders.a1b2c\nset TEMPORAL_TLS_CLIENT_CERT_PATH=%USERPROFILE%\\client.pem\nset TEMPORAL_TLS_CLIENT_KEY_PATH=%USERPROFILE%\\client.key\nstart worker.exe\n", "set APP=orders"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, tt.file)
			given := filepath.Join(dir, "given-"+tt.file)
			for _, f := range []string{file, given} {
				if err := os.WriteFile(f, []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			parses(t, true, tt.language, given)
			same := repaired(t, file, "")
			if !strings.Contains(same, tt.keeps) || same == tt.text || strings.Contains(same, "c4nary") {
				t.Errorf("kept too little, too much, or nothing was repaired:\n%s", same)
			}
			written := filepath.Join(dir, "repaired-"+tt.file)
			broken := filepath.Join(dir, "broken-"+tt.file)
			for f, text := range map[string]string{written: same, broken: same + map[string]string{"bicep": "resource x 'y' = {\n", "powershell": "$env:A = \"b\n", "batch": ""}[tt.language]} {
				if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			parses(t, true, tt.language, written)
			if tt.language != "batch" { // nearly everything is a command of cmd
				parses(t, false, tt.language, broken)
			}
			for shell, language := range map[string]string{"powershell": "powershell", "cmd": "batch"} {
				f := filepath.Join(dir, "for-"+shell)
				if err := os.WriteFile(f, []byte(repaired(t, file, shell)), 0o600); err != nil {
					t.Fatal(err)
				}
				parses(t, true, language, f)
			}
		})
	}
}

// repaired is what `onramp code --judge` makes of a file, for a shell or, for "", in its own form.
func repaired(t *testing.T, file, shell string) string {
	t.Helper()
	args := []string{"code", "--judge", file, "--json"}
	if shell != "" {
		args = append(args, "--shell", shell)
	}
	a := run(t, cleanEnv(), args...)
	var got struct {
		Repaired string
		ByHand   []string `json:"by_hand"`
		Why      string   `json:"not_repaired"`
	}
	if err := json.Unmarshal([]byte(a.out), &got); err != nil || got.Repaired == "" || len(got.ByHand) > 0 {
		t.Fatalf("for %q (%v): %s%s", shell, err, a.out, a.err)
	}
	return got.Repaired
}

// parses has a file parsed by a grammar.
func parses(t *testing.T, want bool, language, file string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a := runCommand(t, ctx, "", cleanEnv(), ".venv/bin/python", "-c", grammar, language, file)
	if (a.code == 0) != want {
		b, _ := os.ReadFile(file)
		t.Errorf("%s: parsed %v, want %v\n%s\n%s", filepath.Base(file), a.code == 0, want, a.err, b)
	}
}
