package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"onramp/doctor"
	"onramp/fault"
)

// maxFile bounds every file a command reads: certificates, keys and filters are small.
const maxFile = 1 << 20

// connection are the flags that say where and as whom to connect; check and transfer share them.
type connection struct {
	s                          *settings
	prefix                     string // of the flags' names
	address, ns, cert, key, ca *string
	serverName, apiKeyPath     *string
	taskQueue, workflowType    *string
	uploadedCA, filters        *string
}

func connectionFlags(s *settings) *connection {
	c := endpointFlags(s, "")
	c.ns = s.text("namespace", "", "Namespace ID, name.account", "TEMPORAL_NAMESPACE")
	c.taskQueue = s.text("task-queue", "", "task queue to look for workers on")
	c.workflowType = s.text("workflow-type", "", "workflow type the worker should know")
	return c
}

// endpointFlags are those of an endpoint and of how to be let in. Where a command has two, the second's have a prefix, and
// no names in the environment but Onramp's own.
func endpointFlags(s *settings, prefix string) *connection {
	text := func(name, usage string, others ...string) *string {
		if prefix != "" {
			others = nil
		}
		return s.text(prefix+name, "", usage, others...)
	}
	for _, name := range []string{"tls-cert-path", "tls-key-path", "tls-ca-path", "api-key-path"} {
		s.mayHold[prefix+name] = true // what a file holds in the place of its name is a finding: target
	}
	return &connection{s: s, prefix: prefix, ns: new(string), taskQueue: new(string), workflowType: new(string),
		address:    text("address", "`host:port` of the endpoint", "TEMPORAL_ADDRESS", "TEMPORAL_HOST_URL"),
		cert:       text("tls-cert-path", "client certificate (PEM)", "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_MTLS_TLS_CERT"),
		key:        text("tls-key-path", "its private key (PEM)", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_MTLS_TLS_KEY"),
		ca:         text("tls-ca-path", "root CA of the server's certificate; normally unset", "TEMPORAL_TLS_SERVER_CA_CERT_PATH"),
		serverName: text("tls-server-name", "TLS server name, when it differs from the address", "TEMPORAL_TLS_SERVER_NAME"),
		apiKeyPath: text("api-key-path", "`file` with an API key; TEMPORAL_API_KEY holds the key itself"),
	}
}

// target reads the files. A file that cannot be read is a finding of the report (KP-35), not an error.
func (c *connection) target() doctor.Target {
	t := doctor.Target{Address: *c.address, Namespace: *c.ns, ServerName: *c.serverName,
		TaskQueue: *c.taskQueue, WorkflowType: *c.workflowType,
		CertPath: *c.cert, KeyPath: *c.key, CAPath: *c.ca}
	read := func(flag, path string) []byte {
		if path == "" {
			return nil
		}
		if what := contentOf(path); what != "" {
			t.InputFaults = append(t.InputFaults, doctor.Finding{Code: "KP-35", Stage: "input", Fatal: true,
				Text:     fmt.Sprintf("%s holds %s, and takes the name of a file", c.s.origin(c.prefix+flag), what),
				Evidence: map[string]any{"from": c.s.origin(c.prefix + flag)}})
			return nil
		}
		b, err := readFile(path)
		if err != nil && flag == "api-key-path" { // what was given may be the key, or a part of it
			t.InputFaults = append(t.InputFaults, doctor.Finding{Code: "KP-35", Stage: "input", Fatal: true,
				Text:     fmt.Sprintf("the file that %s names cannot be read: %s", c.s.origin(c.prefix+flag), reason(err)),
				Evidence: map[string]any{"from": c.s.origin(c.prefix + flag), "error": reason(err)}})
			return nil
		}
		if err != nil {
			why := err.Error()
			if pe, ok := err.(*os.PathError); ok {
				why = pe.Err.Error()
			}
			t.InputFaults = append(t.InputFaults, doctor.Finding{Code: "KP-35", Stage: "input", Fatal: true,
				Text:     fmt.Sprintf("%s (%s) cannot be read: %s", printable(path), c.s.origin(c.prefix+flag), why),
				Evidence: map[string]any{"file": printable(path), "from": c.s.origin(c.prefix + flag), "error": why}})
			return nil
		}
		if b == nil {
			b = []byte{} // an empty file is there; its emptiness is for the pair stage to name
		}
		return b
	}
	t.CertPEM = read("tls-cert-path", *c.cert)
	t.KeyPEM = read("tls-key-path", *c.key)
	t.RootsPEM = read("tls-ca-path", *c.ca)
	if c.uploadedCA != nil {
		t.UploadedCA = read("uploaded-ca", *c.uploadedCA)
	}
	if c.filters != nil {
		t.Filters = read("filters", *c.filters)
	}
	if *c.apiKeyPath != "" {
		t.APIKey = string(read("api-key-path", *c.apiKeyPath))
	} else if v, ok := c.s.w.Getenv("TEMPORAL_API_KEY"); ok && c.prefix == "" {
		t.APIKey = v
	}
	if v, _ := c.s.w.Getenv("TEMPORAL_CLOUD_API_KEY"); v != "" && t.APIKey == "" {
		t.OpsKeySet = true
	}
	if t.APIKey != "" {
		// One line break at the end is how editors save a file; anything else inside is for AK-04 to name.
		t.APIKey = strings.TrimSuffix(strings.TrimSuffix(t.APIKey, "\n"), "\r")
	}
	return t
}

// contentOf says what a text is that was given for a file's name and is what such a file holds; "" for a name.
func contentOf(path string) string {
	switch {
	case doctor.HoldsSecret(path):
		return "a private key or an API key itself"
	case strings.Contains(path, "BEGIN CERTIFICATE"):
		return "a certificate itself"
	}
	return ""
}

// readFile reads at most maxFile bytes; a larger file is an error, as is one that gives nothing to read for
// patience (a pipe that nobody writes to).
func readFile(path string) ([]byte, error) {
	const patience = 5 * time.Second
	type read struct {
		b   []byte
		err error
	}
	done := make(chan read, 1)
	go func() { // opening a pipe without a writer cannot be interrupted; the goroutine ends with the command
		b, err := readAll(path)
		done <- read{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-time.After(patience):
		return nil, &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("gave nothing to read for %s", fault.Lasts(patience))}
	}
}

func readAll(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("is a directory")}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		return nil, &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d bytes: not a certificate or key", maxFile)}
	}
	return b, err
}
