package certsvc

import (
	"bytes"
	"testing"

	"onramp/fault"
)

// seeds are every text of the pair table.
func seeds(f *testing.F, add func(cert, key []byte)) {
	for _, tt := range pairCases(f) {
		add(tt.cert, tt.key)
	}
}

// refused checks that a refusal can be shown to people.
func refused(t *testing.T, err error) {
	t.Helper()
	for _, f := range fault.All(err) {
		if f.Kind != fault.Invalid && f.Kind != fault.TooLarge || f.Title == "" || f.Fix == "" || f.Code == "" && f.Field == "" && f.Kind == fault.Invalid {
			t.Errorf("fault %+v lacks a part", f)
		}
	}
}

// FuzzReadCertificates: no text makes it panic; what it accepts it reads back the same with no repair.
func FuzzReadCertificates(f *testing.F) {
	seeds(f, func(cert, key []byte) { f.Add(cert); f.Add(key) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, done, err := ReadCertificates(raw)
		if err != nil {
			refused(t, err)
			return
		}
		for _, r := range done {
			if r.Text == "" {
				t.Errorf("repair %s has no text", r.Code)
			}
		}
		again, more, err := ReadCertificates(encodeCerts(got...))
		if err != nil || len(more) > 0 || !bytes.Equal(encodeCerts(again...), encodeCerts(got...)) {
			t.Errorf("read back: %v, %v", more, err)
		}
	})
}

// FuzzReadKey: as FuzzReadCertificates for keys.
func FuzzReadKey(f *testing.F) {
	seeds(f, func(cert, key []byte) { f.Add(cert); f.Add(key) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		key, _, err := readKey(raw)
		if err != nil {
			refused(t, err)
			return
		}
		s, err := encodeKey(key)
		if err != nil {
			return // a key that PKCS#8 cannot hold
		}
		again, more, err := readKey(s.Reveal())
		if err != nil || len(more) > 0 || !sameKey(again.Public(), key.Public()) {
			t.Errorf("read back: %v, %v", more, err)
		}
	})
}

// FuzzReadPair: a pair that is accepted is one, whatever both texts were.
func FuzzReadPair(f *testing.F) {
	seeds(f, func(cert, key []byte) { f.Add(cert, key) })
	f.Fuzz(func(t *testing.T, cert, key []byte) {
		p, _, err := ReadPair(cert, key)
		if err != nil {
			refused(t, err)
			return
		}
		if !sameKey(p.Key.Public(), p.Leaf().PublicKey) {
			t.Error("key and certificate are not a pair")
		}
		again, more, err := ReadPair(p.CertPEM(), p.KeyPEM().Reveal())
		if err != nil || len(more) > 0 || !again.Leaf().Equal(p.Leaf()) {
			t.Errorf("read back: %v, %v", more, err)
		}
	})
}

// FuzzLint: no text and no certificate makes a judge panic, and a text with a key never passes.
func FuzzLint(f *testing.F) {
	seeds(f, func(cert, key []byte) { f.Add(cert); f.Add(key) })
	leaf := makeSet().leaf.Cert
	f.Fuzz(func(t *testing.T, raw []byte) {
		found, ls := LintBundle(raw, testNow)
		if found == nil && len(ls) == 0 {
			t.Error("neither certificates nor a reason")
		}
		if bytes.Contains(raw, []byte("-----BEGIN PRIVATE KEY-----")) && bytes.Contains(raw, []byte("-----END PRIVATE KEY-----")) && len(found) > 0 {
			if _, _, err := readKey(raw); err == nil {
				t.Error("a bundle with a key passed")
			}
		}
		LintLeaf(append(found, leaf), found, testNow)
	})
}

// FuzzSign: no request makes it panic, and what is signed keeps the rules.
func FuzzSign(f *testing.F) {
	seeds(f, func(cert, key []byte) { f.Add(cert) })
	s, ca := testService(), makeSet().ca
	f.Fuzz(func(t *testing.T, csr []byte) {
		leaf, err := s.Sign(ca, csr, LeafSpec{})
		if err != nil {
			refused(t, err)
			return
		}
		for _, l := range LintLeaf(certs(leaf.Cert), certs(ca.Cert), testNow) {
			t.Errorf("what was signed breaks %+v", l)
		}
	})
}

// FuzzInspect: no file and no passphrase makes it panic, and nothing prints a key.
func FuzzInspect(f *testing.F) {
	seeds(f, func(cert, key []byte) { f.Add(cert, key, "secret") })
	f.Fuzz(func(t *testing.T, a, b []byte, passphrase string) {
		inv := Inspect([]File{{"a.pem", a}, {"../b\n.key", b}}, passphrase)
		for _, it := range inv.Items {
			if it.File == "" || it.Kind == "" {
				t.Errorf("item %v lacks a part", it)
			}
		}
		if _, err := inv.Authority(); err != nil {
			refusedImport(t, err)
		}
		if p, err := inv.ClientPair(); err != nil {
			refusedImport(t, err)
		} else if !sameKey(p.Key.Public(), p.Leaf().PublicKey) {
			t.Error("the client pair is none")
		}
	})
}

func refusedImport(t *testing.T, err error) {
	t.Helper()
	for _, f := range fault.All(err) {
		if f.Kind != fault.Invalid && f.Kind != fault.TooLarge || f.Title == "" || f.Fix == "" {
			t.Errorf("fault %+v lacks a part", f)
		}
	}
}
