package e2e

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// TestKeyNeverReachesTheServer counts the copies of a client's private key in the portal's memory. Made in
// the browser and not lent: none, while the person saves a bundle that works. Lent: found, which shows that
// the search finds keys. Taken back, or made by the server and downloaded: what Go's heap still holds is printed,
// because a runtime that moves and copies values cannot promise to wipe them (docs/certificates.md).
func TestKeyNeverReachesTheServer(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	b := openBrowser(t, true, 1280, 900)
	downloads := t.TempDir()
	b.do(cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(downloads))
	toCertificates(b, p)
	lends := `document.querySelector('form[data-browser-lane] [name=lend]').checked`
	var lent bool
	if b.do(chromedp.Evaluate(lends, &lent)); lent {
		b.click("lend-key")
		b.until("the key is not lent", func() bool { _ = b.ask(chromedp.Evaluate(lends, &lent)); return !lent })
	}
	b.click("create-certificates")
	b.is(testID("download-ca"))
	b.on("[data-save-key]", `e.removeAttribute('data-then')`) // this reader stays: another page would forget the key
	b.click("save-key")
	files := downloaded(t, b, downloads)
	pair := files["client.key"]
	if out := opensslVerify(t, files); out != "" {
		t.Errorf("the saved bundle is not one that works: %s", out)
	}
	inBrowser, where := copies(t, p, pair)
	if inBrowser != 0 {
		t.Errorf("the browser's key is %d times in the portal's memory: %v", inBrowser, where)
	} else {
		t.Logf("made in the browser, not lent: %d copies", inBrowser)
	}
	noKeyAnywhere(t, p)

	b.click("lend-key-now")
	b.is(testID("take-back-key"))
	n, where := copies(t, p, pair)
	if n == 0 {
		t.Error("the search does not find a key that was lent")
	}
	t.Logf("lent: %d copies (%v)", n, where)
	b.click("take-back-key")
	b.is(testID("lend-key-now"))
	n, where = copies(t, p, pair)
	t.Logf("taken back: %d copies (%v)", n, where)

	// The fallback lane, in a portal of its own.
	p = openPortal(t, t.TempDir(), "127.0.0.1:0")
	b.open(p.url + "/")
	m := toCertificates(b, p)
	v := visit(t, p.url)
	v.upload(m+"/certificates", "maker", "server", "key_type", "ec-p256", "common_name", "payments", "ca_common_name", "payments CA").ok(t, "certificates made by the server")
	zipped := v.form(m+"/certificates/bundle.zip").ok(t, "bundle.zip").files(t)
	n, where = copies(t, p, zipped["client.key"])
	t.Logf("made by the server, downloaded once: %d copies (%v)", n, where)
	t.Logf("figure: S7 copies=%d made_by_the_server=%d", inBrowser, n)
}

// toCertificates walks from the first page to step 2 of a rehearsal.
func toCertificates(b *browser, p *portal) string {
	b.t.Helper()
	b.open(p.url + "/")
	b.clickTo("rehearse-now", "/m/")
	m := "/" + strings.Join(strings.Split(strings.Trim(strings.Split(b.path(), "?")[0], "/"), "/")[:2], "/")
	b.open(p.url + m + "/namespace")
	b.clickTo("save-namespace", "/certificates")
	b.has("Namespace saved")
	return m
}

// downloaded waits for the one archive that the browser saves, and reads it.
func downloaded(t testing.TB, b *browser, dir string) map[string]string {
	t.Helper()
	var archive *zip.ReadCloser
	b.until("a saved archive", func() bool {
		names, err := filepath.Glob(filepath.Join(dir, "*.zip"))
		if err != nil || len(names) != 1 {
			return false
		}
		archive, err = zip.OpenReader(names[0])
		return err == nil
	})
	defer archive.Close()
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	return files
}

// opensslVerify is "" when the files are a CA and a client that openssl takes, whose key fits.
func opensslVerify(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := `openssl verify -purpose sslclient -CAfile ca.pem client.pem && test "$(openssl x509 -in client.pem -noout -pubkey)" = "$(openssl pkey -in client.key -pubout)"`
	if got := runCommand(t, t.Context(), dir, cleanEnv(), "sh", "-c", script); got.code != 0 {
		return got.out + got.err
	}
	return ""
}

// copies counts in the portal's memory what would give a key away: a line of its PEM text, its DER, and the
// secret number itself as bytes in both orders.
func copies(t testing.TB, p *portal, keyPEM string) (n int, where map[string]int) {
	t.Helper()
	return copiesIn(t, p.cmd.Process.Pid, keyPEM)
}

// copiesIn is copies for any process.
func copiesIn(t testing.TB, pid int, keyPEM string) (n int, where map[string]int) {
	t.Helper()
	block, _ := pem.Decode([]byte(keyPEM))
	if block == nil {
		t.Fatalf("no key in %d bytes", len(keyPEM))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := parsed.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	turned := make([]byte, len(secret))
	for i, c := range secret {
		turned[len(secret)-1-i] = c
	}
	// The second line of text is made of the number alone.
	lines := strings.Split(strings.TrimSpace(keyPEM), "\n")
	signs := map[string][]byte{"PEM": []byte(lines[1]), "base64": []byte(base64.StdEncoding.EncodeToString(secret))[:40], "bytes": secret, "bytes turned": turned}
	where = map[string]int{}
	memory(t, pid, func(part []byte) {
		for what, sign := range signs {
			if c := bytes.Count(part, sign); c > 0 {
				where[what] += c
				n += c
			}
		}
	})
	return n, where
}

// memory shows all writable memory of a process, in pieces that overlap by 4 kB: what lies there counts twice.
func memory(t testing.TB, pid int, show func([]byte)) {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	const piece, overlap = 16 << 20, 4 << 10
	read, began := int64(0), time.Now()
	buf := make([]byte, piece)
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") || strings.Contains(lines.Text(), "[v") {
			continue
		}
		for at := from; at < to; at += piece - overlap {
			n, err := mem.ReadAt(buf[:min(piece, to-at)], at)
			if n > 0 {
				show(buf[:n])
				read += int64(n)
			}
			if err != nil {
				break // given back to the system meanwhile
			}
		}
	}
	if read < 10<<20 {
		t.Fatalf("read only %d bytes of the portal's memory", read)
	}
	t.Logf("read %d MB in %s", read>>20, time.Since(began).Round(time.Millisecond))
}
