package doctor

import (
	"bufio"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"onramp/certsvc"
)

// world is somebody's directory, environment and namespace, in which the printed fixes are carried out
// by a real shell. The namespace is reached as in life, at its Cloud name, through a proxy of the lab.
type world struct {
	*lab
	dir   string
	env   map[string]string
	queue string // --task-queue
	known bool   // --uploaded-ca: what the namespace holds is known

	mu      sync.Mutex
	trusted []*x509.Certificate // the namespace's CA bundle
	routes  map[string]string   // what the proxy reaches: host:port → address
	extra   []byte
}

// newWorld is a world in which all is well.
func newWorld(t testing.TB) *world {
	w := &world{lab: newLab(t), dir: t.TempDir()}
	w.env = map[string]string{"TEMPORAL_ADDRESS": labHost + ":7233", "TEMPORAL_NAMESPACE": labNamespace,
		"TEMPORAL_TLS_CLIENT_CERT_PATH": "client.pem", "TEMPORAL_TLS_CLIENT_KEY_PATH": "client.key"}
	ca, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "World CA", Organization: "Lab"})
	if err != nil {
		t.Fatal(err)
	}
	w.trusted = []*x509.Certificate{ca.Cert}
	w.write("ca.pem", ca.CertPEM)
	w.write("ca.key", ca.Key.Reveal())
	w.onramp([]string{"cert", "leaf", "--ca", "ca.pem", "--ca-key", "ca.key", "--cn", "first worker", "--out", "."})
	// The authority of the lab signs what certsvc would refuse to make.
	block, _ := pem.Decode(ca.Key.Reveal())
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	w.clientCA = &authority{ca.Cert, key.(crypto.Signer), ca.CertPEM}
	address := w.serve(w.tls(systemCA))
	w.routes = map[string]string{labHost + ":7233": address, "us-east-1.aws.api.temporal.io:7233": address}
	proxy := raw(t, w.tunnel)
	w.env["HTTPS_PROXY"] = "http://" + proxy
	return w
}

// tls is a namespace's endpoint: the CA bundle is read anew for every connection.
func (w *world) tls(ca *authority) *tls.Config {
	c := w.serverWith(ca, public)
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := c.Clone()
		now.GetConfigForClient = nil
		now.ClientCAs = x509.NewCertPool()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, ca := range w.trusted {
			now.ClientCAs.AddCert(ca)
		}
		return now, nil
	}
	return c
}

// tunnel is the proxy: it reaches what routes names.
func (w *world) tunnel(c net.Conn) {
	br := bufio.NewReader(c)
	req, err := http.ReadRequest(br)
	if err != nil {
		return
	}
	w.mu.Lock()
	to := w.routes[req.Host]
	w.mu.Unlock()
	up, err := net.Dial("tcp", to)
	if err != nil || to == "" {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	defer up.Close()
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(up, br); up.Close() }()
	_, _ = io.Copy(c, up)
}

func (w *world) write(name string, content []byte) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(name string) []byte {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// pair puts a client pair into the worker's files.
func (w *world) pair(p keyPair) {
	w.write("client.pem", p.cert)
	w.write("client.key", p.key)
}

// check reads environment and files as onramp check does.
func (w *world) check() Report {
	w.t.Helper()
	file := func(variable string) []byte {
		if w.env[variable] == "" {
			return nil
		}
		return w.read(w.env[variable])
	}
	t := Target{Address: w.env["TEMPORAL_ADDRESS"], Namespace: w.env["TEMPORAL_NAMESPACE"], ServerName: w.env["TEMPORAL_TLS_SERVER_NAME"],
		CertPEM: file("TEMPORAL_TLS_CLIENT_CERT_PATH"), KeyPEM: file("TEMPORAL_TLS_CLIENT_KEY_PATH"), RootsPEM: file("TEMPORAL_TLS_SERVER_CA_CERT_PATH"),
		CertPath: w.env["TEMPORAL_TLS_CLIENT_CERT_PATH"], KeyPath: w.env["TEMPORAL_TLS_CLIENT_KEY_PATH"], CAPath: w.env["TEMPORAL_TLS_SERVER_CA_CERT_PATH"],
		APIKey: w.env["TEMPORAL_API_KEY"], Plaintext: w.env["TEMPORAL_TLS"] == "false", TaskQueue: w.queue, ExtraRootsPEM: w.extra}
	if w.known {
		for _, c := range w.trusted {
			t.UploadedCA = append(t.UploadedCA, pemOf("CERTIFICATE", c.Raw)...)
		}
	}
	return check(w.t, t, dnsSays(nowhere)(w.lab), patient, func(o *Options) { o.Getenv = func(n string) string { return w.env[n] } })
}

// tools are the programs that fixes name and that are not run here: what they would do is done by call.
var tools = []string{"onramp", "tcld", "temporal"}

// do runs a printed command in a shell, in the world's directory and environment, and keeps what it
// exports. answers are typed at its prompts.
func (w *world) do(command, answers string) {
	w.t.Helper()
	script := ""
	for _, name := range tools {
		script += name + `() { { printf '%s\0' ` + name + ` "$@"; printf '\n\0'; } >> .calls; }` + "\n"
	}
	script += "{ " + command + "\n} || exit 9\nenv -0 > .env\n"
	cmd := exec.Command("sh", "-uc", script)
	cmd.Dir = w.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // prompts come to us, not to the tester's terminal
	in, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	typist := &typist{in: in, answer: answers + "\n"}
	cmd.Stdout, cmd.Stderr = typist, typist
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir}
	for k, v := range w.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	_ = os.Remove(filepath.Join(w.dir, ".calls"))
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("the printed command fails: %v\n%s\n%s", err, command, typist.seen)
	}
	maps.DeleteFunc(w.env, func(string, string) bool { return true })
	for _, kv := range strings.Split(string(w.read(".env")), "\x00") {
		if k, v, ok := strings.Cut(kv, "="); ok && k != "PATH" && k != "HOME" && k != "PWD" && k != "_" && k != "OLDPWD" && k != "SHLVL" {
			w.env[k] = v
		}
	}
	calls, err := os.ReadFile(filepath.Join(w.dir, ".calls"))
	if err != nil {
		return // no tool was called
	}
	for _, call := range strings.Split(strings.TrimSuffix(string(calls), "\n\x00"), "\n\x00") {
		args := strings.Split(strings.TrimSuffix(call, "\x00"), "\x00")
		switch args[0] {
		case "onramp":
			w.onramp(args[1:])
		case "tcld":
			w.tcld(args[1:])
		case "temporal":
			w.temporal(args[1:])
		}
	}
}

