package doctor

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// spokenDefaults stand in the decoder's sentences for what the text does not say: it never makes up an address.
var spokenDefaults = map[string]string{
	"address": "the server", "host": "the endpoint", "port": "7233", "server_name": "the name that was asked for",
	"endpoint": "the namespace's endpoint", "namespace": "of that name", "wanted": "another namespace", "account": "its account",
	"names": "other names", "server": "another server", "task_queue": "the task queue", "workflow_type": "of that name", "workflow_id": "of that ID",
	"proxy": "a proxy", "variable": "HTTPS_PROXY", "clock": "another time", "not_after": "its last day", "not_before": "its first day",
	"near": "another one", "status": "an error", "speaks": "something else", "failure": "an error that the worker's log shows",
}

// spoken are the values for sentences: what the text says, and harmless words for the rest.
func spoken(said map[string]string) map[string]string {
	words := make(map[string]string, len(spokenDefaults)+len(said))
	for k, v := range spokenDefaults {
		words[k] = v
	}
	for k, v := range said {
		if v != "" {
			words[k] = v
		}
	}
	return words
}

// optional are the parts of commands that may be left out where their value is not known: onramp takes them from the
// environment, and says so where they are missing there.
var optional = []string{
	" --address {address}", " --namespace {namespace}", " -servername {server_name}", " --task-queue {task_queue}",
}

// ownWord are the placeholders that temporal and tcld cannot do without: left out, the one would ask a server on this
// machine and the other nobody. Where their value is not known a word stands in that says whose it is (standIns).
var ownWord = []string{"address", "namespace", "task_queue"}

// needed are the placeholders for which the decoder has no stand-in: a command that still has one is not shown.
var needed = []string{"{address}", "{host}", "{port}", "{endpoint}", "{namespace}", "{server_name}", "{wanted}", "{account}", "{task_queue}",
	"{workflow_type}", "{workflow_id}", "{deployment}", "{build}", "{near}", "{other_namespace}", "{variable}", "{api_key}"}

// command is a command of the catalogue with what the text says, "" where it lacks a value. used are the words in it
// that stand for the reader's own values.
func command(template string, said map[string]string) (filled string, used []StandIn) {
	if tool, _, _ := strings.Cut(template, " "); tool == "temporal" || tool == "tcld" {
		own := maps.Clone(said)
		for _, s := range standIns {
			if own[s.placeholder] == "" && slices.Contains(ownWord, s.placeholder) && strings.Contains(template, "{"+s.placeholder+"}") {
				own[s.placeholder], used = s.Shown, append(used, s.StandIn)
			}
		}
		said = own
	}
	missing := func(part string) bool {
		open, end := strings.IndexByte(part, '{'), strings.IndexByte(part, '}')
		return said[part[open+1:end]] == ""
	}
	for _, part := range optional {
		if missing(part) {
			template = strings.ReplaceAll(template, part, "")
		}
	}
	for _, part := range needed {
		if strings.Contains(template, part) && missing(part) {
			return "", nil
		}
	}
	if filled = fill(template, shellSafe(said)); !standIn.MatchString(filled) {
		return filled, used
	}
	return "", nil
}

// explained is a sentence and what to put in place of the words of its command that stand for the reader's own values.
func explained(text string, used []StandIn) string {
	for _, s := range used {
		text = strings.TrimSpace(text + " Instead of " + s.Shown + " give " + s.Means + ".")
	}
	return text
}

// standIn is a word in a command that a person would have to replace.
var standIn = regexp.MustCompile(`<[a-z-]+>`)
