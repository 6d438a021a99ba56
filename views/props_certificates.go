package views

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
// save-key, forget-keys, lend-key, continue.
type CertificatesProps struct {
	Migration string
	Lanes     []Link // lanes as links: make, csr, import …; Current is shown
	Form      CertificateForm
	Open      bool       // a lane was chosen: its form is shown
	Have      *HaveProps // nil before there are certificates
	Keys      *KeysProps // nil when this migration never had a key here
	Tools     []CodeProps
	Twin      CodeProps
	Problems  Problems
}

// CertificateForm is the form of a lane. Fields are named as in the comments.
type CertificateForm struct {
	Lane         string   // lane: make, csr, import
	Makers       []Choice // maker (lane make): browser, server; browser is enabled by the script
	Organization string   // organization
	CommonName   string   // common_name, of the client certificate
	CACommonName string   // ca_common_name
	KeyTypes     []Choice // key_type
	CADays       string   // ca_days
	LeafDays     string   // leaf_days
	CSR          string   // csr (lane csr)
	CAPEM        string   // ca_pem (lane import)
	LeafPEM      string   // leaf_pem (lane import)
	PathLengths  []Choice // path_length, of the CA
	Unit         string   // organizational_unit, of the client
	DNS          string   // dns_names, of the client
	Lend         bool     // lend: keep the key in memory for tests
	LendFor      string   // how long: "10 minutes"
	Again        bool     // certificates exist: making new ones replaces them
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

// CertProps is one certificate as a card.
type CertProps struct {
	ID          string // "ca", "leaf": prefix of ids
	Title       string // "CA certificate"
	Subject     string // "CN=payments-ca, O=Payments"
	Fingerprint string // SHA-256, shown in groups by the caller: "9f3c … 71"; Copy copies FullPrint
	FullPrint   string
	Until       string // "12 Nov 2027"
	Left        Tag    // "355 days left"
	KeyType     string // "ECDSA P-384"
	Facts       []Pair // more
	Download    string // address of the PEM; the button says its last part, "ca.pem"
	Advice      string // "Safe to share: it holds no secret"
}

// ReportProps is the outcome of the certificate rules.
type ReportProps struct {
	Tag  Tag    // "14 rules passed", "1 warning"
	Text string // one sentence
	Rows []RuleRow
}

// RuleRow is one rule.
type RuleRow struct {
	State  State
	Word   string // "passed", "warning", "note", "error"
	Code   string // CH-09
	Rule   string
	Text   string
	Fix    string
	Source string // where the rule is published
}

// KeysProps is what can still be done with the private keys. id=keys.
type KeysProps struct {
	Migration string
	Bundle    bool   // bundle.zip can be downloaded, once
	CAKey     bool   // ca-key.zip can be downloaded, once
	Browser   bool   // the client key is in this browser's memory
	Countdown string // "Onramp forgets these keys in 9 minutes"; "" when there is none to forget
	Lent      bool   // the client key is lent for tests
	LentText  string // "Lent for tests until 10:52"
	CanLend   bool
	Gone      string // why there is nothing to download any more, as a sentence; "" while there is
}

// UploadProps is step 3.
// Test ids: open-cloud, continue, ca-pem.
type UploadProps struct {
	Migration string
	Namespace string // Namespace ID, "" when step 1 is missing
	CA        *CertProps
	CAPEM     CodeProps // ID ca-pem
	Size      string    // "1 of 16 certificates · 0.7 of 32 KB"
	// CloudURL is where to do it: the console of Temporal Cloud, or /cloud/{ns}?m={m} in a rehearsal.
	CloudURL  string
	Rehearsal bool
	Commands  []CodeProps // tcld, …
	Existing  string      // what is known of CAs already there, as a sentence
	Status    UploadStatusProps
	Missing   *NeedProps // what must be done first
	Next      *Link
	Twin      CodeProps
}

// UploadStatusProps is the line that ticks itself. id=upload-status.
type UploadStatusProps struct {
	Tag  Tag
	Text string // "Saved on the Cloud side 12 s ago; a check will show that it is accepted"
	Next *Link  // shown when done
}

// NeedProps is something that must be there first.
type NeedProps struct {
	Tag  Tag
	Text string // "Choose the namespace"
	URL  string
}

// CloudProps is the rehearsal's stand-in for the list of namespaces in Temporal Cloud's console.
// Form: POST /cloud, field namespace. Test ids: cloud-namespace-<id>, create-namespace.
type CloudProps struct {
	Absent     *AbsentProps
	Namespaces []CloudRow
	Value      string
	Problems   Problems
	Back       *Link
}

// CloudRow is one namespace of the rehearsal cloud.
type CloudRow struct {
	ID      string
	URL     string
	CAs     string // "1 CA certificate"
	Created string
}

// CloudNamespaceProps stands for Temporal Cloud's Namespace → Edit → CA Certificates → Save.
// Form: POST /cloud/{ns}, fields ca_bundle and m. Test ids: ca-bundle, save-ca, back.
type CloudNamespaceProps struct {
	ID        string
	Migration string // id of the migration to go back to, sent as field m; "" for none
	Absent    *AbsentProps
	Bundle    string // in the textarea: as sent, else as saved
	Size      string // "1 of 16 certificates · 0.7 of 32 KB"
	Endpoint  string
	CAs       []CloudCARow
	Auth      *CloudAuthProps
	Filters   string
	Saved     string // "Saved. …" after a save, "" otherwise
	Problems  Problems
	Back      *Link
}

// CloudCARow is one accepted CA certificate.
type CloudCARow struct {
	Subject, Fingerprint, Until string
	Tag                         Tag
}

// AbsentProps says that the rehearsal cloud is not there and what to do.
type AbsentProps struct {
	Tag   Tag // Idle "Starting", Bad "Failed", Idle "Not built in"
	Title string
	Text  string
	Fix   string
}
