package namespace

import (
	"errors"
	"strings"
	"testing"

	"onramp/fault"
)

const endpoint = "orders.a1b2c.tmprl.cloud:7233"

// pastes is what people paste into the one field. want is the Namespace ID, or the code of the refusal
// with "!"; repairs are the codes of what was changed, in order.
var pastes = []struct{ in, want, kind, repairs string }{
	// the Namespace ID itself
	{"orders.a1b2c", "orders.a1b2c", "id", ""},
	{"docs-assembly.a2dd6", "docs-assembly.a2dd6", "id", ""},
	{"or.a1b2c", "or.a1b2c", "id", ""},
	{strings.Repeat("a", 39) + ".a1b2c", strings.Repeat("a", 39) + ".a1b2c", "id", ""},
	{"a--b.a1b2c", "a--b.a1b2c", "id", ""}, // N2: no rule against it
	{"orders.a1b2c3", "orders.a1b2c3", "id", ""},
	{"orders.abcdefgh1", "orders.abcdefgh1", "id", ""},
	{"orders.abcde", "orders.abcde", "id", ""},
	{"orders.12345", "orders.12345", "id", ""},
	{"default.a1b2c", "default.a1b2c", "id", ""},
	{"web.a1b2c", "web.a1b2c", "id", ""},
	{"xn--orders.a1b2c", "xn--orders.a1b2c", "id", ""},
	{"p2.f45a2", "p2.f45a2", "id", ""},
	// blanks and what cannot be seen
	{" orders.a1b2c", "orders.a1b2c", "id", "IN-04"},
	{"orders.a1b2c\n", "orders.a1b2c", "id", "IN-04"},
	{"orders.a1b2c\r\n", "orders.a1b2c", "id", "IN-04"},
	{"\torders.a1b2c ", "orders.a1b2c", "id", "IN-04"},
	{"\u00a0orders.a1b2c", "orders.a1b2c", "id", "IN-04"},
	{"orders.\u200ba1b2c", "orders.a1b2c", "id", "IN-04"},
	{"\ufefforders.a1b2c", "orders.a1b2c", "id", "IN-04"},
	{"orders\u00ad.a1b2c", "orders.a1b2c", "id", "IN-04"},
	{"orders.a1b2c\u2028", "orders.a1b2c", "id", "IN-04"},
	{"\u2066orders.a1b2c\u2069", "orders.a1b2c", "id", "IN-04"},
	{"\x1b[200~orders.a1b2c\x1b[201~", "orders.a1b2c", "id", "IN-04"},
	{"\x1b[32morders.a1b2c\x1b[0m", "orders.a1b2c", "id", "IN-04"},
	{"\xff\xfeo\x00r\x00d\x00e\x00r\x00s\x00.\x00a\x001\x00b\x002\x00c\x00", "orders.a1b2c", "id", "IN-04"},
	{"orders.a1b2c\xa0", "orders.a1b2c", "id", "IN-04"},
	{"orders.a1b2c\x00", "orders.a1b2c", "id", "IN-04"},
	{"orders.a1b2c\ufe0f", "orders.a1b2c", "id", "IN-04"},
	{"orders .a1b2c", "!IN-04", "", ""},
	{"orders. a1b2c", "!IN-04", "", ""},
	{"orders a1b2c", "!IN-04", "", ""},
	{"my orders.a1b2c", "!IN-04", "", ""},
	// case
	{"Orders.A1B2C", "orders.a1b2c", "id", "IN-13"},
	{"ORDERS.a1b2c", "orders.a1b2c", "id", "IN-13"},
	{"https://Orders.A1b2c.TMPRL.cloud:7233", "orders.a1b2c", "endpoint", "IN-01 IN-13"},
	// text around it
	{`"orders.a1b2c"`, "orders.a1b2c", "id", "IN-21"},
	{"'orders.a1b2c'", "orders.a1b2c", "id", "IN-21"},
	{"`orders.a1b2c`", "orders.a1b2c", "id", "IN-21"},
	{"“orders.a1b2c”", "orders.a1b2c", "id", "IN-21"},
	{"orders.a1b2c.", "orders.a1b2c", "id", "IN-21"},
	{"orders.a1b2c,", "orders.a1b2c", "id", "IN-21"},
	{"(orders.a1b2c)", "orders.a1b2c", "id", "IN-21"},
	{`" orders.a1b2c "`, "orders.a1b2c", "id", "IN-21"},
	{"export TEMPORAL_NAMESPACE=orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{`export TEMPORAL_NAMESPACE="orders.a1b2c"`, "orders.a1b2c", "id", "IN-21"},
	{"set TEMPORAL_NAMESPACE=orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{`set "TEMPORAL_NAMESPACE=orders.a1b2c"`, "orders.a1b2c", "id", "IN-21"},
	{"setx TEMPORAL_NAMESPACE orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{"set -gx TEMPORAL_NAMESPACE orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{"$env:TEMPORAL_NAMESPACE = 'orders.a1b2c'", "orders.a1b2c", "id", "IN-21"},
	{"TEMPORAL_NAMESPACE=orders.a1b2c # production", "orders.a1b2c", "id", "IN-21"},
	{"namespace: orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{`  namespace = "orders.a1b2c"`, "orders.a1b2c", "id", "IN-04 IN-21"},
	{`"namespace": "orders.a1b2c",`, "orders.a1b2c", "id", "IN-21"},
	{"Namespace ID: orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{"MY_NAMESPACE=orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{"--namespace orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{"temporal workflow list --namespace=orders.a1b2c --limit 1", "orders.a1b2c", "id", "IN-21"},
	{"tcld namespace get -n orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	// endpoints
	{endpoint, "orders.a1b2c", "endpoint", ""},
	{"orders.a1b2c.tmprl.cloud", "orders.a1b2c", "endpoint", "IN-02"},
	{"web.a1b2c.tmprl.cloud:7233", "web.a1b2c", "endpoint", ""},
	{"orders.a1b2c.tmprl.cloud.", "orders.a1b2c", "endpoint", "IN-21 IN-02"},
	{"https://orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-01"},
	{"https://orders.a1b2c.tmprl.cloud:7233/", "orders.a1b2c", "endpoint", "IN-01 IN-03"},
	{"http://orders.a1b2c.tmprl.cloud", "orders.a1b2c", "endpoint", "IN-01 IN-02"},
	{"grpc://orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-01"},
	{"dns:///orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-01"},
	{"//orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-01"},
	{"HTTPS://orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-01"},
	{"https://user:hunter2@orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-01 IN-03"},
	{"orders.a1b2c.tmprl.cloud:7233/api?x=1#y", "orders.a1b2c", "endpoint", "IN-03"},
	{"orders.a1b2c.tmprl.cloud:443", "orders.a1b2c", "endpoint", "IN-05"},
	{"orders.a1b2c.tmprl.cloud:port", "orders.a1b2c", "endpoint", "IN-05"},
	{"orders.a1b2c.tmprl.cloud:", "orders.a1b2c", "endpoint", "IN-02"},
	{"orders.a1b2c.tmprl.cloud:7233:7233", "orders.a1b2c", "endpoint", "IN-06"},
	{"orders.a1b2c.tmprl.cloud:7233:443", "orders.a1b2c", "endpoint", "IN-05"},
	{"orders.a1b2c:7233", "orders.a1b2c", "id", "IN-21"},
	{"https://orders.a1b2c", "orders.a1b2c", "id", "IN-01"},
	{"orders.a1b2c/", "orders.a1b2c", "id", "IN-03"},
	{"export TEMPORAL_HOST_URL=https://orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-21 IN-01"},
	{"address: orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-21"},
	{"<https://orders.a1b2c.tmprl.cloud:7233>", "orders.a1b2c", "endpoint", "IN-21 IN-01"},
	{"Connect to orders.a1b2c.tmprl.cloud:7233 please", "orders.a1b2c", "endpoint", "IN-21"},
	// links of the Cloud UI
	{"https://cloud.temporal.io/namespaces/orders.a1b2c/workflows", "orders.a1b2c", "ui-link", ""},
	{"https://cloud.temporal.io/namespaces/orders.a1b2c", "orders.a1b2c", "ui-link", ""},
	{"http://cloud.temporal.io/namespaces/orders.a1b2c/workflows/x/y/history?q=1", "orders.a1b2c", "ui-link", ""},
	{"cloud.temporal.io/namespaces/orders.a1b2c/edit", "orders.a1b2c", "ui-link", ""},
	{"/namespaces/orders.a1b2c/workflows", "orders.a1b2c", "ui-link", ""},
	{"namespaces/orders.a1b2c", "orders.a1b2c", "ui-link", ""},
	{"https://cloud.temporal.io/namespaces/Orders.a1b2c", "orders.a1b2c", "ui-link", "IN-13"},
	{"https://cloud.temporal.io/namespaces/orders%2Ea1b2c", "orders.a1b2c", "ui-link", ""},
	{"https://web.orders.a1b2c.tmprl.cloud/namespaces/orders.a1b2c", "orders.a1b2c", "ui-link", ""},
	{"web.orders.a1b2c.tmprl.cloud", "orders.a1b2c", "ui-link", ""},
	{"https://cloud.temporal.io", "!IN-08", "", ""},
	{"https://cloud.temporal.io/namespaces", "!IN-08", "", ""},
	{"https://cloud.temporal.io/settings/users", "!IN-08", "", ""},
	{"https://cloud.temporal.io/namespaces/orders", "!IN-11", "", ""},
	{"https://cloud.temporal.io/namespaces/default/workflows", "!NS-11", "", ""},
	{"https://cloud.temporal.io/namespaces/orders_prod.a1b2c", "!IN-13", "", ""},
	{"http://localhost:8233/namespaces/default/workflows", "!IN-10", "", ""},
	// names that break a rule
	{"orders_prod.a1b2c", "!IN-13", "", ""},
	{"Orders_Prod", "!IN-13", "", ""},
	{"1orders.a1b2c", "!IN-13", "", ""},
	{"-orders.a1b2c", "!IN-13", "", ""},
	{"orders-.a1b2c", "!IN-13", "", ""},
	{"o.a1b2c", "!IN-13", "", ""},
	{".a1b2c", "!IN-13", "", ""},
	{strings.Repeat("a", 40) + ".a1b2c", "!IN-13", "", ""},
	{strings.Repeat("a", 40), "!IN-13", "", ""},
	{"or$ders.a1b2c", "!IN-26", "", ""},
	{"or!ders.a1b2c", "!IN-13", "", ""},
	{"orders.prod.a1b2c", "!IN-13", "", ""},
	{"orders..a1b2c", "!IN-13", "", ""},
	{"orders_prod.a1b2c.tmprl.cloud:7233", "!IN-13", "", ""},
	// account IDs
	{"orders", "!IN-11", "", ""},
	{"team-orders", "!IN-11", "", ""},
	{"payments-production", "!IN-11", "", ""},
	{"orders.", "!IN-11", "", ""},
	{"orders.tmprl.cloud:7233", "!IN-11", "", ""},
	{"orders.abc", "!IN-23", "", ""},
	{"orders.a1b2", "!IN-23", "", ""},
	{"orders.a1-b2", "!IN-23", "", ""},
	{"orders.a1_b2", "!IN-23", "", ""},
	{"orders.region", "!IN-23", "", ""},
	{"orders.a1b.tmprl.cloud", "!IN-23", "", ""},
	{"example.com", "!IN-23", "", ""},
	{"orders-a1b2c", "!IN-14", "", ""},
	{"my-orders-a1b2c3", "!IN-14", "", ""},
	{"orders-a1b2c.tmprl.cloud:7233", "!IN-14", "", ""},
	{"default", "!NS-11", "", ""},
	{"Default", "!NS-11", "", ""},
	// look-alikes
	{"оrders.a1b2c", "!IN-15", "", ""},
	{"ｏrders.a1b2c", "!IN-15", "", ""},
	{"orders‑prod.a1b2c", "!IN-15", "", ""},
	{"orders–prod.a1b2c", "!IN-15", "", ""},
	{"orders。a1b2c", "!IN-15", "", ""},
	{"örders.a1b2c", "!IN-15", "", ""},
	{"ordérs", "!IN-15", "", ""},
	{"orders.a1b2c.tmprl.clоud:7233", "!IN-15", "", ""},
	{"caf\xe9.a1b2c", "!IN-15", "", ""},
	{"ord\u0065\u0301rs.a1b2c", "!IN-15", "", ""},
	// hosts that do not name the namespace
	{"us-east-1.aws.api.temporal.io:7233", "!IN-18", "", ""},
	{"https://us-central1.gcp.api.temporal.io", "!IN-18", "", ""},
	{"us-east1.gcp.api.temporal.io:7233", "!IN-18", "", ""},
	{"aws-us-east-1.region.tmprl.cloud", "!IN-18", "", ""},
	{"vpce-0123-abc.vpce-svc-0822256b6575ea37f.us-east-1.vpce.amazonaws.com:7233", "!IN-18", "", ""},
	{"10.0.0.17:7233", "!IN-18", "", ""},
	{"[2001:db8::1]:7233", "!IN-18", "", ""},
	{"saas-api.tmprl.cloud:443", "!IN-09", "", ""},
	{"https://saas-api.tmprl.cloud", "!IN-09", "", ""},
	{"localhost", "!IN-10", "", ""},
	{"localhost:7233", "!IN-10", "", ""},
	{"127.0.0.1:7233", "!IN-10", "", ""},
	{"[::1]:7233", "!IN-10", "", ""},
	{"0.0.0.0:7233", "!IN-10", "", ""},
	{"host.docker.internal:7233", "!IN-10", "", ""},
	{"temporal:7233", "!IN-10", "", ""},
	{"temporal.example.com:7233", "!IN-24", "", ""},
	{"temporal.internal:7233", "!IN-24", "", ""},
	{"https://learn.temporal.io/getting_started", "!IN-24", "", ""},
	{"a.b.c.d.tmprl.cloud", "!IN-24", "", ""},
	{"orders.a1b2c.temporal.cloud:7233", "!IN-24", "", ""},
	{"orders.a1b2c.tmprl.com", "!IN-24", "", ""},
	// placeholders and nothing
	{"", "!IN-22", "", ""},
	{"  \n", "!IN-22", "", ""},
	{`""`, "!IN-22", "", ""},
	{"<namespace>.<account>", "!IN-26", "", ""},
	{"${TEMPORAL_NAMESPACE}", "!IN-26", "", ""},
	{"$TEMPORAL_NAMESPACE", "!IN-26", "", ""},
	{"%TEMPORAL_NAMESPACE%", "!IN-26", "", ""},
	{"{{ namespace }}", "!IN-26", "", ""},
	{"your-namespace.account-id", "!IN-26", "", ""},
	{"https://namespace.account-id.tmprl.cloud:port", "!IN-26", "", ""},
	// more than one value
	{"export TEMPORAL_HOST_URL=https://orders.a1b2c.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=orders.a1b2c\n", "orders.a1b2c", "endpoint", "IN-21 IN-01 IN-21"},
	{"TEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=eyJhbGciOiJFUzI1NiJ9.e30.sig\n", "orders.a1b2c", "id", "IN-21"},
	{" temporal workflow list --namespace=orders.a1b2c --api-key=eyJhbGciOiJFUzI1NiJ9.e30.sig ", "orders.a1b2c", "id", "IN-21"},
	{"TEMPORAL_ADDRESS=localhost:7233\nTEMPORAL_NAMESPACE=orders.a1b2c", "orders.a1b2c", "id", "IN-21 IN-10"},
	{"TEMPORAL_ADDRESS=us-east-1.aws.api.temporal.io:7233\nTEMPORAL_NAMESPACE=orders.a1b2c", "orders.a1b2c", "id", "IN-21"},
	{"[profile.cloud]\naddress = \"orders.a1b2c.tmprl.cloud:7233\"\nnamespace = \"orders.a1b2c\"", "orders.a1b2c", "endpoint", "IN-21 IN-21"},
	{"temporal workflow start \\\n --type MoneyTransfer \\\n --namespace orders.a1b2c \\\n --address orders.a1b2c.tmprl.cloud:7233", "orders.a1b2c", "endpoint", "IN-21 IN-21"},
	{"TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=other.a1b2c", "!IN-12", "", ""},
	{"TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=default", "!NS-11", "", ""},
	{"TEMPORAL_ADDRESS=localhost:7233\nTEMPORAL_NAMESPACE=default", "!NS-11", "", ""},
	{"one\ntwo three", "!IN-11", "", ""},
	{"this is\nno namespace", "!IN-24", "", ""},
	// secrets
	{"-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----", "!IN-16", "", ""},
	{"eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl", "!IN-16", "", ""},
	{"TEMPORAL_API_KEY=eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "!IN-24", "", ""},
	{strings.Repeat("orders.a1b2c\n", 2000), "!IN-24", "", ""},
}

func TestParse(t *testing.T) {
	if len(pastes) < 120 {
		t.Errorf("the table has %d rows, want at least 120", len(pastes))
	}
	for _, tt := range pastes {
		p, err := Parse(tt.in)
		if code, refused := strings.CutPrefix(tt.want, "!"); refused {
			wantFault(t, "Parse", tt.in, err, code, "namespace")
			continue
		}
		if err != nil || p.ID.String() != tt.want || p.Kind != tt.kind || codes(p.Repairs) != tt.repairs {
			t.Errorf("Parse(%q) = %q, kind %q, repairs %q, %v; want %q, %q, %q",
				tt.in, p.ID, p.Kind, codes(p.Repairs), err, tt.want, tt.kind, tt.repairs)
			continue
		}
		if p.Kind == "endpoint" != (p.Address.String() == p.ID.Endpoint()) {
			t.Errorf("Parse(%q).Address = %q for kind %q", tt.in, p.Address, p.Kind)
		}
		for _, r := range p.Repairs {
			if r.From == "" || r.To == "" || r.Text == "" || r.From == r.To {
				t.Errorf("Parse(%q) repaired %+v, want from, to and a sentence", tt.in, r)
			}
			if strings.Contains(r.From, "hunter2") || strings.Contains(r.From, "eyJ") {
				t.Errorf("Parse(%q) shows a secret in %+v", tt.in, r)
			}
		}
	}
}

func TestParseRegionFromEnvironment(t *testing.T) {
	p, err := Parse("TEMPORAL_ADDRESS=us-east-1.aws.api.temporal.io\nTEMPORAL_NAMESPACE=orders.a1b2c")
	if err != nil || p.Region != "aws-us-east-1" || p.Address.String() != "us-east-1.aws.api.temporal.io:7233" {
		t.Errorf("Parse = %+v, %v; want region aws-us-east-1 and its endpoint", p, err)
	}
}

func TestRefusalsNameThePart(t *testing.T) {
	for _, tt := range []struct{ in, inTitle, inCause, inFix, notWrong string }{
		{"orders_prod.a1b2c", "name", "character 7 is “_”", "orders-prod.a1b2c", "a1b2c"},
		{strings.Repeat("a", 40) + ".a1b2c", "name", "this one has 40", "2 to 39", "a1b2c"},
		{"orders.abc", "account ID", "at least 5 characters; this one has 3", "a1b2c", "orders"},
		{"orders-a1b2c", "dash", "no dot", "orders.a1b2c", ""},
		{"оrders.a1b2c", "look-alike", "U+043E", "orders.a1b2c", ""},
		{"orders–x.a1b2c", "look-alike", "U+2013", "orders-x.a1b2c", ""},
		{"my orders.a1b2c", "blank", "position 2", "one Namespace ID", ""},
		{"orders.prod.a1b2c", "name", "a dot stands only", "orders-prod.a1b2c", "a1b2c"},
		{"orders.a1b2c.tmpl.cloud", "not a namespace", "tmpl", "orders.a1b2c.tmprl.cloud", ""},
		{"us-east1.gcp.api.temporal.io", "regional", "not one that Onramp knows", "Namespace ID", ""},
	} {
		_, err := Parse(tt.in)
		f := fault.From(err)
		if f == nil || !strings.Contains(f.Title, tt.inTitle) || !strings.Contains(f.Cause, tt.inCause) ||
			!strings.Contains(f.Fix, tt.inFix) || !strings.Contains(f.NotWrong, tt.notWrong) {
			t.Errorf("Parse(%q) = %+v; want title with %q, cause with %q, fix with %q, not wrong %q",
				tt.in, f, tt.inTitle, tt.inCause, tt.inFix, tt.notWrong)
		}
	}
}

func TestParseID(t *testing.T) {
	for _, tt := range []struct{ in, want, repairs string }{
		{"orders.a1b2c", "orders.a1b2c", ""},
		{" Orders.a1b2c\n", "orders.a1b2c", "IN-04 IN-13"},
		{endpoint, "orders.a1b2c", "IN-25"},
		{"https://orders.a1b2c.tmprl.cloud", "orders.a1b2c", "IN-01 IN-02 IN-25"},
		{"https://cloud.temporal.io/namespaces/orders.a1b2c", "orders.a1b2c", "IN-25"},
		{"default", "!NS-11", ""},
		{"orders", "!IN-11", ""},
		{"", "!IN-22", ""},
	} {
		id, repairs, err := ParseID(tt.in)
		if code, refused := strings.CutPrefix(tt.want, "!"); refused {
			wantFault(t, "ParseID", tt.in, err, code, "namespace")
			continue
		}
		if err != nil || id.String() != tt.want || codes(repairs) != tt.repairs {
			t.Errorf("ParseID(%q) = %q, %q, %v; want %q, %q", tt.in, id, codes(repairs), err, tt.want, tt.repairs)
		}
	}
}

func TestID(t *testing.T) {
	id := ID{"orders", "a1b2c"}
	for _, tt := range []struct{ what, got, want string }{
		{"String", id.String(), "orders.a1b2c"},
		{"Host", id.Host(), "orders.a1b2c.tmprl.cloud"},
		{"Endpoint", id.Endpoint(), endpoint},
		{"UIURL", id.UIURL(), "https://cloud.temporal.io/namespaces/orders.a1b2c/workflows"},
		{"zero", ID{}.String() + ID{}.Host() + ID{}.Endpoint() + ID{}.UIURL() + Address{}.String(), ""},
		{"IPv6", Address{"::1", 7233}.String(), "[::1]:7233"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.what, tt.got, tt.want)
		}
	}
	if id.IsZero() || !(ID{}).IsZero() {
		t.Error("IsZero does not tell the zero ID")
	}
}

func codes(rs []Repair) string {
	var out []string
	for _, r := range rs {
		out = append(out, r.Code)
	}
	return strings.Join(out, " ")
}

func wantFault(t *testing.T, fn, in string, err error, code, field string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Code != code || f.Field != field {
		t.Errorf("%s(%q) = %v (%+v); want an Invalid fault %s in %s", fn, in, err, f, code, field)
		return
	}
	if f.Title == "" || f.Cause == "" || f.Fix == "" || f.Who == "" {
		t.Errorf("%s(%q) = %+v; want title, cause, fix and who", fn, in, f)
	}
	if text := f.Title + f.Cause + f.Fix + f.NotWrong; strings.Contains(text, "eyJ") || strings.ContainsAny(text, "\x00\x1b\n") {
		t.Errorf("%s(%q) echoes a secret or a control character: %+v", fn, in, f)
	}
}
