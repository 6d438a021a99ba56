package doctor

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// dnsReply is what the lab's DNS server says about a name.
type dnsReply struct {
	v4, v6 []string
	rcode  byte
	silent bool
	cname  string // another name for it, whose addresses these are
	ttl    uint32 // of the cname, in seconds; 0 is Cloud's 15
}

// nameserver starts a DNS server over UDP on loopback; reply gets the name without its last dot.
func nameserver(t testing.TB, reply func(name string) dnsReply) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			if out := answerTo(b[:n], reply); out != nil {
				_, _ = pc.WriteTo(out, from)
			}
		}
	}()
	return pc.LocalAddr().String()
}

func answerTo(question []byte, reply func(string) dnsReply) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(question)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	name := q.Name.String()
	r := reply(name[:len(name)-1])
	if r.silent {
		return nil
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: head.ID, Response: true, RecursionAvailable: true, RCode: dnsmessage.RCode(r.rcode)},
		Questions: []dnsmessage.Question{q},
	}
	owner := q.Name
	add := func(body dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: owner, Type: q.Type, Class: dnsmessage.ClassINET, TTL: 1}, Body: body})
	}
	if r.cname != "" {
		to := dnsmessage.MustNewName(r.cname + ".")
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: owner, Type: dnsmessage.TypeCNAME, Class: dnsmessage.ClassINET, TTL: max(r.ttl, 15)},
			Body: &dnsmessage.CNAMEResource{CNAME: to}})
		owner = to
	}
	if r.rcode == 3 {
		m.Authorities = append(m.Authorities, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeSOA, Class: dnsmessage.ClassINET, TTL: 1},
			Body: &dnsmessage.SOAResource{NS: q.Name, MBox: q.Name}})
	}
	if q.Type == dnsmessage.TypeA {
		for _, s := range r.v4 {
			add(&dnsmessage.AResource{A: netip.MustParseAddr(s).As4()})
		}
	}
	if q.Type == dnsmessage.TypeAAAA {
		for _, s := range r.v6 {
			add(&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(s).As16()})
		}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}
