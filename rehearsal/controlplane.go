//go:build !lean

package rehearsal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal/control"
)

// controlHost is where Temporal Cloud serves its control plane (docs.temporal.io/ops).
const controlHost = "saas-api.tmprl.cloud"

// Control is the rehearsal's control plane: the Cloud Ops API at a listener of its own, over the namespaces of a Cloud.
type Control struct {
	cloud  *Cloud
	server *control.Server
	door   *door
	serves sync.WaitGroup
	once   sync.Once
	ended  error
}

// NewControl opens the control plane of c. Close it before c. Errors are faults.
func NewControl(c *Cloud, o ControlOptions) (*Control, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, fmt.Sprintf("The rehearsal's control plane cannot listen on %q", o.Addr), "Use a loopback address with a port.")
	}
	cert, err := c.authority.local(func(t *x509.Certificate) { t.DNSNames = append(t.DNSNames, controlHost) })
	if err != nil {
		return nil, fault.From(err)
	}
	d, moved, err := openKept(host, port, o.PortFile)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "Cannot listen on "+o.Addr, "Another program uses it. Choose another address; port 0 picks a free one.")
	}
	p := &Control{cloud: c, door: d}
	if moved {
		c.o.Log.Warn("another program has the port that the rehearsal's control plane had; it has a new one", "address", p.Address())
	}
	file := ""
	if c.o.Dir != "" {
		file = filepath.Join(c.o.Dir, "control.json")
	}
	p.server, err = control.New(control.Options{Spaces: spaces{c}, Address: c.Address(), KeyAddress: c.KeyAddress(), Actions: max(0, c.Limits().Actions), File: file, Outcome: control.Outcome(o.Outcome), Delay: o.Delay,
		TLS: &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12}, Log: c.o.Log, Now: c.o.Now})
	if err != nil {
		return nil, fault.Wrap(errors.Join(err, d.close()), fault.Unavailable, "The rehearsal's control plane did not start", "Reset the rehearsal, or move its file control.json away.")
	}
	c.gate.holder.Store(p.server)
	c.mu.Lock()
	c.forgotten, c.deleted = p.server.Forget, func(id string) error { return control.Gone(p.server, id) }
	c.mu.Unlock()
	p.serves.Go(func() { _ = p.server.Serve(d.way()) }) // it ends with Close
	return p, nil
}

// Address is where it is dialled: "localhost:PORT". tcld takes no 127.0.0.1.
func (p *Control) Address() string { return fmt.Sprintf("localhost:%d", p.door.port()) }

// Serves reports whether an address is its.
func (p *Control) Serves(at netip.AddrPort) bool {
	return at.Addr().IsLoopback() && int(at.Port()) == p.door.port()
}

// NewOwnerKey makes a key of an Account Owner of an account and returns it: this once. Errors are faults.
func (p *Control) NewOwnerKey(account, name string, life time.Duration) (certsvc.Secret, error) {
	secret, err := p.server.NewKey(account, control.Owner, name, life)
	if err != nil {
		return certsvc.Secret{}, fault.Wrap(err, fault.Internal, "The rehearsal could not save its key", "See that the data directory is writable and has room, then try again.")
	}
	return secret, nil
}

// Close ends it. The second call returns what the first one did.
func (p *Control) Close() error {
	p.once.Do(func() {
		p.cloud.gate.holder.Store(nil)
		p.server.Close()
		p.ended = p.door.close()
		p.serves.Wait()
	})
	return p.ended
}

// spaces are the namespaces of a Cloud as its control plane changes them.
type spaces struct{ c *Cloud }

// Both reports whether the account has both sign-in methods at once.
func (s spaces) Both() bool { return s.c.realm.Load().both }

// signInOf is how workers sign in to a namespace of the control plane.
func signInOf(s control.Space) string {
	switch {
	case s.Both:
		return cloud.AuthBoth
	case s.Keyed:
		return cloud.AuthAPIKey
	}
	return cloud.AuthMTLS
}

func (s spaces) Ready(ctx context.Context) error { return s.c.Ready(ctx) }

func (s spaces) All() []control.Space {
	var out []control.Space
	for _, sp := range s.c.realm.Load().spaces() {
		if !sp.is("namespace-missing") {
			out = append(out, sp.controlled())
		}
	}
	return out
}

