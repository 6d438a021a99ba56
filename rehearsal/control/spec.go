package control

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/namespace"
)

// attributeTypes are the types of custom search attributes: as CloudService numbers them, in the words of the
// deprecated field, and in the server's.
var attributeTypes = []struct {
	number nspb.NamespaceSpec_SearchAttributeType
	old    string
	server string
}{
	{nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_TEXT, "text", "Text"},
	{nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_KEYWORD, "keyword", "Keyword"},
	{nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_INT, "int", "Int"},
	{nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_DOUBLE, "double", "Double"},
	{nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_BOOL, "bool", "Bool"},
	{nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_DATETIME, "datetime", "Datetime"},
	{nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_KEYWORD_LIST, "keyword_list", "KeywordList"},
}

// MaxRetention is for how many days a closed workflow stays at most (docs.temporal.io/cloud/limits).
const MaxRetention = 90

// defaultRegion is where the namespaces are that the rehearsal's pages made.
const defaultRegion = "aws-us-east-1"

// specOf is a namespace as its spec. Both regions and replicas are there: clients of either time read theirs.
func specOf(s Space) *nspb.NamespaceSpec {
	spec := &nspb.NamespaceSpec{}
	_ = proto.Unmarshal(s.Rest, spec) // ours: judged when it came
	spec.Name, spec.RetentionDays = s.ID.Name, int32(s.RetentionDays)
	if len(spec.GetReplicas()) == 0 {
		spec.Replicas = []*nspb.ReplicaSpec{{Region: defaultRegion}}
	}
	//lint:ignore SA1019 clients of today read it still
	spec.Regions = nil
	for _, r := range spec.GetReplicas() {
		//lint:ignore SA1019 see above
		spec.Regions = append(spec.Regions, r.GetRegion())
	}
	if s.Keyed {
		if spec.ApiKeyAuth == nil {
			spec.ApiKeyAuth = &nspb.ApiKeyAuthSpec{}
		}
		spec.ApiKeyAuth.Enabled = true
	}
	if s.certified() || len(s.Bundle) > 0 || len(s.Filters) > 0 {
		if spec.MtlsAuth == nil {
			spec.MtlsAuth = &nspb.MtlsAuthSpec{}
		}
		spec.MtlsAuth.Enabled = s.certified()
		spec.MtlsAuth.AcceptedClientCa = normal(s.Bundle)
		for _, f := range s.Filters {
			spec.MtlsAuth.CertificateFilters = append(spec.MtlsAuth.CertificateFilters, &nspb.CertificateFilterSpec{CommonName: f.CommonName,
				Organization: f.Organization, OrganizationalUnit: f.OrganizationalUnit, SubjectAlternativeName: f.SubjectAlternativeName})
		}
	}
	for name, server := range s.Attributes {
		for _, t := range attributeTypes {
			if t.server == server {
				if spec.SearchAttributes == nil {
					spec.SearchAttributes = map[string]nspb.NamespaceSpec_SearchAttributeType{}
				}
				spec.SearchAttributes[name] = t.number
			}
		}
	}
	return spec
}

// certified reports whether a namespace takes client certificates.
func (s Space) certified() bool { return !s.Keyed || s.Both }

// RegionsOf are the regions of a namespace by what is kept of its spec (Space.Rest), as ids: "aws-us-east-1".
func RegionsOf(rest []byte) []string {
	var out []string
	for _, r := range specOf(Space{Rest: rest}).GetReplicas() {
		out = append(out, r.GetRegion())
	}
	return out
}

// normal writes a bundle anew: blanks, comments and line ends are lost, as in Temporal Cloud
// (temporalio/terraform-provider-temporalcloud#90).
func normal(bundle []byte) []byte {
	var b bytes.Buffer
	for rest := bundle; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return b.Bytes()
		}
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes}) // into memory
	}
}

