package cloudops

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/namespace"
)

// Who says whose key it is, and when the key itself expires.
func (c *Client) Who(ctx context.Context) (cloud.Identity, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	out, err := c.api.GetCurrentIdentity(ctx, &cloudservice.GetCurrentIdentityRequest{})
	if err != nil {
		return cloud.Identity{}, c.refusal(err, "say whose it is")
	}
	who := cloud.Identity{Kind: "user", ID: out.GetUser().GetId(), Name: out.GetUser().GetSpec().GetEmail(),
		Role: roleWord(out.GetUser().GetSpec().GetAccess().GetAccountAccess().GetRole().String())}
	if robot := out.GetServiceAccount(); robot != nil {
		who = cloud.Identity{Kind: "service-account", ID: robot.GetId(), Name: robot.GetSpec().GetName(),
			Role: roleWord(robot.GetSpec().GetAccess().GetAccountAccess().GetRole().String())}
		if scoped := robot.GetSpec().GetNamespaceScopedAccess(); scoped != nil {
			who.Role = ""
			who.Scope = scoped.GetNamespace() + " " + strings.ToLower(strings.TrimPrefix(scoped.GetAccess().GetPermission().String(), "PERMISSION_"))
		}
	}
	who.KeyName = out.GetPrincipalApiKey().GetSpec().GetDisplayName()
	if ends := out.GetPrincipalApiKey().GetSpec().GetExpiryTime(); ends != nil {
		who.KeyEnds = ends.AsTime()
	}
	acc, err := c.api.GetAccount(ctx, &cloudservice.GetAccountRequest{})
	if err != nil {
		return cloud.Identity{}, c.refusal(err, "see its account")
	}
	who.Account = acc.GetAccount().GetId()
	return who, nil
}

func roleWord(enum string) string {
	word := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(enum, "ROLE_")), "_", "-")
	if word == "unspecified" {
		return ""
	}
	return word
}

// List returns the namespaces that the key may list, by name, from every page.
func (c *Client) List(ctx context.Context) ([]cloud.Listed, error) {
	out := []cloud.Listed{}
	for token := ""; ; {
		one, cancel := within(ctx)
		page, err := c.api.GetNamespaces(one, &cloudservice.GetNamespacesRequest{PageSize: 200, PageToken: token})
		cancel()
		if err != nil {
			return nil, c.refusal(err, "list namespaces")
		}
		for _, n := range page.GetNamespaces() {
			d := detailOf(n, c.o.Now())
			out = append(out, cloud.Listed{ID: d.ID, Name: d.Name, State: d.State, Region: d.ActiveRegion, MTLS: d.Settings.MTLS, APIKeys: d.Settings.APIKeys, CAs: len(d.Settings.CAs)})
		}
		if next := page.GetNextPageToken(); next != "" && next != token {
			token = next
			continue
		}
		return out, nil
	}
}

// Look returns one namespace.
func (c *Client) Look(ctx context.Context, id namespace.ID) (cloud.Detail, error) {
	n, err := c.fetch(ctx, id)
	if err != nil {
		return cloud.Detail{}, err
	}
	return detailOf(n, c.o.Now()), nil
}

func (c *Client) fetch(ctx context.Context, id namespace.ID) (*nspb.Namespace, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	out, err := c.api.GetNamespace(ctx, &cloudservice.GetNamespaceRequest{Namespace: id.String()})
	if err != nil {
		return nil, c.refusal(err, "see the namespace "+id.String())
	}
	return out.GetNamespace(), nil
}

// stateWord is a state of a resource as people read it: "active", "update-failed".
func stateWord(n *nspb.Namespace) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(n.GetState().String(), "RESOURCE_STATE_")), "_", "-")
}

