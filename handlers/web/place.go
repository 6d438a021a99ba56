package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/snippet"
	"onramp/views"
)

// AuthChoices are the two ways to sign in, with what speaks for each. Temporal's documentation recommends API
// keys to those without a PKI (docs.temporal.io/cloud/api-keys).
func AuthChoices(chosen string) []views.Choice {
	return []views.Choice{
		{Value: cloud.AuthMTLS, Label: "mTLS certificates", Selected: chosen != cloud.AuthAPIKey,
			Hint: "You have a CA, or want one. Each worker proves its identity with a private key that never leaves it. Certificates expire; you replace them with an overlap."},
		{Value: cloud.AuthAPIKey, Label: "API key", Selected: chosen == cloud.AuthAPIKey,
			Hint: "What Temporal recommends where there is no PKI. One secret in one variable, made in Temporal Cloud, for two years at most; anyone who has it can use it. No certificates, no upload."},
	}
}

// UsesKeys reports whether a migration's workers sign in with an API key.
func UsesKeys(v Visit) bool { return v.Migration.Auth == cloud.AuthAPIKey }

// NotNeeded is step 2 or 3 with API keys.
func (h *Site) NotNeeded(w http.ResponseWriter, r *http.Request, v Visit, step string) error {
	p := views.NotNeededProps{Step: "Step 3 of 6", Title: "Upload the CA certificate", Next: NextLink(v.View, step),
		Text: "There is no CA certificate to upload: Temporal Cloud knows the key and its owner."}
	if step == migration.StepCertificates {
		p = views.NotNeededProps{Step: "Step 2 of 6", Title: "Create certificates", Key: true, Next: NextLink(v.View, migration.StepUpload),
			Text:  "This migration signs in with an API key, so there is no CA and no client certificate. Onramp does not keep the key: checks and transfers ask for it each time.",
			Cloud: &views.Link{Text: "Open API keys in Temporal Cloud", URL: "https://cloud.temporal.io/settings/api-keys", Away: true, TestID: "open-cloud"},
			Notes: []string{"The namespace must accept API keys: tcld namespace auth-method set --namespace … --auth-method api_key. Both methods at once are available on request only.",
				"TEMPORAL_CLOUD_API_KEY is the variable of tcld and Terraform, with a key that may change the account. Workers read TEMPORAL_API_KEY."},
			Commands: []views.CodeBlockProps{{ID: "tcld-key", Name: "tcld", Lang: "bash", Text: "tcld apikey create --name worker --duration 90d"}}}
		if v.Migration.Mode.Can().Bundle {
			p.Cloud, p.Commands, p.Notes = nil, nil, p.Notes[1:]
			if v.Namespace != nil {
				p.Cloud = &views.Link{Text: "Open the rehearsal cloud", URL: CloudPath(v.Namespace.Namespace) + "?m=" + v.Migration.ID + "#sign-in", TestID: "open-cloud"}
			} else {
				p.Notes = append(p.Notes, "Choose the namespace first: in a rehearsal its keys are made in the rehearsal cloud.")
			}
		}
	}
	if p.Handoff = h.HandoffOffer(h.Base(r), v, "", MovePath(v.Migration.ID, "handoff")); p.Handoff == nil {
		p.Need = Need(v, migration.StepNamespace)
	}
	return h.Page(w, r, http.StatusOK, views.NotNeededPage(h.Frame(r, p.Title, "migrations", &v, step), p))
}

// Broken is the banner of a page about a namespace of the rehearsal.
func (h *Site) Broken(r *http.Request, namespaceID string) views.BrokenProps {
	p := views.BrokenProps{Namespace: namespaceID, Return: pagePath(r)}
	breaks := h.Acts.Places.Rehearsal().Breaks
	if breaks == nil {
		return p
	}
	for _, id := range breaks.Broken()[namespaceID] {
		if b, ok := cloud.LookupBreak(id); ok {
			p.Titles = append(p.Titles, b.Title)
		}
	}
	return p
}

