package e2e

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// stopped is what a stop in the midst of requests came to.
type stopped struct {
	before, failed int      // requests that were sent before SIGTERM, and those of them without their whole answer
	why            []string // of those
	took           time.Duration
	code           int
}

// stopUnderLoad sends SIGTERM while a hundred requests a second come in and forms are under way that take a while to
// be sent.
func (p *busy) stopUnderLoad(http2 bool) (s stopped) {
	p.t.Helper()
	const slowForms, enough = 20, 150
	a, results := openLoop(caller(p.line.Listen, http2), targets(p.public, p.cookie(p.owner), p.mix), loadRate, 20*time.Second)
	var all []*vegeta.Result
	for r := range results {
		if all = append(all, r); len(all) == enough {
			break
		}
	}
	// Forms whose last byte comes after the signal.
	rest := make(chan struct{})
	sent := make(chan error, slowForms)
	var begun sync.WaitGroup
	for range slowForms {
		begun.Add(1)
		go func() { sent <- p.slowForm(begun.Done, rest) }()
	}
	begun.Wait()
	ended := make(chan struct{})
	go func() {
		for r := range results {
			all = append(all, r)
		}
		close(ended)
	}()
	signalled := time.Now()
	stop := make(chan struct{})
	go func() {
		s.code, s.took = p.stop()
		close(stop)
	}()
	within(p.t, "the portal says that it stops", func() bool { return strings.Contains(p.output(), "stopping: ") })
	close(rest)
	for range slowForms {
		s.before++
		if err := <-sent; err != nil {
			s.failed, s.why = s.failed+1, append(s.why, "a form: "+err.Error())
		}
	}
	<-stop
	a.Stop()
	<-ended
	for _, r := range all {
		if !r.Timestamp.Before(signalled) {
			continue // nobody was promised an answer
		}
		s.before++
		if r.Error != "" {
			s.failed, s.why = s.failed+1, append(s.why, fmt.Sprintf("%s, %s before the signal: %d %s", r.URL, signalled.Sub(r.Timestamp).Round(10*time.Microsecond), r.Code, r.Error))
		}
	}
	return s
}

// slowForm sends a form all but its last byte, and that once it may; the answer has to be whole.
func (p *busy) slowForm(begun func(), rest <-chan struct{}) error {
	c, err := tls.Dial("tcp", p.line.Listen, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // its own certificate
	if err != nil {
		begun()
		return err
	}
	defer c.Close()
	const form = "theme=dark"
	_, err = fmt.Fprintf(c, "POST /theme HTTP/1.1\r\nHost: onramp.test\r\nOrigin: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", p.public, len(form), form[:len(form)-1])
	begun()
	if err != nil {
		return err
	}
	<-rest
	if _, err := c.Write([]byte(form[len(form)-1:])); err != nil {
		return err
	}
	b, err := io.ReadAll(c)
	if err == nil && !strings.HasPrefix(string(b), "HTTP/1.1 303") {
		err = fmt.Errorf("answered %.60q", b)
	}
	return err
}

// judge fails for each request that did not get its answer.
func (s stopped) judge(t testing.TB) {
	t.Helper()
	for _, why := range s.why {
		t.Error(why)
	}
	if s.code != 0 || s.took > 10*time.Second {
		t.Errorf("the stop took %s and ended %d", s.took, s.code)
	}
	if s.before < 150 {
		t.Errorf("only %d requests", s.before)
	}
}

// TestStopUnderLoad: SIGTERM at a hundred requests a second: whoever sent a request before gets its answer, whole, and
// the portal ends within ten seconds.
func TestStopUnderLoad(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			s := openBusy(t).stopUnderLoad(http2)
			s.judge(t)
			t.Logf("%d requests before the signal, %d failed, the stop took %s", s.before, s.failed, s.took.Round(time.Millisecond))
		})
	}
}

// BenchmarkStopUnderLoad: ten rounds of that.
func BenchmarkStopUnderLoad(b *testing.B) {
	const rounds = 10
	for b.Loop() {
	}
	requests, failed, slowest := 0, 0, time.Duration(0)
	for i := range rounds {
		s := openBusy(b).stopUnderLoad(i%2 == 0)
		s.judge(b)
		requests, failed, slowest = requests+s.before, failed+s.failed, max(slowest, s.took)
	}
	b.Logf("figure: R14 failed=%d requests=%d rounds=%d slowest_exit=%sms", failed, requests, rounds, millis(slowest))
}

// TestSlowClientsAreCut: who sends no request in time is cut off, however it is slow.
func TestSlowClientsAreCut(t *testing.T) {
	p := openShared(t)
	over := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}} //nolint:gosec // its own certificate
	t.Run("slow", func(t *testing.T) { p.cutsOff(t, over) })
	p.want(200, p.person(), "GET", "/healthz")
}

// cutsOff begins each kind of slow request at a portal and waits until it is cut off.
func (p *sharedPortal) cutsOff(t *testing.T, over *tls.Config) {
	for name, begin := range map[string]func(net.Conn) (net.Conn, string){
		"nothing at all":      func(c net.Conn) (net.Conn, string) { return c, "" },
		"half of a handshake": func(c net.Conn) (net.Conn, string) { return c, "\x16\x03\x01\x02\x00\x01" },
		"no request":          func(c net.Conn) (net.Conn, string) { return tls.Client(c, over), "" },
		"half of a request":   func(c net.Conn) (net.Conn, string) { return tls.Client(c, over), "GET / HTTP/1.1\r\nHost: onr" },
		"a header that never ends": func(c net.Conn) (net.Conn, string) {
			return tls.Client(c, over), "GET / HTTP/1.1\r\nHost: onramp.test\r\nX-Slow: "
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := net.Dial("tcp", p.line.Listen)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			c, head := begin(raw)
			if h, ok := c.(*tls.Conn); ok {
				if err := h.Handshake(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := io.WriteString(c, head); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if err := c.SetReadDeadline(began.Add(patience)); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(head, ": ") {
				go func() {
					for tick := time.NewTicker(200 * time.Millisecond); err == nil; <-tick.C {
						_, err = c.Write([]byte{'x'})
					}
				}()
			}
			_, err = io.Copy(io.Discard, c)
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				t.Fatal("it was never cut off")
			}
			t.Logf("cut off after %s", time.Since(began).Round(time.Millisecond))
		})
	}
}
