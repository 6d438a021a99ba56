package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// Where the private key of a run comes from: the values of the field key_source.
const (
	keyLent  = "lent"  // kept in memory for a while
	keyFiles = "files" // read by Onramp from this computer, for this run
	keyPaste = "paste" // pasted or uploaded, for this run
)

// maxKeyFile bounds a file that is read from this computer: certificates and keys are small.
const maxKeyFile = 64 << 10

// keyFields is what a run's form says about the key, without the key.
type keyFields struct {
	source, certPath, keyPath, certPEM string
}

// keySource is that part of a run's form as the page shows it.
func (h *Handlers) keySource(v migration.View, f keyFields) views.KeySourceProps {
	if usesKeys(v) {
		return views.KeySourceProps{APIKey: true}
	}
	p := views.KeySourceProps{CertPath: f.certPath, KeyPath: f.keyPath, CertPEM: f.certPEM,
		NeedCert: v.Certificate == nil || v.Certificate.LeafPEM == ""}
	lent, isLent := h.o.Keyring.Get(v.Migration.ID)
	if f.source == "" {
		f.source = keyPaste
		if isLent {
			f.source = keyLent
		}
	}
	p.Sources = []views.Choice{
		{Value: keyLent, Label: "The key lent to Onramp", Selected: f.source == keyLent, Disabled: !isLent, Reason: "No key is lent now."},
		{Value: keyFiles, Label: "Files on this computer", Hint: "Onramp reads them for this run and keeps nothing.", Selected: f.source == keyFiles,
			Disabled: !h.loopback, Reason: "Only when Onramp runs on your own computer."},
		{Value: keyPaste, Label: "Paste or upload it", Hint: "Used for this run, then forgotten.", Selected: f.source == keyPaste},
	}
	if isLent {
		p.Sources[0].Hint = "In memory only, until " + lent.Until.Local().Format("15:04") + "."
	}
	return p
}

// readKeyFields reads the part of a run's form that may be shown again.
func readKeyFields(f form) keyFields {
	return keyFields{source: f.text("key_source"), certPath: f.text("cert_path"), keyPath: f.text("key_path"), certPEM: f.raw("cert_pem")}
}

// withKey fills a target with the client certificate and key that the form names. Faults belong to a
// field of the form; a file that cannot be read is a finding of the check (KP-35), not a fault.
func (h *Handlers) withKey(v migration.View, f form, t *doctor.Target) error {
	if usesKeys(v) {
		return withAPIKey(f, t)
	}
	source, err := f.pick("key_source", keyPaste, keyLent, keyFiles)
	if err != nil {
		return err
	}
	switch source {
	case keyLent:
		if !h.lentKey(v, t) {
			return fault.New(fault.Invalid, "No key is lent any more", "Choose another way to give the key, or lend it again in step 2.").In("key_source")
		}
		return nil
	case keyFiles:
		return h.keyFromFiles(f, t)
	}
	key := f.bytes("key_pem", "key_file")
	cert := f.bytes("cert_pem", "cert_file")
	if len(cert) == 0 && v.Certificate != nil {
		cert = []byte(v.Certificate.LeafPEM)
	}
	var missing []error
	if len(cert) == 0 {
		missing = append(missing, fault.New(fault.Invalid, "The client certificate is missing", "Paste client.pem, or choose the file.").In("cert_pem"))
	}
	if len(key) == 0 {
		missing = append(missing, fault.New(fault.Invalid, "The private key is missing", "Paste client.key, or choose the file.").In("key_pem"))
	}
	t.CertPEM, t.KeyPEM = cert, key
	return errors.Join(missing...)
}

// lentKey fills a target with the lent pair; false when none is lent.
func (h *Handlers) lentKey(v migration.View, t *doctor.Target) bool {
	lent, ok := h.o.Keyring.Get(v.Migration.ID)
	if ok {
		t.CertPEM, t.KeyPEM = lent.CertPEM, lent.KeyPEM.Reveal()
	}
	return ok
}

