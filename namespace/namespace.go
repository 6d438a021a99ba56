// Package namespace knows what a Namespace ID, an endpoint and a region of Temporal Cloud are,
// and the rules they obey. It is pure: no network, no clock.
package namespace

import (
	"net"
	"strconv"
	"strings"
)

// Port is the gRPC port of every namespace endpoint (docs.temporal.io/cloud/namespaces).
const Port = 7233

// domain is what every namespace endpoint ends in.
const domain = "tmprl.cloud"

// ID is a Cloud Namespace ID: the namespace's name and the account ID, "<name>.<account>".
// The zero ID is no namespace.
type ID struct {
	Name    string
	Account string
}

// String returns "<name>.<account>", or "" for the zero ID.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return id.Name + "." + id.Account
}

// IsZero reports whether the ID is no namespace.
func (id ID) IsZero() bool { return id == ID{} }

// Host returns the host of the namespace endpoint, which is also its TLS server name:
// "<name>.<account>.tmprl.cloud" (docs.temporal.io/cloud/namespaces), or "" for the zero ID.
func (id ID) Host() string {
	if id.IsZero() {
		return ""
	}
	return id.String() + "." + domain
}

// Address returns the namespace endpoint, or the zero Address for the zero ID.
func (id ID) Address() Address {
	if id.IsZero() {
		return Address{}
	}
	return Address{Host: id.Host(), Port: Port}
}

// Endpoint returns the namespace endpoint as host:port, or "" for the zero ID.
func (id ID) Endpoint() string { return id.Address().String() }

// UIURL returns the workflows page of the namespace in the Cloud UI, or "" for the zero ID.
func (id ID) UIURL() string {
	if id.IsZero() {
		return ""
	}
	return "https://cloud.temporal.io/namespaces/" + id.String() + "/workflows"
}

// Repair is one thing changed in what a person pasted, so that it can be shown.
// Its JSON is an element of target.normalised in a report's JSON.
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

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a == Address{} }

// String returns host:port, an IPv6 address in brackets, or "" for the zero Address.
func (a Address) String() string {
	if a.IsZero() {
		return ""
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}

// Paste is what Parse understood of one pasted text.
type Paste struct {
	ID      ID       // always set
	Address Address  // the endpoint the paste named, zero when it named none
	Region  string   // Cloud API region id ("aws-us-east-1") when the paste named one
	Kind    string   // what the paste was: "id", "endpoint", "ui-link"
	Repairs []Repair // what was changed, in order
}

// The kinds of Paste.
const (
	PasteID       = "id"
	PasteEndpoint = "endpoint"
	PasteUILink   = "ui-link"
)

// lower is strings.ToLower for ASCII: other letters are judged, not folded.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
