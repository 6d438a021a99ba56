package views

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

func lendLabel(how string) string {
	return "Let Onramp use the key for " + either(how, "a few minutes")
}

func lendHint() string {
	return "In memory only, for the checks and transfers that you start. Without it, each asks where the key is."
}