// asked is what a request for a namespace asks for, as a Space that follows on was (zero for a new one).
func (s *Server) asked(spec *nspb.NamespaceSpec, was Space) (Space, error) {
	if spec == nil {
		return Space{}, ours(codes.InvalidArgument, "the spec is missing")
	}
	next := Space{ID: was.ID, Created: was.Created, RetentionDays: int(spec.GetRetentionDays()), Keyed: spec.GetApiKeyAuth().GetEnabled(), Both: spec.GetApiKeyAuth().GetEnabled() && spec.GetMtlsAuth().GetEnabled()}
	if spec.GetRetentionDays() < 1 || spec.GetRetentionDays() > MaxRetention {
		return Space{}, ours(codes.InvalidArgument, "retention_days is %d: it is 1 to 90", spec.GetRetentionDays())
	}
	mtls := spec.GetMtlsAuth()
	switch {
	case next.Both && !was.Both && !s.o.Spaces.Both() && was.Version == "":
		return Space{}, status.Error(codes.InvalidArgument, "cannot create namespace with provided auth method")
	case next.Both && !was.Both && !s.o.Spaces.Both():
		return Space{}, ours(codes.InvalidArgument, "mtls_auth and api_key_auth are both enabled: an account has that on request alone")
	case !mtls.GetEnabled() && !next.Keyed:
		return Space{}, ours(codes.InvalidArgument, "neither mtls_auth nor api_key_auth is enabled: nobody could sign in")
	case mtls.GetEnabled() && len(bytes.TrimSpace(mtls.GetAcceptedClientCa())) == 0:
		return Space{}, ours(codes.InvalidArgument, "mtls_auth is enabled and accepted_client_ca is empty")
	}
	if err := s.trusted(mtls.GetAcceptedClientCa()); err != nil {
		return Space{}, err
	}
	next.Bundle = normal(mtls.GetAcceptedClientCa())
	for _, f := range mtls.GetCertificateFilters() {
		next.Filters = append(next.Filters, certsvc.Filter{CommonName: f.GetCommonName(), Organization: f.GetOrganization(),
			OrganizationalUnit: f.GetOrganizationalUnit(), SubjectAlternativeName: f.GetSubjectAlternativeName()})
	}
	if len(next.Filters) > 0 {
		if err := errors.Join(next.Filters.Validate(), next.Filters.ListedInvalid()); err != nil {
			return Space{}, ours(codes.InvalidArgument, "certificate_filters: %s", said(err))
		}
	}
	var err error
	if next.Attributes, err = attributesOf(spec, was.Attributes); err != nil {
		return Space{}, err
	}
	rest := proto.CloneOf(spec)
	if rest.Replicas, err = replicasOf(spec, was); err != nil {
		return Space{}, err
	}
	//lint:ignore SA1019 taken over above
	rest.Regions, rest.CustomSearchAttributes = nil, nil
	rest.Name, rest.RetentionDays, rest.SearchAttributes = "", 0, nil
	if rest.MtlsAuth != nil {
		rest.MtlsAuth.Enabled, rest.MtlsAuth.AcceptedClientCa, rest.MtlsAuth.CertificateFilters = false, nil, nil
		if proto.Size(rest.MtlsAuth) == 0 {
			rest.MtlsAuth = nil
		}
	}
	if rest.ApiKeyAuth != nil {
		if rest.ApiKeyAuth.Enabled = false; proto.Size(rest.ApiKeyAuth) == 0 {
			rest.ApiKeyAuth = nil
		}
	}
	if c := rest.GetCodecServer(); c != nil && !strings.HasPrefix(c.GetEndpoint(), "https://") {
		return Space{}, ours(codes.InvalidArgument, "codec_server.endpoint has to use https")
	}
	if next.Rest, err = (proto.MarshalOptions{Deterministic: true}).Marshal(rest); err != nil {
		return Space{}, ours(codes.InvalidArgument, "the spec cannot be read")
	}
	return next, nil
}

// replicasOf are where the namespace is: replicas, or regions of older clients, by the table of regions.
func replicasOf(spec *nspb.NamespaceSpec, was Space) ([]*nspb.ReplicaSpec, error) {
	want := spec.GetReplicas()
	if len(want) == 0 {
		//lint:ignore SA1019 clients of today send it still
		for _, r := range spec.GetRegions() {
			want = append(want, &nspb.ReplicaSpec{Region: r})
		}
	}
	if was.Version != "" {
		have := specOf(was).GetReplicas()
		if len(want) > 0 && !slices.EqualFunc(want, have, func(a, b *nspb.ReplicaSpec) bool { return proto.Equal(a, b) }) {
			return nil, ours(codes.InvalidArgument, "the regions of a namespace are not changed by UpdateNamespace here")
		}
		return have, nil
	}
	if len(want) != 1 {
		return nil, ours(codes.InvalidArgument, "a namespace of the rehearsal is in one region, and %d are named", len(want))
	}
	id := want[0].GetRegion()
	for _, r := range namespace.Regions() {
		switch {
		case r.ID == id:
			return want, nil
		case r.Name == id: // no provider (terraform-provider-temporalcloud#107)
			return nil, status.Errorf(codes.InvalidArgument, "invalid region: %s", id)
		}
	}
	return nil, errUnauthorized // as Temporal Cloud was seen to answer a misspelt one (the same issue, and #264)
}

