package handlers

import (
	"errors"
	"fmt"
	"io"
	"os"

	"onramp/acts"
	"onramp/doctor"
	"onramp/fault"
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
func (h *Handlers) keySource(v visit, f keyFields) views.KeySourceProps {
	if usesKeys(v) {
		return views.KeySourceProps{APIKey: true}
	}
	p := views.KeySourceProps{CertPath: f.certPath, KeyPath: f.keyPath, CertPEM: f.certPEM,
		NeedCert: v.Certificate == nil || v.Certificate.LeafPEM == ""}
	lent, isLent := h.o.Acts.Keys.Lent(v.by, v.Migration.ID)
	if f.source == "" {
		f.source = keyPaste
		if isLent {
			f.source = keyLent
		}
	}
	p.Sources = []views.Choice{
		{Value: keyLent, Label: "The key lent to Onramp", Selected: f.source == keyLent, Disabled: !isLent, Reason: "No key is lent now."},
		{Value: keyFiles, Label: "Files on this computer", Hint: "Onramp reads them for this run and keeps nothing.", Selected: f.source == keyFiles,
			Disabled: !h.o.Acts.Places.OwnComputer(), Reason: "Only when Onramp runs on your own computer."},
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

// credentials are what the form gives to connect with. A file that cannot be read is a finding of the check (KP-35),
// not a fault.
func (h *Handlers) credentials(v visit, f form) (acts.Credentials, error) {
	if usesKeys(v) {
		return acts.Credentials{APIKey: f.values.Get("api_key")}, nil
	}
	source, err := f.pick("key_source", keyPaste, keyLent, keyFiles)
	switch {
	case err != nil:
		return acts.Credentials{}, err
	case source == keyLent:
		return acts.Credentials{Lent: true}, nil
	case source == keyFiles:
		return h.keyFromFiles(f)
	}
	return acts.Credentials{CertPEM: f.bytes("cert_pem", "cert_file"), KeyPEM: f.bytes("key_pem", "key_file")}, nil
}

// keyFromFiles reads the pair from this computer, which is only done for a reader who sits at it.
func (h *Handlers) keyFromFiles(f form) (acts.Credentials, error) {
	var c acts.Credentials
	if !h.o.Acts.Places.OwnComputer() {
		return c, fault.New(fault.Invalid, "Onramp does not run on your computer", "Paste or upload the key.").In("key_source")
	}
	var missing []error
	for _, name := range []string{"cert_path", "key_path"} {
		if f.text(name) == "" {
			missing = append(missing, fault.New(fault.Invalid, "The path is missing", "Give the path of the file on this computer.").In(name))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return c, err
	}
	c.CertPath, c.KeyPath = f.text("cert_path"), f.text("key_path")
	read := func(what, path string) []byte {
		b, err := readSmall(path)
		if err != nil {
			c.InputFaults = append(c.InputFaults, doctor.Finding{Code: "KP-35", Stage: "input", Fatal: true,
				Text:     fmt.Sprintf("%s (%s) cannot be read: %v", acts.Printable(path), what, err),
				Evidence: map[string]any{"file": acts.Printable(path), "error": err.Error()}})
		}
		return b
	}
	c.CertPEM, c.KeyPEM = read("certificate", c.CertPath), read("key", c.KeyPath)
	return c, nil
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
