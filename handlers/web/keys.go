package web

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
	KeyLent  = "lent"  // kept in memory for a while
	keyFiles = "files" // read by Onramp from this computer, for this run
	keyPaste = "paste" // pasted or uploaded, for this run
)

// maxKeyFile bounds a file that is read from this computer: certificates and keys are small.
const maxKeyFile = 64 << 10

// KeyFields is what a run's form says about the key, without the key.
type KeyFields struct {
	source, certPath, keyPath, CertPEM string
}

// KeySource is that part of a run's form as the page shows it.
// Its page is where a form for a new rehearsal key leads back to.
func (h *Site) KeySource(v Visit, f KeyFields, page string) views.KeySourceProps {
	if UsesKeys(v) {
		return views.KeySourceProps{APIKey: true}
	}
	p := views.KeySourceProps{CertPath: f.certPath, KeyPath: f.keyPath, CertPEM: f.CertPEM,
		NeedCert: v.Certificate == nil || v.Certificate.LeafPEM == ""}
	lent, isLent := h.Acts.Keys.Lent(v.By, v.Migration.ID)
	if f.source == "" {
		f.source = keyPaste
		if isLent {
			f.source = KeyLent
		}
	}
	p.Sources = []views.Choice{
		{Value: KeyLent, Label: "The key that Onramp may use", Selected: f.source == KeyLent, Disabled: !isLent, Reason: "Onramp may not use a key now."},
		{Value: keyFiles, Label: "Files on this computer", Hint: "Onramp reads them for this run and does not keep them.", Selected: f.source == keyFiles,
			Disabled: !h.Acts.Places.OwnComputer(), Reason: "Only when Onramp runs on your own computer."},
		{Value: keyPaste, Label: "Choose or paste it", Hint: "Used for this run, then forgotten.", Selected: f.source == keyPaste},
	}
	if !isLent && f.source != KeyLent { // there is none to choose
		p.Sources = p.Sources[1:]
	}
	if !isLent && h.Acts.Places.CanPractise(v.View) && h.Acts.Places.NoRehearsal() == "" {
		p.Renew = &views.RenewProps{Migration: v.Migration.ID, Return: page}
	}
	if isLent {
		p.Sources[0].Hint = "In memory only, until " + lent.Until.Local().Format("15:04") + "."
	}
	return p
}

// ReadKeyFields reads the part of a run's form that may be shown again.
func ReadKeyFields(f Form) KeyFields {
	return KeyFields{source: f.Text("key_source"), certPath: f.Text("cert_path"), keyPath: f.Text("key_path"), CertPEM: f.Raw("cert_pem")}
}

// Credentials are what the form gives to connect with. A file that cannot be read is a finding of the check (KP-35),
// not a fault.
func (h *Site) Credentials(v Visit, f Form) (acts.Credentials, error) {
	if UsesKeys(v) {
		return acts.Credentials{APIKey: f.Values.Get("api_key")}, nil
	}
	source, err := f.Pick("key_source", keyPaste, KeyLent, keyFiles)
	switch {
	case err != nil:
		return acts.Credentials{}, err
	case source == KeyLent:
		return acts.Credentials{Lent: true}, nil
	case source == keyFiles:
		return h.keyFromFiles(f)
	}
	return acts.Credentials{CertPEM: f.Bytes("cert_pem", "cert_file"), KeyPEM: f.Bytes("key_pem", "key_file")}, nil
}

// keyFromFiles reads the pair from this computer, which is only done for a reader who sits at it.
func (h *Site) keyFromFiles(f Form) (acts.Credentials, error) {
	var c acts.Credentials
	if !h.Acts.Places.OwnComputer() {
		return c, fault.New(fault.Invalid, "Onramp does not run on your computer", "Paste or upload the key.").In("key_source")
	}
	var missing []error
	for _, name := range []string{"cert_path", "key_path"} {
		if f.Text(name) == "" {
			missing = append(missing, fault.New(fault.Invalid, "The path is missing", "Enter the path of the file on this computer.").In(name))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return c, err
	}
	c.CertPath, c.KeyPath = f.Text("cert_path"), f.Text("key_path")
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
