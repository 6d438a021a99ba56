package e2e

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRawRequests: requests that no browser sends, written byte by byte to a shared portal: each is refused, or answered as
// what it is, and none is taken for two or for another's; the portal goes on.
func TestRawRequests(t *testing.T) {
	p := openBusy(t)
	cookie := p.cookie(p.owner)
	const host = "Host: onramp.test\r\n"
	form := "Origin: " + p.public + "\r\nContent-Type: application/x-www-form-urlencoded\r\nCookie: " + cookie + "\r\n"
	for _, tt := range []struct {
		name, request string
		want          string // statuses that it may have
	}{
		{"two lengths", "POST /theme HTTP/1.1\r\n" + host + form + "Content-Length: 10\r\nContent-Length: 11\r\n\r\ntheme=dark", "400"},
		{"a length and chunks", "POST /new HTTP/1.1\r\n" + host + form + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /people HTTP/1.1\r\n" + host + "\r\n", "400 422"},
		{"chunks by a made-up name", "POST /new HTTP/1.1\r\n" + host + form + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400 501"},
		{"chunks twice", "POST /new HTTP/1.1\r\n" + host + form + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "400 501"},
		{"a length below zero", "POST /theme HTTP/1.1\r\n" + host + form + "Content-Length: -1\r\n\r\n", "400"},
		{"no host", "GET /help HTTP/1.1\r\n\r\n", "400"},
		{"two hosts", "GET /help HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n", "400"},
		{"another host in the address", "GET https://evil.example/help HTTP/1.1\r\n" + host + "\r\n", "421"},
		{"a proxy's request", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "400 404 405 421"},
		{"a header that is folded", "GET /help HTTP/1.1\r\n" + host + "X-A: b\r\n c: d\r\n\r\n", "200 400 401"},
		{"a header with a blank before its colon", "GET /help HTTP/1.1\r\n" + host + "Content-Length : 5\r\n\r\n", "400"},
		{"a NUL in a header", "GET /help HTTP/1.1\r\n" + host + "X-A: b\x00c\r\n\r\n", "400"},
		{"a blank in the address", "GET /he lp HTTP/1.1\r\n" + host + "\r\n", "400"},
		{"a method of its own", "GET\t/help HTTP/1.1\r\n" + host + "\r\n", "400"},
		{"HTTP/0.9", "GET /help\r\n\r\n", "400"},
		{"HTTP/3.0", "GET /help HTTP/3.0\r\n" + host + "\r\n", "400 505"},
		{"headers of 30 kB", "GET /help HTTP/1.1\r\n" + host + "X-A: " + strings.Repeat("a", 30<<10) + "\r\n\r\n", "431"},
		{"2,000 headers", "GET /help HTTP/1.1\r\n" + host + strings.Repeat("X-A: b\r\n", 3000) + "\r\n", "431"},
		{"an address of 30 kB", "GET /help?" + strings.Repeat("a", 30<<10) + " HTTP/1.1\r\n" + host + "\r\n", "414 431"},
		{"4,000 cookies", "GET /help HTTP/1.1\r\n" + host + "Cookie: " + strings.Repeat("a=b; ", 2000) + cookie + "\r\n\r\n", "200 400 401 431"},
		{"the session twice", "GET /help HTTP/1.1\r\n" + host + "Cookie: __Host-onramp=x; " + cookie + "\r\n\r\n", "401"},
		{"an upgrade", "GET /help HTTP/1.1\r\n" + host + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n", "401"},
		{"ranges without end", "GET /help HTTP/1.1\r\n" + host + "Cookie: " + cookie + "\r\nRange: bytes=" + strings.Repeat("0-1,", 1000) + "0-1\r\n\r\n", "200"},
		{"a body of a GET", "GET /help HTTP/1.1\r\n" + host + "Cookie: " + cookie + "\r\nContent-Length: 5\r\n\r\nabcde", "200"},
		{"a form that expects to go on", "POST /theme HTTP/1.1\r\n" + host + form + "Expect: 200-maybe\r\nContent-Length: 0\r\n\r\n", "417 422"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := tls.Dial("tcp", p.line.Listen, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // its own certificate
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			if _, err := io.WriteString(conn, tt.request); err != nil {
				t.Fatal(err)
			}
			answers := bufio.NewReader(conn)
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if !strings.Contains(tt.want, fmt.Sprint(resp.StatusCode)) {
				t.Errorf("it is answered %s, want %s\n%.300s", resp.Status, tt.want, body)
			}
			if strings.Contains(string(body), "dana@example.com") && resp.StatusCode != 200 {
				t.Error("somebody is told")
			}
			if resp.StatusCode == http.StatusBadRequest { // and then nothing: what came behind is no request
				if rest, _ := io.ReadAll(answers); strings.HasPrefix(string(rest), "HTTP/") {
					t.Errorf("what stood behind it is answered: %.100s", rest)
				}
			}
		})
	}
	p.want(200, p.owner, "GET", "/people")
}
