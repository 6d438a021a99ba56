package snippet

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// CloudChange is one change in Temporal Cloud, as somebody makes it without Onramp's page.
type CloudChange struct {
	ID       string // "add-ca" …
	Title    string
	Onramp   string // with onramp cloud
	Commands []AdminCommand
}

// Filter is a certificate filter in tcld's JSON; empty fields are left out.
type Filter struct {
	CommonName             string `json:"commonName,omitempty"`
	Organization           string `json:"organization,omitempty"`
	OrganizationalUnit     string `json:"organizationalUnit,omitempty"`
	SubjectAlternativeName string `json:"subjectAlternativeName,omitempty"`
}

// SignIns are the ways to sign in to a namespace.
type SignIns struct{ MTLS, APIKeys bool }

// The names of files that the commands read: what they hold, their notes say.
const (
	caFile      = "ca.pem"
	bundleFile  = "cas.pem"
	filtersFile = "filters.json"
	tokenFile   = "api-key.txt"
)

const (
	wholeList = "accepted_client_ca is the whole list: cas.pem stands for all CA certificates that are to stay, one after another."
	noneOfIt  = "temporal cloud has no command for this in one step."
)

// AddsCA adds the CA certificate in ca.pem to a namespace.
func AddsCA(ns string) CloudChange {
	return CloudChange{"add-ca", "Add a CA certificate", "onramp cloud ca add " + quoteBash(ns) + " " + caFile, AddCA(ns, caFile)}
}

// ReplacesCAs puts the certificates in cas.pem in the place of all that a namespace holds: the one way past a CA certificate
// that has expired, for tcld's add and remove are refused while one is there (temporalio/tcld#406).
func ReplacesCAs(ns string) CloudChange {
	return CloudChange{"set-cas", "Replace all CA certificates", "onramp cloud ca set " + quoteBash(ns) + " " + bundleFile, []AdminCommand{
		{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: []string{tcldKey}, Text: "tcld namespace accepted-client-ca set --namespace " + quoteBash(ns) + " --ca-certificate-file " + bundleFile},
		{ID: "terraform", Tool: "Terraform", Lang: "hcl", Notes: []string{wholeList, noneOfIt, drifting}, Text: `accepted_client_ca = base64encode(file("` + bundleFile + `"))`},
	}}
}

// RemovesCA takes the CA certificate with a fingerprint out of a namespace: SHA-256, and SHA-1 as tcld names it, in
// hexadecimal digits.
func RemovesCA(ns, sha256, sha1 string) CloudChange {
	return CloudChange{"remove-ca", "Remove a CA certificate", "onramp cloud ca remove " + quoteBash(ns) + " --fingerprint " + quoteBash(sha256), []AdminCommand{
		{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: []string{"The fingerprint is SHA-1: tcld namespace accepted-client-ca list prints those of the namespace.", tcldKey},
			Text: "tcld namespace accepted-client-ca remove --namespace " + quoteBash(ns) + " --ca-certificate-fingerprint " + quoteBash(sha1)},
		{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash", Notes: []string{"old-ca.pem is the CA certificate to remove. Removing the last one turns client certificates off.", preview},
			Text: "temporal cloud namespace mtls cert-ca delete --namespace " + quoteBash(ns) + " --ca-certificate-file old-ca.pem"},
		{ID: "terraform", Tool: "Terraform", Lang: "hcl", Notes: []string{wholeList, drifting}, Text: `accepted_client_ca = base64encode(file("` + bundleFile + `"))`},
	}}
}

