package snippet

import (
	"fmt"
	"slices"
	"strings"
)

// twice finds a name with two values.
func (j *judgement) twice() {
	last := map[string]assignment{}
	for _, a := range j.all {
		before, ok := last[a.name]
		if ok && before.value != a.value && !a.unknown && !before.unknown && a.from.Group == before.from.Group {
			j.find(EnvFinding{Level: "conflict", Name: a.name, Title: a.name + " is set twice", Text: "The later value wins in a shell; elsewhere it depends on the program.", From: shown(before), To: shown(a)})
		}
		last[a.name] = a
	}
}

// secrets finds a secret in a place of something else, and what is in a place of a secret.
func (j *judgement) secrets() {
	for _, a := range j.all {
		f := EnvFinding{Level: "danger", Name: a.name}
		trimmed := strings.TrimSpace(a.value)
		switch {
		case a.unknown || a.value == "":
			continue
		case (a.what == mCert || a.what == mKey || a.what == mServerCA) && strings.Contains(a.value, "-----BEGIN") && !strings.HasSuffix(a.name, "DATA") && !strings.HasSuffix(a.name, "data"):
			f.Title, f.Text = "The content is where a path belongs", "This variable is the path of a file. Its content goes into the variable that ends in _DATA."
			if a.what == mCert && strings.Contains(a.value, "PRIVATE KEY") {
				f.Code, f.Title = "IN-16", "A private key is in the variable of a certificate"
			}
		case a.what == mCertData && strings.Contains(opened(a.value), "PRIVATE KEY"):
			f.Code, f.Title, f.Text = "IN-16", "A private key is in the variable of a certificate", "The certificate is sent to the server. Assume that others have seen this key, and create a new pair."
		case a.what == mKeyData && strings.Contains(opened(a.value), "BEGIN CERTIFICATE"):
			f.Code, f.Title, f.Text = "KP-03", "A certificate is where the key belongs", "Put the private key here."
		case (a.what == mCertData || a.what == mKeyData) && a.set != "own" && !strings.Contains(opened(a.value), "BEGIN") && !placeholderText(a.value):
			f.Code, f.Title, f.Text = "IN-17", "This is not the content of a PEM file", "A variable that ends in _DATA holds the PEM text itself. For a path there is the one that ends in _PATH."
			if a.set == "spring" {
				f.Text = "This key holds the PEM text itself. For a path there is the key that ends in -file."
			}
		case a.what == mAPIKey && trimmed != a.value:
			f.Code, f.Level, f.Title, f.Text = "AK-05", "repair", "There is a space or line break around the API key", "SDKs send it as part of the key."
		case a.what == mAPIKey && len(trimmed) > 2 && strings.ContainsRune(`"'`, rune(trimmed[0])):
			f.Code, f.Level, f.Title, f.Text = "IN-20", "repair", "Quotes around the API key", "They are sent as part of the key."
		case !a.what.secret() && looksSecret(a.value):
			f.Title, f.Text = "A secret stands in "+a.name, "This variable is shown in logs and error messages. Remove the secret and replace it: others may have seen it."
		default:
			continue
		}
		j.find(f)
	}
}

// names finds what nothing reads, or only some program.
func (j *judgement) names() {
	// The tutorial's names have the namespace's in common with the standard ones.
	standard := slices.ContainsFunc(j.all, func(a assignment) bool { return a.set == "standard" && a.what != mNamespace })
	for _, set := range j.Vocabularies {
		switch set {
		case "tutorial", "course", "sample", "legacy CLI":
			j.vocabulary(set, standard)
		case "own":
			j.ours()
		}
	}
	if j.has(mOpsKey, "ops") && slices.ContainsFunc(j.of(mOpsKey, "ops"), func(a assignment) bool { return a.unknown || strings.TrimSpace(a.value) != "" }) {
		f := EnvFinding{Code: "AK-06", Level: "danger", Name: "TEMPORAL_CLOUD_API_KEY", Title: "The API key is in the wrong variable", Text: "TEMPORAL_CLOUD_API_KEY is for tcld and Terraform; SDKs and the temporal CLI read TEMPORAL_API_KEY.", To: "TEMPORAL_API_KEY"}
		if j.has(mAPIKey) || j.has(mCert) || j.has(mCertData) {
			f.Level, f.Title = "note", "TEMPORAL_CLOUD_API_KEY is not read by the worker"
			f.Text += " A worker's environment is safer without it: it may change the account."
			f.To = ""
		} else if !j.has(mAddress) && !j.has(mNamespace) {
			f.Level, f.To = "note", "" // the environment of tcld or of Terraform, not a worker's
		} else if !j.opsOnly() {
			f.Level = "conflict" // the program's own code may read it
			f.Text += " Unless your code reads it, the worker has no key."
		}
		j.find(f)
	}
}

// opsOnly reports whether nothing but the SDKs' own names is in use, so that nobody reads the key of tcld.
func (j *judgement) opsOnly() bool {
	return j.certain() == "danger" && (j.has(mAddress, "standard") || j.has(mNamespace, "standard")) && !j.has(mAddress, "course", "sample", "tutorial")
}

// ours names what is perhaps read by the code of the person alone.
func (j *judgement) ours() {
	var names, what []string
	for _, a := range j.all {
		if a.set != "own" || a.what == mQueue || slices.Contains(names, a.name) || len(names) > 20 {
			continue
		}
		names = append(names, a.name)
		if w := string(a.what); !slices.Contains(what, w) {
			what = append(what, w)
		}
	}
	if len(names) > 0 {
		j.find(EnvFinding{Level: "note", Name: strings.Join(names, ", "), Title: "Perhaps your code's own names",
			Text: "No SDK and no framework that Onramp knows reads them. By their names they are: " + strings.Join(what, ", ") + ". Look in your code for how it uses them."})
	}
}

