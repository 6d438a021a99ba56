package cloud

import (
	"net/http"

	"onramp/cloud"
	"onramp/handlers/web"
	"onramp/views"
)

// strictness is how the rehearsal cloud judges client certificates; nil where that cannot be chosen.
func strictness(place cloud.Place) []views.Choice {
	if place.Adjust == nil {
		return nil
	}
	lenient := place.Adjust.Lenient()
	return []views.Choice{
		{Value: "strict", Label: "Strict", Hint: "Refused in the handshake: CA:true, a key usage without Digital Signature, a name of its own CA, and what is neither RSA nor ECDSA with SHA-256 or stronger.", Selected: !lenient},
		{Value: "lenient", Label: "Lenient", Hint: "Whatever leads to a CA certificate of the namespace is let in, until Onramp restarts.", Selected: lenient},
	}
}

// methods is whether the rehearsal cloud's account has both sign-in methods at once; nil where that cannot be chosen.
func methods(place cloud.Place) []views.Choice {
	if place.Adjust == nil {
		return nil
	}
	both := place.Adjust.BothMethods()
	return []views.Choice{
		{Value: "one", Label: "One of the two", Hint: "As an account of Temporal Cloud has it at first: client certificates or API keys.", Selected: !both},
		{Value: "both", Label: "Both at once", Hint: "Called flexible auth, before its release: Temporal Support turns it on for an account. With it a namespace can be switched from one method to the other while both fleets work.", Selected: both},
	}
}

// signInChoices are the ways to sign in that a namespace can have.
func signInChoices(place cloud.Place, ns cloud.Namespace) []views.Choice {
	all := web.AuthChoices(ns.Auth)
	if ns.Auth != cloud.AuthBoth && (place.Adjust == nil || !place.Adjust.BothMethods()) {
		return all
	}
	for i := range all {
		all[i].Selected = all[i].Value == ns.Auth
	}
	return append(all, views.Choice{Value: cloud.AuthBoth, Label: "Both at once", Selected: ns.Auth == cloud.AuthBoth,
		Hint: "To switch from one to the other without a gap. Client certificates sign in at the namespace endpoint, API keys at the regional one alone."})
}

// Judging is how strictly the rehearsal cloud judges, and what its account has.
type Judging struct{ *web.Site }

// SaveStrictness chooses how the rehearsal cloud judges client certificates.
func (h *Judging) SaveStrictness(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.Acts.Rehearsal.SetLenient(r.Context(), h.By(r), f.Text("strictness") == "lenient"); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/rehearsal#judging", "strictness")
}

// SaveMethods chooses whether the rehearsal cloud's account has both sign-in methods at once.
func (h *Judging) SaveMethods(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.Acts.Rehearsal.SetBothMethods(r.Context(), h.By(r), f.Text("methods") == "both"); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/rehearsal#account-has", "methods")
}

// endpointOf is where programs dial a namespace of the rehearsal cloud.
func endpointOf(own cloud.Own, ns cloud.Namespace) string {
	switch ns.Auth {
	case cloud.AuthAPIKey:
		return own.KeyAddress()
	case cloud.AuthBoth:
		return own.Address() + " with a client certificate, " + own.KeyAddress() + " with an API key"
	}
	return own.Address()
}