// SetsFilters replaces the certificate filters of a namespace, which were had before; none clears them.
func SetsFilters(ns string, filters, had []Filter) CloudChange {
	all := struct {
		Filters []Filter `json:"filters"`
	}{append([]Filter{}, filters...)}
	text, _ := json.Marshal(all) // strings: cannot fail
	tcld := "tcld namespace certificate-filters import --namespace " + quoteBash(ns) + " --certificate-filter-input " + quoteBash(string(text))
	if len(filters) == 0 {
		tcld = "tcld namespace certificate-filters clear --namespace " + quoteBash(ns)
	}
	var single []string
	for _, f := range filters {
		if !slices.Contains(had, f) {
			single = append(single, "temporal cloud namespace mtls cert-filter create --namespace "+quoteBash(ns)+f.flags())
		}
	}
	for _, f := range had {
		if !slices.Contains(filters, f) {
			single = append(single, "temporal cloud namespace mtls cert-filter delete --namespace "+quoteBash(ns)+f.flags())
		}
	}
	out := CloudChange{"filters", "Set certificate filters", "onramp cloud filters set " + quoteBash(ns) + " " + filtersFile,
		[]AdminCommand{{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: []string{"It shows the difference and asks. The filters replace all that were there.", tcldKey}, Text: tcld}}}
	if len(single) > 0 {
		out.Commands = append(out.Commands, AdminCommand{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash", Notes: []string{"New filters first: with none every client certificate of the CA certificates is let in.", preview}, Text: strings.Join(single, "\n")})
	}
	hcl := AdminCommand{ID: "terraform", Tool: "Terraform", Lang: "hcl", Notes: []string{"This attribute of temporalcloud_namespace is the whole list.", drifting}, Text: hclFilters(filters)}
	if len(filters) == 0 {
		hcl.Text, hcl.Notes = "# certificate_filters is left out", []string{"Take the attribute certificate_filters out of temporalcloud_namespace: an empty list is refused.", drifting}
	}
	out.Commands = append(out.Commands, hcl)
	return out
}

func (f Filter) flags() string {
	var out string
	for _, one := range [][2]string{{"common-name", f.CommonName}, {"organization", f.Organization}, {"organizational-unit", f.OrganizationalUnit}, {"subject-alternative-name", f.SubjectAlternativeName}} {
		if one[1] != "" {
			out += " --" + one[0] + " " + quoteBash(one[1])
		}
	}
	return out
}

func hclFilters(filters []Filter) string {
	var b strings.Builder
	b.WriteString("certificate_filters = [\n")
	for _, f := range filters {
		b.WriteString("  {\n")
		for _, one := range [][2]string{{"common_name", f.CommonName}, {"organization", f.Organization}, {"organizational_unit", f.OrganizationalUnit}, {"subject_alternative_name", f.SubjectAlternativeName}} {
			if one[1] != "" {
				fmt.Fprintf(&b, "    %s = %s\n", one[0], quoteHCL(one[1]))
			}
		}
		b.WriteString("  },\n")
	}
	b.WriteString("]")
	return b.String()
}

// AddsAttributes adds custom search attributes, by name and type ("KeywordList").
func AddsAttributes(ns string, types map[string]string) CloudChange {
	names := slices.Sorted(maps.Keys(types))
	mine, tcld := "onramp cloud attributes add "+quoteBash(ns), "tcld namespace search-attributes add --namespace "+quoteBash(ns)
	var single []string
	notes := []string{"None can be removed again, nor given another type.", tcldKey}
	for _, name := range names {
		mine += " " + quoteBash(name+"="+types[name])
		tcld += " --search-attribute " + quoteBash(name+"="+types[name])
		single = append(single, "temporal cloud namespace search-attribute create --namespace "+quoteBash(ns)+" --name "+quoteBash(name)+" --type "+quoteBash(types[name]))
		if strings.Contains(name, ",") {
			notes = []string{"tcld splits at commas: it cannot make a search attribute with one in its name.", tcldKey}
		}
	}
	return CloudChange{"attributes", "Add search attributes", mine, []AdminCommand{
		{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: notes, Text: tcld},
		{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash", Notes: []string{preview}, Text: strings.Join(single, "\n")},
		{ID: "terraform", Tool: "Terraform", Lang: "hcl", Notes: []string{drifting}, Text: hclAttributes(quoteHCL(ns), types)},
	}}
}

// hclAttributes are search attributes of a namespace, which is an expression.
func hclAttributes(ns string, types map[string]string) string {
	var all []string
	for i, name := range slices.Sorted(maps.Keys(types)) {
		kind := strings.ToLower(types[name])
		if kind == "keywordlist" {
			kind = "keyword_list"
		}
		all = append(all, fmt.Sprintf("resource \"temporalcloud_namespace_search_attribute\" \"attribute_%d\" {\n  namespace_id = %s\n  name         = %s\n  type         = %s\n}", i+1, ns, quoteHCL(name), quoteHCL(kind)))
	}
	return strings.Join(all, "\n\n")
}

// SetsSignIn chooses how workers sign in to a namespace, where they signed in as had says. Where client certificates are
// turned on, the namespace has to hold a CA certificate.
func SetsSignIn(ns string, want, had SignIns) CloudChange {
	onramp, tcld, hcl := "mtls", "mtls", "api_key_auth = false"
	switch {
	case want.MTLS && want.APIKeys:
		onramp, tcld, hcl = "both", "api_key_or_mtls", "api_key_auth       = true\naccepted_client_ca = base64encode(file(\""+bundleFile+"\"))"
	case want.APIKeys:
		onramp, tcld, hcl = "api-key", "api_key", "api_key_auth = true"
	default:
		hcl = "accepted_client_ca = base64encode(file(\"" + bundleFile + "\"))"
	}
	var single []string
	for _, turn := range []struct {
		what      string
		want, had bool
	}{{"mtls", want.MTLS, had.MTLS}, {"api-key", want.APIKeys, had.APIKeys}} {
		if turn.want && !turn.had {
			single = append(single, "temporal cloud namespace "+turn.what+" enable --namespace "+quoteBash(ns))
		}
	}
	for _, turn := range []struct {
		what      string
		want, had bool
	}{{"mtls", want.MTLS, had.MTLS}, {"api-key", want.APIKeys, had.APIKeys}} {
		if !turn.want && turn.had {
			single = append(single, "temporal cloud namespace "+turn.what+" disable --namespace "+quoteBash(ns))
		}
	}
	mine := "onramp cloud sign-in set " + quoteBash(ns) + " " + onramp
	notes := []string{"A method that is turned off cuts off its workers at once. An account has both on request alone.", tcldKey}
	if want.MTLS && !had.MTLS {
		mine += " --ca " + caFile
		notes = append([]string{"Add a CA certificate first: client certificates need one."}, notes...)
	}
	out := CloudChange{"sign-in", "Change how workers sign in", mine, []AdminCommand{{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: notes,
		Text: "tcld namespace auth-method set --namespace " + quoteBash(ns) + " --auth-method " + tcld}}}
	if len(single) > 0 {
		out.Commands = append(out.Commands, AdminCommand{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash", Notes: []string{preview}, Text: strings.Join(single, "\n")})
	}
	terraform := []string{drifting}
	if want.MTLS {
		terraform = []string{wholeList, drifting}
	}
	if !want.APIKeys {
		terraform = append([]string{"Take the attribute api_key_auth out of temporalcloud_namespace."}, terraform...)
	}
	if !want.MTLS {
		terraform = append([]string{"Take the attribute accepted_client_ca out of temporalcloud_namespace."}, terraform...)
	}
	out.Commands = append(out.Commands, AdminCommand{ID: "terraform", Tool: "Terraform", Lang: "hcl", Notes: terraform, Text: hcl})
	return out
}

// NewCloudNamespace is a namespace to create.
type NewCloudNamespace struct {
	Name       string // without the account ID
	Region     string // with its provider, "aws-us-east-1"
	Days       int    // the retention
	MTLS       bool   // client certificates, with the CA certificate in ca.pem; else API keys
	Attributes map[string]string
}

// CreatesNamespace creates a namespace. A region is named with its provider everywhere: tcld takes it so (f89fc4a,
// app/namespace.go; a bare name wants --cloud-provider beside it), and so do temporal cloud and Terraform. tcld knows the
// regions of AWS and GCP alone.
func CreatesNamespace(n NewCloudNamespace) CloudChange {
	region, auth := quoteBash(n.Region), "api-key"
	tcld := fmt.Sprintf("tcld namespace create --namespace %s --region %s --retention-days %d", quoteBash(n.Name), region, n.Days)
	single := fmt.Sprintf("temporal cloud namespace create --name %s --region %s --retention-days %d", quoteBash(n.Name), region, n.Days)
	hcl := "api_key_auth   = true"
	if n.MTLS {
		auth = "mtls --ca " + caFile
		tcld += " --auth-method mtls --ca-certificate-file " + caFile
		single += " --mtls-auth-enabled --ca-certificate-file " + caFile
		hcl = "accepted_client_ca = base64encode(file(\"" + caFile + "\"))"
	} else {
		tcld += " --auth-method api_key"
		single += " --api-key-auth-enabled"
	}
	for _, name := range slices.Sorted(maps.Keys(n.Attributes)) {
		tcld += " --search-attribute " + quoteBash(name+"="+n.Attributes[name])
		single += " --search-attribute " + quoteBash(name+"="+n.Attributes[name])
	}
	out := CloudChange{"create", "Create a namespace", fmt.Sprintf("onramp cloud create %s --region %s --retention %d --auth %s", quoteBash(n.Name), region, n.Days, auth), nil}
	if !strings.HasPrefix(n.Region, "azure-") {
		out.Commands = append(out.Commands, AdminCommand{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: []string{tcldKey}, Text: tcld})
	}
	text := fmt.Sprintf("resource \"temporalcloud_namespace\" \"this\" {\n  name = %s\n  regions = [%s]\n  retention_days = %d\n  %s\n}", quoteHCL(n.Name), quoteHCL(n.Region), n.Days, hcl)
	if len(n.Attributes) > 0 {
		text += "\n\n" + hclAttributes("temporalcloud_namespace.this.id", n.Attributes)
	}
	out.Commands = append(out.Commands, AdminCommand{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash", Notes: []string{preview}, Text: single},
		AdminCommand{ID: "terraform", Tool: "Terraform", Lang: "hcl", Text: text})
	return out
}

// DeletesKey deletes an API key, by its ID.
func DeletesKey(ns, keyID string) CloudChange {
	return CloudChange{"delete-key", "Delete an API key", fmt.Sprintf("onramp cloud key delete %s --id %s", quoteBash(ns), quoteBash(keyID)), DeleteAPIKey(keyID)}
}

// MakesKey makes a service account that may write in one namespace and nowhere else, and an API key for it that lasts some
// days.
func MakesKey(ns, name string, days int) CloudChange {
	return CloudChange{"key", "Make an API key for a worker", fmt.Sprintf("onramp cloud key create %s --name %s --days %d --out %s", quoteBash(ns), quoteBash(name), days, tokenFile), apiKeyFor(ns, name, days)}
}
