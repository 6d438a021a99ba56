package namespace

import (
	"strings"
	"testing"
)

// TestHostNameEdges: the last that passes and the first that does not, of each rule of host names.
func TestHostNameEdges(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Join([]string{label, label, label, strings.Repeat("b", 61)}, ".") // 253
	for _, tt := range []struct{ host, says string }{
		{longest, ""},
		{longest + "b", "at most 253 characters"},
		{label + ".example", ""},
		{label + "a.example", "longer than 63"},
		{"AZaz09-_x.example", ""},
		{"ab!c.example", "Character 3 of “ab!c.example” is “!”"},
		{"ab@c.example", "Character 3 of"},
		{"ab[c.example", "Character 3 of"},
		{"a.example.", ""},
		{"a..example", "has a part that is empty"},
		{"-a.example", "hyphen"},
		{"a-.example", "hyphen"},
	} {
		f := hostName("address", tt.host)
		if (f == nil) != (tt.says == "") || f != nil && !strings.Contains(f.Cause, tt.says) {
			t.Errorf("%.30s (%d): %v, want %q", tt.host, len(tt.host), f, tt.says)
		}
	}
}

// TestTrailingColons: a colon behind a port is taken away, and the port stays.
func TestTrailingColons(t *testing.T) {
	for _, text := range []string{"worker.example:7234:", "worker.example:7234::", "worker.example:7234:7234"} {
		a, _, err := ParseAddress(text)
		if err != nil || a.String() != "worker.example:7234" {
			t.Errorf("%s: %v, %v", text, a, err)
		}
	}
}

// TestHiddenList: hidden characters and blanks around a text are named with their places; blanks inside are none.
func TestHiddenList(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"  a ", "blank (U+0020) at position 0, blank (U+0020) at position 1, blank (U+0020) at position 3"},
		{"\u200ba b", "zero-width space (U+200B) at position 0"},
		{"a b\u00ad", "soft hyphen (U+00AD) at position 3"},
		{"\t ", "tab (U+0009) at position 0, blank (U+0020) at position 1"},
		{"a\u200b\u200b\u200b\u200b\u200bb", "zero-width space (U+200B) at position 1, zero-width space (U+200B) at position 2, zero-width space (U+200B) at position 3, zero-width space (U+200B) at position 4 and 1 more"},
	} {
		if got := hiddenList(tt.text); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
	for r, want := range map[rune]string{'!': "“!”", 'é': "“é” (U+00E9)", '\u007f': "U+007F", ' ': "blank (U+0020)"} {
		if got := show(r); got != want {
			t.Errorf("%U is shown as %s, want %s", r, got, want)
		}
	}
}

// TestRepairsJoin: what went on from one state to the next is one repair, which says both reasons, and each once.
func TestRepairsJoin(t *testing.T) {
	got := join([]Repair{{Field: "f", From: "a", To: "b", Code: "IN-05", Text: "One."}},
		Repair{Field: "f", From: "b", To: "c", Code: "IN-05", Text: "Two."}, Repair{Field: "f", From: "c", To: "d", Code: "IN-05", Text: "One."}, Repair{Field: "f", From: "d", To: "e", Code: "IN-13", Text: "Three."})
	if len(got) != 2 || got[0] != (Repair{Field: "f", From: "a", To: "d", Code: "IN-05", Text: "One. Two."}) || got[1].Text != "Three." {
		t.Errorf("%+v", got)
	}
}

// TestPlacesAndLinks: what else tells one kind of text from another.
func TestPlacesAndLinks(t *testing.T) {
	for host, want := range map[string]string{"vpce.privatelink.example": HostPrivateLink, "orders.privatelinkservice": HostPrivateLink, "privatelink.example": HostOther} {
		if got := HostKind(host); got != want {
			t.Errorf("%s is %v, want %v", host, got, want)
		}
	}
	for link, want := range map[string]string{"https://cloud.temporal.io/namespaces/orders.a1b2c/workflows": "orders.a1b2c", "https://cloud.temporal.io/namespaces//workflows": "",
		"namespaces/orders.a1b2c?x=1": "orders.a1b2c", "https://example.com/namespaces/orders.a1b2c": ""} {
		if got, ok := uiPath(link); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", link, got, ok)
		}
	}
	if _, ok := bareID(parts{host: "orders.a1b2c", v6: true}); ok {
		t.Error("an IPv6 address is taken for a Namespace ID")
	}
	for host, want := range map[string]bool{"orders.a1b2c": true, "orders.abcde": false, "orders.12345": false, "orders": false} {
		if _, ok := bareID(parts{host: host}); ok != want {
			t.Errorf("%s is a Namespace ID: %v", host, ok)
		}
	}
	if rule := accountRule("abc!e"); !strings.Contains(rule, "character 4 is “!”") {
		t.Error(rule)
	}
	if f := bareName("namespace", "orders-a1b2c"); f == nil || f.Code != "IN-14" || !strings.Contains(f.Cause, "“orders-a1b2c” has no dot, and “a1b2c” looks like an account ID") || !strings.Contains(f.Fix, "“orders.a1b2c”") {
		t.Errorf("%+v", f)
	}
	for line, namespace := range map[string]bool{"temporal workflow list -n orders.a1b2c": true, "temporal workflow list --namespace orders.a1b2c": true, "temporal workflow list --address orders.a1b2c.tmprl.cloud:7233": false} {
		if vs := values(line); len(vs) != 1 || vs[0].namespace != namespace || vs[0].address == namespace {
			t.Errorf("%s: %+v", line, vs)
		}
	}
}
