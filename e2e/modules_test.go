package e2e

import (
	"debug/buildinfo"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestModules: the program that ships says which modules it is made of, each with its version and checksum, none put in
// another's place; all that it says is what go.mod and go.sum pin.
// ASVS 15.1.2.
func TestModules(t *testing.T) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	required, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	release := regexp.MustCompile(`^v\d+\.\d+\.\d+`)
	for _, m := range info.Deps {
		if m.Replace != nil || !release.MatchString(m.Version) || !strings.HasPrefix(m.Sum, "h1:") {
			t.Errorf("%s %s %s is not what a module proxy gives", m.Path, m.Version, m.Sum)
		}
		if !strings.Contains(string(pinned), m.Path+" "+m.Version+" "+m.Sum+"\n") {
			t.Errorf("%s %s is not what go.sum pins", m.Path, m.Version)
		}
	}
	direct := 0
	for _, line := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(required), -1) {
		for _, m := range info.Deps {
			if m.Path == line[1] {
				direct++
			}
		}
	}
	if len(info.Deps) < 50 || direct < 10 || info.GoVersion == "" {
		t.Errorf("%d modules, %d of them direct, built with %q", len(info.Deps), direct, info.GoVersion)
	}
	t.Logf("figure: S12 modules=%d direct=%d go=%s reachable_vulnerabilities=not-measured", len(info.Deps), direct, info.GoVersion)
}

// TestVulnerabilities: no vulnerability that is known is in a module of the program. It needs a copy of Go's database
// (https://go.dev/doc/security/vuln/database), whose address ONRAMP_VULNDB holds, for the tests stay on this machine.
// ASVS 15.2.1.
func TestVulnerabilities(t *testing.T) {
	db := os.Getenv("ONRAMP_VULNDB")
	if db == "" {
		t.Skip("ONRAMP_VULNDB names no database; make vuln asks Go's own")
	}
	a := runCommand(t, t.Context(), "", os.Environ(), "go", "run", "golang.org/x/vuln/cmd/govulncheck@v1.9.0", "-db", db, "-mode", "binary", program)
	if a.code != 0 {
		t.Errorf("govulncheck: %d\n%s%s", a.code, a.out, a.err)
	}
}
