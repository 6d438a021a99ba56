package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"onramp/cli"
)

// serveFlags are the flags of onramp serve.
func serveFlags(t *testing.T) map[string]bool {
	t.Helper()
	var out bytes.Buffer
	cli.Run(t.Context(), cli.World{Args: []string{"serve", "--help"}, Getenv: func(string) (string, bool) { return "", false }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
	flags := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  --([a-z-]+)$`).FindAllStringSubmatch(out.String(), -1) {
		flags[m[1]] = true
	}
	if !flags["public-url"] || !flags["webhook-file"] {
		t.Fatalf("flags are not found: %v", flags)
	}
	return flags
}

// settingsIn are the flags and environment names that a text gives to onramp serve.
func settingsIn(text string) (out []string) {
	for _, m := range regexp.MustCompile(`\bONRAMP_([A-Z_]+)\b`).FindAllStringSubmatch(text, -1) {
		out = append(out, strings.ToLower(strings.ReplaceAll(m[1], "_", "-")))
	}
	for line := range strings.Lines(text) {
		if _, args, ok := strings.Cut(line, "serve"); ok {
			for _, m := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(args, -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestDeployedSettings: what the files of deploy/ give to Onramp are flags that it has, and none is a secret.
func TestDeployedSettings(t *testing.T) {
	flags := serveFlags(t)
	for _, file := range []string{"deploy/onramp.service", "deploy/Containerfile", "deploy/kubernetes.yaml"} {
		found := settingsIn(readFile(t, file))
		if len(found) == 0 {
			t.Errorf("%s gives Onramp nothing", file)
		}
		for _, name := range found {
			if !flags[name] {
				t.Errorf("%s gives --%s, which onramp serve does not have", file, name)
			}
			if name == "webhook" || strings.HasSuffix(name, "secret") || strings.HasSuffix(name, "password") {
				t.Errorf("%s gives a secret as --%s", file, name)
			}
		}
	}
}

// section is a section of a unit: name and value, in order.
type section [][2]string

func (s section) all(name string) (out []string) {
	for _, kv := range s {
		if kv[0] == name {
			out = append(out, kv[1])
		}
	}
	return out
}

func unit(t *testing.T, file string) map[string]section {
	t.Helper()
	out, at := map[string]section{}, ""
	for i, line := range strings.Split(readFile(t, file), "\n") {
		switch name, value, ok := strings.Cut(line, "="); {
		case line == "" || line[0] == '#':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			at = line[1 : len(line)-1]
		case !ok || at == "":
			t.Errorf("%s:%d is no setting: %s", file, i+1, line)
		default:
			out[at] = append(out[at], [2]string{name, value})
		}
	}
	return out
}

// TestSystemdUnit: the unit is hardened as the page says, and where systemd is, it takes the unit and finds it exposed by
// no more than 2.0 of 10.
func TestSystemdUnit(t *testing.T) {
	const file = "deploy/onramp.service"
	service := unit(t, file)["Service"]
	for name, want := range map[string]string{
		"User": "onramp", "StateDirectoryMode": "0700", "UMask": "0077", "LimitCORE": "0", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
		"CapabilityBoundingSet": "CAP_NET_BIND_SERVICE", "MemoryDenyWriteExecute": "yes", "RestrictNamespaces": "yes", "LockPersonality": "yes", "KillSignal": "SIGTERM", "SystemCallArchitectures": "native",
	} {
		if got := service.all(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if deny := strings.Join(service.all("IPAddressDeny"), " "); !strings.Contains(deny, "169.254.0.0/16") || !strings.Contains(deny, "fd00:ec2::254") {
		t.Errorf("metadata services may be reached: %q", deny)
	}
	if len(service.all("ExecStart")) != 1 || !strings.Contains(service.all("ExecStart")[0], "--data /var/lib/onramp/") {
		t.Errorf("it starts %q", service.all("ExecStart"))
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd is not here: the unit was read and not verified")
		return
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=20", file).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%.3000s", err, out)
	}
	// The program need not be installed for the rest of the unit to be verified.
	copied := filepath.Join(t.TempDir(), "onramp.service")
	if err := os.WriteFile(copied, []byte(strings.ReplaceAll(readFile(t, file), "/usr/local/bin/onramp", "/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", copied).CombinedOutput(); err != nil || strings.Contains(string(out), "onramp.service") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestContainerfile: the image is made in stages, from a Go of this module's version, and what runs is one binary of
// somebody who is not root, without a shell.
func TestContainerfile(t *testing.T) {
	text := strings.ReplaceAll(readFile(t, "deploy/Containerfile"), "\\\n", " ")
	var froms, last []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "FROM ") {
			froms, last = append(froms, line), nil
		}
		if line != "" && line[0] != '#' {
			last = append(last, line)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(readFile(t, "go.mod"))[1]
	if !slices.Equal(froms, []string{"FROM golang:" + version + " AS build", "FROM scratch"}) {
		t.Errorf("stages %q, with Go %s in go.mod", froms, version)
	}
	for _, want := range []string{"USER 65532:65532", `ENTRYPOINT ["/onramp"]`, "STOPSIGNAL SIGTERM", `VOLUME ["/var/lib/onramp"]`} {
		if !slices.Contains(last, want) {
			t.Errorf("the last stage lacks %s", want)
		}
	}
	for _, line := range last {
		if strings.HasPrefix(line, "RUN ") || strings.HasPrefix(line, "ADD ") {
			t.Errorf("the last stage has %s", line)
		}
	}
	if !strings.Contains(text, "CGO_ENABLED=0") || !strings.Contains(text, "ca-certificates.crt") || !strings.Contains(text, "zoneinfo.zip") {
		t.Error("a binary that needs a libc, or no roots or time zones beside it")
	}
}

// fromTo is a COPY of a Containerfile: what is copied, and whether it comes from another stage.
var fromTo = regexp.MustCompile(`(?m)^COPY (--from=\S+ )?(.+) \S+$`)

// TestContainerfileHoldsTogether checks what can be checked where no image is built: what is copied is there and not
// ignored, the binary is built as scripts/build.sh builds it and needs no C, and port, user and writable directories are
// those that the manifest gives the container.
func TestContainerfileHoldsTogether(t *testing.T) {
	text := strings.ReplaceAll(readFile(t, "deploy/Containerfile"), "\\\n", " ")
	ignored := strings.Fields(readFile(t, ".containerignore"))
	copies := 0
	for _, m := range fromTo.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			if stage := "AS " + strings.TrimSpace(strings.TrimPrefix(m[1], "--from=")); !strings.Contains(text, stage) {
				t.Errorf("%s copies from a stage that is not there", m[0])
			}
			continue
		}
		for _, source := range strings.Fields(m[2]) {
			copies++
			if _, err := os.Stat(source); err != nil {
				t.Errorf("%s: %v", m[0], err)
			}
			if slices.Contains(ignored, source) {
				t.Errorf("%s: .containerignore leaves it out", m[0])
			}
		}
	}
	if copies < 3 {
		t.Errorf("only %d sources are copied", copies)
	}
	flags := regexp.MustCompile(`-ldflags "([^"]*)" -o `)
	version := regexp.MustCompile(`\$\{?(?i:version)\}?`)
	image, script := flags.FindStringSubmatch(text), flags.FindStringSubmatch(readFile(t, "scripts/build.sh"))
	if image == nil || script == nil {
		t.Fatal("the build commands are not found")
	}
	if a, b := version.ReplaceAllString(image[1], "V"), version.ReplaceAllString(script[1], "V"); a != b {
		t.Errorf("the image is linked with %q, scripts/build.sh links with %q", a, b)
	}
	if tags := regexp.MustCompile(`go build[^&]*-tags`).FindString(text); tags != "" {
		t.Errorf("the image is built with tags, scripts/build.sh without: %s", tags)
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-f", "{{with .Error}}{{.}}{{end}}{{with .CgoFiles}}{{$.ImportPath}} needs C{{end}}", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := list.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "" {
		t.Errorf("without C: %v\n%.2000s", err, out)
	}

	var set appsv1.StatefulSet
	var config corev1.ConfigMap
	for _, doc := range strings.Split(readFile(t, "deploy/kubernetes.yaml"), "\n---\n") {
		var head struct{ Kind string }
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			t.Fatal(err)
		}
		switch head.Kind {
		case "StatefulSet":
			if err := yaml.Unmarshal([]byte(doc), &set); err != nil {
				t.Fatal(err)
			}
		case "ConfigMap":
			if err := yaml.Unmarshal([]byte(doc), &config); err != nil {
				t.Fatal(err)
			}
		}
	}
	pod := set.Spec.Template.Spec
	c := pod.Containers[0]
	var ports []string
	for _, p := range c.Ports {
		ports = append(ports, fmt.Sprint(p.ContainerPort))
	}
	exposed := regexp.MustCompile(`(?m)^EXPOSE (.+)$`).FindStringSubmatch(text)[1]
	if want := strings.Join(ports, " "); exposed != want {
		t.Errorf("the image exposes %s, the manifest %s", exposed, want)
	}
	for _, setting := range []string{"ONRAMP_ADDR", "ONRAMP_METRICS_ADDR"} {
		_, port, err := net.SplitHostPort(config.Data[setting])
		if err != nil || !slices.Contains(ports, port) {
			t.Errorf("%s is %q, and the container has the ports %v", setting, config.Data[setting], ports)
		}
	}
	user := regexp.MustCompile(`(?m)^USER (\S+)$`).FindStringSubmatch(text)[1]
	if runs := fmt.Sprintf("%d:%d", *pod.SecurityContext.RunAsUser, *pod.SecurityContext.RunAsGroup); user != runs {
		t.Errorf("the image runs as %s, the pod as %s", user, runs)
	}
	// With a root that nobody writes to, what Onramp writes to is mounted: its data, and the directory for short-lived files.
	writable := map[string]bool{}
	for _, m := range c.VolumeMounts {
		writable[m.MountPath] = !m.ReadOnly
	}
	if data := regexp.MustCompile(`ONRAMP_DATA=(\S+)`).FindStringSubmatch(text)[1]; !writable[filepath.Dir(data)] || !writable["/tmp"] {
		t.Errorf("the data is at %s, and writable are %v", data, writable)
	}
	if !strings.Contains(text, "/out"+filepath.Dir(regexp.MustCompile(`ONRAMP_DATA=(\S+)`).FindStringSubmatch(text)[1])) {
		t.Error("the image has no directory for the data of its user")
	}
}

