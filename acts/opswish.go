package acts

import (
	"context"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// opsWish is a wish with what it is about.
type opsWish struct {
	CloudOps
	s    *opsSession
	v    migration.View
	wish OpsWish
}

// plan is the plan of a wish.
func (o opsWish) plan(ctx context.Context) (plan cloud.Plan, err error) {
	s, v, wish := o.s, o.v, o.wish
	if wish.What == OpsCreate {
		return o.create(ctx)
	}
	ns, err := idOf(v)
	if err != nil {
		return plan, err
	}
	if err := o.may(ctx, ns); err != nil {
		return plan, err
	}
	switch wish.What {
	case OpsAddCA:
		ca, err := caOf(v, wish.CAPEM)
		if err != nil {
			return plan, err
		}
		plan, err = s.client.PlanCAs(ctx, ns, cloud.CAChange{Add: ca})
		return plan, atField(err, "ca", "ca_pem", "bundle", "")
	case OpsRemoveCA:
		plan, err = s.client.PlanCAs(ctx, ns, cloud.CAChange{Remove: []string{wish.Fingerprint}})
		return plan, atField(err, "bundle", "", "fingerprint", "") // it is a button, not a field
	case OpsFilters:
		var filters certsvc.Filters
		if strings.TrimSpace(wish.Filters) != "" {
			if filters, err = certsvc.ParseFilters([]byte(wish.Filters)); err != nil {
				return plan, fault.From(err).In("filters")
			}
		}
		plan, err = s.client.PlanFilters(ctx, ns, filters)
		if err == nil {
			plan.Warnings = append(plan.Warnings, shutOut(v, filters)...)
		}
		return plan, atField(err, "", "filters")
	case OpsAttributes:
		types, err := namespace.ReadAttributes(wish.Attributes)
		if err != nil {
			return plan, fault.From(err).In("attributes")
		}
		if len(types) == 0 {
			return plan, fault.New(fault.Invalid, "No search attribute is given", "Write one on each line, as in CustomerId=Keyword.").In("attributes")
		}
		plan, err = s.client.PlanAttributes(ctx, ns, types)
		return plan, atField(err, "", "attributes")
	case OpsSignIn:
		return o.signIn(ctx, ns)
	case OpsKey:
		plan, err = s.client.PlanKey(ctx, ns, wish.Name, time.Duration(wish.Days)*24*time.Hour)
		return plan, atField(err, "name", "key_name", "days", "key_days")
	case OpsDeleteKey:
		plan, err = s.client.PlanDeleteKey(ctx, ns, migration.RotationOf(v).Old.ID)
		return plan, atField(err, "key", "")
	}
	return plan, fault.New(fault.Invalid, "Onramp does not know this change", "Choose one of the page.")
}

// may refuses to take away what is still used: when a wish is planned, and again when its plan is sent.
func (o opsWish) may(ctx context.Context, ns namespace.ID) error {
	switch o.wish.What {
	case OpsRemoveCA:
		return o.mayRemove(ctx, ns)
	case OpsSignIn:
		if off := turnedOff(o.wish.SignIn); off != "" {
			return o.mayTurnOff(ctx, ns, off)
		}
	case OpsDeleteKey:
		return migration.CanDeleteByOps(o.v)
	}
	return nil
}

// turnedOff is the method that a wish for a sign-in method turns off; "" for none.
func turnedOff(to string) string {
	return map[string]string{cloud.AuthMTLS: cloud.AuthAPIKey, cloud.AuthAPIKey: cloud.AuthMTLS}[to]
}

// atField renames the fields of a plan's faults to those of the page, in pairs; cloud.Where of the error stays.
func atField(err error, pairs ...string) error {
	if err == nil {
		return nil
	}
	names := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		names[pairs[i]] = pairs[i+1]
	}
	renamed := fault.Rename(err, names)
	if where := cloud.Where(err); where != "" {
		return &cloud.Fallen{At: where, Err: renamed}
	}
	return renamed
}

// caOf is the CA certificate that a wish is about: one that was given, the new one of a replacement, or the migration's.
func caOf(v migration.View, given string) ([]byte, error) {
	switch re := v.Replacement(); {
	case strings.TrimSpace(given) != "":
		return []byte(given), nil
	case re.Open() && re.NewCA != nil:
		return []byte(re.NewCA.PEM), nil
	case v.Certificate != nil:
		return []byte(v.Certificate.CAPEM), nil
	}
	return nil, fault.New(fault.Conflict, "There is no CA certificate to add yet", "Create certificates first: step 2.")
}

// shutOut warns of filters that keep the migration's own client certificate out.
func shutOut(v migration.View, filters certsvc.Filters) []string {
	if v.Certificate == nil || len(filters) == 0 {
		return nil
	}
	leaf, _, err := certsvc.ReadCertificates([]byte(v.Certificate.LeafPEM))
	if err != nil || len(leaf) == 0 {
		return nil
	}
	if _, in := filters.Match(leaf[0]); in {
		return nil
	}
	return []string{"These filters would lock out this migration’s own client certificate, " + v.Certificate.LeafSubject + "."}
}

