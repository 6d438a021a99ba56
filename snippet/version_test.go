package snippet

import (
	"strings"
	"testing"
)

// TestMinimumIsTheFirstThatWorks: the versions asked for are those whose environment configuration does what its
// documentation says (docs/field.md), not the first that have it.
func TestMinimumIsTheFirstThatWorks(t *testing.T) {
	want := map[string]string{
		"python": "1.14.0", "go": "1.44.0", "typescript": "1.13.2",
		"java":   "1.32.1", // 1.32.0 refuses a machine without a temporal.toml
		"dotnet": "1.11.0", // before it, paths of certificate and key are ignored
		"ruby":   "1.2.0",  // before it, the process's variables are not read
		"php":    "2.17.0",
	}
	for _, lang := range Langs() {
		for _, auth := range Auths {
			c, err := Write(Request{Lang: lang, Namespace: "orders.a1b2c", Auth: auth, Style: "envconfig"})
			if err != nil || c.SDK.MinVersion != want[lang] {
				t.Errorf("%s with %s: %s %v, want %s", lang, auth, c.SDK.MinVersion, err, want[lang])
			}
		}
	}
}

// TestProxyIsTold: for every language the notes say how a worker is told of a proxy.
func TestProxyIsTold(t *testing.T) {
	for lang, want := range map[string]string{"python": "http_connect_proxy_config", "go": "reads HTTPS_PROXY", "typescript": "NativeConnection", "java": "https.proxyHost", "dotnet": "HttpConnectProxy", "ruby": "http_connect_proxy", "php": "RoadRunner"} {
		c, err := Write(Request{Lang: lang, Namespace: "orders.a1b2c"})
		if err != nil || !strings.Contains(strings.Join(c.Notes, "\n"), want) {
			t.Errorf("%s: no note has %q: %q, %v", lang, want, c.Notes, err)
		}
	}
	c, err := Write(Request{Lang: "go", Namespace: "orders.a1b2c", Shell: "kubernetes"})
	if err != nil || !strings.Contains(strings.Join(c.Notes, "\n"), "ca.crt") {
		t.Errorf("for Kubernetes no note says what the Secret must lack: %q, %v", c.Notes, err)
	}
}
