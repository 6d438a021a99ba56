package certs

import (
	"net/http"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// The downloads of the certificates that a migration has now.
func bundleOf(v web.Visit) acts.Download { return acts.Download{Leaf: leafPrint(v)} }

func caKeyOf(v web.Visit) acts.Download { return acts.Download{CAKey: true, Leaf: leafPrint(v)} }

func leafPrint(v web.Visit) string {
	if v.Certificate == nil {
		return ""
	}
	return v.Certificate.LeafFingerprint
}

// TakeBundle is the one download of bundle.zip; the second is 410.
func (h *Pages) TakeBundle(w http.ResponseWriter, r *http.Request) error {
	return h.Take(w, r, bundleOf)
}

// TakeCAKey is the one download of the CA's key; the second is 410.
func (h *Pages) TakeCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.Take(w, r, caKeyOf)
}

func (h *Pages) Take(w http.ResponseWriter, r *http.Request, which func(web.Visit) acts.Download) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	name, body, err := h.Acts.Keys.Take(r.Context(), v.By, v.Migration.ID, which(v))
	if err != nil {
		return err
	}
	defer clear(body)
	return web.SendFile(w, r, "application/zip", name, body)
}

// withCertificate is the migration of the address, which has certificates.
func (h *Pages) withCertificate(r *http.Request) (web.Visit, error) {
	v, err := h.Move(r)
	if err == nil && v.Certificate == nil {
		err = fault.New(fault.NotFound, "There are no certificates yet", "Create them first: step 2.")
	}
	return v, err
}

// CaPEM and clientPEM are the public certificates.
func (h *Pages) CaPEM(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	return web.SendFile(w, r, "application/x-pem-file", certsvc.FileCA, []byte(v.Certificate.CAPEM))
}

func (h *Pages) ClientPEM(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	return web.SendFile(w, r, "application/x-pem-file", certsvc.FileClient, []byte(v.Certificate.LeafPEM))
}

// Lend keeps the client key in memory for a while, or takes it back. The key comes from the browser that
// made it, or was pasted; what Onramp made itself is lent when it is made.
func (h *Pages) Lend(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if f.Text("lend") == "off" {
		if err := h.Acts.Keys.TakeBack(r.Context(), v.By, v.Migration.ID); err != nil {
			return err
		}
		return h.afterKeys(w, r, v, f, "")
	}
	if err := h.Acts.Keys.Lend(r.Context(), v.By, v.Migration.ID, f.Bytes("lent_key", "key_file")); err != nil {
		return err
	}
	return h.afterKeys(w, r, v, f, "lent")
}

// Forget drops the lent key and the downloads that nobody took.
func (h *Pages) Forget(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.Acts.Keys.Drop(r.Context(), v.By, v.Migration.ID); err != nil {
		return err
	}
	return h.afterKeys(w, r, v, f, "forgotten")
}

// afterKeys shows what is left: in place where the browser holds the key, which a new page would lose.
func (h *Pages) afterKeys(w http.ResponseWriter, r *http.Request, v web.Visit, f web.Form, said string) error {
	if web.WantsFragment(r) && f.Text("browser_key") != "" {
		return h.Parts(w, r, http.StatusOK, views.Keys(*h.keys(v, true)))
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, migration.StepCertificates), said)
}

// BundleFiles is what a browser that holds the client's key puts beside it into bundle.zip.
func (h *Pages) BundleFiles(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	files, err := h.PublicFiles(v)
	if err != nil {
		return err
	}
	return web.SendJSON(w, r, http.StatusOK, map[string]any{"name": strings.ReplaceAll(v.Migration.ID, ".", "-") + "-bundle.zip", "files": files})
}