// typist answers every prompt for a password.
type typist struct {
	in     io.Writer
	answer string
	seen   []byte
	typed  int
}

var prompt = regexp.MustCompile(`(?i)(password|pass phrase[^:\n]*):`)

func (p *typist) Write(b []byte) (int, error) {
	p.seen = append(p.seen, b...)
	for n := len(prompt.FindAll(p.seen, -1)); p.typed < n; p.typed++ {
		if _, err := io.WriteString(p.in, p.answer); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// flags reads --name value after the words that name a command.
func (w *world) flags(args []string) (words string, flags map[string]string) {
	w.t.Helper()
	flags = map[string]string{}
	i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "--") })
	if i < 0 {
		return strings.Join(args, " "), flags
	}
	words = strings.Join(args[:i], " ")
	for ; i+1 < len(args); i += 2 {
		flags[strings.TrimPrefix(args[i], "--")] = args[i+1]
	}
	if i < len(args) {
		w.t.Fatalf("%q has no value in %q", args[i], args)
	}
	return words, flags
}

func (w *world) onramp(args []string) {
	w.t.Helper()
	svc := certsvc.New(certsvc.Options{})
	words, f := w.flags(args)
	place := func(made certsvc.Issued, cert, key string, err error) {
		for _, name := range []string{cert, key} {
			if _, there := os.Stat(filepath.Join(w.dir, f["out"], name)); err == nil && there == nil {
				err = fmt.Errorf("%s is there already, and onramp cert replaces no key", name)
			}
		}
		if err != nil {
			w.t.Fatalf("%q: %v", args, err)
		}
		w.write(filepath.Join(f["out"], cert), made.CertPEM)
		w.write(filepath.Join(f["out"], key), made.Key.Reveal())
	}
	switch words {
	case "cert ca":
		ca, err := svc.CA(certsvc.CASpec{CommonName: f["cn"], KeyType: certsvc.KeyType(f["key-type"])})
		place(ca, "ca.pem", "ca.key", err)
	case "cert leaf":
		ca, _, err := certsvc.ReadAuthority([]certsvc.File{{Name: "ca.pem", Content: w.read(f["ca"])}, {Name: "ca.key", Content: w.read(f["ca-key"])}}, "")
		if err != nil {
			w.t.Fatal(err)
		}
		leaf, err := svc.Leaf(ca, certsvc.LeafSpec{CommonName: f["cn"], KeyType: certsvc.KeyType(f["key-type"])})
		place(leaf, "client.pem", "client.key", err)
	case "check":
		for flag, variable := range map[string]string{"address": "TEMPORAL_ADDRESS", "namespace": "TEMPORAL_NAMESPACE", "tls-ca-path": "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
			"tls-server-name": "TEMPORAL_TLS_SERVER_NAME", "tls-cert-path": "TEMPORAL_TLS_CLIENT_CERT_PATH", "tls-key-path": "TEMPORAL_TLS_CLIENT_KEY_PATH"} {
			if v, ok := f[flag]; ok {
				w.env[variable] = v
			}
		}
		if q, ok := f["task-queue"]; ok { // it is asked for that one from now on
			w.queue = q
		}
	default:
		w.t.Fatalf("no such command: onramp %q", args)
	}
}

func (w *world) tcld(args []string) {
	w.t.Helper()
	words, f := w.flags(args)
	switch words {
	case "namespace create":
		w.svc.namespaces[f["namespace"]] = nil
	case "namespace accepted-client-ca add", "namespace accepted-client-ca set":
		certs, _, err := certsvc.ReadCertificates(w.read(f["ca-certificate-file"]))
		if err != nil || f["namespace"] != labNamespace {
			w.t.Fatalf("%q: %v", args, err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if strings.HasSuffix(words, "set") {
			w.trusted = nil
		}
		w.trusted = append(w.trusted, certs...)
	default:
		w.t.Fatalf("no such command: tcld %q", args)
	}
}

func (w *world) temporal(args []string) {
	w.t.Helper()
	words, f := w.flags(args)
	if words != "workflow start" {
		w.t.Fatalf("no such command: temporal %q", args)
	}
	w.queue = f["task-queue"]
}
