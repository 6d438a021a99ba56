package handlers_test

import (
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"onramp/limit"
)

// What one hostile form may take, as issue 12 has it; the processor's time, as the wall clock of a busy machine says
// nothing.
const (
	mostMemory = 300 << 20
	mostCPU    = 2 * time.Second
)

// entrance is a form that reads a text which a stranger may have made; BOMB stands for that text.
type entrance struct {
	path   string
	fields []string
}

const bomb = "BOMB"

// entrances are all forms that read certificates, keys, requests, lists and reports.
func entrances(m string) []entrance {
	at := func(path string, fields ...string) entrance { return entrance{path, fields} }
	certs := m + "/certificates"
	return []entrance{
		at("/certificates/inspect", "text", bomb, "passphrase", "secret"), at("/certificates/inspect", "@files", bomb), at("/decode", "error_text", bomb),
		at(certs, "lane", "import", "ca_pem", bomb, "leaf_pem", "x"), at(certs, "lane", "import", "ca_pem", "x", "leaf_pem", bomb),
		at(certs, "lane", "own-ca", "maker", "server", "common_name", "w", "@ca_files", bomb, "passphrase", "secret"), at(certs, "lane", "own-ca", "maker", "server", "common_name", "w", "ca_text", bomb),
		at(certs, "lane", "csr", "maker", "csr", "csr", bomb, "common_name", "w"), at(certs+"/lend", "lent_key", bomb), at(certs+"/lend", "@key_file", bomb),
		at(certs+"/clients", "name", "x", "maker", "server", "ca_from", "files", "@ca_files", bomb), at(certs+"/clients", "name", "x", "maker", "csr", "csr", bomb, "ca_from", "held"),
		at(certs+"/batch.zip", "ca_from", "held", "@rows_file", bomb), at(certs+"/batch.zip", "ca_from", "files", "@ca_files", bomb, "rows", "name\nx\n"),
		at(certs+"/key/keep", "ca_source", "paste", "ca_key", bomb, "passphrase", "long enough a passphrase", "repeat", "long enough a passphrase"),
		at(certs+"/filters", "against", "paste", "cert_pem", bomb, "f1_cn", "x"), at(certs+"/filters", "against", "leaf", "do", "read", "filters_json", bomb),
		at(certs+"/replace/ca", "lane", "import", "ca_pem", bomb), at(certs+"/replace/leaf", "lane", "import", "leaf_pem", bomb), at(certs+"/replace/leaf", "lane", "csr", "maker", "csr", "csr", bomb),
		at("/cloud/docs-assembly.a2dd6", "ca_bundle", bomb), at(m+"/test", "key_source", "paste", "key_pem", bomb), at(m+"/test/report", "report_by", "x", "report", bomb),
		at(m+"/code/environment", "environment", bomb),
	}
}

// hostile are texts that ask for more than they are worth; each is cut to what a form takes.
func hostile(t *testing.T, k keys) map[string]string {
	t.Helper()
	der := func(s string) []byte {
		b, _ := pem.Decode([]byte(s))
		return b.Bytes
	}
	nested := der(k.ca)
	for range 9 {
		nested = []byte(base64.StdEncoding.EncodeToString(nested))
	}
	deep := []byte{5, 0}
	for len(deep) < 40_000 {
		head := []byte{0x30, 0x82, byte(len(deep) >> 8), byte(len(deep))}
		deep = append(head, deep...)
	}
	return map[string]string{
		"labels that are none": strings.Repeat("BEGIN x END y ", 9000), "dashes": strings.Repeat("-", 120_000), "written-out breaks": strings.Repeat(`\n`, 60_000),
		"END without BEGIN": strings.Repeat("END CMS-", 15_000), "BEGIN without END": strings.Repeat("-----BEGIN CERTIFICATE-----\n", 4000), "a CA, 150 times": strings.Repeat(k.ca, 150),
		"base64 in base64": string(nested), "DER, deep": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: deep})),
		"a key that is costly to open": strings.Repeat(costlyKey(t), 200), "brackets": strings.Repeat(`{"a":[`, 20_000), "expansion": strings.Repeat("A=$A$A$A$A\n", 10_000),
		"commas": strings.Repeat(",", 120_000), "services": "services:\n" + strings.Repeat("  w:\n    environment: {TEMPORAL_ADDRESS: h, TEMPORAL_NAMESPACE: a}\n", 1800),
		"profiles": strings.Repeat("%p.quarkus.temporal.connection.target=h:7233\n", 2600), "commands": strings.Repeat("docker run -e TEMPORAL_ADDRESS=h:7233 x\n", 3000),
	}
}