func (sp *space) controlled() control.Space {
	return control.Space{ID: sp.id, Created: sp.created, Version: sp.version, Bundle: []byte(sp.bundle), Filters: sp.filters, Keyed: sp.takes(cloud.AuthAPIKey), Both: sp.signIn == cloud.AuthBoth,
		RetentionDays: sp.days(), Attributes: sp.attributes, Rest: sp.rest}
}

// days is the retention in days.
func (sp *space) days() int {
	if sp.retention == 0 {
		return int(retention / (24 * time.Hour))
	}
	return sp.retention
}

// Judge judges the bundle and the filters as the rehearsal's own page does when it saves them.
func (s spaces) Judge(next control.Space) error {
	if len(next.Bundle) == 0 {
		return nil
	}
	_, err := s.c.trusting(newSpace(next.ID, next.Created, "", nil, next.Filters), next.Bundle)
	return err
}

func (s spaces) Put(ctx context.Context, next control.Space, was string) error {
	return s.c.change(ctx, func(srv *server) error {
		r := s.c.realm.Load()
		old := r.byName[next.ID.String()]
		if was == "" && old != nil || was != "" && (old == nil || old.version != was) {
			return fault.New(fault.Conflict, fmt.Sprintf("The namespace %s was changed meanwhile", next.ID), "Look at it again.")
		}
		cas, err := parseBundle(string(next.Bundle))
		if err != nil {
			return err
		}
		n := newSpace(next.ID, next.Created, string(next.Bundle), cas, next.Filters)
		if old != nil {
			n.like(old)
			if string(next.Bundle) != old.bundle {
				n.was = &saved{old.bundle, old.cas, old.broken}
				n.broken = slices.DeleteFunc(slices.Clone(n.broken), func(b string) bool { return b == "wrong-ca" })
			}
			if !slices.Equal(next.Filters, old.filters) {
				n.broken = slices.DeleteFunc(slices.Clone(n.broken), func(b string) bool { return b == "filters" })
			}
		} else if err := srv.register(ctx, next.ID.String()); err != nil {
			return err
		}
		n.signIn, n.retention, n.attributes, n.rest = signInOf(next), next.RetentionDays, next.Attributes, next.Rest
		if old == nil || old.days() != next.RetentionDays {
			if err := srv.retain(ctx, next.ID.String(), next.RetentionDays); err != nil {
				return err
			}
		}
		more := maps.Clone(next.Attributes)
		if old != nil {
			for name := range old.attributes {
				delete(more, name)
			}
		}
		if err := srv.addAttributes(ctx, next.ID.String(), more); err != nil {
			return err
		}
		return s.c.commit(r.with(n.breaking(s.c.practice, n.broken)))
	})
}

func (s spaces) Delete(ctx context.Context, id namespace.ID) error {
	return s.c.DeleteNamespace(ctx, id)
}

func (s spaces) RenameAttribute(ctx context.Context, id namespace.ID, from, to string) error {
	return s.c.change(ctx, func(srv *server) error {
		old, err := s.c.space(id)
		if err != nil {
			return err
		}
		if err := srv.renameAttribute(ctx, id.String(), from, to); err != nil {
			return err
		}
		n := newSpace(old.id, old.created, old.bundle, old.cas, old.filters).like(old)
		n.attributes = maps.Clone(old.attributes)
		n.attributes[to] = n.attributes[from]
		delete(n.attributes, from)
		return s.c.commit(s.c.realm.Load().with(n.breaking(s.c.practice, n.broken)))
	})
}

// tellDeleted tells who keeps more about a namespace that it is deleted.
func tellDeleted(c *Cloud, id namespace.ID) error {
	c.mu.Lock()
	deleted := c.deleted
	c.mu.Unlock()
	if deleted == nil {
		return nil
	}
	return deleted(id.String())
}

// tellForgotten tells who keeps more about the namespaces that a reset has forgotten them.
func tellForgotten(c *Cloud) error {
	c.mu.Lock()
	forgotten := c.forgotten
	c.mu.Unlock()
	if forgotten == nil {
		return nil
	}
	return forgotten()
}

// callName is a call's name without its service.
func callName(api string) string { return api[strings.LastIndexByte(api, '/')+1:] }