// TestKubernetesManifest: each document is an object of its kind with no field that Kubernetes does not know; the pod is
// restricted, has one replica, and its secrets are named and not written there.
func TestKubernetesManifest(t *testing.T) {
	kinds := map[string]any{"Namespace": &corev1.Namespace{}, "ServiceAccount": &corev1.ServiceAccount{}, "ConfigMap": &corev1.ConfigMap{}, "StatefulSet": &appsv1.StatefulSet{}, "Service": &corev1.Service{}, "NetworkPolicy": &networkingv1.NetworkPolicy{}}
	seen := map[string]bool{}
	for _, doc := range strings.Split(readFile(t, "deploy/kubernetes.yaml"), "\n---\n") {
		var head struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			t.Fatal(err)
		}
		into, ok := kinds[head.Kind]
		if !ok {
			t.Errorf("an object of kind %q", head.Kind)
			continue
		}
		seen[head.Kind] = true
		if err := yaml.UnmarshalStrict([]byte(doc), into); err != nil {
			t.Errorf("%s: %v", head.Kind, err)
		}
		if want := map[string]string{"StatefulSet": "apps/v1", "NetworkPolicy": "networking.k8s.io/v1"}[head.Kind]; head.APIVersion != want && (want != "" || head.APIVersion != "v1") {
			t.Errorf("%s is of %s", head.Kind, head.APIVersion)
		}
	}
	if len(seen) != len(kinds) {
		t.Errorf("only %v are there", seen)
	}
	set := kinds["StatefulSet"].(*appsv1.StatefulSet)
	pod := set.Spec.Template.Spec
	s := pod.SecurityContext
	if *set.Spec.Replicas != 1 || !*s.RunAsNonRoot || *s.RunAsUser == 0 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault || *s.FSGroupChangePolicy != corev1.FSGroupChangeOnRootMismatch || *pod.AutomountServiceAccountToken || *pod.EnableServiceLinks || len(pod.Containers) != 1 {
		t.Errorf("the pod is %+v", pod)
	}
	c := pod.Containers[0]
	if x := c.SecurityContext; *x.AllowPrivilegeEscalation || !*x.ReadOnlyRootFilesystem || !slices.Equal(x.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("the container is %+v", x)
	}
	if c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.LivenessProbe.HTTPGet.Path != "/healthz" || c.LivenessProbe.HTTPGet.Scheme != corev1.URISchemeHTTPS {
		t.Errorf("the probes are %+v", c.ReadinessProbe)
	}
	if *pod.TerminationGracePeriodSeconds < 15 {
		t.Errorf("requests have %d seconds to end", *pod.TerminationGracePeriodSeconds)
	}
	mounts := map[string]bool{}
	for _, v := range pod.Volumes {
		mounts[v.Name] = true
	}
	for _, v := range set.Spec.VolumeClaimTemplates {
		mounts[v.Name] = true
	}
	for _, m := range c.VolumeMounts {
		if !mounts[m.Name] {
			t.Errorf("the volume %s is mounted and not there", m.Name)
		}
	}
	ports := map[string]bool{}
	for _, p := range c.Ports {
		ports[p.Name] = true
	}
	for _, p := range kinds["Service"].(*corev1.Service).Spec.Ports {
		if !ports[p.TargetPort.String()] {
			t.Errorf("the service leads to %s", p.TargetPort.String())
		}
	}
	for name, value := range kinds["ConfigMap"].(*corev1.ConfigMap).Data {
		if strings.HasSuffix(name, "_FILE") && !strings.HasPrefix(value, "/etc/onramp/") {
			t.Errorf("%s is %s, which is mounted nowhere", name, value)
		}
	}
}

