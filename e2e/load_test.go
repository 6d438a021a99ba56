package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const (
	loadRate = 100 // requests a second, whether those before were answered or not
	word     = "otter lantern brisk 41 gravel"
)

// busy is a shared portal with a team's migrations, and its first owner's session.
type busy struct {
	*sharedPortal
	owner *http.Client
	mix   []string // pages as people open them, the frequent ones several times
}

// openBusy opens a shared portal with some migrations.
func openBusy(t testing.TB) *busy {
	t.Helper()
	p := &busy{sharedPortal: openShared(t)}
	p.owner = p.person()
	p.want(200, p.owner, "GET", strings.TrimPrefix(p.line.First, p.public))
	p.want(303, p.owner, "POST", "/start", "name", "Dana", "email", "dana@example.com", "password", word)
	for i := range 12 {
		m := "/m/team-" + strconv.Itoa(i)
		p.want(303, p.owner, "POST", "/new", "name", fmt.Sprint("Team ", i), "lang", "go", "mode", "cloud", "auth", "mtls")
		p.want(303, p.owner, "POST", m+"/namespace", "namespace", fmt.Sprintf("team-%d.a1b2c", i))
		p.want(303, p.owner, "POST", m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", fmt.Sprint("team-", i),
			"ca_common_name", fmt.Sprintf("Team %d CA", i), "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364")
		p.mix = append(p.mix, "/", m, m+"/certificates", m+"/namespace", "/help")
	}
	p.mix = append(p.mix, "/expiry", "/audit", "/search?q=team", "/m/team-1/report", "/m/team-2/upload", "/m/team-3/code", "/m/team-4/test", "/m/team-5/transfer", "/help/CL-03", "/account", "/people", "/m/team-6/runs", "/healthz")
	return p
}

// fillAudit makes the audit longer by so many records: client certificates in batches of five hundred.
func (p *busy) fillAudit(records int) {
	p.t.Helper()
	for n := 0; n < records; n += 500 {
		var rows strings.Builder
		rows.WriteString("name\n")
		for i := range 500 {
			fmt.Fprintf(&rows, "client-%d\n", n+i)
		}
		p.want(200, p.owner, "POST", "/m/team-0/certificates/batch.zip", "ca_from", "held", "rows", rows.String(), "key_type", "ec-p256")
	}
}

// cookie is the session of a person's client.
func (p *busy) cookie(c *http.Client) string {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.public, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, k := range c.Jar.Cookies(r.URL) {
		if k.Name == "__Host-onramp" {
			return k.String()
		}
	}
	p.t.Fatal("nobody has signed in")
	return ""
}

// targets are requests for pages of a server, with a session.
func targets(base, cookie string, pages []string) []vegeta.Target {
	h := http.Header{"Accept-Encoding": {"gzip"}, "Accept": {"text/html"}}
	if cookie != "" {
		h.Set("Cookie", cookie)
	}
	var out []vegeta.Target
	for _, page := range pages {
		out = append(out, vegeta.Target{Method: http.MethodGet, URL: base + page, Header: h})
	}
	return out
}

// caller is a client of one address, whatever a request's host, by HTTP/2 or HTTP/1.1.
func caller(addr string, http2 bool) *http.Client {
	dial := &net.Dialer{}
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 100, ForceAttemptHTTP2: http2, //nolint:gosec // its own certificate
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dial.DialContext(ctx, network, addr)
		}}
	if !http2 {
		tr.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return &http.Client{Transport: tr, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// load is what an open loop came to.
type load struct {
	took   []time.Duration
	bytes  uint64 // as they came over the wire, without headers
	failed []string
}

func (l *load) add(r *vegeta.Result) {
	l.took, l.bytes = append(l.took, r.Latency), l.bytes+r.BytesIn
	if r.Error != "" {
		l.failed = append(l.failed, fmt.Sprintf("%s: %d %s", r.URL, r.Code, r.Error))
	}
}

func (l *load) p(n float64) time.Duration {
	s := slices.Sorted(slices.Values(l.took))
	return s[min(len(s)-1, int(float64(len(s))*n/100))]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }

// openLoop sends so many requests a second for so long, whether those before were answered or not.
func openLoop(c *http.Client, to []vegeta.Target, rate int, d time.Duration) (*vegeta.Attacker, <-chan *vegeta.Result) {
	a := vegeta.NewAttacker(vegeta.Client(c))
	return a, a.Attack(vegeta.NewStaticTargeter(to...), vegeta.Rate{Freq: rate, Per: time.Second}, d, "")
}

// run adds an open loop.
func (l *load) run(c *http.Client, to []vegeta.Target, rate int, d time.Duration) {
	_, results := openLoop(c, to, rate, d)
	for r := range results {
		l.add(r)
	}
}

// bareEnv makes the test's own program a server that answers with as many bytes as it is asked for and does nothing else.
const bareEnv = "ONRAMP_E2E_BARE"

// serveBare is that server: it has the certificate that bareEnv names and prints where it listens.
func serveBare(files string) {
	cert, key, _ := strings.Cut(files, ",")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	body := []byte(strings.Repeat("x", 1<<20))
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(min(n, len(body))))
		_, _ = w.Write(body[:min(n, len(body))])
	})}
	fmt.Println("bare", ln.Addr())
	fmt.Fprintln(os.Stderr, srv.ServeTLS(ln, cert, key))
}

