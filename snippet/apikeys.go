package snippet

import (
	"fmt"
	"slices"
	"strings"
)

// SecondAPIKey are the commands that make another API key for the service account of a key that is to be replaced; they
// need its ID in $SERVICE_ACCOUNT_ID. name is that of the new key; keys may share one.
func SecondAPIKey(name string) []AdminCommand {
	n := quoteBash(name)
	const id = `"$SERVICE_ACCOUNT_ID"`
	return []AdminCommand{
		{ID: "tcld", Tool: "tcld", Lang: "bash", Notes: []string{"The commands need the ID of the service account in $SERVICE_ACCOUNT_ID, and print the key once. For the key of a user leave out the service account."},
			Text: strings.Join([]string{"tcld apikey list", fmt.Sprintf("tcld apikey create --name %s --duration %dd --service-account-id %s", n, apiKeyDays, id)}, "\n")},
		{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash",
			Text: strings.Join([]string{"temporal cloud apikey list", fmt.Sprintf("temporal cloud apikey create-for-service-account --service-account-id %s --display-name %s --expiry-duration %dd", id, n, apiKeyDays)}, "\n")},
	}
}

// DeleteAPIKey are the commands that disable and then delete an API key, by its ID: what is disabled can be enabled again,
// what is deleted cannot be put back. Sources: temporalio/tcld app/apikey.go; docs.temporal.io/cli/command-reference/cloud/apikey.
func DeleteAPIKey(keyID string) []AdminCommand {
	k := quoteBash(keyID)
	return []AdminCommand{
		{ID: "tcld", Tool: "tcld", Lang: "bash", Text: "tcld apikey disable --id " + k + "\ntcld apikey delete --id " + k},
		{ID: "temporal-cloud", Tool: "temporal cloud", Lang: "bash", Text: "temporal cloud apikey delete --key-id " + k},
	}
}

// KeyReload says how a program of one SDK takes another API key.
type KeyReload struct{ Lang, Name, How string }

// keyReloads are by the sources of the SDKs: go.temporal.io/sdk client.NewAPIKeyDynamicCredentials, the property api_key of
// Python's Client, setApiKey of TypeScript's connections, addApiKey of Java's WorkflowServiceStubsOptions. The others are
// restarted: whether a running program of theirs can take another key was not looked up.
var keyReloads = []KeyReload{
	{"go", "Go", "With client.NewAPIKeyDynamicCredentials the function is asked for the key at each call; with static credentials, restart it."},
	{"java", "Java", "addApiKey takes a supplier, which can read the key anew; with a fixed value, restart it."},
	{"python", "Python", "Set client.api_key of the running client; else restart it."},
	{"typescript", "TypeScript", "Call setApiKey on the worker’s and the client’s connection; else restart it."},
}

// KeyReloads are how programs come to a new API key, those of lang first; every other language is restarted.
func KeyReloads(lang string) []KeyReload {
	out := slices.Clone(keyReloads)
	slices.SortStableFunc(out, func(a, b KeyReload) int {
		switch {
		case a.Lang == lang && b.Lang != lang:
			return -1
		case b.Lang == lang && a.Lang != lang:
			return 1
		}
		return 0
	})
	return append(out, KeyReload{Name: "Others", How: "Restart the program with the new key."})
}
