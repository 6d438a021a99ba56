package views

import "onramp/fault"

// clientPages are the pages of further client certificates, of one certificate and of the inspection.
func clientPages() []page {
	step := func(title string) Frame { return rehearsalFrame(title, "certificates", 3) }
	return []page{
		shown("certificates-own-ca", CertificatesPage, cloudFrame("Create certificates", "certificates", 2), CertificatesProps{Migration: "payments", Lanes: lanes("own-ca"), Form: certForm("own-ca"), Problems: Problems{
			{Kind: fault.Invalid, Field: "own-passphrase", Code: "KP-11", Title: "The passphrase does not open ca.key", Fix: "Type the passphrase that this file was made with"},
		}}),
		shown("clients", ClientsPage, step("Client certificates"), clientsProps()),
		shown("clients-refused", ClientsPage, step("Client certificates"), clientsRefused()),
		shown("clients-missing", ClientsPage, cloudFrame("Client certificates", "certificates", 2), ClientsProps{Migration: "payments", Missing: &NeedProps{Tag{Idle, "Can’t start yet"}, "Create certificates first", "/m/payments/certificates"}}),
		shown("certificate", CertificatePage, step("Client certificate of payments-eu"), certificateProps(true)),
		shown("certificate-ca", CertificatePage, step("CA certificate"), certificateProps(false)),
		shown("inspect", InspectPage, frame("Inspect certificates", "help", nil), InspectProps{Twin: cli("onramp cert inspect client.p12 ca.pem ca.key")}),
		shown("inspect-found", InspectPage, frame("Inspect certificates", "help", nil), InspectProps{Result: inspectResult()}),
		shown("inspect-refused", InspectPage, frame("Inspect certificates", "help", nil), InspectProps{Problems: Problems{{Kind: fault.Invalid, Field: "files", Title: "There is nothing to inspect", Fix: "Choose files, or paste a certificate"}}}),
	}
}

func keyTypes() []Choice {
	return []Choice{{Value: "ec-p384", Label: "ECDSA P-384", Selected: true}, {Value: "ec-p256", Label: "ECDSA P-256"}}
}

func clientsProps() ClientsProps {
	ca := CAForm{Sources: []Choice{
		{Value: "held", Label: "The key that Onramp still holds", Disabled: true, Reason: "It was downloaded or forgotten, or was never here."},
		{Value: "files", Label: "Files that I choose", Hint: "Used in memory for this signature, then forgotten.", Selected: true},
	}}
	print := "77100e4d91acb3f277100e4d91acb3f277100e4d91acb3f277100e4d91acb3f2"
	return ClientsProps{Migration: "payments", CA: "CN=payments-prod CA,O=Payments", CAUntil: "12 Nov 2027",
		Clients: []ClientRow{
			{Name: "Payments", Subject: "CN=payments-prod,O=Payments", Fingerprint: "7710 0e4d 91ac …", FullPrint: print, URL: "/m/payments/certificates/" + print, Until: "until 11 Nov 2027", Left: Tag{Good, "363 days left"}, Note: "This migration’s own: the checks and the transfer use it"},
			{Name: "payments-eu", Subject: "CN=payments-eu,O=Payments", Fingerprint: "0b1c 55aa 0e12 …", FullPrint: print, URL: "/m/payments/certificates/" + print, Until: "until 2 Dec 2026", Left: Tag{Warn, "Expires in 19 days"}},
			{Name: "w-17", Subject: "CN=w-17", Fingerprint: "aa12 9f00 c3d4 …", FullPrint: print, Until: "until 3 Nov 2026", Left: Tag{Bad, "Expired"}, Note: "Under another CA: CN=old CA"},
		},
		Unlisted: "240 more of a batch of 12 Nov 2026 are not listed by name.",
		Form:     ClientForm{CA: ca, DaysHint: "At most 363: a day less than the CA, which ends on 12 Nov 2027", KeyTypes: keyTypes(), Makers: []Choice{{Value: "server", Label: "By Onramp on this computer", Hint: "Downloaded once, kept nowhere.", Selected: true}, {Value: "csr", Label: "Where the client runs", Hint: "I paste a signing request; Onramp never sees the key."}}},
		Batch:    BatchForm{CA: ca, KeyTypes: keyTypes(), Rows: "name,cn,days\n", Hint: "name is the folder in the archive; days may be empty for the longest"},
		Twin:     cli("onramp cert leaf --ca ca.pem --ca-key ca.key --cn payments-eu --out payments-eu"),
	}
}

