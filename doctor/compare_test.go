package doctor

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	update      = flag.Bool("update", false, "write the measured parts of docs/doctor.md again")
	temporalCLI = flag.String("temporal", "../e2e/.venv/bin/temporal", "the temporal CLI for TestComparison -update")
)

const page = "../docs/doctor.md"

// intoPage puts a text between the marks of a measured part of the page.
func intoPage(t testing.TB, part, text string) {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	open, end := "<!-- "+part+" -->\n", "<!-- end of "+part+" -->"
	before, rest, ok := strings.Cut(string(b), open)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part %q", page, part)
	}
	if err := os.WriteFile(page, []byte(before+open+text+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// onPage sees that the page has a text which -update would write.
func onPage(t *testing.T, text string) {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if !strings.Contains(string(b), line) {
			t.Errorf("%s lacks %q: write it again with -run %s -update", page, strings.TrimSpace(line), t.Name())
		}
	}
}

// comparable are the faults that every tool can be given: a resolver of our own cannot, so the faults
// of DNS are left out with all that happens in an internet of the lab's own, and so is a line that breaks now and
// then: the CLI tries again, as it should. Of task queues the CLI asks what the lab's small server does not
// answer, and of a namespace's CA bundle neither tool can be told.
func comparable() []faultRow {
	unlike := []string{"KP-35", "TC-10"}
	leaf := []string{"CH-13", "CH-19", "CH-20", "CH-21"}
	more := slices.DeleteFunc(slices.Concat(inputRows(), pemRows(), chainRows(), acceptedRows()), func(r faultRow) bool {
		return r.prepare != nil || strings.HasPrefix(r.code, "CH-") && !slices.Contains(leaf, r.code)
	})
	return slices.DeleteFunc(slices.Concat(journey(), everything(), more), func(r faultRow) bool {
		return r.stage == "dns" || r.stage == "task-queue" || r.code == UnknownCode || r.level == found || slices.Contains(unlike, r.code)
	})
}

// other is what another tool said of a fault.
type other struct {
	said  string // its last telling line
	names bool   // the line names the cause, by the yardstick
	fine  bool   // it reported success
}

func (o other) cell() string {
	said := "says nothing"
	if o.said != "" {
		said = "`" + strings.NewReplacer("|", "¦", "`", "'").Replace(clean(o.said, 130)) + "`"
	}
	switch {
	case o.names:
		return "**yes** " + said
	case o.fine:
		return "reports success"
	}
	return "no " + said
}

var (
	localPort = regexp.MustCompile(`(127\.0\.0\.1|localhost|\[::1\]):\d{4,5}`)
	clockTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.+Z-]+|time=\S+ `)
	opensslID = regexp.MustCompile(`^[0-9A-F]{8,}:`)
	opensslAt = regexp.MustCompile(`error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):[^:]*\.c:\d+:`)
)

// tidy takes out of a line what differs in every run: directories, ports, times.
func tidy(line, dir string) string {
	line = strings.ReplaceAll(line, dir+"/", "")
	line = localPort.ReplaceAllString(line, "$1:PORT")
	line = clockTime.ReplaceAllString(line, "")
	line = opensslID.ReplaceAllString(line, "")
	line = opensslAt.ReplaceAllString(line, "error: $1 ")
	return strings.TrimSpace(line)
}

// askOthers makes a fault and gives it to the CLI and to openssl.
func askOthers(t *testing.T, row faultRow, program string) (cli, ssl other) {
	l := newLab(t)
	var o Options
	if row.prepare != nil {
		row.prepare(l)(&o)
	}
	target := row.make(l)
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "SSL_CERT_DIR=" + dir,
		"SSL_CERT_FILE=" + file("system.pem", slices.Concat(systemCA.pem, target.ExtraRootsPEM))}
	proxy := ""
	if o.Getenv != nil {
		proxy = o.Getenv("HTTPS_PROXY")
		env = append(env, "HTTPS_PROXY="+proxy)
	}
	args := []string{"operator", "namespace", "describe", "--namespace", target.Namespace}
	if target.TaskQueue != "" {
		args = []string{"task-queue", "describe", "--task-queue", target.TaskQueue, "--namespace", target.Namespace}
	}
	args = append(args, "--address", target.Address, "--tls", "--client-connect-timeout", "4s", "--command-timeout", "12s", "--color", "never")
	sargs := []string{"s_client", "-connect", target.Address, "-alpn", "h2", "-CAfile", filepath.Join(dir, "system.pem")}
	name := target.ServerName
	if name != "" {
		args = append(args, "--tls-server-name", name)
	} else if host, _, ok := strings.Cut(target.Address, ":"); ok {
		name = host
	}
	if isIP(name) {
		sargs = append(sargs, "-verify_ip", name)
	} else {
		sargs = append(sargs, "-servername", name, "-verify_hostname", name)
	}
	if target.CertPEM != nil || target.KeyPEM != nil {
		cert, key := file("client.pem", target.CertPEM), file("client.key", target.KeyPEM)
		args = append(args, "--tls-cert-path", cert, "--tls-key-path", key)
		sargs = append(sargs, "-cert", cert, "-key", key)
	}
	if target.RootsPEM != nil {
		roots := file("roots.pem", target.RootsPEM)
		args = append(args, "--tls-ca-path", roots)
		sargs[6] = roots
	}
	if target.APIKey != "" {
		args = append(args, "--api-key", target.APIKey)
	}
	if at := strings.LastIndexByte(proxy, '@'); proxy != "" {
		sargs = append(sargs, "-proxy", strings.TrimPrefix(proxy[at+1:], "http://"))
	}
	run := func(stdin time.Duration, program string, args ...string) (string, bool) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Dir, cmd.Env, cmd.WaitDelay = dir, env, time.Second
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(stdin, func() { in.Close() }) // a person waits for an answer before leaving
		defer timer.Stop()
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err = cmd.Run()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return out.String(), err == nil
	}
	yardstick, ok := yardsticks[row.code]
	if !ok {
		t.Errorf("no yardstick for %s", row.code)
		return cli, ssl
	}
	names := func(s string) bool { return yardstick != "" && regexp.MustCompile("(?i)"+yardstick).MatchString(s) }
	text, fine := run(0, program, args...)
	cli = other{names: names(text), fine: fine}
	for line := range strings.Lines(text) {
		if line = tidy(line, dir); line != "" && (cli.said == "" || !names(cli.said)) {
			cli.said = line // the line that names it, or the last
		}
	}
	text, _ = run(1500*time.Millisecond, "openssl", sargs...)
	ssl = other{names: names(text)}
	for _, line := range strings.Split(text, "\n") {
		line = tidy(line, dir)
		switch {
		case strings.HasPrefix(line, "Verify return code: 0"):
			ssl.fine = true
		case strings.Contains(line, "error:"), strings.HasPrefix(line, "Could not"), strings.Contains(line, "errno="), strings.HasPrefix(line, "Verify return code:"),
			strings.Contains(line, "SSL alert"), strings.Contains(line, "HTTP CONNECT"):
			if ssl.said == "" || names(line) {
				ssl.said = line
			}
		}
	}
	ssl.fine = ssl.fine && ssl.said == ""
	return cli, ssl
}

// TestComparison gives the lab's faults to the temporal CLI and to openssl s_client too. With -update it
// writes the table; without, it sees that the page has every fault, as the doctor judges it now.
func TestComparison(t *testing.T) {
	rows := comparable()
	if !*update {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if want := fmt.Sprintf("| %s | %s, %s |", row.name, row.code, row.level); !strings.Contains(string(b), want) {
				t.Errorf("%s lacks %q: write it again with -run TestComparison -update", page, want)
			}
		}
		return
	}
	program, err := filepath.Abs(*temporalCLI)
	if err != nil {
		t.Fatal(err)
	}
	version, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	sslVersion, err := exec.Command("openssl", "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(rows))
	var mu sync.Mutex
	var cliNames, cliFine, sslNames, sslFine, right int
	var wg sync.WaitGroup
	work := make(chan int)
	for range 4 {
		wg.Go(func() {
			for i := range work {
				row := rows[i]
				t.Run(row.name, func(t *testing.T) {
					v := runFault(t, row).Verdict
					cli, ssl := askOthers(t, row, program)
					mu.Lock()
					defer mu.Unlock()
					lines[i] = fmt.Sprintf("| %s | %s, %s | %s | %s |\n", row.name, v.Code, v.Level, cli.cell(), ssl.cell())
					for n, yes := range map[*int]bool{&right: v.Code == row.code, &cliNames: cli.names, &cliFine: cli.fine && !cli.names, &sslNames: ssl.names, &sslFine: ssl.fine && !ssl.names} {
						if yes {
							*n++
						}
					}
				})
			}
		})
	}
	for i := range rows {
		work <- i
	}
	close(work)
	wg.Wait()
	percent := func(n int) string { return fmt.Sprintf("%d (%d %%)", n, (100*n+len(rows)/2)/len(rows)) }
	table := fmt.Sprintf("%d faults; %s; %s.\n\n| | doctor | temporal CLI | openssl s_client |\n|---|---|---|---|\n| names the cause | %s | %s | %s |\n| reports success | 0 | %s | %s |\n\n| fault | doctor | temporal CLI: does it name the cause? | openssl s_client: does it? |\n|---|---|---|---|\n%s",
		len(rows), strings.TrimSpace(string(version)), strings.TrimSpace(string(sslVersion)), percent(right), percent(cliNames), percent(sslNames), percent(cliFine), percent(sslFine), strings.Join(lines, ""))
	intoPage(t, "comparison", table)
	t.Logf("doctor %d, temporal CLI %d, openssl %d of %d; success reported by the CLI %d, by openssl %d", right, cliNames, sslNames, len(rows), cliFine, sslFine)
}
