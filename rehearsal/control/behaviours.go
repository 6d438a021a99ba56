package control

// Behaviour is something that Temporal Cloud does, or a limit it has, and how the rehearsal cloud stands to it. What passes
// in a rehearsal must not fail in Temporal Cloud.
type Behaviour struct {
	Part   string // "connection", "calls", "control plane", "limits"
	What   string
	Source string // where it is told; "not documented" for what nobody tells
	// Test shows it: the name of a test. "" is for what is not imitated, and Note says what happens instead.
	Test string
	Note string
}

// Behaviours are listed in docs/rehearsal.md, which a test keeps the same.
var Behaviours = []Behaviour{
	{"connection", "The server name (SNI) chooses the namespace, its certificate and its client CAs", "docs.temporal.io/cloud/connectivity", "TestHandshake", ""},
	{"connection", "A client certificate has to lead to a CA certificate of the namespace", "docs.temporal.io/cloud/certificates", "TestCloudOpsPython", ""},
	{"connection", "A removed CA ends the calls of connections that it let in", "not documented", "TestControlPlane", "Temporal Cloud may let such connections go on for a while."},
	{"connection", "A client certificate is X.509 v3 with CA:false and Digital Signature, of RSA or ECDSA with SHA-256 or stronger, and no name is twice in its chain", "docs.temporal.io/cloud/certificates", "TestStrictCertificates", "Documented; how strictly Temporal Cloud enforces it, and with which alert, is not known: refused here with bad_certificate, unless --client-certificates lenient. One without keyUsage, as tcld issues it, or without basicConstraints is let in."},
	{"connection", "A regional endpoint takes API keys, of the namespaces of its region, and asks nobody for a certificate", "docs.temporal.io/cloud/namespaces; PostHog/posthog#63981", "TestKeyDoor", "By its name (SNI), us-east-1.aws.api.temporal.io and the like. Its words for a namespace of another region are not known."},
	{"connection", "Where the namespace takes API keys, an address and a key are enough: no server name", "docs.temporal.io/cloud/api-keys", "TestDocumentedAPIKeyCode", "A second port, the address of rehearse --hold --auth api-key: over localhost the name of the first cannot tell which way to sign in is meant."},
	{"connection", "A namespace that takes both sign-in methods: client certificates at the namespace endpoint, API keys at the regional one alone", "docs.temporal.io/cloud/namespaces", "TestBothMethods", "What Temporal Cloud answers to an API key at the namespace endpoint of such a namespace is not documented: certificate required in the handshake here, and on a connection from before a text that is marked as ours."},
	{"calls", "A certificate that no filter matches is refused: Request unauthorized.", "docs.temporal.io/cloud/certificates", "TestCloudOpsPython", ""},
	{"calls", "OperatorService, ListNamespaces and changes of namespaces are refused", "temporalio/sdk-typescript, a comment on operatorService", "TestAPIKeys", ""},
	{"calls", "A health check with an API key is refused: it names no namespace", "temporalio/temporal-worker-controller#225", "TestControlPlane", ""},
	{"calls", "An API key with Read may look, and may not poll, start or signal", "docs.temporal.io/cloud/manage-access/permissions-reference", "TestCloudOpsPython", ""},
	{"calls", "An API key without a role on the namespace: caller has insufficient permissions for namespace '…'", "temporalio/sdk-typescript#1765", "TestAPIKeys", ""},
	{"calls", "One connection serves one namespace; another one, and an unknown one, are answered: Request unauthorized.", "temporalio/dev-success", "TestOneNamespaceAConnection", "Over localhost the first namespace that lets the connection in is its namespace. By its own name (SNI) an unknown one is cut off in the handshake."},
	{"calls", "ScanWorkflowExecutions is refused: no permission grants it", "docs.temporal.io/cloud/manage-access/permissions-reference", "TestCalls", "The page of limits names it among the visibility calls; what Temporal Cloud answers is not known."},
	{"calls", "gRPC reflection is served", "temporalio/dev-success: its recipes use grpcurl without the API's files", "TestCalls", ""},
	{"control plane", "CloudService at a host of its own, with Bearer key and the version header", "docs.temporal.io/ops", "TestKeysAreJudged", ""},
	{"control plane", "Who may call what, by account-level role and namespace permission", "docs.temporal.io/cloud/manage-access/permissions-reference", "TestRoles", ""},
	{"control plane", "160 requests a second an account, 40 a user, 80 a service account", "docs.temporal.io/ops", "TestRates", ""},
	{"control plane", "Ten changes under way in an account", "docs.temporal.io/ops", "TestTenInFlight", ""},
	{"control plane", "UpdateNamespace replaces the whole spec at its present resource version, and answers an operation", "temporalio/cloud-api, comments", "TestVersions", "Code and words for a stale version are not documented: FailedPrecondition here."},
	{"control plane", "A request sent again with its operation ID is one change", "temporalio/cloud-api, comments", "TestVersions", ""},
	{"control plane", "A spec that equals the present one is answered: nothing to change. PEM is written anew first", "temporalio/tcld; terraform-provider-temporalcloud#90", "TestCloudOpsPython", ""},
	{"control plane", "One expired CA certificate in the resulting bundle refuses the change", "temporalio/tcld#406", "TestExpiredCABlocks", ""},
	{"control plane", "A CA bundle has at most 16 certificates and 32 KB, complete chains, CA:true, SHA-256", "docs.temporal.io/cloud/certificates", "TestSetCAs", ""},
	{"control plane", "25 certificate filters at most, none empty, none twice", "docs.temporal.io/cloud/certificates; temporalio/tcld", "TestSpecs", ""},
	{"control plane", "A region without its provider: invalid region. One misspelt: Request unauthorized", "terraform-provider-temporalcloud#107, #264", "TestCreate", ""},
	{"control plane", "Both sign-in methods at once are for an account that has them on request; without, they are refused at create", "docs.temporal.io/cloud/namespaces; terraform-provider-temporalcloud#340", "TestCreate", "So is a change to both, in words that are marked as ours: Temporal Cloud's are not documented. Off at first; the rehearsal's page, or --both-methods on, gives them to the account. Nothing that GetAccount answers tells whether an account has them."},
	{"control plane", "mtls_grpc_address is empty while a namespace takes no client certificates, grpc_address while it takes no API keys", "temporalio/cloud-api, comments", "TestBothMethods", ""},
	{"control plane", "What a Developer has just made may not be read for a minute", "terraform-provider-temporalcloud#391", "TestReadAfterCreate", "Two operations' length here."},
	{"control plane", "An operation ends as fulfilled, failed, rejected or cancelled", "temporalio/cloud-api", "TestOutcomes", "rehearse --hold --operations chooses."},
	{"control plane", "What GetNamespaces hides, and how its name filter matches", "not documented", "", "All namespaces of the account are shown; the name is the whole name."},
	{"control plane", "An empty bundle with mTLS on", "not documented", "TestSpecs", "Refused here, as tcld refuses it."},
	{"control plane", "Connectivity rules", "docs.temporal.io/cloud/connectivity", "", "Kept, shown and attached; nothing enforces them."},
	{"control plane", "The filter .example.* is refused, as the documentation lists it", "docs.temporal.io/cloud/certificates", "TestListedInvalid", "Its own rule would allow it; Temporal Cloud's words are not known."},
	{"control plane", "An empty CA bundle on the page asks for ca.pem", "the rehearsal's own", "TestSetCAs", ""},
	{"control plane", "Nexus endpoints: made, listed, changed, deleted", "temporalio/cloud-api", "TestNexusEndpoints", "They are the embedded server's. Operations through them are not carried out here, and who may call one is kept and not enforced."},
	{"control plane", "The older services that tcld calls in the place of CloudService: account, namespaces, requests, API keys, service accounts", "temporalio/tcld, protogen/api of v0.14.1 and f89fc4a", "TestTcld", "Judged by the same table of permissions. tcld calls v0.17.0 the oldest version that is supported; what Temporal Cloud answers an older one is not known, and here v0.14.1 works. Permissions given to others while a namespace is made are refused."},
	{"control plane", "What an older spec has no field for is left as it is", "not documented", "TestOlder", "So are the sign-in method and the connectivity rules where a version of tcld does not know them."},
	{"control plane", "Users' roles and invitations, user groups, export, failover", "temporalio/tcld", "", "Unimplemented."},
	{"limits", "Retention is 1 to 90 days", "docs.temporal.io/cloud/limits", "TestSettings", "3 days by itself, where Temporal Cloud gives 30 at first: rehearse --retention and the control plane set it."},
	{"limits", "40 Keyword, 20 Int, Double, Bool and Datetime, 5 Text and KeywordList search attributes", "docs.temporal.io/cloud/limits", "TestSpecs", "The database here has room for 10 Keyword and 3 of each other type, and says so. By the control plane and rehearse --search-attribute."},
	{"limits", "500 actions a second at first; beyond it: namespace rate limit exceeded, polls first", "docs.temporal.io/cloud/limits; temporalio/temporal namespace_rate_limit.go", "TestLimits", "Counted by what callers send, and what workers report is counted and never refused; what timers, retries and schedules do by themselves is not counted. --actions-limit."},
	{"limits", "10 schedule requests a second", "docs.temporal.io/cloud/limits", "TestLimits", "Starts by schedules, and requests that change one. Which Temporal Cloud counts is not known. --schedules-limit."},
	{"limits", "30 calls a second that list, search or count", "docs.temporal.io/cloud/limits", "TestLimits", "--visibility-limit."},
	{"limits", "One new run a second of one workflow ID, after the look for duplicates", "docs.temporal.io/cloud/limits", "TestIDReuse", "Temporal Cloud has a burst allowance whose size is not told; here is none. Its words are not known: those of the open-source server here. Resets, schedules and standalone activities are not limited."},
	{"limits", "Requests and operations a second", "docs.temporal.io/cloud/limits", "", "Temporal Cloud's depend on use; 2,400 requests a second here."},
	{"limits", "One batch job at a time, 20,000 pollers", "docs.temporal.io/cloud/limits", "", "Not limited here."},
	{"limits", "Ten namespaces in an account at first, raised by itself as they are made", "docs.temporal.io/cloud/limits", "", "Not limited here."},
	{"limits", "20 API keys a service account, two years at most", "docs.temporal.io/cloud/api-keys", "TestKeyLimits", ""},
}
