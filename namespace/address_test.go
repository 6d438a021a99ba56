package namespace

import (
	"strings"
	"testing"

	"onramp/fault"
)

var addresses = []struct{ in, want, repairs string }{
	{endpoint, endpoint, ""},
	{"localhost:7233", "localhost:7233", ""},
	{"127.0.0.1:41234", "127.0.0.1:41234", ""},
	{"10.0.0.17:7233", "10.0.0.17:7233", ""},
	{"[::1]:7233", "[::1]:7233", ""},
	{"[fe80::1%eth0]:7233", "[fe80::1%eth0]:7233", ""},
	{"temporal:7233", "temporal:7233", ""},
	{"namespace:7233", "namespace:7233", ""},
	{"my_temporal:7233", "my_temporal:7233", ""},
	{"temporal.example.com:443", "temporal.example.com:443", ""},
	{"us-east-1.aws.api.temporal.io:7233", "us-east-1.aws.api.temporal.io:7233", ""},
	{"vpce-0-a.vpce-svc-0.us-east-1.vpce.amazonaws.com:7233", "vpce-0-a.vpce-svc-0.us-east-1.vpce.amazonaws.com:7233", ""},
	{"orders.a1b2c.tmprl.cloud:17233", "orders.a1b2c.tmprl.cloud:17233", ""},
	// IN-01
	{"https://orders.a1b2c.tmprl.cloud:7233", endpoint, "IN-01"},
	{"http://localhost:7233", "localhost:7233", "IN-01"},
	{"grpc://localhost:7233", "localhost:7233", "IN-01"},
	{"dns:///localhost:7233", "localhost:7233", "IN-01"},
	{"https:orders.a1b2c.tmprl.cloud:7233", endpoint, "IN-01"},
	// IN-02
	{"orders.a1b2c.tmprl.cloud", endpoint, "IN-02"},
	{"localhost", "localhost:7233", "IN-02"},
	{"localhost:", "localhost:7233", "IN-02"},
	{"https://orders.a1b2c.tmprl.cloud", endpoint, "IN-01 IN-02"},
	// IN-03
	{"orders.a1b2c.tmprl.cloud:7233/", endpoint, "IN-03"},
	{"https://orders.a1b2c.tmprl.cloud:7233/namespaces?x#y", endpoint, "IN-01 IN-03"},
	{`localhost:7233\`, "localhost:7233", "IN-03"},
	{"https://me:hunter2@localhost:7233", "localhost:7233", "IN-01 IN-03"},
	// IN-04
	{" orders.a1b2c.tmprl.cloud:7233", endpoint, "IN-04"},
	{"orders.a1b2c.tmprl.cloud:7233\r\n", endpoint, "IN-04"},
	{"\ufefforders.a1b2c.tmprl.cloud:7233", endpoint, "IN-04"},
	{"\u00a0https://orders.a1b2c.tmprl.cloud:7233\u200b", endpoint, "IN-04 IN-01"},
	{"orders.a1b2c .tmprl.cloud:7233", "!IN-04", ""},
	{"localhost 7233", "!IN-04", ""},
	// IN-05, IN-06, IN-07
	{"localhost:70000", "!IN-05", ""},
	{"localhost:abc", "!IN-05", ""},
	{"localhost:0", "!IN-05", ""},
	{"localhost:-1", "!IN-05", ""},
	{"localhost:+7233", "!IN-05", ""},
	{"orders.a1b2c.tmprl.cloud:https", "!IN-05", ""},
	{"localhost:07233", "localhost:7233", "IN-05"},
	{"localhost:7233:7233", "localhost:7233", "IN-06"},
	{"localhost:7233:443", "!IN-06", ""},
	{"::1:7233", "[::1]:7233", "IN-07"},
	{"::1", "[::1]:7233", "IN-07 IN-02"},
	{"2001:db8::17:7233", "[2001:db8::17]:7233", "IN-07"},
	{"1:2:3:4:5:6:7:8:9233", "[1:2:3:4:5:6:7:8]:9233", "IN-07"},
	{"[::1]", "[::1]:7233", "IN-02"},
	{"https://[::1]:7233/", "[::1]:7233", "IN-01 IN-03"},
	// hosts that are never a gRPC endpoint
	{"https://cloud.temporal.io/namespaces/orders.a1b2c/workflows", "!IN-08", ""},
	{"web.orders.a1b2c.tmprl.cloud:7233", "!IN-08", ""},
	{"saas-api.tmprl.cloud:443", "!IN-09", ""},
	{"orders.tmprl.cloud:7233", "!IN-11", ""},
	{"orders-a1b2c.tmprl.cloud:7233", "!IN-14", ""},
	{"orders_prod.a1b2c.tmprl.cloud:7233", "!IN-13", ""},
	{"Orders.a1b2c.tmprl.cloud:7233", endpoint, "IN-13"},
	{"оrders.a1b2c.tmprl.cloud:7233", "!IN-15", ""},
	// text around it, the ID in its place, placeholders, nothing
	{`"orders.a1b2c.tmprl.cloud:7233"`, endpoint, "IN-21"},
	{"TEMPORAL_HOST_URL=https://orders.a1b2c.tmprl.cloud:7233", endpoint, "IN-21 IN-01"},
	{"export TEMPORAL_ADDRESS='localhost:7233'", "localhost:7233", "IN-21"},
	{"orders.a1b2c", endpoint, "IN-25 IN-02"},
	{"orders.a1b2c:7233", endpoint, "IN-25"},
	{"https://namespace.account-id.tmprl.cloud:port", "!IN-26", ""},
	{"${TEMPORAL_HOST_URL}", "!IN-26", ""},
	{"", "!IN-22", ""},
	{":7233", "!IN-24", ""},
	{"foo!bar:7233", "!IN-24", ""},
	{"a..b:7233", "!IN-24", ""},
	{strings.Repeat("a", 64) + ".example.com:7233", "!IN-24", ""},
	{"-----BEGIN EC PRIVATE KEY-----", "!IN-16", ""},
	{"KEY=eyJhbGciOiJFUzI1NiJ9.e30", "!IN-16", ""},
}

func TestParseAddress(t *testing.T) {
	for _, tt := range addresses {
		a, repairs, err := ParseAddress(tt.in)
		if code, refused := strings.CutPrefix(tt.want, "!"); refused {
			wantFault(t, "ParseAddress", tt.in, err, code, "address")
			continue
		}
		if err != nil || a.String() != tt.want || codes(repairs) != tt.repairs {
			t.Errorf("ParseAddress(%q) = %q, %q, %v; want %q, %q", tt.in, a, codes(repairs), err, tt.want, tt.repairs)
		}
		for _, r := range repairs {
			if r.Field != "address" || strings.Contains(r.From+r.To, "hunter2") {
				t.Errorf("ParseAddress(%q) repaired %+v; want field address and no password", tt.in, r)
			}
		}
	}
}

func TestHiddenCharactersAreNamed(t *testing.T) {
	_, repairs, err := ParseAddress("\u00a0localhost:7233\n")
	want := "no-break space (U+00A0) at position 0, new line (U+000A) at position 15"
	if err != nil || len(repairs) != 1 || !strings.Contains(repairs[0].Text, want) || repairs[0].From != `\u00a0localhost:7233\n` {
		t.Errorf("ParseAddress = %+v, %v; want a repair that says %q", repairs, err, want)
	}
}

func TestWebUIAddressNamesTheEndpoint(t *testing.T) {
	for _, in := range []string{"https://cloud.temporal.io/namespaces/orders.a1b2c/workflows", "web.orders.a1b2c.tmprl.cloud"} {
		_, _, err := ParseAddress(in)
		if f := fault.From(err); f == nil || f.Code != "IN-08" || !strings.Contains(f.Fix, endpoint) {
			t.Errorf("ParseAddress(%q) = %+v; want IN-08 with the endpoint in its fix", in, f)
		}
	}
}

func TestHostKind(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"orders.a1b2c.tmprl.cloud", HostNamespace},
		{"ORDERS.a1b2c.tmprl.cloud.", HostNamespace},
		{"web.a1b2c.tmprl.cloud", HostNamespace},
		{"us-east-1.aws.api.temporal.io", HostRegional},
		{"aws-us-east-1.region.tmprl.cloud", HostRegionCNAME},
		{"vpce-1.vpce-svc-2.us-east-1.vpce.amazonaws.com", HostPrivateLink},
		{"cloud.temporal.io", HostWebUI},
		{"web.orders.a1b2c.tmprl.cloud", HostWebUI},
		{"saas-api.tmprl.cloud", HostOpsAPI},
		{"localhost", HostLocal},
		{"127.0.0.2", HostLocal},
		{"::1", HostLocal},
		{"::ffff:127.0.0.1", HostLocal},
		{"0.0.0.0", HostLocal},
		{"host.docker.internal", HostLocal},
		{"temporal", HostLocal},
		{"10.1.2.3", HostIP},
		{"temporal.example.com", HostOther},
		{"orders.tmprl.cloud", HostOther},
		{"tmprl.cloud", HostOther},
		{"evil-tmprl.cloud", HostOther},
		{"orders.a1b2c.tmprl.cloud.evil.example", HostOther},
	} {
		if got := HostKind(tt.host); got != tt.want {
			t.Errorf("HostKind(%q) = %q, want %q", tt.host, got, tt.want)
		}
	}
	if id, ok := FromHost("Orders.A1b2c.tmprl.cloud."); !ok || id != (ID{"orders", "a1b2c"}) {
		t.Errorf("FromHost = %v, %v; want orders.a1b2c", id, ok)
	}
	for _, host := range []string{"orders.a1b2c", "saas-api.tmprl.cloud", "x.region.tmprl.cloud", "a.b.c.tmprl.cloud", ""} {
		if id, ok := FromHost(host); ok {
			t.Errorf("FromHost(%q) = %v, want none", host, id)
		}
	}
}

func TestRegions(t *testing.T) {
	rs := Regions()
	count, unverified := map[string]int{}, 0
	for _, r := range rs {
		count[r.Cloud]++
		if !r.Verified {
			unverified++
		}
		if r.ID != r.Cloud+"-"+r.Name || r.Endpoint != r.Name+"."+r.Cloud+".api.temporal.io:7233" || r.Place == "" || r.Service == "" {
			t.Errorf("region %+v does not keep the pattern", r)
		}
		if a, repairs, err := ParseAddress(r.Endpoint); err != nil || len(repairs) > 0 || HostKind(a.Host) != HostRegional {
			t.Errorf("ParseAddress(%q) = %v, %v, %v", r.Endpoint, a, repairs, err)
		}
		for _, s := range []string{r.ID, r.Endpoint, strings.ToUpper(r.ID), r.ID + ".region.tmprl.cloud."} {
			if got, ok := LookupRegion(s); !ok || got != r {
				t.Errorf("LookupRegion(%q) = %+v, %v", s, got, ok)
			}
		}
	}
	if count["aws"] != 14 || count["gcp"] != 7 || count["azure"] != 2 || unverified != 3 {
		t.Errorf("regions %v with %d unverified; want aws 14, gcp 7, azure 2 with 3", count, unverified)
	}
	for _, s := range []string{"us-east1.gcp.api.temporal.io", "us-west-2", "aws-us-east1", ""} {
		if r, ok := LookupRegion(s); ok {
			t.Errorf("LookupRegion(%q) = %+v, want none", s, r)
		}
	}
	rs[0].ID = "changed"
	if Regions()[0].ID == "changed" {
		t.Error("Regions gives out its own memory")
	}
}
