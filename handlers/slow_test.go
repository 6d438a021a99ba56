package handlers_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSlowForms: a form that does not come to its end in time is answered so, and the answer is a whole page.
func TestSlowForms(t *testing.T) {
	d := sit(t, deskOptions{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	srv := &http.Server{Handler: d.h.Router(), ReadTimeout: 100 * time.Millisecond, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	before := d.snapshot()
	for _, form := range []struct{ path, kind, body string }{
		{"/new", "application/x-www-form-urlencoded", "name=a"},
		{"/theme", "application/x-www-form-urlencoded", "theme=dark"},
		{"/decode", "application/x-www-form-urlencoded", "error_text=x"},
		{"/certificates/inspect", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nab"},
	} {
		conn, err := net.Dial("tcp", ln.Addr().String())
		check(t, err)
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 500\r\n\r\n%s", form.path, d.srv.Listener.Addr(), form.kind, form.body)
		check(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		check(t, err)
		b, err := io.ReadAll(resp.Body)
		check(t, err)
		_ = conn.Close()
		if resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(b), "too slowly") || !strings.Contains(string(b), "</html>") {
			t.Errorf("%s answered %d: %.300s", form.path, resp.StatusCode, b)
		}
	}
	if after := d.snapshot(); after != before {
		t.Error("something was stored")
	}
}
