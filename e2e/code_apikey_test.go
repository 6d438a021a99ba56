package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCodeWorkersWithAPIKey: the same as TestCodeWorkers with an API key in the place of a certificate, for every
// SDK that can run here. The rehearsal cloud takes the key as Temporal Cloud does: in the header authorization of
// each call, with no server name.
func TestCodeWorkersWithAPIKey(t *testing.T) {
	for _, lang := range []string{"python", "go", "typescript", "java"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			// A rehearsal for each: the projects of Python and Go poll task queues of the same name, for workflows of the
			// same name with other inputs.
			h, rehearsal := hold(t, "--auth", "api-key")
			key, err := os.ReadFile(h.APIKey)
			if err != nil {
				t.Fatal(err)
			}
			flags := []string{"--address", h.Address, "--namespace", h.Namespace, "--api-key-path", h.APIKey, "--tls-ca-path", h.ServerRoot}
			for _, style := range []string{"explicit", "envconfig"} {
				t.Run(style, func(t *testing.T) {
					c := code(t, "--lang", lang, "--namespace", h.Namespace, "--address", h.Address, "--auth", "api-key", "--style", style)
					dir := t.TempDir()
					applyCode(t, projectOf(t, lang), dir, c)
					if got, ok := c.Env["TEMPORAL_API_KEY"]; got != "" || !ok {
						t.Errorf("TEMPORAL_API_KEY is %q, %v; want it named and empty", got, ok)
					}
					c.Env["TEMPORAL_API_KEY"] = string(key)
					env := cleanEnv(append(pairs(c.Env), h.trust()...)...)
					switch lang {
					case "python":
						env = append(env, "PYTHONDONTWRITEBYTECODE=1", "PATH="+filepath.Dir(pythonTool(t, "python"))+string(os.PathListSeparator)+os.Getenv("PATH"))
					case "typescript": // its packages are those of e2e/package.json
						linkNodeModules(t, dir)
					default:
						for _, line := range c.Commands.Install {
							shell(t, dir, env, line)
						}
					}
					worker := workerShell(t, h, dir, env, c)
					own := run(t, cleanEnv(), append([]string{"transfer", "--template", lang, "--worker", "own", "--patience", "120s", "--json"}, flags...)...)
					if own.code != 0 || !strings.Contains(lastLine(own.out), `"COMPLETED"`) {
						t.Fatalf("onramp transfer --worker own: exit %d\n%s\n%s\nworker:\n%s", own.code, own.out, own.err, worker.output())
					}
					transferred(t, dir, env, c.Commands.Starter[0], worker)
					worker.killGroup()
				})
			}
			if checked := run(t, cleanEnv(), append([]string{"check"}, flags...)...); checked.code != 0 {
				t.Errorf("onramp check: exit %d\n%s", checked.code, checked.out)
			}
			rehearsal.kill()
		})
	}
}

// TestAPIKeyMixUps: what goes wrong with API keys is named, at a real server.
func TestAPIKeyMixUps(t *testing.T) {
	h, _ := hold(t, "--auth", "api-key")
	key, err := os.ReadFile(h.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	at := []string{"check", "--timeout", "20s", "--address", h.Address, "--namespace", h.Namespace, "--tls-ca-path", h.ServerRoot, "--tls-server-name"}
	for _, tt := range []struct {
		name, server string
		env          []string
		code         string
		exit         int
	}{
		{"well", h.ServerName, []string{"TEMPORAL_API_KEY=" + string(key)}, "OK", 0},
		{"a blank at its end", h.ServerName, []string{"TEMPORAL_API_KEY=" + string(key) + " "}, "OK", 0},
		{"the variable of tcld", h.ServerName, []string{"TEMPORAL_CLOUD_API_KEY=" + string(key)}, "AK-06", 13},
		{"no key", h.ServerName, nil, "AK-02", 13},
		{"cut off", h.ServerName, []string{"TEMPORAL_API_KEY=" + string(key[:len(key)-3])}, "AK-03", 13},
		{"no server name", "localhost", []string{"TEMPORAL_API_KEY=" + string(key)}, "OK", 0},
		{"a regional endpoint", "us-east-1.aws.api.temporal.io", []string{"TEMPORAL_API_KEY=" + string(key)}, "OK", 0},
	} {
		a := run(t, cleanEnv(tt.env...), append(at, tt.server, "--json")...)
		if a.code != tt.exit || !strings.Contains(a.out, `"code": "`+tt.code+`"`) {
			t.Errorf("%s: exit %d, want %d and %s\n%s", tt.name, a.code, tt.exit, tt.code, a.out)
		}
		if strings.Contains(a.out+a.err, string(key[len(key)-20:])) {
			t.Errorf("%s: the key is printed", tt.name)
		}
	}
	certificates, _ := hold(t)
	a := run(t, cleanEnv("TEMPORAL_API_KEY="+string(key)), "check", "--address", certificates.Address, "--namespace", certificates.Namespace, "--tls-ca-path", certificates.ServerRoot, "--json")
	if a.code != 13 || !strings.Contains(a.out, `"code": "AK-01"`) {
		t.Errorf("an endpoint that wants certificates: exit %d, want AK-01\n%s", a.code, a.out)
	}
}
