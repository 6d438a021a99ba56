package views

// InspectProps is the page that reads whatever is dropped on it. Form: POST /certificates/inspect, multipart,
// fields files (several), text, passphrase. The answer is the page with Result; nothing is stored.
// Test ids: inspect, inspect-files, inspect-text, ca-key-warning.
type InspectProps struct {
	Problems Problems
	Result   *InspectResult
	Twin     CodeProps
}

// InspectResult is what was found, with no key in it.
type InspectResult struct {
	Summary string // "2 certificates and 1 private key in 3 files"
	CAKey   string // the file that holds a CA's private key, "" for none
	Chains  []ChainProps
	Items   []ItemRow
	Repairs []RuleRow
	Report  *ReportProps // nil when there is no certificate
	More    []DetailProps
}

// ChainProps is a chain, drawn from the root down.
type ChainProps struct {
	ID    string
	Title string // "Chain of CN=payments"
	Key   string // where the key of the last certificate is, in words
	Tag   Tag    // "Complete", "Issuer missing"
	Links []ChainLink
}

// ChainLink is one certificate of a chain.
type ChainLink struct {
	Role    string // "Root CA", "Intermediate CA", "Client certificate"
	Subject string
	Note    string // "ECDSA P-384 · until 12 Nov 2027"
	Left    Tag
	URL     string // its own page, "" for none
}

// ItemRow is one thing found in a file.
type ItemRow struct {
	File   string
	What   string // "Private key of the client certificate"
	Detail string
	Tag    Tag    // "read", "locked", "not usable"
	Code   string // of a help page
	Fix    string
}

// DetailProps is what one certificate says of itself.
type DetailProps struct {
	ID    string
	Title string
	Pairs []Pair
}

// ClientsProps lists the client certificates of a migration and issues further ones.
// Forms: POST /m/{m}/certificates/clients with name, common_name, organization, organizational_unit, dns_names,
// leaf_days, key_type, maker, csr and the CA (below); POST /m/{m}/certificates/batch.zip with rows, rows_file,
// key_type and the CA. The CA: ca_from (held, files), ca_files, ca_text, passphrase. Both multipart.
// Test ids: issue-client, make-batch, client-<n>.
type ClientsProps struct {
	Migration string
	Missing   *NeedProps
	CA        string // the CA's subject
	CAUntil   string
	Clients   []ClientRow
	Unlisted  string // how many more there are, as a sentence
	Form      ClientForm
	Batch     BatchForm
	Problems  Problems // of the form that was sent
	Of        string   // "client" or "batch": whose problems they are
	Twin      CodeProps
}

// ClientRow is one client certificate.
type ClientRow struct {
	Name, Subject, Fingerprint, FullPrint string
	URL                                   string
	Until                                 string // when it stops working, with its CA where that ends first
	Left                                  Tag
	Note                                  string // "under another CA"
}

// CAForm is where the CA's key comes from.
type CAForm struct {
	Sources []Choice // ca_from
}

// ClientForm asks for one more client certificate.
type ClientForm struct {
	CA                                              CAForm
	Name, CommonName, Organization, Unit, DNS, Days string
	DaysHint                                        string
	KeyTypes                                        []Choice
	Makers                                          []Choice // maker: server, csr
	CSR                                             string
}

// BatchForm asks for many.
type BatchForm struct {
	CA       CAForm
	Rows     string
	KeyTypes []Choice
	Hint     string
}

// CertificatePageProps is one certificate of a migration. Forms: POST /m/{m}/certificates/{fp}/take with format,
// password, secret_name, k8s_namespace answers the file once. Test ids: take-<format>, get-<format>.
type CertificatePageProps struct {
	Migration string
	FP        string
	Title     string
	Left      Tag
	Until     string
	Chain     ChainProps
	Facts     DetailProps
	Used      []UseRow
	KeyHere   string // how long the key is still here, "" when it is not
	Formats   []FormatRow
	Public    []FormatRow
	Secret    string // secret_name
	Cluster   string // k8s_namespace
	Own       []CodeProps
	Report    *ReportProps
	Problems  Problems
	Back      Link
}

// UseRow is a place where a certificate is used.
type UseRow struct {
	Text string
	URL  string
}

// FormatRow is a form in which a certificate leaves.
type FormatRow struct {
	Format   string
	Title    string
	What     string
	Password bool
	URL      string // of a public one
}