// fill puts a text into a form, cut to what a form with files may hold.
func (e entrance) fill(text string) []string {
	out := slices.Clone(e.fields)
	for i, s := range out {
		if s == bomb {
			out[i] = text[:min(len(text), 120<<10)]
		}
	}
	return out
}

// TestEntrances: no text makes any form take more than its share, or answer with a fault of its own; the portal
// answers the next one.
// ASVS 5.2.1, 5.2.2.
func TestEntrances(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	d.post(m+"/certificates/replace", "what", "ca").to(t)
	var worstCPU time.Duration
	var worstMemory int64
	n, read := 0, map[int]bool{} // what was read at each entrance
	for what, text := range hostile(t, k) {
		for i, e := range entrances(m) {
			n++
			var r reply
			cpu, memory := weighed(t, func() { r = d.upload(e.path, e.fill(text)...) })
			worstCPU, worstMemory = max(worstCPU, cpu), max(worstMemory, memory)
			if cpu > mostCPU || memory > mostMemory {
				t.Errorf("%s at %s: %v of processor time, %d MB", what, e.path, cpu.Round(time.Millisecond), memory>>20)
			}
			if r.status >= 500 {
				t.Errorf("%s at %s: %d\n%.600s", what, e.path, r.status, mainOf(r.body))
			}
			read[i] = read[i] || r.status != http.StatusTooManyRequests && r.status != http.StatusRequestEntityTooLarge
		}
	}
	for i, e := range entrances(m) {
		if !read[i] {
			t.Errorf("nothing was read at %s", e.path)
		}
	}
	t.Logf("%d times (a text at an entrance): at most %v of processor time and %d MB", n, worstCPU.Round(time.Millisecond), worstMemory>>20)
	if n := limit.Shared.Waiting(); n != 0 {
		t.Errorf("%d pieces of work wait for nobody", n)
	}
}

// TestEntrancesTogether: a hundred people bring what is costly at once, each to another form. Memory stays bounded, nobody
// gets an error of ours, and other pages are answered meanwhile.
// ASVS 15.2.2.
func TestEntrancesTogether(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	d.post(m+"/certificates/replace", "what", "ca").to(t)
	text := strings.Repeat("BEGIN x END y ", 9000)
	all := entrances(m)
	held := func() uint64 {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapInuse + s.StackInuse
	}
	runtime.GC()
	idle, peak := held(), uint64(0)
	var mu sync.Mutex
	answers := map[int]int{}
	var busy sync.WaitGroup
	for i := range 100 {
		busy.Go(func() {
			e := all[i%len(all)]
			r := d.upload(e.path, e.fill(text)...)
			mu.Lock()
			defer mu.Unlock()
			if answers[r.status]++; r.status >= 500 {
				t.Errorf("%s: %d\n%.600s", e.path, r.status, mainOf(r.body))
			}
		})
	}
	ended := make(chan struct{})
	go func() { busy.Wait(); close(ended) }()
	var others []time.Duration
	for open := true; open; {
		began := time.Now()
		d.get(m).want(t, 200)
		others = append(others, time.Since(began))
		peak = max(peak, held())
		select {
		case <-ended:
			open = false
		default:
		}
	}
	slices.Sort(others)
	more := int64(peak) - int64(idle)
	t.Logf("answers %v; %d pages of the migration meanwhile, half within %v, the slowest %v; %d MB above idle", answers, len(others), others[len(others)/2], others[len(others)-1], more>>20)
	if more > mostMemory {
		t.Errorf("%d MB above idle", more>>20)
	}
	if n := limit.Shared.Waiting(); n != 0 {
		t.Errorf("%d pieces of work wait for nobody", n)
	}
}

// weighed runs work and tells the processor's time and the most memory that it took.
func weighed(t *testing.T, work func()) (cpu time.Duration, memory int64) {
	t.Helper()
	spent := func() time.Duration {
		var u syscall.Rusage
		check(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	held := func() int64 {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapInuse + s.StackInuse)
	}
	before, peak, began := held(), int64(0), spent()
	over, seen := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(seen)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				peak = max(peak, held()-before)
			}
		}
	}()
	work()
	cpu = spent() - began
	close(over)
	<-seen
	return cpu, max(peak, held()-before)
}
