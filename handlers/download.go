package handlers

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// The vault's ids of a migration's downloads: of the certificates that it has now.
func bundleID(v migration.View) string { return vaultID(v, "bundle") }
func caKeyID(v migration.View) string  { return vaultID(v, "ca-key") }

func vaultID(v migration.View, what string) string {
	if v.Certificate == nil {
		return ""
	}
	return downloadID(v, what, v.Certificate.LeafFingerprint)
}

// downloadID is the vault's id of what was made for one client certificate of a migration.
func downloadID(v migration.View, what, leaf string) string {
	return what + ":" + v.Migration.ID + ":" + leaf
}

// keep puts the keys that were made here into the vault, each in its archive: they leave once. caToo is false for a
// CA that the reader brought, who has its key.
func (h *Handlers) keep(v migration.View, set certsvc.Set, caToo bool) error {
	rehearsal := v.Migration.Mode == migration.Rehearsal
	made := v
	made.Certificate = &migration.CertificateData{LeafFingerprint: set.Summary.LeafFingerprint}
	if !set.Leaf.Key.Empty() {
		b := set.Bundle()
		b.Rehearsal = rehearsal
		var packed bytes.Buffer
		if err := certsvc.WriteBundle(&packed, b); err != nil {
			return err
		}
		if err := h.o.Vault.Put(bundleID(made), "bundle.zip", packed.Bytes()); err != nil {
			return err
		}
	}
	if !caToo {
		return nil
	}
	var packed bytes.Buffer
	if err := certsvc.WriteCAKeyArchive(&packed, set.CA, set.Namespace, rehearsal); err != nil {
		return err
	}
	return h.o.Vault.Put(caKeyID(made), "ca-key.zip", packed.Bytes())
}

// takeBundle is the one download of bundle.zip; the second is 410.
func (h *Handlers) takeBundle(w http.ResponseWriter, r *http.Request) error {
	return h.take(w, r, bundleID)
}

// takeCAKey is the one download of the CA's key; the second is 410.
func (h *Handlers) takeCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.take(w, r, caKeyID)
}

func (h *Handlers) take(w http.ResponseWriter, r *http.Request, id func(migration.View) string) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	name, body, err := h.o.Vault.Take(id(v))
	if err != nil {
		return err
	}
	return sendFile(w, r, "application/zip", name, body)
}

// withCertificate is the migration of the address, which has certificates.
func (h *Handlers) withCertificate(r *http.Request) (migration.View, error) {
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
	m := v.Migration.ID
	if f.text("lend") == "off" {
		h.o.Keyring.Forget(m)
		return h.afterKeys(w, r, v, f, "")
	}
	key := f.bytes("lent_key", "key_file")
	if len(key) == 0 {
		return fault.New(fault.Invalid, "There is no key to lend", "Onramp does not have this key. Give it when you run the test: paste it, or name its file.")
	}
	if _, _, err := h.o.Keyring.Lend(m, []byte(v.Certificate.LeafPEM), key); err != nil {
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
	h.o.Keyring.Forget(v.Migration.ID)
	for _, id := range []string{bundleID(v), caKeyID(v)} {
		if _, ok := h.o.Vault.Waiting(id); ok {
			if _, body, err := h.o.Vault.Take(id); err == nil {
				clear(body)
			}
		}
	}
	return h.afterKeys(w, r, v, f, "forgotten")
}

// afterKeys shows what is left: in place where the browser holds the key, which a new page would lose.
func (h *Handlers) afterKeys(w http.ResponseWriter, r *http.Request, v migration.View, f form, said string) error {
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
func (h *Handlers) publicFiles(v migration.View) ([]bundleFile, error) {
	b := certsvc.Bundle{Address: h.target(v).Address, CAPEM: []byte(v.Certificate.CAPEM), ClientPEM: []byte(v.Certificate.LeafPEM),
		Rehearsal: v.Migration.Mode == migration.Rehearsal}
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