// openBare starts it in a process of its own, and returns its address.
func openBare(t testing.TB, cert, key string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, "", cleanEnv(bareEnv+"="+cert+","+key), self).line(`^bare (.*)$`)[1]
}

// sizes asks for each page once and returns the bare server's page of the same size.
func sizes(b testing.TB, c *http.Client, to []vegeta.Target) (pages []string) {
	b.Helper()
	_, results := openLoop(c, to, 50, time.Duration(len(to))*time.Second/50)
	for r := range results {
		if r.Error != "" {
			b.Fatalf("%s answers %d %s", r.URL, r.Code, r.Error)
		}
		pages = append(pages, fmt.Sprint("/?n=", r.BytesIn))
	}
	return pages
}

// BenchmarkLoad: a hundred requests a second for a minute to a shared portal and, in turns of twenty seconds, to a bare
// server of net/http that answers as many bytes: TLS and HTTP/2, with a session, over a mix of pages. Then how many
// requests a second are answered within 100 ms (p99), all of them.
func BenchmarkLoad(b *testing.B) {
	p := openBusy(b)
	a, bareAddr := caller(p.line.Listen, true), openBare(b, p.cert, p.key)
	bare := caller(bareAddr, true)
	to := targets(p.public, p.cookie(p.owner), p.mix)
	plain := targets(p.public, "", sizes(b, a, to))
	for b.Loop() {
	}
	var ours, theirs load
	for range 3 {
		theirs.run(bare, plain, loadRate, 20*time.Second)
		ours.run(a, to, loadRate, 20*time.Second)
	}
	for _, f := range slices.Concat(ours.failed, theirs.failed) {
		b.Error(f)
	}
	highest := 0
	for rate := 200; rate <= 6400; rate *= 2 {
		var l load
		l.run(a, to, rate, 5*time.Second)
		b.Logf("%d a second: p50 %s ms, p99 %s ms, %d of %d failed", rate, millis(l.p(50)), millis(l.p(99)), len(l.failed), len(l.took))
		if len(l.failed) > 0 || l.p(99) > 100*time.Millisecond {
			break
		}
		highest = rate
	}
	b.Logf("figure: R9 p99=%sms p50=%sms failed=%d requests=%d bytes=%d bare_p99=%sms bare_p50=%sms highest_clean_rate=%d/s ratio=%.2f", millis(ours.p(99)), millis(ours.p(50)), len(ours.failed), len(ours.took),
		ours.bytes/uint64(len(ours.took)), millis(theirs.p(99)), millis(theirs.p(50)), highest, float64(ours.p(99))/float64(theirs.p(99)))
}

// blackHole accepts connections and answers nothing, until the test ends. It counts those that are open.
func blackHole(t testing.TB) (addr string, open *atomic.Int64) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	open = &atomic.Int64{}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			open.Add(1)
			go func() {
				_, _ = io.Copy(io.Discard, c)
				c.Close()
				open.Add(-1)
			}()
		}
	}()
	return ln.Addr().String(), open
}

// beside are an idle open loop and one beside something, in turns.
type beside struct{ idle, under load }