func clientsRefused() ClientsProps {
	p := clientsProps()
	p.Of, p.Batch.Rows = "batch", "name,cn,days\n../etc,x,1\nok,y,ten\n"
	p.Problems = Problems{
		{Kind: fault.Invalid, Field: "rows", Title: "Row 2: \"../etc\" cannot be a folder's name", Fix: "Use up to 63 letters, digits, hyphens, dots and underscores."},
		{Kind: fault.Invalid, Field: "rows", Title: "Row 3: \"ten\" is not a number of days", Fix: "Write 1 to 3650, or leave it empty for the longest."},
		{Kind: fault.Invalid, Field: "batch-ca_files", Title: "The CA is missing", Fix: "Choose its certificate and its key, such as ca-key.zip."},
	}
	return p
}

func chain() ChainProps {
	return ChainProps{ID: "chain", Title: "Chain", Tag: Tag{Good, "Complete"}, Links: []ChainLink{
		{Role: "Root CA", Subject: "CN=Acme Root,O=Acme", Note: "ECDSA P-384 · until 1 Jan 2035", Left: Tag{Good, "2967 days left"}},
		{Role: "Intermediate CA", Subject: "CN=Acme Issuing CA,O=Acme", Note: "ECDSA P-384 · until 12 Nov 2027", Left: Tag{Good, "364 days left"}, URL: "/m/payments/certificates/9f3c"},
		{Role: "Client certificate", Subject: "CN=payments-eu,O=Payments", Note: "ECDSA P-384 · until 2 Dec 2026", Left: Tag{Warn, "Expires in 19 days"}},
	}}
}

func details(id string) DetailProps {
	return DetailProps{ID: id, Title: "Everything in the certificate", Pairs: []Pair{
		{Name: "Subject", Value: "CN=payments-eu,O=Payments"}, {Name: "Subject alternative names", Value: "DNS:worker.acme.internal"}, {Name: "Key usage", Value: "digital signature"},
		{Name: "Serial number", Value: "3f9c77a2d10b", Mono: true}, {Name: "SHA-256", Value: "77100e4d91acb3f277100e4d91acb3f277100e4d91acb3f277100e4d91acb3f2", Mono: true, Copy: true},
	}}
}

func certificateProps(leaf bool) CertificateProps {
	report := certificatesMade().Have.Report
	p := CertificateProps{Migration: "payments", FP: "7710", Title: "Client certificate of payments-eu", Left: Tag{Warn, "Expires in 19 days"}, Until: "2 Dec 2026", Chain: chain(), Facts: details("details"), Report: &report,
		Used: []UseRow{{Text: "The connection test: run 3 passed", URL: "/m/payments/test/r3"}}, Back: Link{Text: "All client certificates", URL: "/m/payments/certificates/clients"},
		Public: []FormatRow{{Format: "full-chain", Title: "Full chain (PEM)", What: "The client certificate, then every CA above it.", URL: "/m/payments/certificates/7710/full-chain.pem"}, {Format: "terraform", Title: "Terraform", What: "accepted_client_ca of temporalcloud_namespace, base64 on one line.", URL: "/m/payments/certificates/7710/certificates.tf"}}}
	if leaf {
		p.KeyHere, p.Secret = "It waits in memory until 16:50.", "payments-eu"
		p.Formats = []FormatRow{{Format: "zip", Title: "PEM files (bundle.zip)", What: "For every SDK and the temporal CLI."}, {Format: "pkcs12", Title: "PKCS#12", What: "AES-256.", Password: true}}
		p.Own = []CodeBlockProps{{ID: "own-0", Name: "PKCS#12; asks for a password", Lang: "bash", Text: "openssl pkcs12 -export -in client.pem -inkey client.key -certfile ca.pem -name payments-eu -out client.p12"}}
	} else {
		p.Title, p.Chain.Links, p.Used = "CA certificate", p.Chain.Links[:2], []UseRow{{Text: "Not seen in a namespace yet"}}
	}
	return p
}

func inspectResult() *InspectResult {
	report := certificatesMade().Have.Report
	c := chain()
	c.ID, c.Title, c.Key = "chain-0", "Chain of CN=payments-eu,O=Payments", "Its private key is in client.p12."
	return &InspectResult{Summary: "3 certificates and 2 private keys in 4 files.", CAKey: "ca.key", Chains: []ChainProps{c}, Report: &report, More: []DetailProps{details("cert-0")},
		Items: []ItemRow{
			{File: "client.p12", What: "Client certificate: CN=payments-eu,O=Payments", Detail: "Signed by CN=Acme Issuing CA,O=Acme · ECDSA P-384 · until 2 Dec 2026", Tag: Tag{Good, "read"}},
			{File: "ca.key", What: "Private key of the root CA", Detail: "ECDSA P-384", Tag: Tag{Bad, "never upload"}},
			{File: "old.key", What: "Encrypted private key", Detail: "old.key is protected by a passphrase.", Tag: Tag{Warn, "locked"}, Code: "KP-11", Fix: "Enter its passphrase; it is used in memory and not stored."},
		},
		Repairs: []RuleRow{{State: Warn, Word: "repaired", Code: "KP-20", Rule: "chain.pem: The line breaks were lost and were put back."}}}
}
