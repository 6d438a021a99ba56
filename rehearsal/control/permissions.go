package control

import (
	"slices"

	"go.temporal.io/cloud-sdk/api/identity/v1"
)

// Permission is what somebody may do in a namespace.
type Permission = identity.NamespaceAccess_Permission

// The permissions of a namespace.
const (
	None  = identity.NamespaceAccess_PERMISSION_UNSPECIFIED
	Admin = identity.NamespaceAccess_PERMISSION_ADMIN
	Write = identity.NamespaceAccess_PERMISSION_WRITE
	Read  = identity.NamespaceAccess_PERMISSION_READ
)

// Role is an account-level role.
type Role = identity.AccountAccess_Role

// The account-level roles.
const (
	Owner        = identity.AccountAccess_ROLE_OWNER
	GlobalAdmin  = identity.AccountAccess_ROLE_ADMIN
	Developer    = identity.AccountAccess_ROLE_DEVELOPER
	FinanceAdmin = identity.AccountAccess_ROLE_FINANCE_ADMIN
	ReadOnly     = identity.AccountAccess_ROLE_READ
)

// need is who may make a call.
type need struct {
	roles []Role     // account-level roles that may; nil: it hangs on the namespace
	in    Permission // the least permission in the namespace of the request
	own   bool       // everybody may call; the method judges what of it is theirs
}

var (
	everybody  = need{roles: []Role{Owner, GlobalAdmin, Developer, FinanceAdmin, ReadOnly}}
	developers = need{roles: []Role{Owner, GlobalAdmin, Developer}}
	admins     = need{roles: []Role{Owner, GlobalAdmin}}
	readers    = need{in: Read}
	nsAdmins   = need{in: Admin}
	their      = need{own: true}
)

// needs is the table of docs.temporal.io/cloud/manage-access/permissions-reference for the calls that are served.
var needs = map[string]need{
	"GetCurrentIdentity": everybody, "GetAccount": everybody, "GetRegions": everybody, "GetRegion": everybody,
	"GetUsers": everybody, "GetUser": everybody, "GetNamespaces": everybody, "GetAsyncOperation": everybody,
	"GetNexusEndpoint": everybody, "GetNexusEndpoints": everybody,
	"CreateNexusEndpoint": developers, "UpdateNexusEndpoint": developers, "DeleteNexusEndpoint": developers,
	"CreateNamespace": developers, "GetConnectivityRule": developers, "GetConnectivityRules": developers,
	"CreateConnectivityRule": admins, "DeleteConnectivityRule": admins, "UpdateNamespaceTags": admins,
	"GetNamespace": readers, "GetNamespaceCapacityInfo": readers,
	"UpdateNamespace": nsAdmins, "DeleteNamespace": nsAdmins, "RenameCustomSearchAttribute": nsAdmins, "SetServiceAccountNamespaceAccess": nsAdmins,
	"CreateApiKey": their, "GetApiKey": their, "GetApiKeys": their, "UpdateApiKey": their, "DeleteApiKey": their,
	"CreateServiceAccount": their, "GetServiceAccount": their, "GetServiceAccounts": their, "UpdateServiceAccount": their, "DeleteServiceAccount": their,
}

// readCalls are the calls to a namespace that the permission Read is enough for, and Write may make too, by the same
// page. SDKs make GetSystemInfo when they connect; it names no namespace.
var readCalls = []string{
	"CountActivityExecutions", "CountSchedules", "CountWorkflowExecutions", "DescribeActivityExecution", "DescribeBatchOperation",
	"DescribeNamespace", "DescribeSchedule", "DescribeTaskQueue", "DescribeWorker", "DescribeWorkerDeployment", "DescribeWorkerDeploymentVersion",
	"DescribeWorkflowExecution", "DescribeWorkflowRule", "FetchWorkerConfig", "GetSearchAttributes", "GetWorkerBuildIdCompatibility",
	"GetWorkerTaskReachability", "GetWorkerVersioningRules", "GetWorkflowExecutionHistory", "GetWorkflowExecutionHistoryReverse",
	"ListActivityExecutions", "ListBatchOperations", "ListClosedWorkflowExecutions", "ListOpenWorkflowExecutions",
	"ListScheduleMatchingTimes", "ListSchedules", "ListTaskQueuePartitions", "ListWorkerDeployments", "ListWorkers",
	"ListWorkflowExecutions", "ListWorkflowRules", "QueryWorkflow", "GetSystemInfo",
}

// MayCall reports whether a permission is enough for a call to a namespace, by its name without the service. Read may
// not poll, start or signal.
func MayCall(p Permission, call string) bool {
	switch p {
	case Admin, Write:
		return true
	case Read:
		return slices.Contains(readCalls, call)
	}
	return false
}

// atLeast reports whether a permission covers another: Admin covers Write, which covers Read.
func atLeast(have, want Permission) bool {
	return have != None && have <= want
}