// Absent says why the rehearsal cloud cannot be shown; nil when it is there.
func (h *Site) Absent() *views.AbsentProps {
	s := h.Acts.Places.State()
	switch s.Phase {
	case cloud.Ready:
		return nil
	case cloud.Starting:
		return &views.AbsentProps{Tag: views.Tag{State: views.Busy, Word: "Starting"}, Title: "The rehearsal cloud is starting",
			Text: "It takes about a second.", Fix: "Reload this page."}
	case cloud.Absent:
		return &views.AbsentProps{Tag: views.Tag{State: views.Idle, Word: "Not built in"}, Title: "This Onramp has no rehearsal cloud",
			Text: "It was built without the Temporal server, to be small.", Fix: "Use the full build to rehearse; migrations to Temporal Cloud work with this one."}
	case cloud.Failed:
		p := &views.AbsentProps{Tag: views.Tag{State: views.Bad, Word: "Failed"}, Title: "The rehearsal cloud could not start"}
		if f := fault.From(s.Err); f != nil {
			p.Text, p.Fix = f.Title+". "+f.Cause, f.Fix
		}
		return p
	}
	return &views.AbsentProps{Tag: views.Tag{State: views.Idle, Word: "Off"}, Title: "The rehearsal cloud is switched off",
		Text: "A rehearsal needs the Temporal server inside Onramp.", Fix: "Start Onramp with --rehearsal on."}
}

// CloudNS is a namespace of the rehearsal cloud.
func (h *Site) CloudNS(ctx context.Context, id namespace.ID) (ns cloud.Namespace, err error) {
	err = Aside(ctx, func() error {
		place, err := h.Acts.Places.Ready(ctx)
		if err == nil {
			ns, err = place.Namespaces.Namespace(ctx, id)
		}
		return err
	})
	return ns, err
}

// trustFiles are what makes unchanged programs trust the rehearsal cloud.
type trustFiles struct {
	env  map[string]string
	Root string // path of its root alone
	Rows []views.EnvRow
	Code views.CodeBlockProps
}

// ForShell are the variables for the holder that the reader chose; for one that cannot carry a value, as bash.
func (t trustFiles) ForShell(shell string) views.CodeBlockProps {
	var vars []snippet.EnvVar
	for _, row := range t.Rows {
		vars = append(vars, snippet.EnvVar{Name: row.Name, Value: row.Value})
	}
	if shell == "toml" {
		shell = "bash" // temporal.toml holds no variables
	}
	text, err := snippet.Variables(shell, vars)
	if err != nil {
		return t.Code
	}
	c := t.Code
	c.Name, c.Lang, c.Text = ShellNames[shell], Either(ShellLangs[shell], "bash"), text
	return c
}

// Trust is what makes programs trust the rehearsal cloud, once it is ready.
func (h *Site) Trust() (trustFiles, error) {
	env, root, err := h.Acts.Places.Trust()
	if err != nil {
		return trustFiles{}, err
	}
	t := trustFiles{env: env, Root: root}
	what := map[string]string{"SSL_CERT_FILE": "Go, the temporal CLI, Python, TypeScript, .NET, Ruby",
		"NODE_EXTRA_CA_CERTS": "TypeScript’s plain JavaScript client", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "the same programs as SSL_CERT_FILE, where it is set",
		"JAVA_TOOL_OPTIONS": "Java"}
	var b strings.Builder
	names := make([]string, 0, len(env))
	for name := range env {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Rows = append(t.Rows, views.EnvRow{Name: name, Value: env[name], What: "Read by " + what[name], From: "Written by Onramp"})
		b.WriteString("export " + name + "=" + ShellWord(env[name]) + "\n")
	}
	t.Code = views.CodeBlockProps{ID: "trust-env", Name: "bash", Label: "Trust variables for the rehearsal", Lang: "bash", Text: b.String()}
	return t, nil
}
