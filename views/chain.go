package views

// ChainProps is a chain, drawn from the root down.
type ChainProps struct {
	ID    string
	Title string // "Chain of CN=payments"
	Key   string // where the key of the last certificate is, in words
	Tag   Tag    // "Complete", "Issuer missing", "Signed itself"
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
