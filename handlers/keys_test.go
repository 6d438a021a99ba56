package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"onramp/migration"
)

// TestDownloadOnce: a private key leaves once; the second request is told why.
func TestDownloadOnce(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	for _, path := range []string{"bundle.zip", "ca-key.zip"} {
		d.post(m+"/certificates/"+path).want(t, 404, "no certificates yet")
	}
	d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
	d.post(m+"/certificates", append(slices.Clone(serverLane), "lend", "on")...).to(t)
	d.get(m+"/certificates").want(t, 200, "Download bundle.zip", "Download ca-key.zip", "Onramp forgets these keys in 10 minutes", "Onramp may use the key until").lacks(t, "PRIVATE KEY")

	bundle := d.post(m+"/certificates/bundle.zip").want(t, 200)
	if got := bundle.header.Get("Content-Disposition"); got != "attachment; filename=bundle.zip" {
		t.Errorf("Content-Disposition: %q", got)
	}
	if bundle.header.Get("Content-Type") != "application/zip" || bundle.header.Get("Cache-Control") != "no-store" || bundle.header.Get("Content-Encoding") != "" {
		t.Errorf("headers %v", bundle.header)
	}
	files := unzip(t, bundle.body)
	for _, name := range []string{"ca.pem", "client.pem", "client.key", "README.txt", ".env"} {
		if files[name] == "" {
			t.Errorf("the bundle lacks %s", name)
		}
	}
	if !strings.Contains(files["README.txt"], "REHEARSAL") || !strings.Contains(files[".env"], "localhost:7299") {
		t.Errorf("the bundle is not marked as a rehearsal's: %s\n%s", files["README.txt"], files[".env"])
	}
	authority := unzip(t, d.post(m+"/certificates/ca-key.zip").want(t, 200).body)
	if authority["ca.key"] == "" || files["ca.key"] != "" {
		t.Error("the CA's key is not in its archive, or it is in the bundle")
	}
	for _, path := range []string{"bundle.zip", "ca-key.zip"} {
		d.post(m+"/certificates/"+path).want(t, 410, "already downloaded", "no copy is kept").lacks(t, "PRIVATE KEY")
	}
	d.get(m+"/certificates").want(t, 200, "downloaded once").lacks(t, "Download bundle.zip")

	// A GET never takes it, and certificates made again have their own download.
	d.get(m+"/certificates/bundle.zip").want(t, 405)
	d.post(m+"/certificates", serverLane...).to(t)
	d.get(m+"/certificates").want(t, 200, "Download bundle.zip").lacks(t, "Onramp may use the key until")
	d.upload(m+"/test", "key_source", "lent").want(t, 422, "no longer has the key") // that one was of the other certificates
	d.post(m+"/certificates/forget", "x", "y").to(t)
	d.post(m+"/certificates/bundle.zip").want(t, 410)
	d.get(m+"/certificates").want(t, 200, "Create certificates").lacks(t, "Download bundle.zip")

	for path, want := range map[string]string{"ca.pem": "attachment; filename=ca.pem", "client.pem": "attachment; filename=client.pem"} {
		for range 2 {
			r := d.get(m+"/certificates/"+path).want(t, 200, "BEGIN CERTIFICATE").lacks(t, "PRIVATE KEY")
			if got := r.header.Get("Content-Disposition"); got != want {
				t.Errorf("%s: Content-Disposition %q", path, got)
			}
		}
	}
}

