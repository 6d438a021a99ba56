package cloud

import (
	"strings"

	"onramp/namespace"
)

// NeedsCreate is who makes namespaces.
const NeedsCreate = "Developer, Global Admin or Account Owner in the account"

// Right is what a kind of act takes, in the words of docs.temporal.io/cloud/manage-access/permissions-reference.
type Right struct {
	Act   string // what Onramp does, for people
	Needs string
	may   func(Identity, namespace.ID) Chance
}

// Chance is whether a key may do something, as far as its roles tell.
type Chance string

// The chances. A role in the account does not tell which permissions somebody has on single namespaces.
const (
	May     Chance = "may"
	MayNot  Chance = "may-not"
	Unknown Chance = "unknown"
)

// Of is whether a key may do it in a namespace; the zero ID is for none.
func (r Right) Of(who Identity, id namespace.ID) Chance { return r.may(who, id) }

// Rights are what Onramp does with a key, the weakest first.
var Rights = []Right{
	{"See the account and list its namespaces", "any role", func(Identity, namespace.ID) Chance { return May }},
	{"See the namespace", "Read on the namespace", func(who Identity, id namespace.ID) Chance { return who.in(id, "read", "write", "admin") }},
	{"Change CA certificates, certificate filters, search attributes and the sign-in method", "Namespace Admin on the namespace", changes},
	{"Make a service account and an API key for a worker", "Namespace Admin on the namespace", changes},
	{"Create a namespace", NeedsCreate, func(who Identity, _ namespace.ID) Chance {
		switch {
		case who.all() || who.Role == "developer":
			return May
		case who.Scope != "" || who.Role != "":
			return MayNot
		}
		return Unknown
	}},
}

func changes(who Identity, id namespace.ID) Chance { return who.in(id, "admin") }

// all reports whether somebody is Namespace Admin everywhere.
func (i Identity) all() bool { return i.Role == "owner" || i.Role == "admin" }

// in is whether somebody has one of some permissions in a namespace.
func (i Identity) in(id namespace.ID, permissions ...string) Chance {
	if i.all() {
		return May
	}
	where, permission, scoped := strings.Cut(i.Scope, " ")
	if !scoped || id.IsZero() {
		return Unknown
	}
	for _, p := range permissions {
		if where == id.String() && permission == p {
			return May
		}
	}
	return MayNot
}
