package doctor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// evidenceLabels are the names of a check's evidence in words, by their name in its report. Those of one stage stand in
// this order.
var evidenceLabels = []struct{ name, label string }{
	{"wanted", "Wanted"}, {"seen", "Seen"}, {"given", "Given"}, {"field", "Where it was given"}, {"repairs", "Repaired"}, {"host_kind", "Kind of address"},
	{"namespace_given", "Namespace given"}, {"namespace_in_address", "Namespace in the address"}, {"character", "Character"},
	{"subject", "Certificate of"}, {"issuer", "Issued by"}, {"not_before", "Valid from"}, {"not_after", "Valid until"}, {"rule", "Rule"},
	{"certificates", "Certificates in the file"}, {"uploaded_certificates", "Certificates uploaded"}, {"certificates_sent", "Certificates sent by the server"}, {"top_issuer", "Issuer of the last one"},
	{"key_type", "Kind of key"}, {"certificate_key_type", "Kind of key in the certificate"}, {"spki_sha256", "Fingerprint of the public key"},
	{"key_spki_sha256", "Public key of the key file"}, {"certificate_spki_sha256", "Public key of the certificate"},
	{"clock", "This computer’s clock"}, {"expired", "Expired"}, {"kept_for", "Answer kept for"},
	{"proxy", "Proxy"}, {"variable", "Set by the variable"}, {"connect", "The proxy answered CONNECT with"}, {"without_proxy", "Without the proxy"}, {"passed_over", "Alert that was ignored"},
	{"a", "IPv4 addresses"}, {"aaaa", "IPv6 addresses"}, {"cname", "Alias of"}, {"reply_codes", "DNS replies"}, {"zone", "DNS zone"},
	{"other_dns", "Other DNS server"}, {"addresses_by_other_dns", "Addresses by the other DNS server"}, {"reply_codes_of_other_dns", "Replies of the other DNS server"},
	{"region_of_address", "Region of the address"}, {"region_of_namespace", "Region of the namespace"}, {"region_by_dns", "Region by DNS"}, {"region_by_other_dns", "Region by the other DNS server"},
	{"addresses", "Addresses tried"}, {"connected", "Connected to"}, {"failing_address", "Address that fails"}, {"same_host_port_443", "Port 443 of the same host"}, {"tries", "Tries"}, {"passed", "Attempts that passed"},
	{"tls_version", "TLS version"}, {"cipher_suite", "Cipher suite"}, {"alpn", "Protocol agreed on"}, {"server_subject", "Server certificate of"}, {"server_issuer", "Server certificate issued by"},
	{"server_names", "Names in the server certificate"}, {"server_not_before", "Server certificate valid from"}, {"server_not_after", "Server certificate valid until"},
	{"server_name_that_works", "Server name that works"}, {"speaks", "The server speaks"}, {"with_tls", "With TLS"}, {"with_tls_1_2", "With TLS 1.2"}, {"small_first_message", "With a smaller first message"},
	{"first_bytes", "First bytes received"}, {"first_text", "First words received"}, {"bytes", "Size in bytes"}, {"cut", "Connection cut"},
	{"asked", "The server asked for a certificate"}, {"own_endpoint", "The namespace’s endpoint"}, {"sent", "The certificate was sent"}, {"acceptable_cas", "CAs on the server’s list"}, {"not_in_list", "Not on that list"},
	{"alert", "TLS alert"}, {"alert_name", "The alert says"}, {"proof", "Proof that it was accepted"}, {"without_certificate", "Without a certificate"}, {"first_try", "First try"}, {"second_try", "Second try"}, {"filters", "Certificate filters"},
	{"status", "The server answered"}, {"grpc_code", "gRPC code"}, {"grpc_message", "Temporal’s answer"}, {"error", "Error"}, {"reason", "Reason"}, {"limit", "Limit"}, {"limit_scope", "Limit of"},
	{"compressed_call", "Answer to a compressed call"}, {"goaway", "The server ended the connection with"}, {"server_version", "Server version"},
	{"name", "Namespace"}, {"state", "State"}, {"namespace_state", "State of the namespace"}, {"namespace_not_found", "Namespace not found"}, {"namespace_unavailable", "Namespace not available"},
	{"active_cluster", "Active in"}, {"this_cluster", "This server belongs to"}, {"retention", "Retention"}, {"local_retention", "Retention on the old server"},
	{"search_attributes_missing", "Search attributes missing here"}, {"differs_from_local", "Differs from the old server"},
	{"workflow_pollers", "Workers that poll for workflows"}, {"activity_pollers", "Workers that poll for activities"}, {"near_queues", "Similar task queues with a worker"},
	{"other_namespace", "Other namespace"}, {"pollers_there", "Workers there"}, {"local_address", "Old server"}, {"local_answer", "Answer of the old server"}, {"local_pollers", "Workers on the old server"}, {"restarting_host", "Host whose workers restart"},
	{"deployment", "Worker deployment"}, {"build", "Build of the worker"}, {"worker_version", "Version of the worker"}, {"current_version", "Current version"},
}

