package snippet

import (
	"fmt"
	"strings"
)

// AdminCommand is what a Cloud admin runs, or writes, with one tool.
type AdminCommand struct {
	ID    string // tcld, temporal-cloud or terraform
	Tool  string // as people call it
	Lang  string // bash or hcl
	Text  string // POSIX shell commands, one a line, or the lines of a Terraform file
	Notes []string
}

// What the commands stand on: tcld at f89fc4a (2026-07-31), the extension temporal cloud at 722f087 (2026-08-12, which
// its documentation calls a pre-release), and the Terraform provider temporalcloud at 1dff9ec (2026-06-22).
const (
	tcldKey  = "tcld reads its key from TEMPORAL_CLOUD_API_KEY, or tcld login opens a browser. It prints a request ID and does not wait for the request to finish."
	preview  = "temporal cloud is a pre-release of Temporal’s own CLI: run temporal cloud login first. It waits until the change is done."
	drifting = "Where Terraform manages the namespace, change it there: a change made elsewhere shows as drift."
)

// AddCA are the commands with which a Namespace Admin adds a CA certificate, saved as file, to a namespace. None of
// them takes away a CA certificate that is there; what cannot be written that way says so in its notes.
func AddCA(namespaceID, file string) []AdminCommand {
	ns, f := quoteBash(namespaceID), quoteBash(file)
	return []AdminCommand{
		{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: []string{tcldKey},
			Text: "tcld namespace accepted-client-ca add --namespace " + ns + " --ca-certificate-file " + f},
		{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash",
			Notes: []string{preview, "On a namespace that takes only API keys it does not turn client certificates on; temporal cloud namespace mtls enable does."},
			Text:  "temporal cloud namespace mtls cert-ca create --namespace " + ns + " --ca-certificate-file " + f},
		{ID: "terraform", Tool: "Terraform", Lang: "hcl",
			Notes: []string{"This attribute of temporalcloud_namespace is the whole list: present-cas.pem stands for the CA certificates that the namespace has now. Leave it out only if there are none.", drifting},
			Text:  fmt.Sprintf("accepted_client_ca = base64encode(join(\"\", [file(\"present-cas.pem\"), file(%s)]))", quoteHCL(file))},
	}
}

// apiKeyDays is how long the commands of MakeAPIKey let a key live.
const apiKeyDays = 90

// MakeAPIKey are the commands with which a Namespace Admin makes a service account that may work in one namespace and
// nowhere else, and an API key for it. name is that of both. The second command needs the ID that the first one prints.
func MakeAPIKey(namespaceID, name string) []AdminCommand {
	return apiKeyFor(namespaceID, name, apiKeyDays)
}

// apiKeyFor is MakeAPIKey for a key that lasts some days.
func apiKeyFor(namespaceID, name string, days int) []AdminCommand {
	ns, n := quoteBash(namespaceID), quoteBash(name)
	const id = `"$SERVICE_ACCOUNT_ID"`
	once := "The key is printed once. $SERVICE_ACCOUNT_ID is the ID that the command before prints."
	return []AdminCommand{
		{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: []string{once, tcldKey}, Text: strings.Join([]string{
			"tcld namespace auth-method get --namespace " + ns,
			"tcld service-account create-scoped --name " + n + " --namespace-permission " + quoteBash(namespaceID+"=Write"),
			fmt.Sprintf("tcld apikey create --name %s --duration %dd --service-account-id %s", n, days, id)}, "\n")},
		{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash", Notes: []string{once, preview}, Text: strings.Join([]string{
			"temporal cloud namespace get --namespace " + ns,
			"temporal cloud service-account create-namespace-scoped --name " + n + " --namespace " + ns + " --namespace-permission write",
			fmt.Sprintf("temporal cloud apikey create-for-service-account --service-account-id %s --display-name %s --expiry-duration %dd", id, n, days)}, "\n")},
		{ID: "terraform", Tool: "Terraform", Lang: "hcl",
			Notes: []string{"The key is temporalcloud_apikey.worker.token, and is stored in Terraform’s state: anyone who can read the state has it.", "Set expiry_time, at most two years ahead."},
			Text: fmt.Sprintf(`resource "temporalcloud_service_account" "worker" {
  name = %s
  namespace_scoped_access = {
    namespace_id = %s
    permission   = "write"
  }
}

resource "temporalcloud_apikey" "worker" {
  display_name = %s
  owner_type   = "service-account"
  owner_id     = temporalcloud_service_account.worker.id
  expiry_time  = var.expiry_time
}

variable "expiry_time" {
  type = string
}`, quoteHCL(name), quoteHCL(namespaceID), quoteHCL(name))},
	}
}

// quoteHCL writes a text as an HCL string: its escapes are JSON's, and ${ and %{ begin templates.
func quoteHCL(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(quoteYAML(s))
}
