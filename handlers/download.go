package handlers

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// The downloads of the certificates that a migration has now.
func bundleOf(v visit) acts.Download { return acts.Download{Leaf: leafPrint(v)} }
func caKeyOf(v visit) acts.Download  { return acts.Download{CAKey: true, Leaf: leafPrint(v)} }

func leafPrint(v visit) string {
	if v.Certificate == nil {
		return ""
	}
	return v.Certificate.LeafFingerprint
}

// takeBundle is the one download of bundle.zip; the second is 410.
func (h *Handlers) takeBundle(w http.ResponseWriter, r *http.Request) error {
	return h.take(w, r, bundleOf)
}

// takeCAKey is the one download of the CA's key; the second is 410.
func (h *Handlers) takeCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.take(w, r, caKeyOf)
}

func (h *Handlers) take(w http.ResponseWriter, r *http.Request, which func(visit) acts.Download) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	name, body, err := h.o.Acts.Keys.Take(r.Context(), v.by, v.Migration.ID, which(v))
	if err != nil {
		return err
	}
	return sendFile(w, r, "application/zip", name, body)
}

// withCertificate is the migration of the address, which has certificates.
func (h *Handlers) withCertificate(r *http.Request) (visit, error) {
	v, err := h.move(r)
	if err == nil && v.Certificate == nil {
		err = fault.New(fault.NotFound, "There are no certificates yet", "Create them first: step 2.")
	}
	return v, err
}

// caPEM and clientPEM are the public certificates.
func (h *Handlers) caPEM(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	return sendFile(w, r, "application/x-pem-file", certsvc.FileCA, []byte(v.Certificate.CAPEM))
}

func (h *Handlers) clientPEM(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	return sendFile(w, r, "application/x-pem-file", certsvc.FileClient, []byte(v.Certificate.LeafPEM))
}

// lend keeps the client key in memory for a while, or takes it back. The key comes from the browser that
// made it, or was pasted; what Onramp made itself is lent when it is made.
func (h *Handlers) lend(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if f.text("lend") == "off" {
		if err := h.o.Acts.Keys.TakeBack(r.Context(), v.by, v.Migration.ID); err != nil {
			return err
		}
		return h.afterKeys(w, r, v, f, "")
	}
	if err := h.o.Acts.Keys.Lend(r.Context(), v.by, v.Migration.ID, f.bytes("lent_key", "key_file")); err != nil {
		return err
	}
	return h.afterKeys(w, r, v, f, "lent")
}

// forget drops the lent key and the downloads that nobody took.
func (h *Handlers) forget(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if err := h.o.Acts.Keys.Drop(r.Context(), v.by, v.Migration.ID); err != nil {
		return err
	}
	return h.afterKeys(w, r, v, f, "forgotten")
}

// afterKeys shows what is left: in place where the browser holds the key, which a new page would lose.
func (h *Handlers) afterKeys(w http.ResponseWriter, r *http.Request, v visit, f form, said string) error {
	if wantsFragment(r) && f.text("browser_key") != "" {
		return h.parts(w, r, http.StatusOK, views.Keys(*h.keys(v, true)))
	}
	return seeOther(w, r, movePath(v.Migration.ID, migration.StepCertificates), said)
}

// bundleFiles is what a browser that holds the client's key puts beside it into bundle.zip.
func (h *Handlers) bundleFiles(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	files, err := h.publicFiles(v)
	if err != nil {
		return err
	}
	return sendJSON(w, r, http.StatusOK, map[string]any{"name": strings.ReplaceAll(v.Migration.ID, ".", "-") + "-bundle.zip", "files": files})
}

// bundleFile is one file of a bundle without its key; Mode is its Unix mode.
type bundleFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Mode int    `json:"mode"`
}

// publicFiles are the files of bundle.zip but the key, which the reader's browser adds itself.
func (h *Handlers) publicFiles(v visit) ([]bundleFile, error) {
	b := certsvc.Bundle{Address: h.o.Acts.Places.Target(v.View).Address, CAPEM: []byte(v.Certificate.CAPEM), ClientPEM: []byte(v.Certificate.LeafPEM),
		Rehearsal: v.Migration.Mode.Can().Practice}
	if v.Namespace != nil {
		b.Namespace = v.Namespace.Namespace
	}
	var packed bytes.Buffer
	if err := certsvc.WriteBundle(&packed, b); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return nil, fmt.Errorf("read the bundle just written: %w", err)
	}
	var out []bundleFile
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("read the bundle just written: %w", err)
		}
		text, err := io.ReadAll(in)
		_ = in.Close() // it is in memory
		if err != nil {
			return nil, fmt.Errorf("read the bundle just written: %w", err)
		}
		if f.Name == certsvc.FileReadme {
			text = withoutParagraph(text, certsvc.FileClientKey+" is not in this archive")
		}
		out = append(out, bundleFile{Name: f.Name, Text: string(text), Mode: int(f.Mode().Perm())})
	}
	return out, nil
}

// withoutParagraph leaves out the paragraph that begins so: the browser's archive does hold the key.
func withoutParagraph(text []byte, begin string) []byte {
	paragraphs := strings.Split(string(text), "\n\n")
	return []byte(strings.Join(slices.DeleteFunc(paragraphs, func(p string) bool { return strings.HasPrefix(p, begin) }), "\n\n"))
}
