// Package namespace knows what a Namespace ID, an endpoint and a region of Temporal Cloud are,
// and the rules they obey. It is pure: no network, no clock.
package namespace

// ID is a Cloud Namespace ID: the namespace's name and the account ID, "<name>.<account>".
// The zero ID is no namespace.
type ID struct {
	Name    string
	Account string
}

// Repair is one thing changed in what a person pasted, so that it can be shown.
// Its JSON is an element of target.normalised in contract.md.
type Repair struct {
	Field string `json:"field"` // "address" or "namespace"
	From  string `json:"from"`
	To    string `json:"to"`
	Code  string `json:"code"` // id in the fault catalogue: "IN-01"
	Text  string `json:"-"`    // a sentence for people
}

// Address is where gRPC connects to: a host (name, or IP without brackets) and a port.
type Address struct {
	Host string
	Port int
}

// Paste is what Parse understood of one pasted text.
type Paste struct {
	ID      ID       // always set
	Address Address  // the endpoint the paste named, zero when it named none
	Region  string   // Cloud API region id ("aws-us-east-1") when the paste named one
	Kind    string   // what the paste was: "id", "endpoint", "ui-link"
	Repairs []Repair // what was changed, in order
}

// Region is one row of regions as data (cloud-facts.md §1.4).
type Region struct {
	ID       string // "aws-us-east-1"
	Cloud    string // "aws", "gcp", "azure"
	Name     string // "us-east-1"
	Place    string // "N. Virginia"
	Endpoint string // "us-east-1.aws.api.temporal.io:7233"
	Verified bool   // false: a row that the reference marks as by pattern or second-hand
}
