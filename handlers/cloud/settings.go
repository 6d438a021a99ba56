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

// Judging is how strictly the rehearsal cloud judges.
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

// endpointOf is where programs dial a namespace of the rehearsal cloud.
func endpointOf(own cloud.Own, ns cloud.Namespace) string {
	if ns.Auth == cloud.AuthAPIKey {
		return own.KeyAddress()
	}
	return own.Address()
}