// TestKeySources: a run takes its key from memory, from files of this computer or from the form, and a file
// that cannot be read is the check's own finding.
func TestKeySources(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		check(t, os.WriteFile(p, []byte(text), 0o600))
		return p
	}
	cert, key := write("client.pem", k.cert), write("client.key", k.key)
	pipe := filepath.Join(dir, "pipe")
	check(t, syscall.Mkfifo(pipe, 0o600))
	start := func(fields ...string) map[string]any {
		t.Helper()
		run := d.upload(m+"/test", fields...).to(t)
		d.finish(run)
		var rep struct{ Verdict map[string]any }
		check(t, json.Unmarshal([]byte(d.get(run+".json").want(t, 200).body), &rep))
		return rep.Verdict
	}
	for _, tt := range []struct {
		name   string
		fields []string
		code   string
	}{
		{"pasted", []string{"key_source", "paste", "key_pem", k.key}, "OK"},
		{"pasted with its certificate", []string{"key_source", "paste", "key_pem", k.key, "cert_pem", k.cert}, "OK"},
		{"uploaded", []string{"key_source", "paste", "@key_file", k.key, "@cert_file", k.cert}, "OK"},
		{"files", []string{"key_source", "files", "cert_path", cert, "key_path", key}, "OK"},
		{"a path with blanks around", []string{"key_source", "files", "cert_path", " " + cert + "\n", "key_path", key}, "OK"},
		{"a file that is not there", []string{"key_source", "files", "cert_path", cert, "key_path", key + ".old"}, "KP-35"},
		{"a directory", []string{"key_source", "files", "cert_path", dir, "key_path", key}, "KP-35"},
		{"a pipe that nobody writes to", []string{"key_source", "files", "cert_path", cert, "key_path", pipe}, "KP-35"},
		{"a file beyond 64 kB", []string{"key_source", "files", "cert_path", cert, "key_path", write("large", strings.Repeat("x", 65<<10))}, "KP-35"},
		{"a NUL in the path", []string{"key_source", "files", "cert_path", cert, "key_path", key + "\x00"}, "KP-35"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := start(tt.fields...)["code"]; got != tt.code {
				t.Errorf("the verdict is %v, want %s", got, tt.code)
			}
		})
	}
	// A transfer has no stage to show it, so its form does.
	d.upload(m+"/transfer", append(slices.Clone(transferForm), "key_source", "files", "cert_path", cert, "key_path", "/nope")...).want(t, 422, "KP-35", "cannot be read")

	d.post(m+"/certificates/lend", "lend", "on", "lent_key", k.key).to(t)
	if got := start("key_source", "lent")["code"]; got != "OK" {
		t.Errorf("with the lent key: %v", got)
	}
	d.get(m+"/test").want(t, 200, "In memory only, until")
	d.post(m+"/certificates/lend", "lend", "off").to(t)
	d.upload(m+"/test", "key_source", "lent").want(t, 422)

	noKeyIn(t, d, m, k.key)
}

// TestFilesOnlyOnThisComputer: a portal that others reach reads no files for them.
func TestFilesOnlyOnThisComputer(t *testing.T) {
	d := sit(t, deskOptions{remote: true})
	m, k := d.rehearsed()
	d.upload(m+"/test", "key_source", "files", "cert_path", "/etc/passwd", "key_path", "/etc/passwd").want(t, 422, "does not run on your computer", "own computer")
	d.finish(d.upload(m+"/test", "key_source", "paste", "key_pem", k.key).to(t))
}

// noKeyIn: no line of a private key is in the log, in what is stored, or on any page of the migration.
func noKeyIn(t *testing.T, d *desk, m, key string) {
	t.Helper()
	line := keyLine(key)
	if len(line) < 40 {
		t.Fatalf("%q is no canary", line)
	}
	places := map[string]string{"the log": d.log.String(), "what is stored": d.snapshot()}
	for _, page := range []string{"", "/namespace", "/certificates", "/certificates/files.json", "/upload", "/test", "/code", "/code.md", "/transfer", "/runs"} {
		places[page] = d.get(m+page).want(t, 200).body
	}
	rows, err := d.runs.Rows(t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 100)
	check(t, err)
	for _, row := range rows {
		run, err := d.runs.Run(t.Context(), row.MigrationID, row.ID)
		check(t, err)
		path := m + "/test/" + run.ID
		places[path] = d.get(path).body
		places[path+".json"] = d.get(path + ".json").body
		entries, err := d.runs.Entries(t.Context(), run.ID, 0)
		check(t, err)
		text, err := json.Marshal([]any{run, entries})
		check(t, err)
		places["run "+run.ID] = string(text)
	}
	for where, text := range places {
		if strings.Contains(text, line) || strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("%s holds the private key", where)
		}
	}
	if len(rows) == 0 || !strings.Contains(places["the log"], "msg=request") {
		t.Error("there was nothing to look at")
	}
}