// keyFromFiles reads the pair from this computer, which is only done for a reader who sits at it.
func (h *Handlers) keyFromFiles(f form, t *doctor.Target) error {
	if !h.loopback {
		return fault.New(fault.Invalid, "Onramp does not run on your computer", "Paste or upload the key.").In("key_source")
	}
	var missing []error
	for _, name := range []string{"cert_path", "key_path"} {
		if f.text(name) == "" {
			missing = append(missing, fault.New(fault.Invalid, "The path is missing", "Give the path of the file on this computer.").In(name))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return err
	}
	t.CertPath, t.KeyPath = f.text("cert_path"), f.text("key_path")
	read := func(what, path string) []byte {
		b, err := readSmall(path)
		if err != nil {
			t.InputFaults = append(t.InputFaults, doctor.Finding{Code: "KP-35", Stage: "input", Fatal: true,
				Text:     fmt.Sprintf("%s (%s) cannot be read: %v", printable(path), what, err),
				Evidence: map[string]any{"file": printable(path), "error": err.Error()}})
		}
		return b
	}
	t.CertPEM, t.KeyPEM = read("certificate", t.CertPath), read("key", t.KeyPath)
	return nil
}

// readSmall reads a regular file of at most maxKeyFile bytes. The error says why in a few words, without
// the path.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: a pipe would wait for its writer
	if err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	if err == nil && info.Size() > maxKeyFile {
		return nil, errors.New("it is larger than 64 kB, so it is not a certificate or key")
	}
	var in *os.File
	if err == nil {
		in, err = os.Open(path)
	}
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			return nil, pe.Err
		}
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, maxKeyFile))
}

// printable is a text of a form on one line, shortened, without characters that change how a line reads.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// target is where a migration's programs connect, without a key. In a rehearsal that is where the
// rehearsal cloud listens now, with its root beside the system's.
func (h *Handlers) target(v migration.View) doctor.Target {
	var t doctor.Target
	if v.Namespace == nil {
		return t
	}
	t.Address, t.Namespace, t.ServerName = v.Namespace.Address, v.Namespace.Namespace, v.Namespace.Server
	if v.Migration.Mode == migration.Rehearsal && h.o.Cloud != nil {
		t.Address, t.ServerName, t.ExtraRootsPEM = h.o.Cloud.Address(), "", h.o.Cloud.RootPEM()
		if id, _, err := namespace.ParseID(t.Namespace); err == nil && usesKeys(v) {
			t.ServerName = id.Host() // API keys use the namespace's endpoint, which the server name chooses
		}
	}
	return t
}

// reachable waits until the rehearsal cloud answers, for a migration that needs it.
func (h *Handlers) reachable(ctx context.Context, v migration.View) error {
	if v.Migration.Mode != migration.Rehearsal {
		return nil
	}
	_, err := h.cloudReady(ctx)
	return err
}

// readyWait is how long a request waits for a rehearsal cloud that is starting.
const readyWait = 15 * time.Second

// cloudReady is the rehearsal cloud once it answers. The error is an Unavailable fault.
func (h *Handlers) cloudReady(ctx context.Context) (migration.CloudSide, error) {
	if no := h.noRehearsal(); no != "" {
		return nil, fault.New(fault.Unavailable, "There is no rehearsal cloud here", no)
	}
	if h.o.Cloud.State().Phase != "ready" {
		ctx, cancel := context.WithTimeout(ctx, readyWait)
		defer cancel()
		if _, err := h.o.Cloud.Namespaces(ctx); err != nil {
			return nil, err
		}
	}
	return h.o.Cloud, nil
}

// noRehearsal says why there is no rehearsal cloud; "" when there is one, or will be in a moment.
func (h *Handlers) noRehearsal() string {
	if h.o.Cloud == nil {
		return "It is switched off: start Onramp with --rehearsal on."
	}
	switch s := h.o.Cloud.State(); s.Phase {
	case "off":
		return "It is switched off: start Onramp with --rehearsal on."
	case "absent":
		return "This build of Onramp leaves the Temporal server out."
	case "failed":
		if f := fault.From(s.Err); f != nil && f.Title != "" {
			return f.Title + ". " + f.Fix
		}
		return "It could not start."
	}
	return ""
}
