package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestJourney: an empty install, then by clicking only: rehearse, namespace, certificates, CA upload on the
// rehearsal cloud, connection test, worker code, test transfer, until the money has arrived over mTLS. Once with
// JavaScript (the client key is made in the browser) and once without (made by the server, downloaded once).
func TestJourney(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script bool
	}{{"with JavaScript", true}, {"without JavaScript", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // a portal and a browser each
			p := openPortal(t, t.TempDir(), "127.0.0.1:0")
			b := openBrowser(t, tt.script, 1280, 900)
			began := time.Now()
			m := walkJourney(t, p, b, tt.script)
			t.Logf("empty install to completed transfer: %s", time.Since(began).Round(time.Millisecond))
			b.clean(p.url)
			b.open(p.url + m)
			b.has("5 of 6")
			b.has("yours has not been seen") // Onramp's own worker did the transfer: step 5 waits for the reader's
			noKeyAnywhere(t, p)
		})
	}
}

// walkJourney walks from the first page to a completed transfer and returns the migration's path.
func walkJourney(t testing.TB, p *portal, b *browser, script bool) string {
	t.Helper()
	b.open(p.url + "/")
	b.clickTo("rehearse-now", "/m/")
	m := "/" + strings.Join(strings.Split(strings.Trim(strings.Split(b.path(), "?")[0], "/"), "/")[:2], "/")

	b.open(p.url + m + "/namespace")
	b.clickTo("save-namespace", "/certificates")
	b.has("Namespace saved")

	b.click("create-certificates")
	b.is(testID("download-ca"))
	if script { // the key is only in this page
		b.clickTo("save-key", "/certificates/unsaved") // the CA's key still waits
		b.has("ca-key.zip with ca.key")
		b.clickTo("continue", "/upload")
	} else {
		b.clickTo("continue", "/certificates/unsaved")
		b.has("Save the key first")
		b.clickTo("continue", "/upload")
	}

	ca := b.valueOf("#ca-pem")
	if !strings.HasPrefix(strings.TrimSpace(ca), "-----BEGIN CERTIFICATE-----") {
		t.Fatalf("the CA to upload is %q", ca)
	}
	b.clickTo("open-cloud", "/cloud/")
	b.fill(testID("ca-bundle"), strings.TrimSpace(ca)+"\n")
	b.click("save-ca")
	b.has("Saved")
	b.open(p.url + m + "/test")
	b.clickTo("run-checks", m+"/test/")
	if !script {
		b.follow(p)
	}
	b.until("the verdict", func() bool {
		return strings.Contains(b.html(), "OK") && strings.Contains(b.html(), `data-testid="verdict"`)
	})
	b.open(p.url + m + "/code")
	b.has("TRANSFER_MONEY_TASK_QUEUE")
	b.open(p.url + m + "/transfer")
	b.clickTo("start-transfer", m+"/transfer/")
	if !script {
		b.follow(p)
	}
	b.until("a completed transfer", func() bool { return strings.Contains(b.html(), "WorkflowExecutionCompleted") })
	return m
}

// noKeyAnywhere: no file of the portal's data directory and no line of its log holds a private key.
func noKeyAnywhere(t testing.TB, p *portal) {
	t.Helper()
	grepFiles(t, p.data, "PRIVATE KEY")
	if strings.Contains(p.output(), "PRIVATE KEY") {
		t.Error("the log holds a private key")
	}
}

// grepFiles fails the test when a file under dir holds the text.
func grepFiles(t testing.TB, dir, text string) {
	t.Helper()
	looked := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked++
		if i := bytes.Index(b, []byte(text)); i >= 0 {
			t.Errorf("%s holds a secret at byte %d", d.Name(), i)
		}
		return nil
	})
	if err != nil || looked == 0 {
		t.Errorf("looked at %d files: %v", looked, err)
	}
}
