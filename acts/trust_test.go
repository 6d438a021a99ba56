package acts

import (
	"errors"
	"testing"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

// trusting is a place that counts how often its trust files are written, and may fail to.
type trusting struct {
	*standIn
	wrote int
	err   error
}

func (c *trusting) TrustFiles(string) (map[string]string, error) {
	c.wrote++
	return map[string]string{"SSL_CERT_FILE": "trust.pem"}, c.err
}

// TestTrustIsWrittenOnce: whoever looks writes no file; the trust files are written once, when asked for, and why that
// failed is told to everybody who wants them.
func TestTrustIsWrittenOnce(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.made(migration.Rehearsal, cloud.AuthMTLS)
	for _, tt := range []struct {
		name string
		err  error
	}{{"written", nil}, {"not written", errDisk}} {
		t.Run(tt.name, func(t *testing.T) {
			c := &trusting{standIn: w.cloud, err: tt.err}
			acts, err := New(Options{Store: w.db, Boards: w.Certificates.o.Boards, Runs: w.log, Changes: &Changes{}, Checker: passing{}, Transfers: w.flows, Issuer: w.Certificates.o.Issuer,
				Vault: w.vault, Keyring: w.keyring, Keeper: w.keeper, Rehearsal: cloud.Full(c), TrustDir: t.TempDir()})
			w.must(err)
			defer acts.Close()
			p := acts.Places
			look := func() (string, error) {
				_, _, err := p.Trust()
				return p.Target(w.view()).CAPath, err
			}
			if path, err := look(); c.wrote != 0 || path != "" || !fault.Is(err, fault.Unavailable) {
				t.Errorf("a look before they are written: written %d times, %q, %v", c.wrote, path, err)
			}
			for range 2 {
				if err := p.WriteTrust(w.ctx); err != nil && !errors.Is(err, tt.err) {
					t.Error(err)
				}
				path, err := look()
				if c.wrote != 1 || (path == "") != (tt.err != nil) || !errors.Is(err, tt.err) {
					t.Errorf("afterwards: written %d times, %q, %v", c.wrote, path, err)
				}
			}
		})
	}
}