// TestManifestStartsOnramp: with the manifest's settings onramp serve has nothing to complain of but files that are not
// here.
func TestManifestStartsOnramp(t *testing.T) {
	env := map[string]string{}
	for _, doc := range strings.Split(readFile(t, "deploy/kubernetes.yaml"), "\n---\n") {
		var m corev1.ConfigMap
		if err := yaml.Unmarshal([]byte(doc), &m); err == nil && m.Kind == "ConfigMap" {
			env = m.Data
		}
	}
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code := cli.Run(ctx, cli.World{Args: []string{"serve", "--data", t.TempDir()}, Getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
	if code != 2 {
		t.Fatalf("exit %d\n%s", code, out.String())
	}
	allowed := []string{"tls-cert-file", "tls-key-file", "webhook-file", "smtp-password-file"}
	for _, m := range regexp.MustCompile(`(?m)^(?:onramp: )?--([a-z-]+): `).FindAllStringSubmatch(out.String(), -1) {
		if !slices.Contains(allowed, m[1]) {
			t.Errorf("it complains of --%s:\n%s", m[1], out.String())
		}
	}
	if !strings.Contains(out.String(), "webhook-file") || !strings.Contains(out.String(), "smtp-password-file") {
		t.Errorf("the files are not asked for:\n%s", out.String())
	}
}
