package handlers

import (
	"errors"
	"net/http"
	"strconv"

	"onramp/cloud"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// authChoices are the two ways to sign in, with what speaks for each. Temporal's documentation recommends API
// keys to those without a PKI (cloud-facts.md §11).
func authChoices(chosen string) []views.Choice {
	return []views.Choice{
		{Value: cloud.AuthMTLS, Label: "mTLS certificates", Selected: chosen != cloud.AuthAPIKey,
			Hint: "You have a CA, or want one. Each worker proves itself with a key that never leaves it; certificates end, and are replaced while both are valid."},
		{Value: cloud.AuthAPIKey, Label: "API key", Selected: chosen == cloud.AuthAPIKey,
			Hint: "What Temporal recommends where there is no PKI. One secret in one variable, made in Temporal Cloud, for two years at most; whoever has it can use it. No certificates, no upload."},
	}
}

// usesKeys reports whether a migration's workers sign in with an API key.
func usesKeys(v visit) bool { return v.Migration.Auth == cloud.AuthAPIKey }

// notNeeded is step 2 or 3 with API keys.
func (h *Handlers) notNeeded(w http.ResponseWriter, r *http.Request, v visit, step string) error {
	p := views.LaneProps{Step: "Step 3 of 6", Title: "Upload the CA", Next: nextLink(v.View, step),
		Text: "There is no CA to upload: Temporal Cloud knows the key, and whose it is."}
	if step == migration.StepCertificates {
		p = views.LaneProps{Step: "Step 2 of 6", Title: "Create certificates", Key: true, Next: nextLink(v.View, migration.StepUpload),
			Text:  "This migration signs in with an API key, so there is no CA and no client certificate. Onramp does not keep the key: the test and the transfer ask for it each time.",
			Cloud: &views.Link{Text: "Open API keys in Temporal Cloud", URL: "https://cloud.temporal.io/settings/api-keys", Away: true, TestID: "open-cloud"},
			Notes: []string{"The namespace must take API keys: tcld namespace auth-method set --namespace … --auth-method api_key. Both methods at once are to be had only on request.",
				"TEMPORAL_CLOUD_API_KEY is the variable of tcld and Terraform, with a key that may change the account. Workers read TEMPORAL_API_KEY."},
			Commands: []views.CodeProps{{ID: "tcld-key", Name: "tcld", Lang: "bash", Text: "tcld apikey create --name worker --duration 90d"}}}
		if v.Migration.Mode.Can().Bundle {
			p.Cloud, p.Commands, p.Notes = nil, nil, p.Notes[1:]
			if v.Namespace != nil {
				p.Cloud = &views.Link{Text: "Open the Cloud side", URL: cloudPath(v.Namespace.Namespace) + "?m=" + v.Migration.ID + "#sign-in", TestID: "open-cloud"}
			} else {
				p.Notes = append(p.Notes, "Choose the namespace first: in a rehearsal its keys are made on the Cloud side.")
			}
		}
	}
	return h.page(w, r, http.StatusOK, views.LanePage(h.frame(r, p.Title, "migrations", &v, step), p))
}

// cloudAuth is how workers sign in to a namespace of the rehearsal.
func (h *Handlers) cloudAuth(ns cloud.Namespace, m string, change func(*views.CloudAuthProps)) *views.CloudAuthProps {
	p := &views.CloudAuthProps{ID: ns.ID.String(), Migration: m, Auths: authChoices(ns.Auth), Keyed: ns.Auth == cloud.AuthAPIKey, Name: "worker", Days: "90"}
	for _, k := range ns.Keys {
		p.Keys = append(p.Keys, views.CloudKeyRow{ID: k.ID, Name: k.Name, Created: day(k.Created), Until: day(k.Expires), Tag: leftTag(k.Expires, h.o.Now())})
	}
	if change != nil {
		change(p)
	}
	return p
}

// editCloud reads a form of the Cloud side's namespace page.
func (h *Handlers) editCloud(r *http.Request) (namespace.ID, form, error) {
	id, err := cloudID(r)
	if err != nil {
		return id, form{}, err
	}
	f, err := readForm(r)
	return id, f, err
}

// backToCloud leads to the namespace's page on the Cloud side.
func (h *Handlers) backToCloud(w http.ResponseWriter, r *http.Request, id namespace.ID, m, said string) error {
	path := cloudPath(id.String())
	if h.backTo(r, m) != nil {
		path += "?m=" + m
	}
	return seeOther(w, r, path+"#sign-in", said)
}

// saveAuth chooses how workers sign in to a namespace of the rehearsal.
func (h *Handlers) saveAuth(w http.ResponseWriter, r *http.Request) error {
	id, f, err := h.editCloud(r)
	if err != nil {
		return err
	}
	if err := h.o.Acts.Namespaces.SaveAuth(r.Context(), h.by(r), id, f.text("auth")); err != nil {
		return h.refusedKey(w, r, id, f, err)
	}
	return h.backToCloud(w, r, id, f.text("m"), "auth")
}

// createKey makes an API key and shows it in this one answer.
func (h *Handlers) createKey(w http.ResponseWriter, r *http.Request) error {
	id, f, err := h.editCloud(r)
	if err != nil {
		return err
	}
	days, _ := strconv.Atoi(f.text("key_days")) // what is no number is refused as 0
	secret, ns, err := h.o.Acts.Namespaces.CreateKey(r.Context(), h.by(r), id, f.raw("key_name"), days)
	if err != nil {
		return h.refusedKey(w, r, id, f, err)
	}
	return h.showCloudNamespace(w, r, http.StatusOK, ns, f.text("m"), ns.BundlePEM, nil, func(p *views.CloudAuthProps) {
		p.New = views.CodeProps{ID: "api-key", Name: "API key", Text: string(secret.Reveal()), TestID: "api-key"}
	})
}

// deleteKey deletes an API key of the rehearsal.
func (h *Handlers) deleteKey(w http.ResponseWriter, r *http.Request) error {
	id, f, err := h.editCloud(r)
	if err == nil {
		err = h.o.Acts.Namespaces.DeleteKey(r.Context(), h.by(r), id, f.text("key"))
	}
	if err != nil {
		return err
	}
	return h.backToCloud(w, r, id, f.text("m"), "key-deleted")
}

// refusedKey shows the namespace's page with what is wrong with the form, or gives the error back.
func (h *Handlers) refusedKey(w http.ResponseWriter, r *http.Request, id namespace.ID, f form, err error) error {
	ps, rest := problems(err)
	if rest != nil {
		return rest
	}
	ns, err := h.cloudNS(r.Context(), id)
	if err != nil {
		return errors.Join(ps[0], err)
	}
	return h.showCloudNamespace(w, r, http.StatusUnprocessableEntity, ns, f.text("m"), ns.BundlePEM, ps, func(p *views.CloudAuthProps) {
		if f.values.Has("key_name") {
			p.Name, p.Days = f.raw("key_name"), f.raw("key_days")
		}
		p.Problems = ps
	})
}

// keyWanted leads from the key to the test that asks for it; nil when nobody came from a migration.
func (h *Handlers) keyWanted(r *http.Request, m string) *views.Link {
	back := h.backTo(r, m)
	if v, err := h.moveOf(r, m); back == nil || err != nil || !usesKeys(v) {
		return nil
	}
	back.URL = movePath(m, migration.StepTest)
	return back
}
