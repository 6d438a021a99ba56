package views

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// The budgets of a page as it goes over the wire, compressed.
const (
	pageBudget  = 14 << 10 // HTML of any page
	styleBudget = 10 << 10
	coldBudget  = 40 << 10 // HTML, stylesheet, script and icon together
)

func TestPagesAreLight(t *testing.T) {
	style, script, icon := gzipped(t, stylesheet(t)), gzipped(t, asset(t, "app.js")), gzipped(t, asset(t, "icon.svg"))
	if style > styleBudget {
		t.Errorf("stylesheet: %d bytes, budget %d", style, styleBudget)
	}
	t.Logf("%-26s %6d", "stylesheet", style)
	t.Logf("%-26s %6d", "script", script)
	for _, p := range pages() {
		page := gzipped(t, render(t, p.html))
		cold := page + style + script + icon
		t.Logf("%-26s %6d, cold %6d", p.name, page, cold)
		if page > pageBudget || cold > coldBudget {
			t.Errorf("%s: %d bytes (budget %d), cold %d (budget %d)", p.name, page, pageBudget, cold, coldBudget)
		}
	}
}

func gzipped(t testing.TB, text string) int {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
