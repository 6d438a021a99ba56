package replace

import (
	"net/http"
	"strings"

	"onramp/acts"
	"onramp/handlers/web"
	"onramp/migration"
)

// GiveBundle gives away the new client certificate with its key, once.
func (h *Pages) GiveBundle(w http.ResponseWriter, r *http.Request) error {
	return h.replaceTake(w, r, func(v web.Visit, re *migration.Replacement) (acts.Download, string) {
		return acts.Download{Leaf: newLeafPrint(re)}, bundleName(v, re)
	})
}

// GiveCAKey gives away the key of the new CA, once.
func (h *Pages) GiveCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.replaceTake(w, r, func(_ web.Visit, re *migration.Replacement) (acts.Download, string) { return newCAKey(re), "" })
}

// bundleName is what bundle.zip of the new client certificate is called: it lies beside that of the old one, whose names
// are the same.
func bundleName(v web.Visit, re *migration.Replacement) string {
	leaf := newLeafPrint(re)
	return strings.ReplaceAll(v.Migration.ID, ".", "-") + "-bundle-" + leaf[:min(8, len(leaf))] + ".zip"
}

// newCAKey is the key of the new CA, made here.
func newCAKey(re *migration.Replacement) acts.Download {
	if re.NewCA == nil {
		return acts.Download{CAKey: true}
	}
	return acts.Download{CAKey: true, NewCA: re.NewCA.Fingerprint}
}

func (h *Pages) replaceTake(w http.ResponseWriter, r *http.Request, which func(web.Visit, *migration.Replacement) (acts.Download, string)) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if re == nil {
		return h.NoSuchPage(w, r)
	}
	file, name := which(v, re)
	kept, body, err := h.Acts.Keys.Take(r.Context(), v.By, v.Migration.ID, file)
	if err != nil {
		return err
	}
	if name == "" {
		name = kept
	}
	defer clear(body)
	return web.SendFile(w, r, "application/zip", name, body)
}

// Handoff is what a Cloud admin does for the replacement: the new CA certificate is added.
func (h *Pages) Handoff(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if re == nil || newCAPEM(re) == "" {
		return h.NoSuchPage(w, r)
	}
	return h.SendHandoff(w, r, v, newCAPEM(re))
}

// CAPEM is the new CA certificate.
func (h *Pages) CAPEM(w http.ResponseWriter, r *http.Request) error {
	return h.replaceFile(w, r, "ca.pem", newCAPEM)
}

// ClientPEM is the new client certificate.
func (h *Pages) ClientPEM(w http.ResponseWriter, r *http.Request) error {
	return h.replaceFile(w, r, "client.pem", newLeafPEM)
}

// replaceFile is a public certificate of the wizard.
func (h *Pages) replaceFile(w http.ResponseWriter, r *http.Request, name string, text func(*migration.Replacement) string) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if re == nil || text(re) == "" {
		return h.NoSuchPage(w, r)
	}
	return web.SendFile(w, r, "application/x-pem-file", name, []byte(text(re)))
}

func newCAPEM(re *migration.Replacement) string {
	if re.NewCA == nil {
		return ""
	}
	return re.NewCA.PEM
}

func newLeafPEM(re *migration.Replacement) string {
	if re.New == nil {
		return ""
	}
	return re.New.LeafPEM
}

// BundleFiles is what a browser that holds the new key puts beside it into bundle.zip.
func (h *Pages) BundleFiles(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if re == nil || re.New == nil {
		return h.NoSuchPage(w, r)
	}
	v.Certificate = re.New
	files, err := h.PublicFiles(v)
	if err != nil {
		return err
	}
	return web.SendJSON(w, r, http.StatusOK, map[string]any{"name": bundleName(v, re), "files": files})
}
