package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"onramp/certsvc"
	"onramp/fault"
)

// maxPEM bounds what is read as a certificate with its chain, or as a key, in bytes.
const maxPEM = 64 << 10

// readPair is stage 1: the certificate and the key, and whether they belong together.
func (r *run) readPair(context.Context) {
	if r.target.Auth != "mtls" {
		r.skip("no client certificate was given")
		return
	}
	for _, in := range []struct {
		field string
		text  []byte
	}{{"certificate", r.t.CertPEM}, {"key", r.t.KeyPEM}} {
		if n := len(in.text); n > maxPEM {
			r.see("field", in.field)
			r.see("bytes", n)
			r.say("the %s has %d kB, and was not read", in.field, n>>10)
			r.stop("KP-40", Certain)
			return
		}
	}
	// What the namespace holds helps to recognise the CA's own key (KP-10); its faults are stage chain's.
	if len(r.t.UploadedCA) > 0 {
		r.uploaded, _, _ = certsvc.ReadCertificates(r.t.UploadedCA)
	}
	pair, repairs, err := certsvc.ReadPairFor(r.t.CertPEM, r.t.KeyPEM, r.uploaded)
	var told []string
	for _, p := range repairs {
		if p.Code == "KP-02" {
			r.values["cert_path"], r.values["key_path"] = r.values["key_path"], r.values["cert_path"]
		}
		r.note(p.Code)
		told = append(told, p.Text)
	}
	if len(told) > 0 {
		r.see("repairs", told)
	}
	if err != nil {
		r.refusePair(err)
		return
	}
	r.pair, r.hasPair = pair, true
	leaf := pair.Leaf()
	r.target.Leaf = certsvc.Fingerprint(leaf)
	r.see("subject", leaf.Subject.String())
	r.see("issuer", leaf.Issuer.String())
	r.see("not_before", leaf.NotBefore.UTC().Format("2006-01-02 15:04 MST"))
	r.see("not_after", leaf.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	r.see("spki_sha256", certsvc.SPKI(leaf.PublicKey))
	r.see("certificates", len(pair.Chain))
	r.say("key and certificate %q belong together", clean(leaf.Subject.String(), 80))
	if bytes.Contains(r.t.KeyPEM, []byte("BEGIN EC PRIVATE KEY")) || bytes.Contains(r.t.KeyPEM, []byte("BEGIN RSA PRIVATE KEY")) {
		r.note("KP-32") // no alarm: Java alone minds
	}
	if len(repairs) > 0 {
		r.st.Summary += fmt.Sprintf(" (%s; a worker reads the file as it is)", repaired(len(repairs)))
		r.st.Status = Warn
	}
}

// refusePair ends the ladder with the first fault of the two texts.
func (r *run) refusePair(err error) {
	faults := fault.All(err)
	f := faults[0]
	var mismatch *certsvc.Mismatch
	if errors.As(err, &mismatch) {
		r.see("certificate_spki_sha256", mismatch.CertSPKI)
		r.see("key_spki_sha256", mismatch.KeySPKI)
		r.see("subject", mismatch.CertSubject)
		r.see("certificate_key_type", mismatch.CertKeyType)
		r.see("key_type", mismatch.KeyType)
	}
	for _, other := range faults[1:] {
		r.note(other.Code)
	}
	if f.Field != "" {
		r.see("field", f.Field)
	}
	if f.Cause != "" {
		r.values["cause"] = f.Cause
	}
	r.say("%s", f.Title)
	if f.Code == "" && f.Kind == fault.TooLarge {
		r.stop("KP-40", Certain)
		return
	}
	if _, ok := Lookup(f.Code); !ok {
		r.unknown(f.Title)
		return
	}
	r.stop(f.Code, Certain)
}
