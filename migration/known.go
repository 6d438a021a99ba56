package migration

import (
	"strings"

	"onramp/certsvc"
)

// Known is a certificate that the facts of a migration tell of, by what people look for.
type Known struct {
	Migration string // id
	Name      string // of the migration; set where certificates of several are listed
	SHA256    string
	Serial    string // hex in lower case without leading zeros, as SerialText writes it; "" where only the fingerprint is known
	Subject   string
	CA        bool
}

// SerialText is a serial number in hex, given with or without colons and leading zeros, as Known has it.
func SerialText(hex string) string {
	return strings.TrimLeft(strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(hex)), "0")
}

// KnownCertificates are the certificates that a migration's facts tell of, each once: also those that were replaced,
// and those of a replacement that is in progress.
func (v View) KnownCertificates() []Known {
	var out []Known
	seen := map[string]bool{}
	add := func(k Known, pem string) {
		if k.SHA256 == "" || seen[k.SHA256] {
			return
		}
		seen[k.SHA256], k.Migration = true, v.Migration.ID
		if certs, _, err := certsvc.ReadCertificates([]byte(pem)); err == nil && len(certs) > 0 && certsvc.Fingerprint(certs[0]) == k.SHA256 {
			k.Serial = SerialText(certs[0].SerialNumber.Text(16))
		}
		out = append(out, k)
	}
	pair := func(d CertificateData) {
		add(Known{SHA256: d.LeafFingerprint, Subject: d.LeafSubject}, d.LeafPEM)
		add(Known{SHA256: d.CAFingerprint, Subject: d.CASubject, CA: true}, d.CAPEM)
	}
	for _, f := range v.Facts {
		if d, ok := CertificateOf(f); ok {
			pair(d)
			continue
		}
		switch f.Kind {
		case FactReplaceCA:
			if d, ok := decode[ReplaceCAData](f); ok {
				add(Known{SHA256: d.Fingerprint, Subject: d.Subject, CA: true}, d.PEM)
			}
		case FactReplaceLeaf:
			if d, ok := decode[ReplaceLeafData](f); ok {
				pair(d.New)
			}
		}
	}
	for _, l := range v.Leaves {
		add(Known{SHA256: l.Fingerprint, Subject: l.Subject}, l.LeafPEM)
		add(Known{SHA256: l.CAFingerprint, Subject: l.CASubject, CA: true}, l.CAPEM)
	}
	return out
}