func (j *judgement) vocabulary(set string, standard bool) {
	var names, dead []string
	for _, a := range j.all {
		if a.set != set || slices.Contains(names, a.name) {
			continue
		}
		names = append(names, a.name)
		if to := standardName(a.what); to != "" {
			dead = append(dead, a.name+" → "+to)
		}
	}
	if set == "standard" || len(names) == 0 {
		return
	}
	f := EnvFinding{Level: "note", Name: strings.Join(names, ", "), Title: "Names from another convention: " + set,
		Text: "Read by " + readers[set] + ". The SDKs' environment configuration does not read them; your own code may.", To: strings.Join(dead, ", ")}
	if standard {
		f.Level = "dead"
	}
	if set == "legacy CLI" && slices.ContainsFunc(names, cliReads) {
		f.Level, f.Text = "conflict", "No SDK reads these names. The temporal CLI still does, and prefers some of them to the new ones: remove them, unless your own code reads them."
	}
	j.find(f)
}

// conflicts finds two values for one meaning.
func (j *judgement) conflicts() {
	for _, what := range []meaning{mAddress, mNamespace, mCert, mKey, mServerName, mAPIKey} {
		all := j.of(what)
		if len(all) < 2 {
			continue
		}
		win := all[0]
		for _, a := range all[1:] {
			if a.set == "keda" || a.set == "flag" || a.unknown || win.unknown || normal(what, a.value) == normal(what, win.value) {
				continue
			}
			text, level := "The SDKs take "+win.name+".", "conflict"
			switch {
			case win.set == "own":
				text, level = "Both names are perhaps your code's own: look in it for which of them it uses.", "note"
			case a.set == "file" || win.set == "file":
				text = "A variable wins over temporal.toml."
			case a.set == "legacy CLI" && cliReads(a.name):
				text += " The temporal CLI takes " + a.name + "."
			}
			j.find(EnvFinding{Level: level, Name: a.name, Title: fmt.Sprintf("Two values for the %s", what), Text: text, From: shown(a), To: shown(win)})
		}
		if win.value == "" && !win.unknown && win.set == "standard" {
			j.find(EnvFinding{Level: "conflict", Name: win.name, Title: win.name + " is set and empty", Text: "An empty variable still wins over temporal.toml in the Go SDK and the temporal CLI. Remove it."})
		}
	}
}

// server finds what changes whom the worker trusts: Cloud's server certificate is under a public root.
func (j *judgement) server() {
	cloud := !local(j.host())
	for _, a := range j.of(mServerCA) {
		if cloud && (a.value != "" || a.unknown) {
			level := "danger"
			if a.set == "own" || a.unknown && a.value == "" && a.set != "standard" || j.of(mAddress) == nil {
				level = "conflict" // whether it is given to the client as its root, only the code tells
			}
			if a.what == mServerCA && systemRoots(a.value) {
				continue
			}
			if level == "conflict" {
				j.find(EnvFinding{Code: "SV-01", Level: level, Name: a.name, Title: "Cloud needs no CA here",
					Text: "If your code gives it to the client as the server's CA, it replaces the CAs that the server's certificate is checked against: Temporal Cloud's comes from a public CA, and every connection fails. Remove it then. The CA of your client certificates is uploaded to the namespace, and no worker needs it."})
				continue
			}
			j.find(EnvFinding{Code: "SV-01", Level: level, Name: a.name, Title: "Cloud needs no CA here",
				Text: "This variable replaces the CAs that the server's certificate is checked against. Temporal Cloud's comes from a public CA; with your own CA here, every connection fails. Remove it."})
		}
	}
	for _, a := range j.of(mNoVerify) {
		if level := map[bool]string{true: "conflict", false: "danger"}[a.set == "own"]; on(a.value) && cloud {
			j.find(EnvFinding{Code: "SV-10", Level: level, Name: a.name, Title: "Verification of the server is switched off", Text: "Anyone on the network path can pretend to be Temporal Cloud. Remove it."})
		}
	}
}

// tls judges TEMPORAL_TLS.
func (j *judgement) tls() {
	for _, a := range j.of(mTLS) {
		f := EnvFinding{Level: "note", Name: a.name, From: shown(a), Title: "TEMPORAL_TLS is not needed",
			Text: "The certificate or API key turns on TLS by itself. The TypeScript SDK's environment configuration before 1.22.0 inverted it: true turned TLS off. Remove it."}
		switch {
		case a.unknown || a.value == "" || a.set == "keda" || !boolean(a.value):
			continue
		case !on(a.value) && (a.set == "own" || a.set == "flag" || local(j.host())):
			continue
		case !on(a.value) && j.has(mAPIKey):
			f.Code, f.Level, f.Title, f.Text = "AK-09", "danger", "An API key without TLS", "The key would be sent unencrypted; Temporal Cloud resets such connections. Remove it."
		case !on(a.value):
			f.Code, f.Level, f.Title, f.Text = "TC-06", "danger", "TLS is switched off", "Temporal Cloud cuts connections without TLS. Remove it."
		case a.set != "standard":
			continue
		}
		j.find(f)
	}
}

// oldProfile tells what “temporal env set” writes from temporal.toml: only the temporal CLI reads it.
func (j *judgement) oldProfile() {
	for _, a := range j.all {
		at := a.from.From.Command
		if a.from.Via == "profile" && at > 0 && at <= len(j.doc.Commands) && strings.HasPrefix(j.doc.Commands[at-1], "temporal env") {
			j.find(EnvFinding{Level: "note", Title: "Only the temporal CLI reads what temporal env sets", Text: "It is a file of its own, chosen with --env. SDKs read temporal.toml, which temporal config set writes."})
			return
		}
	}
}
