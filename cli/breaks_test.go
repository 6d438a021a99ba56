//go:build !lean

package cli

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/namespace"
	"onramp/rehearsal"
)

// practised is a namespace of a rehearsal with a worker's certificate.
type practised struct {
	t     *testing.T
	cloud *rehearsal.Cloud
	id    namespace.ID
	set   certsvc.Set
}

func newPractised(t *testing.T, c *rehearsal.Cloud, name string) practised {
	t.Helper()
	p := practised{t: t, cloud: c, id: namespace.ID{Name: name, Account: "a1b2c"}}
	if err := c.CreateNamespace(t.Context(), p.id); err != nil {
		t.Fatal(err)
	}
	var err error
	p.set, err = certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{Namespace: p.id.String(), Address: c.Address(),
		CA: certsvc.CASpec{CommonName: name + " CA", Organization: "Acme"}, Leaf: certsvc.LeafSpec{CommonName: name, Organization: "Acme"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SetCAs(t.Context(), p.id, p.set.CA.CertPEM); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p practised) turn(breakID string, on bool) {
	p.t.Helper()
	if err := p.cloud.SetBreak(p.t.Context(), p.id, breakID, on); err != nil {
		p.t.Fatalf("%s, on %v: %v", breakID, on, err)
	}
}

// check is what the pages' check says under the switches that are on.
func (p practised) check() doctor.Report {
	p.t.Helper()
	s, err := p.cloud.Bend(p.id, cloud.Setup{Address: p.cloud.Address(), Namespace: p.id.String(), CertPEM: p.set.Leaf.CertPEM, KeyPEM: p.set.Leaf.Key.Reveal()})
	if err != nil {
		p.t.Fatal(err)
	}
	return doctor.New(doctor.Options{}).Run(context.WithoutCancel(p.t.Context()), doctor.Target{Address: s.Address, ServerName: s.ServerName, Namespace: s.Namespace,
		CertPEM: s.CertPEM, KeyPEM: s.KeyPEM, TaskQueue: s.TaskQueue, ExtraRootsPEM: p.cloud.RootPEM()}, nil)
}

func (p practised) must(code string) {
	p.t.Helper()
	r := p.check()
	if r.Verdict.Code != code {
		p.t.Errorf("%s: the check says %s (%s: %s) after %.0f ms, want %s", p.id, r.Verdict.Code, r.Verdict.Title, r.Verdict.Cause, r.TookMS, code)
	}
}

// TestBreaks: each switch, once on, makes the doctor name exactly its code; the neighbour stays healthy
// meanwhile; and once off, all is as it was.
func TestBreaks(t *testing.T) {
	c, err := rehearsal.New(rehearsal.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	neighbour := newPractised(t, c, "neighbour")
	for _, b := range cloud.Breaks {
		t.Run(b.ID, func(t *testing.T) {
			t.Parallel()
			p := newPractised(t, c, "p-"+b.ID)
			before, err := c.Namespace(t.Context(), p.id)
			if err != nil {
				t.Fatal(err)
			}
			p.turn(b.ID, true)
			began := time.Now()
			p.must(b.Code)
			t.Logf("%s after %s", b.Code, time.Since(began).Round(time.Millisecond))
			n := neighbour
			n.t = t
			n.must(doctor.OK)
			p.turn(b.ID, false)
			p.must(doctor.OK)
			after, err := c.Namespace(t.Context(), p.id)
			if err != nil || after.BundlePEM != before.BundlePEM || string(after.Filters) != string(before.Filters) || len(c.Broken()[p.id.String()]) > 0 {
				t.Errorf("not restored: %+v, %v, want %+v", after, err, before)
			}
		})
	}
}

// TestBreaksTogether: of several switches that are on, the check names the first one on the way; taking it
// away shows the next.
func TestBreaksTogether(t *testing.T) {
	c, err := rehearsal.New(rehearsal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := newPractised(t, c, "together")
	skip := map[string]bool{"port-silent": true, "no-answer": true, "slow-line": true, "slow-answers": true} // they wait: TestBreaks has them
	var on sync.WaitGroup
	for _, b := range cloud.Breaks {
		if !skip[b.ID] {
			on.Go(func() { p.turn(b.ID, true) })
		}
	}
	on.Wait()
	for _, b := range cloud.Breaks {
		if skip[b.ID] {
			continue
		}
		p.must(b.Code)
		p.turn(b.ID, false)
	}
	p.must(doctor.OK)
}
