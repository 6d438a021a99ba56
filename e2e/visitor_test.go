package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// visitor uses the portal as a browser without JavaScript does: it reads pages and sends forms.
type visitor struct {
	t      testing.TB
	client *http.Client
	base   string
}

func visit(t testing.TB, base string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: base, client: &http.Client{Jar: jar, Timeout: patience}}
}

// seen is what a visitor sees after a request and its redirects.
type seen struct {
	status int
	path   string // where the visitor is now
	body   []byte
	header http.Header
}

func (v *visitor) send(method, path, contentType string, body io.Reader) seen {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Origin", v.base)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return seen{resp.StatusCode, resp.Request.URL.Path, b, resp.Header}
}

func (v *visitor) get(path string) seen { v.t.Helper(); return v.send("GET", path, "", nil) }

// form sends a form; values alternate name, value.
func (v *visitor) form(path string, values ...string) seen {
	v.t.Helper()
	f := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		f.Add(values[i], values[i+1])
	}
	return v.send("POST", path, "application/x-www-form-urlencoded", strings.NewReader(f.Encode()))
}

// upload sends a form as browsers send one that may hold files.
func (v *visitor) upload(path string, values ...string) seen {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(values); i += 2 {
		if err := w.WriteField(values[i], values[i+1]); err != nil {
			v.t.Fatal(err)
		}
	}
	w.Close()
	return v.send("POST", path, w.FormDataContentType(), &b)
}

// ok fails the test unless the page is there.
func (s seen) ok(t testing.TB, what string) seen {
	t.Helper()
	if s.status != http.StatusOK {
		t.Fatalf("%s: status %d at %s\n%s", what, s.status, s.path, mainOf(s.body))
	}
	return s
}

func mainOf(b []byte) string {
	s := string(b)
	if i := strings.Index(s, "<main"); i >= 0 {
		s = s[i:]
	}
	if len(s) > 3000 {
		s = s[:3000]
	}
	return s
}

// files are the files of a zip archive.
func (s seen) files(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, content := range s.tree(t) {
		out[name[strings.LastIndexByte(name, '/')+1:]] = content
	}
	return out
}

// tree is the zip archive's files by their whole path.
func (s seen) tree(t testing.TB) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(s.body), int64(len(s.body)))
	if err != nil {
		t.Fatalf("not a zip archive: %v\n%s", err, mainOf(s.body))
	}
	out := map[string]string{}
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(rc)
		rc.Close()
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(b)
	}
	return out
}

// ended waits until a run has ended and returns its report.
func (v *visitor) ended(run string) map[string]any {
	v.t.Helper()
	var report map[string]any
	within(v.t, "the end of "+run, func() bool {
		s := v.get(run + ".json")
		report = nil
		if s.status != http.StatusOK || json.Unmarshal(s.body, &report) != nil {
			return false
		}
		verdict, _ := report["verdict"].(map[string]any)
		return verdict != nil && verdict["code"] != nil && verdict["code"] != ""
	})
	return report
}
