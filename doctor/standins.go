package doctor

import (
	"slices"
	"strings"
)

// StandIn is what a command shows where the reader's own value belongs.
type StandIn struct {
	Shown string // one plain word in every shell: "your-namespace.a1b2c"
	Means string // what to put there: "your Namespace ID"
}

// standIns are those of the catalogue's placeholders, in the order in which a page explains them. A file is called as
// onramp cert names it.
var standIns = []struct {
	placeholder string
	StandIn
}{
	{"namespace", StandIn{"your-namespace.a1b2c", "your Namespace ID"}},
	{"wanted", StandIn{"your-namespace.a1b2c", "your Namespace ID"}},
	{"other_namespace", StandIn{"other-namespace.a1b2c", "the Namespace ID of the other application"}},
	{"account", StandIn{"a1b2c", "your account ID"}},
	{"address", StandIn{"your-namespace.a1b2c.tmprl.cloud:7233", "the endpoint of your namespace, host and port"}},
	{"endpoint", StandIn{"your-namespace.a1b2c.tmprl.cloud:7233", "the endpoint of your namespace, host and port"}},
	{"host", StandIn{"your-namespace.a1b2c.tmprl.cloud", "the host of that endpoint"}},
	{"server_name", StandIn{"your-namespace.a1b2c.tmprl.cloud", "the host of that endpoint"}},
	{"port", StandIn{"7233", "the port of that endpoint"}},
	{"api_key", StandIn{"your-api-key", "the API key"}},
	{"cert_path", StandIn{"client.pem", "the file of your client certificate"}},
	{"key_path", StandIn{"client.key", "the file of its private key"}},
	{"ca_path", StandIn{"ca.pem", "the file of the CA certificate"}},
	{"file", StandIn{"client.pem", "the file that is named above"}},
	{"task_queue", StandIn{"your-task-queue", "the task queue that your worker polls"}},
	{"near", StandIn{"other-task-queue", "the task queue that the worker does poll"}},
	{"workflow_type", StandIn{"YourWorkflow", "the workflow type"}},
	{"workflow_id", StandIn{"your-workflow-id", "the workflow ID"}},
	{"deployment", StandIn{"your-deployment", "the name of the worker deployment"}},
	{"build", StandIn{"your-build-id", "the build ID of the worker"}},
	{"variable", StandIn{"HTTPS_PROXY", "the variable that the fault names"}},
}

// General is an entry for a reader whose values are not known: sentences say what each value is, commands have
// stand-ins in their places, and used explains those, each once.
func (e Entry) General() (out Entry, used []StandIn) {
	words, shown := spoken(nil), make(map[string]string, len(standIns))
	for _, s := range standIns {
		shown[s.placeholder] = s.Shown
	}
	var commands strings.Builder
	out = e
	for _, text := range []*string{&out.Title, &out.Cause, &out.NotWrong, &out.Unseen} {
		*text = fill(*text, words)
	}
	out.Fix = slices.Clone(e.Fix)
	for i := range out.Fix {
		f := &out.Fix[i]
		commands.WriteString(f.Command)
		f.Text, f.Command = fill(f.Text, words), fill(f.Command, shown)
	}
	if e.ConfirmIsText {
		out.Confirm = fill(e.Confirm, words)
	} else {
		commands.WriteString(e.Confirm)
		out.Confirm = fill(e.Confirm, shown)
	}
	for _, s := range standIns {
		if strings.Contains(commands.String(), "{"+s.placeholder+"}") && !slices.ContainsFunc(used, func(u StandIn) bool { return u.Shown == s.Shown }) {
			used = append(used, s.StandIn)
		}
	}
	return out, used
}