// mayRemove refuses to take out a CA certificate that is still used: that of the migration's own client certificate, the old
// one of a replacement before both certificates have passed, and in a rehearsal one that a program was seen with.
func (o opsWish) mayRemove(ctx context.Context, ns namespace.ID) error {
	v, print := o.v, o.wish.Fingerprint
	re := v.Replacement()
	switch {
	case re.Open() && re.What == migration.ReplaceCA && print == re.Old.CAFingerprint:
		if err := re.CanRemove(); err != nil {
			return err
		}
		if !v.Migration.Mode.Can().Callers && re.Noted == "" {
			return fault.New(fault.Conflict, "Nobody has confirmed that every worker has the new certificate", "Confirm it with a reason first, on the page of the replacement.")
		}
	case v.Certificate != nil && print == v.Certificate.CAFingerprint:
		return fault.New(fault.Conflict, "The client certificate of this migration is under this CA certificate", "Replace it first: both work side by side until no worker uses the old one.")
	}
	if place := o.Of(v.Migration.Mode); place.Callers != nil {
		callers, err := place.Callers.Callers(ctx, ns)
		if err != nil {
			return err
		}
		if by := migration.HeldBy(callers, []string{print}, o.o.ReplaceWindow); len(by) > 0 {
			return migration.InUse(by, callers.At, o.o.ReplaceWindow)
		}
	}
	return nil
}

// create plans a namespace of the key's account. With client certificates it is made with its CA certificate: without
// one Temporal Cloud makes none.
func (o opsWish) create(ctx context.Context) (cloud.Plan, error) {
	s, v, wish := o.s, o.v, o.wish
	types, err := namespace.ReadAttributes(wish.Attributes)
	if err != nil {
		return cloud.Plan{}, fault.From(err).In("attributes")
	}
	ask := cloud.NewNamespace{Name: wish.Name, Region: wish.Region, RetentionDays: wish.Days, Auth: wish.SignIn, Attributes: types}
	switch wish.SignIn {
	case cloud.AuthAPIKey:
	case cloud.AuthMTLS:
		if ask.CAs, err = caOf(v, wish.CAPEM); err != nil {
			return cloud.Plan{}, fault.New(fault.Conflict, "A namespace for client certificates is made with its CA certificate", "Create certificates first, step 2, or paste a CA certificate of your own.").In("ca_pem")
		}
	default:
		return cloud.Plan{}, fault.New(fault.Invalid, "Choose how workers sign in", "Client certificates or API keys; both at once is not there when a namespace is made.").In("sign_in")
	}
	if slices.ContainsFunc(s.state.List, func(n cloud.Listed) bool { return n.ID.Name == wish.Name && n.ID.Account == s.state.Who.Account }) {
		return cloud.Plan{}, fault.New(fault.Conflict, "A namespace of that name exists already", "Use it from the list, or choose another name.").In("name")
	}
	if v.Migration.Mode.Can().Practice {
		_, err := o.Of(v.Migration.Mode).Namespaces.Namespace(ctx, namespace.ID{Name: wish.Name, Account: s.state.Who.Account})
		if err == nil { // the list shows the actor's own: what Create says of the others' holds here too
			return cloud.Plan{}, nameTaken().In("name")
		}
	}
	plan, err := s.client.PlanCreate(ctx, ask)
	return plan, atField(err, "ca", "ca_pem", "bundle", "ca_pem")
}

// signIn plans another sign-in method. One that is still used is not turned off.
func (o opsWish) signIn(ctx context.Context, ns namespace.ID) (plan cloud.Plan, err error) {
	s, v, wish := o.s, o.v, o.wish
	change, known := map[string]cloud.SignInChange{cloud.AuthMTLS: {MTLS: true}, cloud.AuthAPIKey: {APIKeys: true}, OpsBoth: {MTLS: true, APIKeys: true}}[wish.SignIn]
	if !known {
		return plan, fault.New(fault.Invalid, "Choose how workers sign in", "Client certificates, API keys, or both.").In("sign_in")
	}
	if change.MTLS && (strings.TrimSpace(wish.CAPEM) != "" || v.Certificate != nil) {
		if change.CAs, err = caOf(v, wish.CAPEM); err != nil {
			return plan, err
		}
	}
	off := turnedOff(wish.SignIn)
	plan, err = s.client.PlanSignIn(ctx, ns, change)
	if err == nil && off == v.Migration.Auth && !migration.SwitchOf(v).Open() {
		plan.Warnings = append(plan.Warnings, "This turns off "+migration.AuthSaid(off)+", which workers of this migration sign in with: they are refused from then on. To move them first, use the page Change the sign-in method.")
	}
	return plan, atField(err, "ca", "ca_pem", "bundle", "ca_pem")
}

// mayTurnOff refuses to turn off a method that is still used: in a rehearsal one that a program was seen with, and the old one of
// a change of the method before its last step.
func (o opsWish) mayTurnOff(ctx context.Context, ns namespace.ID, auth string) error {
	v, sw := o.v, migration.SwitchOf(o.v)
	if sw.Open() && auth == sw.Old.Auth {
		if err := sw.CanTurnOff(); err != nil {
			return err
		}
		if !v.Migration.Mode.Can().Callers && sw.Noted == "" {
			return fault.New(fault.Conflict, "Nobody has confirmed that no program signs in with the old method", "Confirm it with a reason first, on the page Change the sign-in method.")
		}
	}
	place := o.Of(v.Migration.Mode)
	if place.Callers == nil {
		return nil
	}
	callers, err := place.Callers.Callers(ctx, ns)
	if err != nil {
		return err
	}
	if by := migration.HeldWith(callers, auth, o.o.ReplaceWindow); len(by) > 0 {
		return migration.InUse(by, callers.At, o.o.ReplaceWindow)
	}
	return nil
}
