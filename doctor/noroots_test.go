package doctor

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A machine without root certificates needs a process of its own: crypto/x509 reads them once.
func TestNoRootsOnThisMachine(t *testing.T) {
	if address := os.Getenv("ONRAMP_TEST_NO_ROOTS"); address != "" {
		target := Target{Address: address, Namespace: labNamespace}
		if r := check(t, target); r.Verdict.Code != "SV-02" || r.Verdict.Level != Certain {
			t.Errorf("want SV-02 certain\n%s", show(r))
		}
		return
	}
	l := newLab(t)
	address := l.serve(l.mtls())
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestNoRootsOnThisMachine$", "-test.v")
	cmd.Env = append(os.Environ(), "ONRAMP_TEST_NO_ROOTS="+address, "SSL_CERT_FILE="+dir+"/none", "SSL_CERT_DIR="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
