package views

import "github.com/a-h/templ"

// CertificatesProps is step 2.
// Forms (all POST): /m/{m}/certificates with the fields of CertificateForm;
// /m/{m}/certificates/bundle.zip, /m/{m}/certificates/ca-key.zip (no field, answer the file once, 410 after);
// /m/{m}/certificates/lend (field lend=on|off); /m/{m}/certificates/forget (no field).
// GET /m/{m}/certificates/ca.pem and client.pem are public. GET ?lane=… chooses a lane.
//
// Browser lane: the form has data-browser-lane. Where crypto.subtle exists the script enables and checks the
// radio maker=browser, and on submit makes the key, fills the hidden fields csr (PEM) and, only if lend is
// checked, lent_key (PEM), and posts with X-Fragment: 1. The answer holds Keys with Browser set; its
// element [data-browser-key] (hidden) is shown by the script, whose button [data-save-key] saves client.key.
//
// Test ids: create-certificates, download-ca, download-client-cert, download-bundle, download-ca-key,
// save-key, forget-keys, lend-key, continue. An element with data-then is left for that address once the key is saved.
type CertificatesProps struct {
	Saw       string // as in Frame
	Migration string
	Lanes     []Link // lanes as links: make, csr, import …; Current is shown
	Form      CertificateForm
	Open      bool       // a lane was chosen: its form is shown
	Have      *HaveProps // nil before there are certificates
	Keys      *KeysProps // nil when this migration never had a key here
	Tools     []CodeBlockProps
	Twin      CodeBlockProps
	Problems  Problems
}

// HaveProps are the certificates of the migration.
type HaveProps struct {
	CA, Leaf         CertProps
	CAPage, LeafPage string // addresses of their own pages
	Clients          *Link  // the list of client certificates
	Made             string // "made in this browser by Dana, 12 Nov 2026"
	Report           ReportProps
	Next             *Link
}

// KeysProps is what can still be done with the private keys. id=keys.
type KeysProps struct {
	Migration string
	Next      *Link  // the step after the key is saved; nil in a shown rehearsal, which goes on by itself
	Warned    bool   // the page itself offers to go on without the key
	Bundle    bool   // bundle.zip can be downloaded, once
	CAKey     bool   // ca-key.zip can be downloaded, once
	Browser   bool   // the client key is in this browser's memory
	Countdown string // "Onramp forgets these keys in 9 minutes"; "" when there is none to forget
	Lent      bool   // the client key is lent for tests
	LentText  string // "Lent for tests until 10:52"
	CanLend   bool
	Gone      string // why there is nothing to download any more, as a sentence; "" while there is
}

// keysFirst reports whether a key must be saved before the reader goes on.
func (p CertificatesProps) keysFirst() bool {
	return p.Keys != nil && p.Keys.Next != nil && (p.Keys.Bundle || p.Keys.CAKey || p.Keys.Browser)
}

// then tells the script where to go once the key is saved.
func then(next *Link) templ.Attributes {
	if next == nil {
		return nil
	}
	return templ.Attributes{"data-then": next.URL}
}

// browserOnly hides the whole list of downloads where all it could offer is a key that only the browser
// holds; the script shows it to the page that has the key.
func browserOnly(p KeysProps) templ.Attributes {
	if p.Browser && !p.Bundle && !p.CAKey {
		return templ.Attributes{"data-browser-key": true, "hidden": true}
	}
	return nil
}

// after is where the page leads once the client's key is saved: past the key of the CA, which is easily forgotten and
// cannot be had again.
func (p KeysProps) after() *Link {
	if p.Next == nil || !p.CAKey {
		return p.Next
	}
	return &Link{URL: string(path("m", p.Migration, "certificates", "unsaved"))}
}

// afterCAKey is where it leads once the key of the CA is saved, when nothing else waits.
func (p KeysProps) afterCAKey() *Link {
	if p.Bundle || p.Browser {
		return nil
	}
	return p.Next
}
