package doctor

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"onramp/reach"
)

// Where a portal is shared a check connects to nothing that the portal may not reach, whatever DNS says: nothing is accepted,
// no proxy is used, and no certain verdict is made of what was never asked.
// ASVS 1.3.6, 13.2.4.
func TestCheckStaysWithinReach(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var accepted atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	targets, err := reach.ParseTargets("*.tmprl.cloud:" + port)
	if err != nil {
		t.Fatal(err)
	}
	const host = "orders.a1b2c.tmprl.cloud"
	for _, tt := range []struct {
		name    string
		address string
		reply   dnsReply
		proxy   string
		want    string
	}{
		{"a name led to this computer", host + ":" + port, dnsReply{v4: []string{"127.0.0.1"}}, "", "DN-08"},
		{"a name led to this computer by IPv6", host + ":" + port, dnsReply{v6: []string{"::1"}}, "", "DN-08"},
		{"a name led into a private network", host + ":" + port, dnsReply{v4: []string{"10.0.0.1"}}, "", UnknownCode},
		{"a name led to a cloud's credentials", host + ":7233", dnsReply{v4: []string{"169.254.169.254"}, v6: []string{"fd00:ec2::254"}}, "", UnknownCode},
		{"an alias of another name", host + ":" + port, dnsReply{cname: "inside.example", v4: []string{"192.168.1.1"}}, "", UnknownCode},
		{"this computer by its address", "127.0.0.1:" + port, dnsReply{}, "", UnknownCode},
		{"a proxy on this computer", host + ":" + port, dnsReply{v4: []string{"10.0.0.1"}}, "http://" + l.Addr().String(), UnknownCode},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := New(Options{Nameserver: nameserver(t, func(string) dnsReply { return tt.reply }), To: reach.New(reach.Options{Targets: targets}).To,
				Getenv: func(name string) string {
					if name == "HTTPS_PROXY" {
						return tt.proxy
					}
					return ""
				}})
			lab := newLab(t)
			target := lab.target(tt.address)
			rep := e.Run(t.Context(), target, nil)
			if rep.Verdict.Code != tt.want || rep.Verdict.Level == Certain {
				t.Errorf("verdict %s, %s: %s", rep.Verdict.Code, rep.Verdict.Level, rep.Verdict.Cause)
			}
			if tt.want == UnknownCode && !strings.Contains(rep.Verdict.Cause, "its operator allows") {
				t.Errorf("it says %q", rep.Verdict.Cause)
			}
			if n := accepted.Load(); n != 0 {
				t.Fatalf("%d connections were made", n)
			}
		})
	}
}
