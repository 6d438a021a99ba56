package control

import (
	"context"
	"strings"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

// older serves what tcld calls in the place of CloudService: services of the same host, whose files are not published
// (olderSchema). Each call is answered by the CloudService call that does the same, so that roles, versions, operations and
// limits are the same for both.
type older struct {
	s *Server
	service
}

// olderCall is one call of the older services.
type olderCall struct {
	path    string // package, service and method
	as      string // the CloudService call by whose permissions it is judged
	in, out string // messages of olderSchema
	answer  func(ctx context.Context, o older, in, out record) error
}

// olderCalls are what is served of them. The rest answers Unimplemented.
var olderCalls = []olderCall{
	{"api.accountservice.v1.AccountService/GetAccount", "GetAccount", "Nothing", "GetAccountResponse", olderAccount},
	{"api.accountservice.v1.AccountService/GetRegions", "GetRegions", "Nothing", "GetRegionsResponse", olderRegions},
	{"api.requestservice.v1.RequestService/GetRequestStatus", "GetAsyncOperation", "GetRequestStatusRequest", "Status", olderRequest},
	{"api.namespaceservice.v1.NamespaceService/ListNamespaces", "GetNamespaces", "Page", "ListNamespacesResponse", olderNames},
	{"api.namespaceservice.v1.NamespaceService/GetNamespaces", "GetNamespaces", "Page", "GetNamespacesResponse", olderNamespacesOf},
	{"api.namespaceservice.v1.NamespaceService/GetNamespace", "GetNamespace", "GetNamespaceRequest", "GetNamespaceResponse", olderNamespace},
	{"api.namespaceservice.v1.NamespaceService/CreateNamespace", "CreateNamespace", "CreateNamespaceRequest", "Status", olderCreate},
	{"api.namespaceservice.v1.NamespaceService/UpdateNamespace", "UpdateNamespace", "UpdateNamespaceRequest", "Status", olderUpdate},
	{"api.namespaceservice.v1.NamespaceService/DeleteNamespace", "DeleteNamespace", "DeleteNamespaceRequest", "Status", olderRemove},
	{"api.namespaceservice.v1.NamespaceService/RenameCustomSearchAttribute", "RenameCustomSearchAttribute", "RenameRequest", "Status", olderRename},
	{"api.authservice.v1.AuthService/GetAPIKeys", "GetApiKeys", "GetKeysRequest", "GetKeysResponse", olderAPIKeys},
	{"api.authservice.v1.AuthService/GetAPIKey", "GetApiKey", "ByID", "GetKeyResponse", olderAPIKey},
	{"api.authservice.v1.AuthService/CreateAPIKey", "CreateApiKey", "CreateKeyRequest", "CreateKeyResponse", olderOwnKey},
	{"api.authservice.v1.AuthService/CreateServiceAccountAPIKey", "CreateApiKey", "CreateRobotKeyRequest", "CreateKeyResponse", olderRobotKey},
	{"api.authservice.v1.AuthService/UpdateAPIKey", "UpdateApiKey", "UpdateKeyRequest", "Status", olderUpdateKey},
	{"api.authservice.v1.AuthService/DeleteAPIKey", "DeleteApiKey", "DeleteRequest", "DeleteKeyResponse", olderDeleteKey},
	{"api.authservice.v1.AuthService/GetServiceAccounts", "GetServiceAccounts", "Page", "GetRobotsResponse", olderRobots},
	{"api.authservice.v1.AuthService/GetServiceAccount", "GetServiceAccount", "ByID", "GetRobotResponse", olderRobot},
	{"api.authservice.v1.AuthService/CreateServiceAccount", "CreateServiceAccount", "CreateRobotRequest", "CreateRobotResponse", olderCreateRobot},
	{"api.authservice.v1.AuthService/UpdateServiceAccount", "UpdateServiceAccount", "UpdateRobotRequest", "Status", olderUpdateRobot},
	{"api.authservice.v1.AuthService/DeleteServiceAccount", "DeleteServiceAccount", "DeleteRequest", "Status", olderDeleteRobot},
}

// judgedRequest is a request as the table of permissions judges it.
type judgedRequest struct{ record }

// GetNamespace is the namespace that a request is about, "" for none.
func (r judgedRequest) GetNamespace() string {
	if r.field("namespace") == nil {
		return ""
	}
	return r.text("namespace")
}

// serveOlder registers olderCalls.
func serveOlder(s *Server, parts service) {
	byService := map[string][]grpc.MethodDesc{}
	for _, c := range olderCalls {
		name, method, _ := strings.Cut(c.path, "/")
		byService[name] = append(byService[name], grpc.MethodDesc{MethodName: method,
			Handler: func(_ any, ctx context.Context, read func(any) error, judge grpc.UnaryServerInterceptor) (any, error) {
				in := newRecord(c.in)
				if err := read(in.Interface()); err != nil {
					return nil, err
				}
				// Judged as the CloudService call that it stands for.
				return judge(ctx, judgedRequest{in}, &grpc.UnaryServerInfo{FullMethod: "/" + name + "/" + c.as}, func(ctx context.Context, _ any) (any, error) {
					out := newRecord(c.out)
					if err := c.answer(ctx, older{s, parts}, in, out); err != nil {
						return nil, err
					}
					return out.Interface(), nil
				})
			}})
	}
	for name, methods := range byService {
		s.grpc.RegisterService(&grpc.ServiceDesc{ServiceName: name, HandlerType: (*any)(nil), Methods: methods}, older{})
	}
}

func olderAccount(_ context.Context, _ older, _, out record) error {
	a := out.in("account")
	a.put("resource_version", "1")
	a.put("state", int32(olderActive))
	a.put("cloud_providers_available", []int32{1, 2}) // as olderProviders
	a.in("spec")
	return nil
}

func olderRegions(ctx context.Context, o older, _, out record) error {
	got, err := o.GetRegions(ctx, &cloudservice.GetRegionsRequest{})
	for _, r := range got.GetRegions() {
		if write := olderRegion(r.GetId()); write != nil {
			write(out.add("regions").in("region_id"))
		}
	}
	return err
}

func olderRequest(ctx context.Context, o older, in, out record) error {
	got, err := o.GetAsyncOperation(ctx, &cloudservice.GetAsyncOperationRequest{AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderNames(ctx context.Context, o older, in, out record) error {
	got, err := o.GetNamespaces(ctx, &cloudservice.GetNamespacesRequest{PageSize: in.num("page_size"), PageToken: in.text("page_token")})
	if err != nil {
		return err
	}
	var names []string
	for _, n := range got.GetNamespaces() {
		names = append(names, n.GetNamespace())
	}
	out.put("namespaces", names)
	out.put("next_page_token", got.GetNextPageToken())
	return nil
}

func olderNamespacesOf(ctx context.Context, o older, in, out record) error {
	got, err := o.GetNamespaces(ctx, &cloudservice.GetNamespacesRequest{PageSize: in.num("page_size"), PageToken: in.text("page_token")})
	if err != nil {
		return err
	}
	for _, n := range got.GetNamespaces() {
		writeNamespace(out.add("namespaces"), n)
	}
	out.put("next_page_token", got.GetNextPageToken())
	return nil
}

func olderNamespace(ctx context.Context, o older, in, out record) error {
	got, err := o.GetNamespace(ctx, &cloudservice.GetNamespaceRequest{Namespace: in.text("namespace")})
	if err != nil {
		return err
	}
	writeNamespace(out.in("namespace"), got.GetNamespace())
	return nil
}

func olderCreate(ctx context.Context, o older, in, out record) error {
	if len(in.each("user_namespace_permissions"))+len(in.each("identity_namespace_permissions")) > 0 {
		return ours(codes.Unimplemented, "permissions of others are not given here while a namespace is made")
	}
	spec, err := readSpec(in.sub("spec"), nil, true)
	if err != nil {
		return err
	}
	spec.Name = in.text("namespace")
	tags := map[string]string{}
	for k, v := range in.entries("tags") {
		tags[k] = v.String()
	}
	got, err := o.CreateNamespace(ctx, &cloudservice.CreateNamespaceRequest{Spec: spec, AsyncOperationId: in.text("request_id"), Tags: tags})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

// olderUpdate puts what the older spec holds into the present one: what it has no field for stays. That the present one is
// still the one that the client read, its version tells.
func olderUpdate(ctx context.Context, o older, in, out record) error {
	now, err := o.GetNamespace(ctx, &cloudservice.GetNamespaceRequest{Namespace: in.text("namespace")})
	if err != nil {
		return err
	}
	spec, err := readSpec(in.sub("spec"), now.GetNamespace().GetSpec(), knowsRules(ctx))
	if err != nil {
		return err
	}
	got, err := o.UpdateNamespace(ctx, &cloudservice.UpdateNamespaceRequest{Namespace: in.text("namespace"), Spec: spec,
		ResourceVersion: in.text("resource_version"), AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

// knowsRules reports whether a caller's version of the older services has connectivity rules, which v0.14.1 of tcld
// (2023-07-26-01) has not: its empty list says nothing.
func knowsRules(ctx context.Context) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	return strings.Join(md.Get(versionHeader), "") >= "2025"
}

func olderRemove(ctx context.Context, o older, in, out record) error {
	got, err := o.DeleteNamespace(ctx, &cloudservice.DeleteNamespaceRequest{Namespace: in.text("namespace"), ResourceVersion: in.text("resource_version"), AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderRename(ctx context.Context, o older, in, out record) error {
	got, err := o.RenameCustomSearchAttribute(ctx, &cloudservice.RenameCustomSearchAttributeRequest{Namespace: in.text("namespace"), ExistingCustomSearchAttributeName: in.text("existing"),
		NewCustomSearchAttributeName: in.text("new"), ResourceVersion: in.text("resource_version"), AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderAPIKeys(ctx context.Context, o older, in, out record) error {
	kind, err := olderOwner(in.text("owner_type"))
	if err != nil {
		return err
	}
	got, err := o.GetApiKeys(ctx, &cloudservice.GetApiKeysRequest{PageSize: in.num("page_size"), PageToken: in.text("page_token"), OwnerId: in.text("owner_id"), OwnerType: kind})
	if err != nil {
		return err
	}
	for _, k := range got.GetApiKeys() {
		o.writeKey(out.add("api_keys"), k)
	}
	out.put("next_page_token", got.GetNextPageToken())
	return nil
}

func olderAPIKey(ctx context.Context, o older, in, out record) error {
	got, err := o.GetApiKey(ctx, &cloudservice.GetApiKeyRequest{KeyId: in.text("id")})
	if err != nil {
		return err
	}
	o.writeKey(out.in("api_key"), got.GetApiKey())
	return nil
}

// olderOwnKey makes a key of the caller, which CloudService has no call for.
func olderOwnKey(ctx context.Context, o older, in, out record) error {
	who := callerOf(ctx)
	kind := identity.OwnerType_OWNER_TYPE_USER
	if who.user == nil {
		kind = identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT
	}
	return olderNewKey(ctx, o, &cloudservice.CreateApiKeyRequest{Spec: readKey(in.sub("spec"), who.id(), kind), AsyncOperationId: in.text("request_id")}, out)
}

func olderRobotKey(ctx context.Context, o older, in, out record) error {
	return olderNewKey(ctx, o, &cloudservice.CreateApiKeyRequest{AsyncOperationId: in.text("request_id"),
		Spec: readKey(in.sub("spec"), in.text("service_account_id"), identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT)}, out)
}

func olderNewKey(ctx context.Context, o older, req *cloudservice.CreateApiKeyRequest, out record) error {
	got, err := newKey(ctx, o.s, req)
	if err != nil {
		return err
	}
	out.put("id", got.GetKeyId())
	out.put("secret_key", got.GetToken())
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderUpdateKey(ctx context.Context, o older, in, out record) error {
	now, err := o.GetApiKey(ctx, &cloudservice.GetApiKeyRequest{KeyId: in.text("id")})
	if err != nil {
		return err
	}
	have := now.GetApiKey().GetSpec()
	got, err := o.UpdateApiKey(ctx, &cloudservice.UpdateApiKeyRequest{KeyId: in.text("id"), ResourceVersion: in.text("resource_version"), AsyncOperationId: in.text("request_id"),
		Spec: readKey(in.sub("spec"), have.GetOwnerId(), have.GetOwnerType())})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderDeleteKey(ctx context.Context, o older, in, out record) error {
	got, err := o.DeleteApiKey(ctx, &cloudservice.DeleteApiKeyRequest{KeyId: in.text("id"), ResourceVersion: in.text("resource_version"), AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderRobots(ctx context.Context, o older, in, out record) error {
	got, err := o.GetServiceAccounts(ctx, &cloudservice.GetServiceAccountsRequest{PageSize: in.num("page_size"), PageToken: in.text("page_token")})
	if err != nil {
		return err
	}
	for _, r := range got.GetServiceAccount() {
		writeRobot(out.add("service_account"), r)
	}
	out.put("next_page_token", got.GetNextPageToken())
	return nil
}

func olderRobot(ctx context.Context, o older, in, out record) error {
	got, err := o.GetServiceAccount(ctx, &cloudservice.GetServiceAccountRequest{ServiceAccountId: in.text("id")})
	if err != nil {
		return err
	}
	writeRobot(out.in("service_account"), got.GetServiceAccount())
	return nil
}

func olderCreateRobot(ctx context.Context, o older, in, out record) error {
	spec, err := readRobot(in.sub("spec"))
	if err != nil {
		return err
	}
	got, err := o.CreateServiceAccount(ctx, &cloudservice.CreateServiceAccountRequest{Spec: spec, AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	out.put("service_account_id", got.GetServiceAccountId())
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderUpdateRobot(ctx context.Context, o older, in, out record) error {
	spec, err := readRobot(in.sub("spec"))
	if err != nil {
		return err
	}
	got, err := o.UpdateServiceAccount(ctx, &cloudservice.UpdateServiceAccountRequest{ServiceAccountId: in.text("id"), Spec: spec, ResourceVersion: in.text("resource_version"), AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}

func olderDeleteRobot(ctx context.Context, o older, in, out record) error {
	got, err := o.DeleteServiceAccount(ctx, &cloudservice.DeleteServiceAccountRequest{ServiceAccountId: in.text("id"), ResourceVersion: in.text("resource_version"), AsyncOperationId: in.text("request_id")})
	if err != nil {
		return err
	}
	o.status(ctx, out.in("request_status"), got.GetAsyncOperation())
	return nil
}
