package migration

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"onramp/fault"
)

// LeafData is the data of FactLeaf: a further client certificate, for another service or environment.
// Public things only.
type LeafData struct {
	Name string `json:"name"` // what people call it: "payments-eu"
	CertificateData
}

// BatchData is the data of FactBatch: client certificates made in one go. Public things only.
type BatchData struct {
	CAFingerprint string      `json:"ca_sha256"`
	CASubject     string      `json:"ca_subject"`
	CANotAfter    time.Time   `json:"ca_not_after"`
	Count         int         `json:"count"`
	Leaves        []BatchLeaf `json:"leaves"` // the first MaxBatchLeaves of them
}

// BatchLeaf is one client certificate of a batch.
type BatchLeaf struct {
	Name        string    `json:"name"`
	Subject     string    `json:"subject"`
	Fingerprint string    `json:"sha256"`
	NotAfter    time.Time `json:"not_after"`
}

// MaxBatchLeaves is how many certificates of one batch are kept by name; Count tells how many there were.
const MaxBatchLeaves = 1000

// MaxLeafName is how long the name of a further client certificate may be, in characters.
const MaxLeafName = 64

// Leaf is a further client certificate of a migration, beside View.Certificate.
type Leaf struct {
	Name          string
	Subject       string
	Fingerprint   string
	KeyType       string // "" in a batch
	NotAfter      time.Time
	CAFingerprint string
	CASubject     string
	CANotAfter    time.Time
	CAPEM         string // "" in a batch, as LeafPEM
	LeafPEM       string
	Lane          string // "batch", or as in CertificateData
	At            time.Time
}

// Ends is when the certificate stops working: with the CA, where that ends first.
func (l Leaf) Ends() time.Time {
	if !l.CANotAfter.IsZero() && l.CANotAfter.Before(l.NotAfter) {
		return l.CANotAfter
	}
	return l.NotAfter
}

// leaves are the further client certificates among facts (oldest first), each once, the newest first.
func leaves(facts []Fact) []Leaf {
	var out []Leaf
	seen := map[string]bool{}
	add := func(l Leaf) {
		if !seen[l.Fingerprint] {
			seen[l.Fingerprint] = true
			out = append(out, l)
		}
	}
	for i := len(facts) - 1; i >= 0; i-- {
		f := facts[i]
		switch f.Kind {
		case FactLeaf:
			if d, ok := decode[LeafData](f); ok {
				add(Leaf{Name: d.Name, Subject: d.LeafSubject, Fingerprint: d.LeafFingerprint, KeyType: d.KeyType, NotAfter: d.LeafNotAfter,
					CAFingerprint: d.CAFingerprint, CASubject: d.CASubject, CANotAfter: d.CANotAfter, CAPEM: d.CAPEM, LeafPEM: d.LeafPEM, Lane: d.Lane, At: f.At})
			}
		case FactBatch:
			if d, ok := decode[BatchData](f); ok {
				for _, b := range d.Leaves {
					add(Leaf{Name: b.Name, Subject: b.Subject, Fingerprint: b.Fingerprint, NotAfter: b.NotAfter,
						CAFingerprint: d.CAFingerprint, CASubject: d.CASubject, CANotAfter: d.CANotAfter, Lane: "batch", At: f.At})
				}
			}
		}
	}
	return out
}

// AddLeaf records a further client certificate. One that is recorded already gives nothing; a private key among
// the certificates is refused.
func (v View) AddLeaf(d LeafData) ([]Fact, error) {
	if err := TakesCertificates(v); err != nil {
		return nil, err
	}
	d.Name = strings.TrimSpace(d.Name)
	if err := checkLeafName(d.Name); err != nil {
		return nil, err
	}
	var err error
	if d.CertificateData, err = d.CertificateData.checked(); err != nil {
		return nil, err
	}
	f := newFact(FactLeaf, hash(FactLeaf, d.CAFingerprint, d.LeafFingerprint), d)
	for _, have := range v.Facts {
		if have.Kind == FactLeaf && have.InputHash == f.InputHash && bytes.Equal(have.Data, f.Data) {
			return nil, nil
		}
	}
	return []Fact{f}, nil
}

// checkLeafName refuses names that no page can show.
func checkLeafName(name string) error {
	switch {
	case name == "":
		return fault.New(fault.Invalid, "The name is missing", "Enter the service or environment that uses the certificate.").In("name")
	case utf8.RuneCountInString(name) > MaxLeafName || !utf8.ValidString(name) || strings.ContainsFunc(name, hidden):
		return fault.New(fault.Invalid, "This cannot be used as a client name", fmt.Sprintf("Use plain text of at most %d characters.", MaxLeafName)).In("name")
	}
	return nil
}

// AddBatch records client certificates that were made in one go. Of more than MaxBatchLeaves the first are kept
// by name.
func (v View) AddBatch(d BatchData) ([]Fact, error) {
	if err := TakesCertificates(v); err != nil {
		return nil, err
	}
	if len(d.Leaves) == 0 {
		return nil, fault.New(fault.Invalid, "The batch is empty", "Add a row for each client.").In("rows")
	}
	d.Count = max(d.Count, len(d.Leaves))
	d.Leaves = d.Leaves[:min(len(d.Leaves), MaxBatchLeaves)]
	return []Fact{newFact(FactBatch, hash(FactBatch, d.CAFingerprint, d.Leaves[0].Fingerprint), d)}, nil
}
