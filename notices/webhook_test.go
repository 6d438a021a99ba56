package notices_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/fault"
	"onramp/notices"
)

func TestWebhookAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"https://hooks.example.com/x?y=z": "",
		"http://127.0.0.1:9/x":            "",
		"http://localhost:9/":             "",
		"http://[::1]:9/":                 "",
		"http://hooks.example.com/":       "Plain http",
		"http://127.0.0.1.example.com/":   "Plain http",
		"http://10.0.0.1/":                "Plain http",
		"https://user:pass@example.com/":  "user name or password",
		"ftp://example.com/":              "scheme",
		"hooks.example.com":               "not a web address",
		"https://":                        "not a web address",
		"https://example.com/#x":          "fragment",
		"file:///etc/passwd":              "not a web address",
	} {
		_, err := notices.NewWebhook(notices.WebhookOptions{Address: address, Secret: "", Version: "test"})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(fault.From(err).Cause, want)) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
	for secret, ok := range map[string]bool{"": true, "short": false, "sixteen bytes ok": true, "whsec_!!": false, "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 24)): true, "whsec_AAAA": false} {
		if _, err := notices.NewWebhook(notices.WebhookOptions{Address: "https://example.com/", Secret: secret, Version: "test"}); (err == nil) != ok {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
}

// The example of the Standard Webhooks specification.
func TestSignatureVector(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := notices.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// ASVS 15.3.2.
func TestWebhookSends(t *testing.T) {
	var heads http.Header
	var body string
	var mu sync.Mutex // the server's goroutines share these with the test
	answer := func(w http.ResponseWriter, r *http.Request) {}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		heads, body = r.Header, string(b)
		answer(w, r)
	}))
	defer srv.Close()
	const secret = "a secret of many bytes"
	hook, err := notices.NewWebhook(notices.WebhookOptions{Address: srv.URL + "/secret-path", Secret: secret, Version: "1.2"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1790000000, 0)
	if err := hook.Send(t.Context(), "msg_1", at, []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s.%s", heads.Get("webhook-id"), heads.Get("webhook-timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); heads.Get("webhook-signature") != want || heads.Get("webhook-timestamp") != "1790000000" || heads.Get("Content-Type") != "application/json" || heads.Get("User-Agent") != "Onramp/1.2" {
		t.Errorf("%v", heads)
	}
	if strings.Contains(hook.Where(), "secret-path") || !hook.Signed() {
		t.Errorf("shown as %s", hook.Where())
	}
	asked := 0
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		want   string
	}{
		"a refusal": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, "answered 410 Gone"},
		"a failure": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, strings.Repeat("<script>", 1000), 500) }, "answered 500"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "answered 307"},
		"a broken answer":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "connection to the receiver broke"},
		"an endless header": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 100_000)) }, "connection to the receiver broke"},
	} {
		mu.Lock()
		answer = tt.answer
		mu.Unlock()
		err := hook.Send(t.Context(), "msg_2", at, nil)
		if !strings.Contains(fault.Title(err), tt.want) || strings.Contains(fmt.Sprint(err, fault.From(err)), "secret-path") || strings.Contains(fmt.Sprint(err), "script") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked != 1 {
		t.Errorf("a redirect was followed: %d requests", asked)
	}
	srv.Close()
	if err := hook.Send(t.Context(), "msg_3", at, nil); !strings.Contains(fault.Title(err), "Nothing listens") {
		t.Errorf("a stopped receiver: %v", err)
	}
}

// The address that is dialled is judged, not the name: link-local addresses serve credentials in clouds.
func TestWebhookRefusesDangerousAddresses(t *testing.T) {
	for _, address := range []string{"https://169.254.169.254/latest", "https://[fe80::1]/", "https://0.0.0.0/", "https://[::]/", "https://224.0.0.1/", "https://[::ffff:169.254.169.254]/", "https://[64:ff9b::a9fe:a9fe]/",
		"https://[fd00:ec2::254]/", "https://[fd20:ce::254]/", "https://100.100.100.200/", "https://192.0.0.192/", "https://168.63.129.16/", "https://[2002:a9fe:a9fe::1]/", "https://[::a9fe:a9fe]/", "https://[fec0::1]/"} {
		hook, err := notices.NewWebhook(notices.WebhookOptions{Address: address, Secret: "", Version: "test"})
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if err := hook.Send(t.Context(), "msg", start, nil); !strings.Contains(fault.Title(err), "must not use") {
			t.Errorf("%s: %v", address, err)
		}
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	hook, err := notices.NewWebhook(notices.WebhookOptions{Address: tls.URL, Secret: "", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Send(t.Context(), "msg", start, nil); !strings.Contains(fault.Title(err), "certificate is not trusted") {
		t.Errorf("an unknown certificate: %v", err)
	}
}
