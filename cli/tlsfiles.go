package cli

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"onramp/fault"
)

// lookEvery is how often the portal looks at most whether its certificate's files have changed.
const lookEvery = time.Second

// certFiles is a certificate in files that others renew: it is read again when they change. Files that cannot be read,
// or are of two pairs because one of them is being written, leave the certificate that is there in use.
type certFiles struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	looked time.Time
	seen   [2]os.FileInfo
}

// openCertFiles reads a certificate and its key; Invalid faults of the flags.
func openCertFiles(cert, key string) (*certFiles, error) {
	for _, f := range []struct{ flag, path string }{{"tls-cert-file", cert}, {"tls-key-file", key}} {
		if _, err := os.ReadFile(f.path); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, f.path+" cannot be read", "Give a file that this user may read.").In(f.flag)
		}
	}
	c := &certFiles{cert: cert, key: key, log: slog.New(slog.DiscardHandler)}
	if err := c.read(); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The portal's certificate and key do not belong together", "Give the certificate with its intermediates, and the private key that it was made for, both in PEM form.").In("tls-cert-file")
	}
	return c, nil
}

// read takes what the files hold now.
func (c *certFiles) read() error {
	seen := c.stat()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		c.pair, c.seen = &pair, seen
	}
	return err
}

func (c *certFiles) stat() (now [2]os.FileInfo) {
	for i, path := range []string{c.cert, c.key} {
		now[i], _ = os.Stat(path) // read says what is wrong with it
	}
	return now
}

// get is the certificate of a handshake.
func (c *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		if c.changed() {
			if err := c.read(); err != nil {
				c.log.Warn("the portal's new certificate cannot be used; the one before goes on", "err", err)
			} else {
				c.log.Info("the portal has a new certificate", "expires", c.pair.Leaf.NotAfter)
			}
		}
	}
	return c.pair, nil
}

func (c *certFiles) changed() bool {
	for i, info := range c.stat() {
		was := c.seen[i]
		if info == nil || was == nil || !info.ModTime().Equal(was.ModTime()) || info.Size() != was.Size() || !os.SameFile(info, was) {
			return true
		}
	}
	return false
}

// config is how the portal speaks TLS.
func (c *certFiles) config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}
