package doctor

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// toxic is a disturbance of the line, with its settings in toxiproxy's JSON. It works downstream (from
// the server), upstream or both.
type toxic struct{ kind, attributes, stream string }

// gentle toxics make a line slow, and break nothing.
func (x toxic) gentle() bool { return x.kind == "latency" || x.kind == "slicer" }

// toxicLine puts toxiproxy between the engine and a server and returns the address to check.
func toxicLine(t testing.TB, upstream string, x toxic) string {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, "line", "127.0.0.1:0", upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	for _, stream := range strings.Split(x.stream, "+") {
		text := fmt.Sprintf(`{"type":%q,"stream":%q,"toxicity":1,"attributes":{%s}}`, x.kind, stream, x.attributes)
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	return p.Listen
}

// brokenLine are the verdicts that a line which breaks or falls silent may get.
var brokenLine = []string{UnknownCode, "TC-02", "TC-05", "TC-06", "PR-11", "PR-12", "PR-15", "CL-11", "CL-12", "H2-01", "H2-11", "SY-03", "SY-08"}

var toxicStep = flag.Int("toxicstep", 475, "by how many bytes the limits of TestToxics grow, from 100 to 2000")

// A disturbed line may weaken a verdict to likely or unknown, or change it into one of a broken line;
// it never makes a wrong certain one. Latency and slicing alone do not weaken it at all.
func TestToxics(t *testing.T) {
	stranger := newAuthority(t, "Stranger CA", nil).issue(t, "orders worker", "p256")
	faults := []struct {
		name string
		edit func(*Target)
		code string
	}{
		{"good", func(*Target) {}, OK},
		{"no certificate", func(t *Target) { t.CertPEM, t.KeyPEM = nil, nil }, "CL-01"},
		{"unknown CA", func(t *Target) { t.CertPEM, t.KeyPEM = stranger.cert, stranger.key }, "CL-03"},
		{"expired", nil, "CL-04"},
		{"namespace missing", func(t *Target) { t.Namespace = "nowhere.a1b2c" }, "NS-01"},
	}
	const both = "upstream+downstream"
	toxics := []toxic{{"latency", `"latency":200,"jitter":100`, both}, {"slicer", `"average_size":40,"size_variation":20,"delay":200`, both}}
	for n := 100; n <= 2000; n += *toxicStep {
		toxics = append(toxics, toxic{"limit_data", fmt.Sprintf(`"bytes":%d`, n), "downstream"}, toxic{"limit_data", fmt.Sprintf(`"bytes":%d`, n), "upstream"})
	}
	for _, ms := range []int{0, 5, 30, 300} {
		toxics = append(toxics, toxic{"reset_peer", fmt.Sprintf(`"timeout":%d`, ms), "downstream"})
	}
	for _, ms := range []int{0, 100} {
		toxics = append(toxics, toxic{"timeout", fmt.Sprintf(`"timeout":%d`, ms), both}, toxic{"timeout", fmt.Sprintf(`"timeout":%d`, ms), "downstream"})
	}
	type disturbed struct {
		x     toxic
		fault int
	}
	work := make(chan disturbed)
	var wg sync.WaitGroup
	var runs, right, weaker atomic.Int64
	for range 10 { // most of the time is waiting
		wg.Go(func() {
			for d := range work {
				x, f := d.x, faults[d.fault]
				t.Run(x.kind+" "+x.attributes+" "+x.stream+" "+f.name, func(t *testing.T) {
					l := newLab(t)
					config := l.mtls()
					if f.code == "CL-04" { // expired by the server's clock: no local rule sees it
						config.Time = func() time.Time { return time.Now().Add(60 * 24 * time.Hour) }
					}
					target := l.target(toxicLine(t, l.serve(config), x))
					if f.edit != nil {
						f.edit(&target)
					}
					r := check(t, target, func(o *Options) {
						o.Timeout = 12 * time.Second
						o.Budgets = Budgets{TCP: time.Second, TLS: time.Second, RPC: time.Second, Probe: 600 * time.Millisecond}
						if x.gentle() {
							o.Budgets = Budgets{} // the usual ones: that a line is slow must not matter
						}
					})
					wholeReport(t, r)
					runs.Add(1)
					switch {
					case r.Verdict.Code == f.code:
						right.Add(1)
					case r.Verdict.Level == Certain:
						t.Errorf("wrong and certain, want %s\n%s", f.code, show(r))
					case x.gentle():
						t.Errorf("want %s\n%s", f.code, show(r))
					default:
						weaker.Add(1)
						if !slices.Contains(brokenLine, r.Verdict.Code) {
							t.Errorf("a broken line was taken for %s\n%s", r.Verdict.Code, show(r))
						}
					}
				})
			}
		})
	}
	for _, x := range toxics {
		for i := range faults {
			work <- disturbed{x, i}
		}
	}
	close(work)
	wg.Wait()
	if *update {
		intoPage(t, "toxics", fmt.Sprintf("%d checks over slow, cut, reset and silent lines (`-toxicstep %d`): %d with the exact verdict, %d weaker, %d wrong and certain.\n",
			runs.Load(), *toxicStep, right.Load(), weaker.Load(), runs.Load()-right.Load()-weaker.Load()))
	}
	t.Logf("figure: R7 wrong_and_certain=%d checks=%d exact=%d weaker=%d", runs.Load()-right.Load()-weaker.Load(), runs.Load(), right.Load(), weaker.Load())
	t.Logf("%d checks over disturbed lines: %d with the exact verdict, %d weaker, none wrong and certain", runs.Load(), right.Load(), weaker.Load())
}