// attributesOf are the custom search attributes that are asked for. None can be taken away, nor have its type changed.
func attributesOf(spec *nspb.NamespaceSpec, was map[string]string) (map[string]string, error) {
	next := map[string]string{}
	for name, number := range spec.GetSearchAttributes() {
		for _, t := range attributeTypes {
			if t.number == number {
				next[name] = t.server
			}
		}
		if next[name] == "" {
			return nil, ours(codes.InvalidArgument, "search attribute %s: type %d is not known", name, number)
		}
	}
	//lint:ignore SA1019 old clients send it
	for name, word := range spec.GetCustomSearchAttributes() {
		for _, t := range attributeTypes {
			if t.old == word {
				next[name] = t.server
			}
		}
		if next[name] == "" {
			return nil, ours(codes.InvalidArgument, "search attribute %s: type %s is not known", name, word)
		}
	}
	for name, kind := range was {
		if next[name] != kind {
			return nil, ours(codes.InvalidArgument, "search attribute %s can be neither removed nor given another type", name)
		}
	}
	if err := namespace.JudgeAttributes(next); err != nil {
		return nil, ours(codes.InvalidArgument, "%s", said(err))
	}
	return next, nil
}

// trusted judges a CA bundle. Its refusal has the shape and, for a certificate that has expired, the words of Temporal
// Cloud's (temporalio/tcld#406).
func (s *Server) trusted(bundle []byte) error {
	if len(bytes.TrimSpace(bundle)) == 0 {
		return nil
	}
	cas, lints := certsvc.LintBundle(bundle, s.o.Now())
	var bad []string
	if first, _ := pem.Decode(bundle); first == nil && len(cas) > 0 { // read generously, as base64 of PEM: no client sends it on purpose
		bad = append(bad, "accepted_client_ca is not PEM"+ourMark)
	}
	for _, c := range cas {
		if expired(c, s.o.Now()) {
			bad = append(bad, fmt.Sprintf("certificate with subject '%s' received is expired as of '%s'", c.Subject, c.NotAfter.UTC()))
		}
	}
	for _, l := range lints {
		if l.Severity == certsvc.SevError && l.Code != "CH-24" && !aboutExpiry(l, cas, s.o.Now()) {
			bad = append(bad, strings.TrimSpace(l.Subject+" "+l.Text)+ourMark)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	word := "errors"
	if len(bad) == 1 {
		word = "error"
	}
	return status.Errorf(codes.InvalidArgument, "invalid ca certificate: %d %s occurred:\n\t* %s\n\n", len(bad), word, strings.Join(bad, "\n\t* "))
}

func expired(c *x509.Certificate, now time.Time) bool { return now.After(c.NotAfter) }

// aboutExpiry reports a finding that the expiry of a certificate made, which is told already.
func aboutExpiry(l certsvc.Lint, cas []*x509.Certificate, now time.Time) bool {
	for _, c := range cas {
		if expired(c, now) && certsvc.SubjectOf(c) == l.Subject && l.Code == "CH-09" {
			return true
		}
	}
	return false
}

// said are the texts of faults on one line.
func said(err error) string {
	var all []string
	for _, f := range fault.All(err) {
		text := f.Title
		if f.Cause != "" {
			text += ": " + f.Cause
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// refused is what the door would refuse, as a status.
func refused(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	if errors.As(err, &f) && f.Kind == fault.Conflict {
		return errStale
	}
	return ours(codes.InvalidArgument, "%s", said(err))
}

// errStale answers a resource version that is not the present one. Temporal Cloud's code and words are not public.
var errStale = ours(codes.FailedPrecondition, "resource_version is not the present one: the resource was changed meanwhile")

// sameSpace reports whether nothing would change.
func sameSpace(a, b Space) bool {
	return bytes.Equal(normal(a.Bundle), normal(b.Bundle)) && slices.Equal(a.Filters, b.Filters) && a.Keyed == b.Keyed && a.Both == b.Both &&
		a.RetentionDays == b.RetentionDays && maps.Equal(a.Attributes, b.Attributes) && sameRest(a.Rest, b.Rest)
}

func sameRest(a, b []byte) bool {
	var x, y nspb.NamespaceSpec
	if proto.Unmarshal(a, &x) != nil || proto.Unmarshal(b, &y) != nil {
		return false
	}
	for _, spec := range []*nspb.NamespaceSpec{&x, &y} {
		if len(spec.GetReplicas()) == 0 {
			spec.Replicas = []*nspb.ReplicaSpec{{Region: defaultRegion}}
		}
	}
	return proto.Equal(&x, &y)
}
