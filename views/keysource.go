package views

// KeySourceProps asks where the client certificate and its key come from for a run. The key itself is
// never sent back to the page.
// Fields: key_source=lent|files|paste, cert_path, key_path, cert_pem, key_pem (files: cert_file, key_file
// are <input type=file>, the form is multipart).
type KeySourceProps struct {
	APIKey   bool     // the migration signs in with an API key: the one field is api_key
	Sources  []Choice // lent, files, paste
	CertPath string
	KeyPath  string
	CertPEM  string
	NeedCert bool // paste asks for the certificate too; else it is known
	Renew    *RenewProps
}

// RenewProps offers a new key for a rehearsal whose key Onramp does not have: an empty box is no way on for a reader who
// never held one. Form: POST /rehearsal/practice (m, return). Test id: fresh-key.
type RenewProps struct {
	Migration string
	Return    string // the page that the form stands on
}

// lent reports whether the key that is chosen is one that Onramp holds already.
func (p KeySourceProps) lent() bool {
	for _, c := range p.Sources {
		if c.Value == "lent" {
			return !c.Disabled
		}
	}
	return false
}

// chosenLent reports whether that key is the choice.
func (p KeySourceProps) chosenLent() bool {
	for _, c := range p.Sources {
		if c.Value == "lent" {
			return c.Selected && !c.Disabled
		}
	}
	return false
}

func (p KeySourceProps) lentText() string {
	for _, c := range p.Sources {
		if c.Value == "lent" {
			return sentences("Signs in with the key that Onramp may use", c.Hint)
		}
	}
	return ""
}
