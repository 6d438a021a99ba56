package namespace

import (
	"fmt"
	"strings"
	"unicode"

	"onramp/fault"
)

func placeholder(field, s string) *fault.Fault {
	return refuse(field, codePlaceholder, "A placeholder was not filled in",
		"“"+short(s)+"” still holds a placeholder or a variable where your own value belongs.",
		"Put in your values: the Namespace ID is the name, a dot and the account ID, such as orders.a1b2c.")
}

func innerBlank(field, s string) *fault.Fault {
	at, first := 0, ' '
	for i, r := range []rune(s) {
		if unicode.IsSpace(r) {
			at, first = i, r
			break
		}
	}
	return refuse(field, "IN-04", "There is a blank inside",
		fmt.Sprintf("“%s” has a %s at position %d. A Namespace ID or an address has none.", short(s), codePoint(first), at),
		"Paste one Namespace ID, such as orders.a1b2c, or one endpoint.")
}

// webUI refuses a page's host as an endpoint, with the right endpoint when the link names it.
func webUI(field string, p parts) *fault.Fault {
	f := refuse(field, "IN-08", "That is the Web UI, not the gRPC endpoint",
		"“"+short(lower(p.host))+"” shows pages to people. Workers connect to the namespace endpoint.",
		"Give the Namespace ID, such as orders.a1b2c, or its endpoint. Both are on the namespace's page under Connect.")
	host := strings.TrimSuffix(lower(p.host), ".")
	name, _ := uiPath(p.host + p.rest)
	if id, ok := FromHost(strings.TrimPrefix(host, "web.")); ok {
		name = id.String()
	}
	if id, err := Parse(name); name != "" && err == nil {
		f.Fix = "Use “" + id.ID.Endpoint() + "”."
	}
	return f
}

func opsAPI(field string) *fault.Fault {
	return refuse(field, "IN-09", "That is the Cloud Ops API",
		"saas-api.tmprl.cloud manages accounts and namespaces. Workers do not connect there.",
		"Give the Namespace ID, such as orders.a1b2c, or its endpoint.")
}

// notNamed refuses endpoints that are right in their place and do not say which namespace is meant.
func notNamed(field, kind, host string) *fault.Fault {
	const fix = "Give the Namespace ID, such as orders.a1b2c: it stands at the top of the namespace's page in the Cloud UI."
	h := short(host)
	switch kind {
	case HostLocal:
		return refuse(field, "IN-10", "That is a local server",
			"“"+h+"” is a Temporal server on your machine or network. It says nothing about the namespace in Temporal Cloud.", fix)
	case HostRegional:
		f := refuse(field, "IN-18", "A regional endpoint does not name the namespace",
			"“"+h+"” serves every namespace of a region.",
			fix+" The namespace endpoint, which follows from it, is the recommended address; a regional one needs the TLS server name with mTLS.")
		if _, ok := LookupRegion(host); !ok && strings.Count(host, ".") == 4 {
			f.Cause += " The region is not one that Onramp knows."
		}
		return f
	case HostRegionCNAME:
		return refuse(field, "IN-18", "A region's host does not name the namespace",
			"“"+h+"” is where the DNS name of a namespace points. It is not meant to be dialled on the public network.", fix)
	case HostPrivateLink:
		return refuse(field, "IN-18", "A private endpoint does not name the namespace",
			"“"+h+"” is a private link into Temporal Cloud.",
			fix+" The connection then needs the TLS server name, which follows from it.")
	}
	return refuse(field, "IN-18", "An IP address does not name the namespace",
		"“"+h+"” may be a private endpoint, or a server of your own; the address alone does not say which namespace is meant.", fix)
}

func notCloud(field, host string) *fault.Fault {
	return refuse(field, codeNotCloud, "This is not a namespace of Temporal Cloud",
		"“"+short(host)+"” is neither a Namespace ID (name.account) nor an endpoint (name.account.tmprl.cloud:7233).",
		"Give the Namespace ID, such as orders.a1b2c, or its endpoint.")
}