// TestBrowserLane: the key stays in the browser; the page stays where it is, and gets what it needs for
// bundle.zip.
func TestBrowserLane(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
	d.get(m+"/certificates").want(t, 200, "data-browser-lane", `name="csr"`, `name="lent_key"`)
	csr, key := request(t)
	form := append(slices.Clone(serverLane), "csr", csr)
	form[3] = "browser"

	// Without lending: nothing of the key comes here.
	r := d.fragment(m+"/certificates", form...).want(t, 200, `id="main"`, `id="rail"`, "data-browser-key", "data-save-key", "Download ca-key.zip", "Let Onramp use the key")
	r.lacks(t, "<head>", "PRIVATE KEY", "Download bundle.zip", "Onramp may use the key until")
	d.post(m+"/certificates/bundle.zip").want(t, 404)
	d.get(m+"/certificates").want(t, 200, "Client key made in the browser").lacks(t, "data-browser-key")

	var files struct {
		Name  string
		Files []struct {
			Name, Text string
			Mode       int
		}
	}
	check(t, json.Unmarshal([]byte(d.get(m+"/certificates/files.json").want(t, 200).body), &files))
	got := map[string]string{}
	for _, f := range files.Files {
		got[f.Name] = f.Text
		if f.Mode != 0o644 {
			t.Errorf("%s has mode %o", f.Name, f.Mode)
		}
	}
	if files.Name != "money-transfer-rehearsal-bundle.zip" || len(got) != 5 || got["ca.pem"] == "" || got[".env"] == "" || got["server-root.pem"] == "" {
		t.Errorf("files %v of %s", got, files.Name)
	}
	if strings.Contains(got["README.txt"], "client.key is not in this archive") || !strings.Contains(got["README.txt"], "ca.key is not in this archive") {
		t.Errorf("the README is not that of a bundle with the client's key:\n%s", got["README.txt"])
	}
	block, _ := pem.Decode([]byte(got["client.pem"]))
	leaf, err := x509.ParseCertificate(block.Bytes)
	check(t, err)
	if leaf.Subject.CommonName != "payments" {
		t.Errorf("the client is %s", leaf.Subject)
	}

	// Lent later, in place; and at once.
	d.fragment(m+"/certificates/lend", "lend", "on", "lent_key", key, "browser_key", "1").want(t, 200, `id="keys"`, "Onramp may use the key until", "data-browser-key").lacks(t, `id="main"`, "PRIVATE KEY")
	d.fragment(m+"/certificates/lend", "lend", "off", "browser_key", "1").want(t, 200, `id="keys"`, "data-browser-key").lacks(t, "Onramp may use the key until")
	d.fragment(m+"/certificates", append(slices.Clone(form), "lend", "on", "lent_key", key)...).want(t, 200, "Onramp may use the key until")
	d.post("/cloud/docs-assembly.a2dd6", "ca_bundle", d.get(m+"/certificates/ca.pem").body).to(t)
	d.finish(d.upload(m+"/test", "key_source", "lent").to(t))

	// A key of another pair is refused, and what was there stays.
	before := d.snapshot()
	d.fragment(m+"/certificates", append(slices.Clone(form), "lend", "on", "lent_key", otherKey(t), "browser_key", "1")...).want(t, 422, "data-browser-key")
	if d.snapshot() != before {
		t.Error("a refused form changed the certificates")
	}
	noKeyIn(t, d, m, key)
}

// request is a signing request and the key it was made with.
func request(t *testing.T) (csr, key string) {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "ignored"}}, priv)
	check(t, err)
	text, err := x509.MarshalPKCS8PrivateKey(priv)
	check(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}))
}

// TestOtherLanes: a request made elsewhere is signed, and certificates made elsewhere are taken.
func TestOtherLanes(t *testing.T) {
	d := sit(t, deskOptions{})
	_, k := d.rehearsed()
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	csr, _ := request(t)
	form := append(slices.Clone(serverLane), "csr", csr)
	form[1] = "csr"
	d.post(m+"/certificates", form...).to(t)
	d.get(m+"/certificates?lane=csr").want(t, 200, "Signed from your request", "Download ca-key.zip", "Certificate signing request").lacks(t, "Download bundle.zip")

	d.post(m+"/certificates", "lane", "import", "ca_pem", k.ca, "leaf_pem", k.cert).to(t)
	d.get(m+"/certificates?lane=import").want(t, 200, "Made elsewhere", "Payments CA", "rules passed").lacks(t, "Private keys")
}
