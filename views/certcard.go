package views

import "strings"

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

// DetailProps is what one certificate says of itself.
type DetailProps struct {
	ID    string
	Title string
	Pairs []Pair
}

// lastPart is what stands after the last slash of an address: the name of the file it gives.
func lastPart(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }
