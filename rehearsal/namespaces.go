//go:build !lean

package rehearsal

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// CreateNamespace makes a namespace and waits until workflows can start in it. One that exists already is
// left as it is.
func (c *Cloud) CreateNamespace(ctx context.Context, id namespace.ID) error {
	if id.Name == "" || id.Account == "" {
		return fault.New(fault.Invalid, "A namespace needs a name and an account ID", "Give both, as in payments.a1b2c.").In("namespace")
	}
	return c.change(ctx, func(s *server) error {
		r := c.realm.Load()
		if old := r.byName[id.String()]; old != nil {
			if old.is("namespace-missing") { // made again: that repairs it
				return c.commit(r.with(old.breaking(c.practice, old.mended("namespace-missing"))))
			}
			return nil
		}
		if err := s.register(ctx, id.String()); err != nil {
			return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The namespace %s could not be made", id), "Try again. If it happens again, reset the rehearsal.")
		}
		return c.commit(r.with(newSpace(id, c.o.Now().UTC(), "", nil, nil)))
	})
}

// DeleteNamespace deletes a namespace with its workflows: from now on nobody is let in, and the server forgets it in the
// background. One that is not there is left so.
func (c *Cloud) DeleteNamespace(ctx context.Context, id namespace.ID) error {
	return c.change(ctx, func(s *server) error {
		r := c.realm.Load()
		old := r.byName[id.String()]
		if old == nil {
			return nil
		}
		if err := s.forget(ctx, id.String()); err != nil {
			return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The namespace %s could not be deleted", id), "Try again. If it happens again, reset the rehearsal.")
		}
		if err := tellDeleted(c, id); err != nil { // before its name is free
			return fault.Wrap(err, fault.Internal, fmt.Sprintf("The permissions in the namespace %s could not be deleted", id), "See that the data directory is writable and has room, then try again.")
		}
		return c.commit(r.without(id))
	})
}

// SetCAs replaces a namespace's CA bundle as Cloud's Save does, by Cloud's rules
// (docs.temporal.io/cloud/certificates). It holds for the next handshake and the next call. A refusal is Invalid
// faults, one for each rule that a certificate breaks, and nothing changes.
func (c *Cloud) SetCAs(ctx context.Context, id namespace.ID, bundle []byte) (cloud.Namespace, error) {
	return c.edit(ctx, id, func(old *space) (*space, error) { return c.trusting(old, bundle) })
}

// TakeBackCAs makes the bundle what it was before the change that gave after, and a switch that the change turned off
// is on again. What was there is not judged anew: it may be none, or have ended. A Conflict fault when the bundle was
// changed again meanwhile.
func (c *Cloud) TakeBackCAs(ctx context.Context, after cloud.Namespace) error {
	_, err := c.edit(ctx, after.ID, func(old *space) (*space, error) {
		if old.was == nil || old.shownBundle != after.BundlePEM {
			return nil, fault.New(fault.Conflict, "The CA bundle was changed again meanwhile", "Look at it in the rehearsal cloud.")
		}
		s := newSpace(old.id, old.created, old.was.bundle, old.was.cas, old.filters).like(old)
		s.broken, s.was = old.was.broken, nil
		return s, nil
	})
	return err
}

// trusting is a namespace with another CA bundle, judged by Cloud's rules.
func (c *Cloud) trusting(old *space, bundle []byte) (*space, error) {
	cas, lints := certsvc.LintBundle(bundle, c.o.Now())
	var errs []error
	for _, l := range lints {
		if l.Severity == certsvc.SevError {
			errs = append(errs, refusal(l))
		}
	}
	if len(errs) == 0 && len(old.filters) == 0 {
		errs = append(errs, publicCA(cas, systemPool(), c.o.Now()))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if old.is("wrong-ca") && slices.EqualFunc(cas, old.holds, (*x509.Certificate).Equal) {
		return old, nil // saved as it was shown: still wrong, and nothing of the own bundle is lost
	}
	n := newSpace(old.id, old.created, bundleText(bundle, cas), cas, old.filters).like(old)
	n.was = &saved{old.bundle, old.cas, old.broken}
	return n.breaking(c.practice, old.mended("wrong-ca")), nil // saving a bundle repairs it
}

// bundleText is the bundle to keep: the text as it came, or where that had to be repaired to be read, the
// certificates written anew.
func bundleText(text []byte, cas []*x509.Certificate) string {
	if asIs, err := parseBundle(string(text)); err == nil && slices.EqualFunc(asIs, cas, (*x509.Certificate).Equal) && utf8.Valid(text) {
		return string(text)
	}
	var b strings.Builder
	for _, ca := range cas {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}))
	}
	return b.String()
}

// refusal is a rule that the bundle breaks, as a fault.
func refusal(l certsvc.Lint) error {
	cause := l.Text
	if l.Subject != "" {
		cause = l.Subject + ": " + l.Text
	}
	return &fault.Fault{Kind: fault.Invalid, Code: l.Code, Field: "ca_bundle", Title: "The CA bundle was not saved", Cause: cause,
		NotWrong: "The bundle saved before still holds.", Fix: l.Fix, Who: "cloud-admin"}
}

// publicCA refuses a well-known public CA for a namespace without certificate filters: anybody may hold a
// certificate of it (docs.temporal.io/cloud/certificates).
func publicCA(cas []*x509.Certificate, public *x509.CertPool, now time.Time) error {
	for _, ca := range cas {
		if _, err := ca.Verify(x509.VerifyOptions{Roots: public, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil {
			return refusal(certsvc.Lint{Subject: certsvc.SubjectOf(ca),
				Text: "It is a well-known public CA. Anybody can get a certificate from it, so Cloud takes it only for a namespace with certificate filters.",
				Fix:  "Upload a CA certificate of your own, or set certificate filters first."})
		}
	}
	return nil
}

// systemPool is this system's roots, which stand for the well-known ones; empty where it has none.
func systemPool() *x509.CertPool {
	if roots, err := x509.SystemCertPool(); err == nil {
		return roots
	}
	return x509.NewCertPool()
}

// SetFilters replaces a namespace's certificate filters, tcld's JSON; nothing, or blanks, clears them. They
// hold for the next call. A refusal is Invalid faults, and nothing changes.
func (c *Cloud) SetFilters(ctx context.Context, id namespace.ID, raw []byte) (cloud.Namespace, error) {
	return c.ChangeFilters(ctx, id, func(cloud.Namespace) ([]byte, error) { return raw, nil })
}

// ChangeFilters is SetFilters with what change makes of the present namespace: nobody comes in between the look and
// the change. An error of change changes nothing.
func (c *Cloud) ChangeFilters(ctx context.Context, id namespace.ID, change func(cloud.Namespace) ([]byte, error)) (cloud.Namespace, error) {
	return c.edit(ctx, id, func(old *space) (*space, error) {
		raw, err := change(old.shown())
		if err != nil {
			return nil, err
		}
		return c.filtering(old, raw)
	})
}

// filtering is a namespace with other certificate filters.
func (c *Cloud) filtering(old *space, raw []byte) (*space, error) {
	var f certsvc.Filters
	if len(bytes.TrimSpace(raw)) > 0 {
		var err error
		if f, err = certsvc.ParseFilters(raw); err != nil {
			return nil, err
		}
		if err := f.ListedInvalid(); err != nil {
			return nil, err
		}
	} else if publicCA(old.cas, systemPool(), c.o.Now()) != nil {
		return nil, &fault.Fault{Kind: fault.Invalid, Field: "filters", Title: "The certificate filters were not cleared", Who: "cloud-admin",
			Cause: "The namespace trusts a well-known public CA, which Cloud takes only together with filters.", Fix: "Upload a CA certificate of your own first."}
	}
	s := newSpace(old.id, old.created, old.bundle, old.cas, f).like(old)
	s.broken = old.mended("filters") // saving filters repairs them
	return s, nil
}

// Namespaces returns every namespace, oldest first.
func (c *Cloud) Namespaces(ctx context.Context) ([]cloud.Namespace, error) {
	if err := c.Ready(ctx); err != nil {
		return nil, err
	}
	out := []cloud.Namespace{}
	for _, s := range c.realm.Load().spaces() {
		out = append(out, s.shown())
	}
	return out, nil
}

// Namespace returns one namespace; a NotFound fault when there is none of this ID.
func (c *Cloud) Namespace(ctx context.Context, id namespace.ID) (cloud.Namespace, error) {
	if err := c.Ready(ctx); err != nil {
		return cloud.Namespace{}, err
	}
	s, err := c.space(id)
	if err != nil {
		return cloud.Namespace{}, err
	}
	return s.shown(), nil
}

func (c *Cloud) space(id namespace.ID) (*space, error) {
	if s := c.realm.Load().byName[id.String()]; s != nil {
		return s, nil
	}
	return nil, fault.New(fault.NotFound, fmt.Sprintf("The rehearsal cloud has no namespace %s", id), "Create it first.").In("namespace")
}

// edit replaces one namespace by what f makes of it.
func (c *Cloud) edit(ctx context.Context, id namespace.ID, f func(*space) (*space, error)) (cloud.Namespace, error) {
	var shown cloud.Namespace
	err := c.change(ctx, func(*server) error {
		old, err := c.space(id)
		if err != nil {
			return err
		}
		s, err := f(old)
		if err != nil {
			return err
		}
		s = s.breaking(c.practice, s.broken)
		shown = s.shown()
		return c.commit(c.realm.Load().with(s))
	})
	if err != nil {
		return cloud.Namespace{}, err
	}
	return shown, nil
}

// commit saves a realm, then lets it hold; c.work is held.
func (c *Cloud) commit(r *realm) error {
	if err := c.keeper.save(r); err != nil {
		return fault.Wrap(err, fault.Internal, "The rehearsal cloud could not save its namespaces", "See that the data directory is writable and has room, then try again.")
	}
	c.realm.Store(r)
	return nil
}

// change runs f while nobody else changes anything and the server runs.
func (c *Cloud) change(ctx context.Context, f func(*server) error) error {
	for {
		if err := c.Ready(ctx); err != nil {
			return err
		}
		select {
		case c.work <- struct{}{}:
		case <-ctx.Done():
			return fault.Wrap(context.Cause(ctx), fault.Unavailable, "The rehearsal cloud is busy", "Try again.")
		}
		if c.server != nil { // else a reset or Close came first
			defer func() { <-c.work }()
			return f(c.server)
		}
		<-c.work
	}
}