// Seen is a piece of evidence in words. Exact is set for a value as the machine has it, and not for yes and no.
type Seen struct {
	Name, Value string
	Exact       bool
}

// EvidenceWords are names and values of a stage's Evidence in words, in a steady order: what was wanted and seen first.
// What this version does not know, an older report's, comes last, by its own name.
func EvidenceWords(ev map[string]any) []Seen {
	place := func(name string) int {
		for i, l := range evidenceLabels {
			if l.name == name {
				return i
			}
		}
		return len(evidenceLabels)
	}
	names := make([]string, 0, len(ev))
	for n := range ev {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b)) })
	var out []Seen
	for _, n := range names {
		_, truth := ev[n].(bool)
		out = append(out, Seen{Name: evidenceLabel(n), Value: EvidenceText(ev[n]), Exact: !truth})
	}
	return out
}

// evidenceLabel is a name of the evidence in words.
func evidenceLabel(name string) string {
	for _, l := range evidenceLabels {
		if l.name == name {
			return l.label
		}
	}
	text := strings.ReplaceAll(name, "_", " ")
	if text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// Words is a change of evidence in words, as EvidenceWords says them.
func (c Change) Words() Change {
	say := func(text string) string {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return text
		}
		switch v.(type) {
		case bool, []any, map[string]any:
			return EvidenceText(v)
		}
		return text
	}
	return Change{evidenceLabel(c.Name), say(c.Before), say(c.After)}
}

// EvidenceText is a value as people read it: yes and no, lists with commas, an object as its names with their values in
// the order of the names.
func EvidenceText(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		return list(v)
	case []string:
		return listed(v, slices.ContainsFunc(v, func(x string) bool { return strings.Contains(x, ",") }))
	case map[string]any:
		names := make([]string, 0, len(v))
		for n := range v {
			names = append(names, n)
		}
		slices.Sort(names)
		parts := make([]string, len(names))
		for i, n := range names {
			parts[i] = n + " " + nested(v[n])
		}
		return strings.Join(parts, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func list(v []any) string {
	parts, commas := make([]string, len(v)), false
	for i, x := range v {
		text, isText := x.(string)
		parts[i], commas = nested(x), commas || isText && strings.Contains(text, ",")
	}
	return listed(parts, commas)
}

// listed are the parts of a list, with semicolons where a part has commas of its own, as a certificate's subject does.
func listed(parts []string, commas bool) string {
	switch {
	case len(parts) == 0:
		return "none"
	case commas:
		return strings.Join(parts, "; ")
	}
	return strings.Join(parts, ", ")
}

// nested is a value of a list or an object: what has parts of its own is set off.
func nested(v any) string {
	switch v := v.(type) {
	case map[string]any, []any:
		return "(" + EvidenceText(v) + ")"
	}
	return EvidenceText(v)
}
