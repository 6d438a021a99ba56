package certsvc

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// BundleChange is what a namespace's CA bundle becomes.
type BundleChange struct {
	PEM     []byte
	Certs   []*x509.Certificate
	Dropped []Dropped
}

// Dropped is a certificate that a change leaves out, and why.
type Dropped struct {
	Cert *x509.Certificate
	Why  string
}

// TcldFingerprint is how tcld names a certificate in accepted-client-ca remove: SHA-1 in lower-case hex.
// It identifies and proves nothing.
func TcldFingerprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

// AddToBundle puts CAs beside those that a namespace holds, the first gate of a replacement: expired ones
// are dropped, as one of them fails every later update (cloud-facts CA8, X5), with what hung on them. The
// error is joined faults: Conflict with CH-02 for a CA of the same name and another key (cloud-facts EE4),
// Invalid for whatever LintBundle finds in the result, or for a text that is no bundle.
func AddToBundle(current, add []byte, now time.Time) (BundleChange, error) {
	var out BundleChange
	have, err := bundleCerts(current, "bundle", true)
	if err != nil {
		return out, err
	}
	more, err := bundleCerts(add, "ca", false)
	if err != nil {
		return out, err
	}
	var faults []*fault.Fault
	for _, n := range more {
		for _, h := range have {
			if _, same := sameName(n.RawSubject, h.RawSubject); same && !sameKey(n.PublicKey, h.PublicKey) {
				f := fault.New(fault.Conflict, fmt.Sprintf("The namespace already has a CA named %s with a different key", SubjectOf(h)),
					"Give the new CA a unique name, for example with the year in it.").In("ca")
				f.Code, f.Cause = "CH-02", "Two CAs with the same name cannot be told apart; Temporal Cloud compares names without regard to case."
				faults = append(faults, f)
			}
		}
	}
	if err := joined(faults...); err != nil {
		return out, err
	}
	for _, c := range have {
		switch {
		case slices.ContainsFunc(out.Certs, c.Equal):
			out.Dropped = append(out.Dropped, Dropped{c, "it is in the bundle twice"})
		case now.After(c.NotAfter):
			out.Dropped = append(out.Dropped, Dropped{c, "it expired on " + date(c.NotAfter)})
		default:
			out.Certs = append(out.Certs, c)
		}
	}
	for _, c := range more {
		if !slices.ContainsFunc(out.Certs, c.Equal) {
			out.Certs = append(out.Certs, c)
		}
	}
	out.orphans()
	return out.judged(now)
}

// RemoveFromBundle takes CAs out by their SHA-256 fingerprints, the last gate of a replacement, with what
// hangs on them. The error is NotFound for a fingerprint that the bundle lacks, Conflict when none would be
// left, or as that of AddToBundle.
func RemoveFromBundle(current []byte, fingerprints []string, now time.Time) (BundleChange, error) {
	var out BundleChange
	have, err := bundleCerts(current, "bundle", false)
	if err != nil {
		return out, err
	}
	wanted := map[string]bool{}
	for _, f := range fingerprints {
		wanted[strings.ToLower(strings.ReplaceAll(strings.TrimSpace(f), ":", ""))] = true
	}
	for _, c := range have {
		if fp := Fingerprint(c); wanted[fp] {
			out.Dropped = append(out.Dropped, Dropped{c, "it was removed"})
			delete(wanted, fp)
			continue
		}
		out.Certs = append(out.Certs, c)
	}
	for fp := range wanted {
		return BundleChange{}, fault.New(fault.NotFound, "The bundle has no certificate with the fingerprint "+printable(fp), "Read the namespace's CA bundle again.").In("fingerprint")
	}
	out.orphans()
	if len(out.Certs) == 0 {
		return BundleChange{}, fault.New(fault.Conflict, "The namespace would be left without a CA", "Add the new CA first; without one no worker can connect.").In("fingerprint")
	}
	return out.judged(now)
}

// bundleCerts reads a bundle and refuses private keys and texts that are none.
func bundleCerts(raw []byte, field string, mayBeEmpty bool) ([]*x509.Certificate, error) {
	if mayBeEmpty && strings.TrimSpace(string(raw)) == "" {
		return nil, nil
	}
	found, err := admit(raw)
	if err != nil {
		return nil, fault.From(err).In(field)
	}
	if found.has(kindKey) || found.has(kindEncryptedKey) {
		return nil, problem{key: "IN-16/key"}.fault().In(field)
	}
	if trouble := found.certificateTrouble(); !trouble.none() {
		return nil, trouble.fault().In(field)
	}
	return found.certs(), nil
}

// orphans drops certificates whose issuer was dropped and is not there in another form.
func (b *BundleChange) orphans() {
	for again := true; again; {
		again = false
		all := newPool(b.Certs...)
		for i, c := range b.Certs {
			if selfSigned(c) || len(all.issuersOf(c)) > 0 {
				continue
			}
			j := slices.IndexFunc(b.Dropped, func(d Dropped) bool { return newPool(d.Cert).issuersOf(c) != nil })
			if j < 0 {
				continue // it never was complete: judged says so
			}
			b.Dropped = append(b.Dropped, Dropped{c, "its issuer " + SubjectOf(b.Dropped[j].Cert) + " goes"})
			b.Certs = slices.Delete(slices.Clone(b.Certs), i, i+1)
			again = true
			break
		}
	}
}

// judged writes the bundle and refuses one that Cloud would.
func (b BundleChange) judged(now time.Time) (BundleChange, error) {
	b.PEM = encodeCerts(b.Certs...)
	_, found := LintBundle(b.PEM, now)
	var faults []*fault.Fault
	for _, l := range found {
		if l.Severity == SevError {
			faults = append(faults, l.fault("ca"))
		}
	}
	if err := joined(faults...); err != nil {
		return BundleChange{}, err
	}
	return b, nil
}

// Rungs are the days before an end at which people are told, the first the earliest.
var Rungs = []int{60, 30, 15, 10, 5, 1}

// Expiry is when a client certificate stops working: at the first end in its chain.
type Expiry struct {
	At   time.Time
	Cert *x509.Certificate // the one that ends first
	IsCA bool              // it is a CA: every client certificate under it stops too
	Days int               // whole days left, 0 on the last, negative after it
	Rung int               // the rung of the ladder that is reached: 60 … 1; 0 before the first; -1 when expired
}

// Expires says when a client certificate under some CAs stops working, and how near that is.
func Expires(chain, cas []*x509.Certificate, now time.Time) Expiry {
	if len(chain) == 0 {
		return Expiry{}
	}
	var e Expiry
	for i, c := range newPool(append(slices.Clone(cas), chain[1:]...)...).path(chain[0]) {
		if e.Cert == nil || c.NotAfter.Before(e.At) {
			e.At, e.Cert, e.IsCA = c.NotAfter, c, i > 0
		}
	}
	e.Days, e.Rung = Ladder(e.At, now)
	return e
}

// Ladder says how many whole days are left until an end, 0 on the last and negative after it, and which
// rung that is, as in Expiry. While no reminder is due, a day that began less than an hour ago counts: a certificate that
// was made for 365 days has 365 left when its maker looks.
func Ladder(end, now time.Time) (days, rung int) {
	left := end.Sub(now)
	days = int(left / day)
	if left < 0 {
		if left%day != 0 {
			days--
		}
		return days, -1
	}
	for _, r := range Rungs {
		if left <= time.Duration(r)*day {
			rung = r
		}
	}
	if rung == 0 {
		days = int((left + time.Hour) / day)
	}
	return days, rung
}
