package doctor

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/hex"
	"hash"
	"io"
	"log"
	"net"
	"net/http"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
)

// whispers is a TLS 1.3 server that accepts the client certificate, sends this alert encrypted, as the first
// thing after the handshake, and then does what after says. Go's own server cannot be made to say every alert.
func (l *lab) whispers(alert byte, after func(net.Conn)) string {
	c := l.mtls(func(c *tls.Config) { c.MinVersion, c.SessionTicketsDisabled = tls.VersionTLS13, true })
	return raw(l.t, func(conn net.Conn) {
		var keys bytes.Buffer
		own := c.Clone()
		own.KeyLogWriter = &keys
		tc := tls.Server(conn, own)
		if tc.Handshake() != nil {
			return
		}
		_, _ = conn.Write(l.encrypted(tc.ConnectionState().CipherSuite, keys.String(), alert))
		after(conn)
	})
}

// encrypted is the record of an alert under the server's first keys (RFC 8446 §5.2, §7.3).
func (l *lab) encrypted(suite uint16, keyLog string, alert byte) []byte {
	l.t.Helper()
	var secret []byte
	for line := range strings.Lines(keyLog) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "SERVER_TRAFFIC_SECRET_0" {
			secret, _ = hex.DecodeString(f[2])
		}
	}
	var h func() hash.Hash = sha256.New
	size := 16
	switch suite {
	case tls.TLS_AES_256_GCM_SHA384:
		h, size = sha512.New384, 32
	case tls.TLS_CHACHA20_POLY1305_SHA256:
		size = chacha20poly1305.KeySize
	}
	derive := func(label string, n int) []byte {
		label = "tls13 " + label
		info := append([]byte{byte(n >> 8), byte(n), byte(len(label))}, label...)
		out, err := hkdf.Expand(h, secret, string(append(info, 0)), n)
		if err != nil {
			l.t.Error(err)
		}
		return out
	}
	key, iv := derive("key", size), derive("iv", 12)
	var aead cipher.AEAD
	var err error
	if suite == tls.TLS_CHACHA20_POLY1305_SHA256 {
		aead, err = chacha20poly1305.New(key)
	} else if block, e := aes.NewCipher(key); e == nil {
		aead, err = cipher.NewGCM(block)
	} else {
		err = e
	}
	if err != nil {
		l.t.Error(err)
		return nil
	}
	head := []byte{23, 3, 3, 0, encryptedAlert}
	return append(head, aead.Seal(nil, iv, []byte{1, alert, 21}, head)...) // sequence number 0
}

// cutsCalls is a server that ends the connection when a call comes.
func (l *lab) cutsCalls() string { return l.cutsCallsWith(l.mtls()) }

func (l *lab) cutsCallsWith(c *tls.Config) string {
	return overTLS(l.t, c, func(conn *tls.Conn) {
		f := http2.NewFramer(conn, conn)
		_ = f.WriteSettings()
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		for {
			switch frame, err := f.ReadFrame(); frame.(type) {
			case *http2.HeadersFrame:
				dropTLS(conn)
				return
			default:
				if err != nil {
					return
				}
			}
		}
	})
}

// oldServer is a Temporal server that knows no compression.
func (l *lab) oldServer() string {
	s := grpc.NewServer()
	register(s, l)
	ln := listen(l.t, "127.0.0.1:0")
	srv := &http.Server{TLSConfig: l.mtls(), ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if encoding := r.Header.Get("Grpc-Encoding"); encoding != "" {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "12")
			w.Header().Set("Grpc-Message", `grpc: Decompressor is not installed for grpc-encoding "`+encoding+`"`)
			return
		}
		s.ServeHTTP(w, r)
	})}
	go func() { _ = srv.ServeTLS(ln, "", "") }()
	l.t.Cleanup(func() { srv.Close() })
	return ln.Addr().String()
}
