package control

import (
	"context"
	"encoding/base64"
	"strings"

	"go.temporal.io/cloud-sdk/api/identity/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// The numbers of the older services, where they are not those of CloudService (temporalio/tcld, protogen/api).
const (
	olderActive = 3

	olderRestricted = 1 // nobody may sign in
	olderMTLS       = 2
	olderKey        = 3
	olderKeyOrMTLS  = 4

	olderScopeNamespace = 1
	olderInheritOwner   = 1
)

var (
	olderAttributes = []nspb.NamespaceSpec_SearchAttributeType{0, nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_KEYWORD, nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_TEXT,
		nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_INT, nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_DOUBLE, nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_DATETIME,
		nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_BOOL, nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_KEYWORD_LIST}
	olderRoles     = []Role{0, GlobalAdmin, Developer, ReadOnly, Owner, FinanceAdmin, identity.AccountAccess_ROLE_METRICS_READ}
	olderProviders = []string{"", "aws", "gcp"}
	// olderKeyStates begin with none; the older services have "expired" beside.
	olderKeyStates = map[resource.ResourceState]int32{resource.ResourceState_RESOURCE_STATE_ACTIVATING: 1, resource.ResourceState_RESOURCE_STATE_ACTIVATION_FAILED: 2,
		resource.ResourceState_RESOURCE_STATE_ACTIVE: 3, resource.ResourceState_RESOURCE_STATE_UPDATING: 4, resource.ResourceState_RESOURCE_STATE_UPDATE_FAILED: 5,
		resource.ResourceState_RESOURCE_STATE_DELETING: 7, resource.ResourceState_RESOURCE_STATE_DELETE_FAILED: 8, resource.ResourceState_RESOURCE_STATE_DELETED: 9}
	olderOwners = map[string]identity.OwnerType{"": 0, "user": identity.OwnerType_OWNER_TYPE_USER, "service-account": identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT}
)

const olderKeyExpired = 6

// numberOf is the older number of a value, 0 for one that has none.
func numberOf[T comparable](all []T, v T) int32 {
	for i, one := range all {
		if i > 0 && one == v {
			return int32(i)
		}
	}
	return 0
}

func olderOwner(word string) (identity.OwnerType, error) {
	kind, ok := olderOwners[word]
	if !ok {
		return 0, ours(codes.InvalidArgument, "owner_type %q is none of user and service-account", word)
	}
	return kind, nil
}

// olderRegion writes the id of a region into a RegionID; nil where the older services have no number for its provider.
func olderRegion(id string) func(record) {
	cloud, name, _ := strings.Cut(id, "-")
	provider := numberOf(olderProviders, cloud)
	if provider == 0 {
		return nil
	}
	return func(r record) {
		r.put("name", name)
		r.put("provider", provider)
	}
}

// status writes an operation. What it is about is not in what CloudService shows of it.
func (o older) status(ctx context.Context, r record, op *opspb.AsyncOperation) {
	r.put("request_id", op.GetId())
	r.put("state", int32(op.GetState())) // the same numbers
	r.put("check_duration", op.GetCheckDuration())
	r.put("operation_type", op.GetOperationType())
	r.put("failure_reason", op.GetFailureReason())
	r.put("start_time", op.GetStartedTime())
	r.put("finish_time", op.GetFinishedTime())
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	if known := o.s.ops[callerOf(ctx).account+"/"+op.GetId()]; known != nil {
		r.put("resource_id", known.about)
	}
}

// writeNamespace writes a namespace. The region is there twice, for old and new clients.
func writeNamespace(r record, n *nspb.Namespace) {
	r.put("namespace", n.GetNamespace())
	r.put("resource_version", n.GetResourceVersion())
	r.put("state", int32(n.GetState())) // the same numbers up to "deleted", the last of ours
	r.put("request_id", n.GetAsyncOperationId())
	r.put("tags", n.GetTags())
	uri := r.in("uri")
	uri.put("web", n.GetEndpoints().GetWebAddress())
	uri.put("grpc", n.GetEndpoints().GetMtlsGrpcAddress())
	uri.put("regional_grpc", n.GetEndpoints().GetGrpcAddress())
	limit := n.GetLimits().GetActionsPerSecondLimit()
	r.in("envelope").put("actions_per_second", limit)
	r.in("envelope").in("actions_per_second_limit").put("value", limit)
	writeSpec(r.in("spec"), n.GetSpec())
	for _, replica := range n.GetReplicas() {
		if write := olderRegion(replica.GetRegion()); write != nil {
			one := r.add("regions")
			write(one.in("region_id"))
			one.put("replica_mode", int32(1))  // active
			one.put("replica_state", int32(3)) // activated
		}
	}
}

func writeSpec(r record, spec *nspb.NamespaceSpec) {
	r.put("accepted_client_ca", base64.StdEncoding.EncodeToString(spec.GetMtlsAuth().GetAcceptedClientCa()))
	r.put("retention_days", spec.GetRetentionDays())
	attributes := map[string]int32{}
	for name, kind := range spec.GetSearchAttributes() {
		attributes[name] = numberOf(olderAttributes, kind)
	}
	r.put("search_attributes", attributes)
	for _, f := range spec.GetMtlsAuth().GetCertificateFilters() {
		one := r.add("certificate_filters")
		one.put("common_name", f.GetCommonName())
		one.put("organization", f.GetOrganization())
		one.put("organizational_unit", f.GetOrganizationalUnit())
		one.put("subject_alternative_name", f.GetSubjectAlternativeName())
	}
	if c := spec.GetCodecServer(); c != nil {
		one := r.in("codec_spec")
		one.put("endpoint", c.GetEndpoint())
		one.put("pass_access_token", c.GetPassAccessToken())
		one.put("include_credentials", c.GetIncludeCrossOriginCredentials())
		if m := c.GetCustomErrorMessage().GetDefault(); m != nil {
			text := one.in("custom_error_message").in("default")
			text.put("message", m.GetMessage())
			text.put("link", m.GetLink())
		}
	}
	switch mtls, keyed := spec.GetMtlsAuth().GetEnabled(), spec.GetApiKeyAuth().GetEnabled(); {
	case mtls && keyed:
		r.put("auth_method", int32(olderKeyOrMTLS))
	case keyed:
		r.put("auth_method", int32(olderKey))
	default:
		r.put("auth_method", int32(olderMTLS))
	}
	if len(spec.GetReplicas()) > 0 {
		id := spec.GetReplicas()[0].GetRegion()
		if write := olderRegion(id); write != nil {
			write(r.in("region_id"))
		}
		if name, aws := strings.CutPrefix(id, "aws-"); aws { // the only cloud of clients that read this field
			r.put("region", name)
		}
	}
	if l := spec.GetLifecycle(); l != nil {
		r.in("lifecycle").put("enable_delete_protection", l.GetEnableDeleteProtection())
	}
	if h := spec.GetHighAvailability(); h != nil {
		r.in("high_availability").put("disable_managed_failover", h.GetDisableManagedFailover())
	}
	r.put("connectivity_rule_ids", spec.GetConnectivityRuleIds())
}

// readSpec is an older spec put into the present one, nil for a new namespace. What it leaves out and what it has no field
// for stays as it is; whether an empty list of connectivity rules takes them all away, rules tells.
func readSpec(r record, now *nspb.NamespaceSpec, rules bool) (*nspb.NamespaceSpec, error) {
	if len(r.GetUnknown()) > 0 {
		return nil, ours(codes.InvalidArgument, "the spec has a field that the rehearsal does not know")
	}
	if len(r.texts("passive_regions"))+len(r.each("passive_region_ids")) > 0 {
		return nil, ours(codes.InvalidArgument, "a namespace of the rehearsal is in one region")
	}
	spec := proto.CloneOf(now)
	if spec == nil {
		spec = &nspb.NamespaceSpec{}
	}
	spec.RetentionDays = r.num("retention_days")
	bundle, err := base64.StdEncoding.DecodeString(r.text("accepted_client_ca"))
	if err != nil {
		return nil, ours(codes.InvalidArgument, "accepted_client_ca is not base64")
	}
	if err := readMethod(r, spec, bundle); err != nil {
		return nil, err
	}
	spec.SearchAttributes = nil
	for name, number := range r.entries("search_attributes") {
		n := number.Int()
		if n < 1 || n >= int64(len(olderAttributes)) {
			return nil, ours(codes.InvalidArgument, "search attribute %s: type %d is not known", name, n)
		}
		if spec.SearchAttributes == nil {
			spec.SearchAttributes = map[string]nspb.NamespaceSpec_SearchAttributeType{}
		}
		spec.SearchAttributes[name] = olderAttributes[n]
	}
	if r.has("codec_spec") {
		c := r.sub("codec_spec")
		spec.CodecServer = &nspb.CodecServerSpec{Endpoint: c.text("endpoint"), PassAccessToken: c.yes("pass_access_token"), IncludeCrossOriginCredentials: c.yes("include_credentials")}
		if m := c.sub("custom_error_message"); m.has("default") {
			text := m.sub("default")
			spec.CodecServer.CustomErrorMessage = &nspb.CodecServerSpec_CustomErrorMessage{Default: &nspb.CodecServerSpec_CustomErrorMessage_ErrorMessage{Message: text.text("message"), Link: text.text("link")}}
		}
	}
	if r.has("lifecycle") {
		spec.Lifecycle = &nspb.LifecycleSpec{EnableDeleteProtection: r.sub("lifecycle").yes("enable_delete_protection")}
	}
	if r.has("high_availability") {
		spec.HighAvailability = &nspb.HighAvailabilitySpec{DisableManagedFailover: r.sub("high_availability").yes("disable_managed_failover")}
	}
	if rules {
		spec.ConnectivityRuleIds = r.texts("connectivity_rule_ids")
	}
	return spec, readRegion(r, spec)
}

// readMethod reads how callers sign in, with the CA certificates and filters. Clients that know no method leave it out: mTLS
// for a new namespace.
func readMethod(r record, spec *nspb.NamespaceSpec, bundle []byte) error {
	filters := r.each("certificate_filters")
	if spec.MtlsAuth == nil && (len(bundle) > 0 || len(filters) > 0) {
		spec.MtlsAuth = &nspb.MtlsAuthSpec{}
	}
	method := r.num("auth_method")
	if method == 0 && spec.GetName() == "" {
		method = olderMTLS
	}
	switch mtls, keyed := method == olderMTLS || method == olderKeyOrMTLS, method == olderKey || method == olderKeyOrMTLS; {
	case method == 0:
	case mtls || keyed || method == olderRestricted:
		if spec.MtlsAuth == nil && mtls {
			spec.MtlsAuth = &nspb.MtlsAuthSpec{}
		}
		if spec.MtlsAuth != nil {
			spec.MtlsAuth.Enabled = mtls
		}
		if spec.ApiKeyAuth == nil && keyed {
			spec.ApiKeyAuth = &nspb.ApiKeyAuthSpec{}
		}
		if spec.ApiKeyAuth != nil {
			spec.ApiKeyAuth.Enabled = keyed
		}
	default:
		return ours(codes.InvalidArgument, "auth_method %d is not known", method)
	}
	if spec.MtlsAuth == nil {
		return nil
	}
	spec.MtlsAuth.AcceptedClientCa, spec.MtlsAuth.CertificateFilters = bundle, nil
	for _, f := range filters {
		spec.MtlsAuth.CertificateFilters = append(spec.MtlsAuth.CertificateFilters, &nspb.CertificateFilterSpec{CommonName: f.text("common_name"), Organization: f.text("organization"),
			OrganizationalUnit: f.text("organizational_unit"), SubjectAlternativeName: f.text("subject_alternative_name")})
	}
	return nil
}

// readRegion reads the region where one is named. Clients of before there were providers name it alone, and mean AWS.
func readRegion(r record, spec *nspb.NamespaceSpec) error {
	var id string
	switch named := r.sub("region_id"); {
	case r.has("region_id"):
		n := int(named.num("provider"))
		if n < 1 || n >= len(olderProviders) {
			return ours(codes.InvalidArgument, "the provider of region %q is not known", named.text("name"))
		}
		id = olderProviders[n] + "-" + named.text("name")
	case r.text("region") != "":
		id = "aws-" + r.text("region")
	default:
		return nil
	}
	//lint:ignore SA1019 so that one field alone tells the region
	spec.Regions = nil
	if len(spec.GetReplicas()) != 1 || spec.GetReplicas()[0].GetRegion() != id {
		spec.Replicas = []*nspb.ReplicaSpec{{Region: id}}
	}
	return nil
}

func (o older) writeKey(r record, k *identity.ApiKey) {
	r.put("id", k.GetId())
	owner := r.in("owner")
	owner.put("owner_id", k.GetSpec().GetOwnerId())
	owner.put("owner_type", int32(k.GetSpec().GetOwnerType())) // the same numbers
	spec := r.in("spec")
	spec.put("access_type", int32(olderInheritOwner))
	spec.put("display_name", k.GetSpec().GetDisplayName())
	spec.put("description", k.GetSpec().GetDescription())
	spec.put("expiry_time", k.GetSpec().GetExpiryTime())
	spec.put("disabled", k.GetSpec().GetDisabled())
	r.put("resource_version", k.GetResourceVersion())
	r.put("created_time", k.GetCreatedTime())
	r.put("last_modified_time", k.GetLastModifiedTime())
	state := olderKeyStates[k.GetState()]
	if state == olderActive && !o.s.o.Now().Before(k.GetSpec().GetExpiryTime().AsTime()) {
		state = olderKeyExpired
	}
	r.put("state", state)
}

func readKey(r record, owner string, kind identity.OwnerType) *identity.ApiKeySpec {
	return &identity.ApiKeySpec{OwnerId: owner, OwnerType: kind, DisplayName: r.text("display_name"), Description: r.text("description"),
		ExpiryTime: r.moment("expiry_time"), Disabled: r.yes("disabled")}
}

// writeRobot writes a service account. One of a single namespace has the account-level role Read beside, as tcld asks for it.
func writeRobot(r record, a *identity.ServiceAccount) {
	r.put("id", a.GetId())
	r.put("resource_version", a.GetResourceVersion())
	r.put("state", int32(a.GetState())) // the same numbers
	r.put("created_time", a.GetCreatedTime())
	r.put("last_modified_time", a.GetLastModifiedTime())
	spec := r.in("spec")
	spec.put("name", a.GetSpec().GetName())
	spec.put("description", a.GetSpec().GetDescription())
	access := spec.in("access")
	if scoped := a.GetSpec().GetNamespaceScopedAccess(); scoped != nil {
		spec.in("scope").put("type", int32(olderScopeNamespace))
		access.in("account_access").put("role", numberOf(olderRoles, ReadOnly))
		access.under("namespace_accesses", scoped.GetNamespace()).put("permission", int32(scoped.GetAccess().GetPermission()))
		return
	}
	access.in("account_access").put("role", numberOf(olderRoles, a.GetSpec().GetAccess().GetAccountAccess().GetRole()))
	for id, one := range a.GetSpec().GetAccess().GetNamespaceAccesses() {
		access.under("namespace_accesses", id).put("permission", int32(one.GetPermission())) // the same numbers
	}
}

func readRobot(r record) (*identity.ServiceAccountSpec, error) {
	spec := &identity.ServiceAccountSpec{Name: r.text("name"), Description: r.text("description")}
	access := r.sub("access")
	named := map[string]*identity.NamespaceAccess{}
	for id, v := range access.entries("namespace_accesses") {
		named[id] = &identity.NamespaceAccess{Permission: Permission(record{v.Message()}.num("permission"))}
	}
	if r.sub("scope").num("type") == olderScopeNamespace {
		if len(named) != 1 {
			return nil, ours(codes.InvalidArgument, "a service account of one namespace names it")
		}
		for id, a := range named {
			spec.NamespaceScopedAccess = &identity.NamespaceScopedAccess{Namespace: id, Access: a}
		}
		return spec, nil
	}
	role := access.sub("account_access").num("role")
	if role < 1 || int(role) >= len(olderRoles) {
		return nil, ours(codes.InvalidArgument, "the account-level role %d is not known", role)
	}
	spec.Access = &identity.Access{AccountAccess: &identity.AccountAccess{Role: olderRoles[role]}, NamespaceAccesses: named}
	return spec, nil
}
