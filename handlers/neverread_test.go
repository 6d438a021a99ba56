package handlers_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/custody"
)

// heap is what is in use after a collection, in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools held at the first
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// manyRecords writes n records, about 400 bytes each in an export.
func manyRecords(t testing.TB, d *desk, n int) {
	t.Helper()
	rs := make([]custody.Record, 1000)
	for i := range rs {
		rs[i] = custody.Record{At: time.Unix(int64(1_700_000_000+i), 0), Verb: custody.Signed, Subject: fmt.Sprintf("CN=client-%d,O=Payments", i), Fingerprint: strings.Repeat("ab", 32), CAFingerprint: strings.Repeat("cd", 32), Days: 30, Lane: "server"}
	}
	for range n / len(rs) {
		check(t, d.db.AddRecords(t.Context(), rs...))
	}
}

// connections counts what the server's connections come to.
type connections struct {
	mu     sync.Mutex
	open   int
	closed int
	wake   chan struct{}
}

func (c *connections) see(_ net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s {
	case http.StateNew:
		c.open++
	case http.StateClosed:
		c.open--
		c.closed++
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// wait waits until as many are open as is wanted.
func (c *connections) wait(t testing.TB, what string, until func(open, closed int) bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		c.mu.Lock()
		open, closed := c.open, c.closed
		c.mu.Unlock()
		if until(open, closed) {
			return
		}
		select {
		case <-c.wake:
		case <-limit:
			t.Fatalf("%s: %d connections are open, %d closed", what, open, closed)
		}
	}
}

// TestReadersThatNeverRead: eighty that ask for everything and read nothing hold little memory, keep nobody from the
// pages, and are cut off.
func TestReadersThatNeverRead(t *testing.T) {
	const readers, most = 80, 32 << 20 // with what the collector has not taken yet
	d := sit(t, deskOptions{patience: 2 * time.Second})
	manyRecords(t, d, 50_000) // 25 MB as JSON
	seen := &connections{wake: make(chan struct{}, 1)}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	srv := &http.Server{Handler: d.h.Router(), ConnState: seen.see, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	defer func() { srv.Close(); <-served }()
	for _, path := range []string{"/audit.json", "/audit.csv", "/audit", "/expiry.ics"} {
		before := heap()
		var conns []net.Conn
		for range readers {
			c, err := net.Dial("tcp", ln.Addr().String())
			check(t, err)
			check(t, c.(*net.TCPConn).SetReadBuffer(4<<10))
			_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, d.srv.Listener.Addr())
			check(t, err)
			conns = append(conns, c)
		}
		for _, c := range conns {
			_, err := c.Read(make([]byte, 1)) // its answer has begun
			check(t, err)
		}
		seen.wait(t, path, func(open, _ int) bool { return open == readers })
		held := heap() - before
		began := time.Now()
		d.get("/").want(t, 200)
		t.Logf("%s: %d readers that never read hold %d kB; the first page took %s meanwhile", path, readers, held>>10, time.Since(began).Round(time.Millisecond))
		if held > most {
			t.Errorf("%s: %d readers that never read hold %d kB, at most %d", path, readers, held>>10, most>>10)
		}
		if path == "/audit.json" || path == "/audit.csv" { // what does not fit into the sockets is cut off; the rest waits for the next request
			seen.wait(t, path, func(_, closed int) bool { return closed > 0 })
		}
		for _, c := range conns {
			c.Close()
		}
		seen.wait(t, path+" at the end", func(open, _ int) bool { return open == 0 })
	}
}

// TestSlowReaderGetsAll: a reader that is slow, and slower than the patience with a piece, gets everything all the same.
func TestSlowReaderGetsAll(t *testing.T) {
	d := sit(t, deskOptions{patience: 200 * time.Millisecond})
	manyRecords(t, d, 1000)
	c, err := net.Dial("tcp", d.srv.Listener.Addr().String())
	check(t, err)
	defer c.Close()
	check(t, c.(*net.TCPConn).SetReadBuffer(4<<10))
	_, err = fmt.Fprintf(c, "GET /audit.json HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", d.srv.Listener.Addr())
	check(t, err)
	began := time.Now()
	resp, err := http.ReadResponse(bufio.NewReaderSize(trickle{c}, 16<<10), nil)
	check(t, err)
	defer resp.Body.Close()
	var out struct {
		Schema  string
		Records []custody.Record
	}
	check(t, json.NewDecoder(resp.Body).Decode(&out))
	if n := len(out.Records); n != 1001 || out.Schema != "onramp.audit/1" || out.Records[0].ID != 1001 || out.Records[n-1].ID != 1 {
		t.Errorf("%d records of schema %q", n, out.Schema)
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("the reader took %s: it was not slow enough to tell anything", took)
	}
}

// trickle reads at most 16 kB in 5 ms.
type trickle struct{ net.Conn }

func (s trickle) Read(b []byte) (int, error) {
	<-time.After(5 * time.Millisecond)
	return s.Conn.Read(b[:min(len(b), 16<<10)])
}

// TestExports: what is streamed is whole, empty or not, and one person reads at most eight at once.
func TestExports(t *testing.T) {
	d := sit(t, deskOptions{patience: time.Minute})
	var out struct {
		Schema  string
		Records []custody.Record
	}
	check(t, json.Unmarshal([]byte(d.get("/audit.json?verb=signed").want(t, 200).body), &out))
	if out.Records == nil || len(out.Records) != 0 || out.Schema != "onramp.audit/1" {
		t.Errorf("nothing is exported as %+v", out)
	}
	manyRecords(t, d, 50_000)
	check(t, json.Unmarshal([]byte(d.get("/audit.json?verb=signed").want(t, 200).body), &out))
	rows, err := csv.NewReader(strings.NewReader(d.get("/audit.csv").want(t, 200).body)).ReadAll()
	if len(out.Records) != 50_000 || err != nil || len(rows) != 50_002 {
		t.Errorf("%d as JSON, %d lines of CSV, %v", len(out.Records), len(rows), err)
	}
	var conns []net.Conn
	for range 8 {
		c, err := net.Dial("tcp", d.srv.Listener.Addr().String())
		check(t, err)
		defer c.Close()
		_, err = fmt.Fprintf(c, "GET /audit.json HTTP/1.1\r\nHost: %s\r\n\r\n", d.srv.Listener.Addr())
		check(t, err)
		_, err = c.Read(make([]byte, 1)) // it has begun
		check(t, err)
		conns = append(conns, c)
	}
	d.get("/audit.json").want(t, http.StatusTooManyRequests, "Too many exports")
	d.get("/audit").want(t, 200)
	for _, c := range conns {
		c.Close()
	}
}

// TestReadOnlyAfterTampering: once the audit does not hold, pages are shown, each says so, and no form changes anything.
func TestReadOnlyAfterTampering(t *testing.T) {
	d := sit(t, deskOptions{})
	manyRecords(t, d, 1000)
	db := d.sql(t)
	defer db.Close()
	for _, query := range []string{"DROP TRIGGER audit_no_update", "UPDATE audit SET person = 'nobody' WHERE id = 500"} {
		_, err := db.ExecContext(t.Context(), query)
		check(t, err)
	}
	if found, err := d.db.VerifyAudit(t.Context()); err != nil || found.FirstBad != 500 {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, path := range []string{"/", "/audit", "/expiry", "/new", "/help"} {
		d.get(path).want(t, 200, "Read only: the audit was changed.", "500")
	}
	d.post("/new", "name", "Payments", "lang", "go", "mode", "rehearsal", "auth", "mtls").want(t, http.StatusServiceUnavailable, "The audit was changed", "Nothing was changed.", "onramp restore")
	d.get("/audit.json").want(t, 200)
}