// figure is both, and their ratio.
func (x *beside) figure() string {
	return fmt.Sprintf("p99=%sms idle_p99=%sms p50=%sms idle_p50=%sms failed=%d ratio=%.2f", millis(x.under.p(99)), millis(x.idle.p(99)), millis(x.under.p(50)), millis(x.idle.p(50)),
		len(x.idle.failed)+len(x.under.failed), float64(x.under.p(99))/float64(x.idle.p(99)))
}

// BenchmarkHungChecks: pages of a portal for one person while 50 of its checks wait for servers that never answer,
// beside the same pages while nothing goes on. (A portal for several people dials no address of its own machine.)
func BenchmarkHungChecks(b *testing.B) {
	const moves, each, rounds, hanging = 17, 3, 5, 50
	// The way to Temporal Cloud leads through a proxy that accepts connections and says nothing.
	hole, open := blackHole(b)
	p := start(b, "", cleanEnv("HTTPS_PROXY=http://"+hole, "https_proxy=http://"+hole, "NO_PROXY=", "no_proxy="), program, "serve", "--addr", "127.0.0.1:0", "--data", b.TempDir(), "--rehearsal", "off")
	url := p.line(`(http://[0-9.:]+)/`)[1]
	v := visit(b, url)
	var mix, tests []string
	for i := range moves {
		m := fmt.Sprint("/m/team-", i)
		v.form("/new", "name", fmt.Sprint("Team ", i), "lang", "go", "mode", "cloud", "auth", "mtls").ok(b, "a migration")
		v.form(m+"/namespace", "namespace", fmt.Sprintf("team-%d.a1b2c", i)).ok(b, "its namespace")
		v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", fmt.Sprint("team-", i),
			"ca_common_name", fmt.Sprintf("Team %d CA", i), "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(b, "its certificates")
		key := v.form(m+"/certificates/bundle.zip").ok(b, "the bundle").files(b)["client.key"]
		mix, tests = append(mix, "/", m, m+"/certificates", m+"/test"), append(tests, key)
	}
	mix = append(mix, "/expiry", "/audit", "/search?q=team", "/help", "/help/CL-03")
	a, to := caller(strings.TrimPrefix(url, "http://"), false), targets(url, "", mix)
	for b.Loop() {
	}
	var x beside
	least := moves * each
	for range rounds {
		x.idle.run(a, to, loadRate, 3*time.Second)
		running := make([]string, moves*each)
		var begun sync.WaitGroup
		for i, key := range tests {
			begun.Go(func() {
				for k := range each {
					running[i*each+k] = v.upload(fmt.Sprintf("/m/team-%d/test", i), "key_source", "paste", "key_pem", key).ok(b, "a check").path
				}
			})
		}
		begun.Wait()
		within(b, "nearly all of them hang", func() bool { return open.Load() >= hanging })
		x.under.run(a, to, loadRate, 3*time.Second) // a check gives such a proxy up after five seconds
		still := int(open.Load())
		least = min(least, still)
		for _, run := range running {
			v.ended(run)
		}
	}
	for _, f := range slices.Concat(x.idle.failed, x.under.failed) {
		b.Error(f)
	}
	b.Logf("figure: R10 %s hung=%d still_hung_at_the_end=%d", x.figure(), moves*each, least)
}

// drip keeps a slow client at a portal: it sends the head of a request a byte at a time and, once it is cut off, comes
// again. It counts how often that was.
func drip(ctx context.Context, addr string, cut func()) {
	for ctx.Err() == nil {
		c, err := (&tls.Dialer{NetDialer: &net.Dialer{}, Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}).DialContext(ctx, "tcp", addr) //nolint:gosec // its own certificate
		if err != nil {
			continue
		}
		stop := context.AfterFunc(ctx, func() { c.Close() })
		const head = "GET /help HTTP/1.1\r\nHost: onramp.test\r\nX-Slow: "
		_, err = io.WriteString(c, head)
		for tick := time.NewTicker(time.Second); err == nil; <-tick.C {
			_, err = c.Write([]byte{'x'})
		}
		stop()
		c.Close()
		cut()
	}
}