func detailOf(n *nspb.Namespace, now time.Time) cloud.Detail {
	name, account, _ := strings.Cut(n.GetNamespace(), ".")
	spec := n.GetSpec()
	d := cloud.Detail{ID: namespace.ID{Name: name, Account: account}, Name: n.GetNamespace(), State: stateWord(n), Version: n.GetResourceVersion(), Operation: n.GetAsyncOperationId(),
		Settings: settingsOf(spec), BundlePEM: spec.GetMtlsAuth().GetAcceptedClientCa(), MTLSAddress: n.GetEndpoints().GetMtlsGrpcAddress(), GRPCAddress: n.GetEndpoints().GetGrpcAddress(),
		Web: n.GetEndpoints().GetWebAddress(), ActiveRegion: n.GetActiveRegion(), ActionsPerSecond: int(n.GetLimits().GetActionsPerSecondLimit()),
		DeleteProtection: spec.GetLifecycle().GetEnableDeleteProtection(), Codec: spec.GetCodecServer().GetEndpoint(), Rules: spec.GetConnectivityRuleIds(), Tags: n.GetTags(), Description: spec.GetDescription()}
	if spec.GetEncryptionValidation() != nil {
		d.Encryption = strings.ToLower(strings.TrimPrefix(spec.GetEncryptionValidation().GetMode().String(), "ENCRYPTION_VALIDATION_MODE_"))
	}
	d.Unreadable = len(d.BundlePEM) > 0 && len(d.Settings.CAs) == 0
	for _, p := range n.GetPrivateConnectivities() {
		d.Private = append(d.Private, p.GetRegion())
	}
	for _, ca := range d.Settings.CAs {
		if now.After(ca.NotAfter) {
			d.Expired = append(d.Expired, ca)
		}
	}
	return d
}

// settingsOf is the part of a spec that Onramp changes.
func settingsOf(spec *nspb.NamespaceSpec) cloud.Settings {
	s := cloud.Settings{MTLS: spec.GetMtlsAuth().GetEnabled(), APIKeys: spec.GetApiKeyAuth().GetEnabled(), RetentionDays: int(spec.GetRetentionDays()),
		CAs: []cloud.HeldCA{}, Filters: certsvc.Filters{}, Attributes: map[string]string{}, Regions: []string{}}
	for _, cert := range certificates(spec.GetMtlsAuth().GetAcceptedClientCa()) {
		s.CAs = append(s.CAs, heldCA(cert))
	}
	for _, f := range spec.GetMtlsAuth().GetCertificateFilters() {
		s.Filters = append(s.Filters, certsvc.Filter{CommonName: f.GetCommonName(), Organization: f.GetOrganization(),
			OrganizationalUnit: f.GetOrganizationalUnit(), SubjectAlternativeName: f.GetSubjectAlternativeName()})
	}
	for name, number := range spec.GetSearchAttributes() {
		s.Attributes[name] = attributeWord(number)
	}
	for _, r := range spec.GetReplicas() {
		s.Regions = append(s.Regions, r.GetRegion())
	}
	s.Rules = slices.Clone(spec.GetConnectivityRuleIds())
	if len(s.Regions) == 0 {
		s.Regions = append(s.Regions, spec.GetRegions()...) //lint:ignore SA1019 older servers tell the regions here alone
	}
	return s
}

func heldCA(cert *x509.Certificate) cloud.HeldCA {
	return cloud.HeldCA{Subject: certsvc.SubjectOf(cert), SHA256: certsvc.Fingerprint(cert), SHA1: certsvc.TcldFingerprint(cert), NotAfter: cert.NotAfter.UTC()}
}

// certificates are those of a bundle that Temporal Cloud holds; what cannot be read of it is left out.
func certificates(bundle []byte) []*x509.Certificate {
	if len(bundle) == 0 {
		return nil
	}
	found, _, err := certsvc.ReadCertificates(bundle)
	if err != nil {
		return nil
	}
	return found
}

// attributeWords are the types of search attributes by CloudService's numbers. The older service that tcld calls numbers
// them otherwise.
var attributeWords = map[nspb.NamespaceSpec_SearchAttributeType]string{
	nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_TEXT:         "Text",
	nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_KEYWORD:      "Keyword",
	nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_INT:          "Int",
	nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_DOUBLE:       "Double",
	nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_BOOL:         "Bool",
	nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_DATETIME:     "Datetime",
	nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_KEYWORD_LIST: "KeywordList",
}

func attributeWord(n nspb.NamespaceSpec_SearchAttributeType) string {
	if w := attributeWords[n]; w != "" {
		return w
	}
	return n.String()
}

// attributeNumber is the number of a type that somebody wrote: "Keyword", "keyword_list", "KeywordList".
func attributeNumber(word string) (nspb.NamespaceSpec_SearchAttributeType, bool) {
	plain := strings.ReplaceAll(strings.ToLower(word), "_", "")
	for n, w := range attributeWords {
		if strings.ToLower(w) == plain {
			return n, true
		}
	}
	return 0, false
}