// neverRead asks for the whole audit and does not read it.
func neverRead(ctx context.Context, addr, cookie string, answered func(status string)) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return
	}
	defer raw.Close()
	_ = raw.(*net.TCPConn).SetReadBuffer(4 << 10)
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // its own certificate
	_, _ = fmt.Fprintf(c, "GET /audit.json HTTP/1.1\r\nHost: onramp.test\r\nCookie: %s\r\n\r\n", cookie)
	var first [12]byte
	_, _ = io.ReadFull(c, first[:])
	answered(string(first[9:])) // it has begun
	<-ctx.Done()
}

// BenchmarkSlowClients: pages of a shared portal while 500 connections send the head of a request a byte at a time and
// come again when they are cut off, and beside 80 connections of ten people that ask for the whole audit and read
// nothing; each beside the same pages while nothing goes on. And the portal's memory.
func BenchmarkSlowClients(b *testing.B) {
	const slow, readers, rounds = 500, 80, 3
	p := openBusy(b)
	p.fillAudit(20_000) // 10 MB as JSON: more than the sockets of two sides hold
	cookies := []string{p.cookie(p.owner)}
	for i := range readers/8 - 1 { // one person reads eight exports at once
		cookies = append(cookies, p.cookie(p.join(fmt.Sprintf("reader-%d@example.com", i), "cloud-admin")))
	}
	a, to := caller(p.line.Listen, true), targets(p.public, cookies[0], p.mix)
	for b.Loop() {
	}
	pid := p.cmd.Process.Pid
	var loris, unread beside
	var cuts, asked, given atomic.Int64
	idle, most := resident(b, pid), [2]float64{}
	for range rounds {
		loris.idle.run(a, to, loadRate, 5*time.Second)
		ctx, stop := context.WithCancel(b.Context())
		var all sync.WaitGroup
		for range slow {
			all.Go(func() { drip(ctx, p.line.Listen, func() { cuts.Add(1) }) })
		}
		within(b, "all of them are there", func() bool { return connections(b, pid) >= slow })
		loris.under.run(a, to, loadRate, 8*time.Second)
		most[0] = max(most[0], resident(b, pid))
		stop()
		all.Wait()
		within(b, "all of them are gone", func() bool { return connections(b, pid) < slow/2 })
	}
	for range rounds {
		unread.idle.run(a, to, loadRate, 5*time.Second)
		ctx, stop := context.WithCancel(b.Context())
		var all sync.WaitGroup
		began := asked.Load()
		for i := range readers {
			all.Go(func() {
				neverRead(ctx, p.line.Listen, cookies[i%len(cookies)], func(status string) {
					asked.Add(1)
					if status == "200" {
						given.Add(1)
					}
				})
			})
		}
		within(b, "all exports have begun", func() bool { return asked.Load() == began+readers })
		unread.under.run(a, to, loadRate, 8*time.Second)
		most[1] = max(most[1], resident(b, pid))
		stop()
		all.Wait()
	}
	for _, l := range []load{loris.idle, loris.under, unread.idle, unread.under} {
		for _, f := range l.failed {
			b.Error(f)
		}
	}
	if cuts.Load() < slow*rounds {
		b.Errorf("of %d slow connections %d were cut off", slow*rounds, cuts.Load())
	}
	if given.Load() < readers { // in all rounds together
		b.Errorf("of %d readers %d were given the audit", readers*rounds, given.Load())
	}
	b.Logf("figure: S16a %s connections=%d cut=%d resident=%.0fMB idle_resident=%.0fMB", loris.figure(), slow, cuts.Load(), most[0], idle)
	b.Logf("figure: S16b %s readers=%d exports=%d resident=%.0fMB idle_resident=%.0fMB", unread.figure(), readers, given.Load(), most[1], idle)
}

// connections is how many files, sockets among them, a process has open.
func connections(b testing.TB, pid int) int {
	all, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		b.Fatal(err)
	}
	return len(all)
}

// join makes an account and returns its person's client, signed in.
func (p *busy) join(email, role string) *http.Client {
	p.t.Helper()
	add := run(p.t, cleanEnv(), "people", "add", "--email", email, "--role", role, "--data", p.data)
	link, _, _ := strings.Cut(add.out, "\n")
	if add.code != 0 {
		p.t.Fatalf("people add: %s", add.err)
	}
	c := p.person()
	p.want(303, c, "POST", "/start", "t", link[strings.Index(link, "t=")+2:], "password", word)
	return c
}
