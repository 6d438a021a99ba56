package cloudops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/protobuf/proto"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// PlanCAs works out another CA bundle. It is judged by Temporal Cloud's rules before anything is sent; certificates that
// have expired leave it, since one of them blocks every change (temporalio/tcld#406).
func (c *Client) PlanCAs(ctx context.Context, id namespace.ID, change cloud.CAChange) (cloud.Plan, error) {
	return c.plan(ctx, id, func(spec *nspb.NamespaceSpec) error {
		present := spec.GetMtlsAuth().GetAcceptedClientCa()
		var next certsvc.BundleChange
		var err error
		switch {
		case len(change.Remove) > 0:
			next, err = certsvc.RemoveFromBundle(present, sha256Of(present, change.Remove), c.o.Now())
		case change.Set != nil:
			next, err = certsvc.AddToBundle(nil, change.Set, c.o.Now())
		default:
			next, err = certsvc.AddToBundle(present, change.Add, c.o.Now())
		}
		if err != nil {
			return at(cloud.AtBundle, err)
		}
		if spec.GetApiKeyAuth().GetEnabled() && !spec.GetMtlsAuth().GetEnabled() {
			return at(cloud.AtBundle, fault.New(fault.Conflict, "The namespace takes API keys, not client certificates",
				"Change its sign-in method first, or make an API key for the worker: onramp cloud key create."))
		}
		if spec.MtlsAuth == nil {
			spec.MtlsAuth = &nspb.MtlsAuthSpec{}
		}
		spec.MtlsAuth.Enabled, spec.MtlsAuth.AcceptedClientCa = true, next.PEM
		return nil
	})
}

// sha256Of turns SHA-1 fingerprints, as tcld has them, into SHA-256 where the bundle has such a certificate.
func sha256Of(bundle []byte, prints []string) []string {
	out := slices.Clone(prints)
	for i, p := range out {
		p = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(p), ":", ""))
		for _, cert := range certificates(bundle) {
			if certsvc.TcldFingerprint(cert) == p {
				out[i] = certsvc.Fingerprint(cert)
			}
		}
	}
	return out
}

// PlanFilters works out other certificate filters; none clears them.
func (c *Client) PlanFilters(ctx context.Context, id namespace.ID, f certsvc.Filters) (cloud.Plan, error) {
	if len(f) > 0 {
		if err := f.Validate(); err != nil {
			return cloud.Plan{}, at(cloud.AtBundle, err)
		}
	}
	return c.plan(ctx, id, func(spec *nspb.NamespaceSpec) error {
		if !spec.GetMtlsAuth().GetEnabled() {
			return at(cloud.AtBundle, fault.New(fault.Conflict, "The namespace takes no client certificates", "Certificate filters are for namespaces that do."))
		}
		if err := c.noneExpired(spec); err != nil {
			return err
		}
		spec.MtlsAuth.CertificateFilters = nil
		for _, one := range f {
			spec.MtlsAuth.CertificateFilters = append(spec.MtlsAuth.CertificateFilters, &nspb.CertificateFilterSpec{CommonName: one.CommonName,
				Organization: one.Organization, OrganizationalUnit: one.OrganizationalUnit, SubjectAlternativeName: one.SubjectAlternativeName})
		}
		return nil
	})
}

// PlanAttributes works out more search attributes, by name and type. None can be removed, nor have its type changed.
func (c *Client) PlanAttributes(ctx context.Context, id namespace.ID, types map[string]string) (cloud.Plan, error) {
	more, err := numbered(types)
	if err != nil {
		return cloud.Plan{}, err
	}
	return c.plan(ctx, id, func(spec *nspb.NamespaceSpec) error {
		if err := c.noneExpired(spec); err != nil {
			return err
		}
		for name, number := range more {
			if was, there := spec.GetSearchAttributes()[name]; there && was != number {
				return at(cloud.AtBundle, fault.New(fault.Conflict, fmt.Sprintf("The search attribute %s is there with the type %s", name, attributeWord(was)),
					"Temporal Cloud changes no type. Use another name."))
			}
			if spec.SearchAttributes == nil {
				spec.SearchAttributes = map[string]nspb.NamespaceSpec_SearchAttributeType{}
			}
			spec.SearchAttributes[name] = number
		}
		return nil
	})
}

func numbered(types map[string]string) (map[string]nspb.NamespaceSpec_SearchAttributeType, error) {
	out := map[string]nspb.NamespaceSpec_SearchAttributeType{}
	for name, word := range types {
		n, ok := attributeNumber(word)
		if !ok {
			return nil, at(cloud.AtBundle, fault.New(fault.Invalid, fmt.Sprintf("%s has a type that is not known", name),
				"Use one of "+strings.Join(slices.Sorted(maps.Values(attributeWords)), ", ")+"."))
		}
		out[name] = n
	}
	return out, nil
}

// noneExpired names an expired CA certificate of the present bundle: Temporal Cloud would refuse the change because of it,
// whatever else it changes (temporalio/tcld#406).
func (c *Client) noneExpired(spec *nspb.NamespaceSpec) error {
	var errs []string
	for _, cert := range certificates(spec.GetMtlsAuth().GetAcceptedClientCa()) {
		if c.o.Now().After(cert.NotAfter) {
			errs = append(errs, fmt.Sprintf("%s (SHA-256 %s) expired on %s.", certsvc.SubjectOf(cert), certsvc.Fingerprint(cert), cert.NotAfter.UTC().Format(time.DateOnly)))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return at(cloud.AtBundle, &fault.Fault{Kind: fault.Conflict, Code: "CH-09", Title: "The namespace holds a CA certificate that has expired", Cause: strings.Join(errs, " ") +
		" Temporal Cloud refuses every change of a namespace while one is in its bundle. Nothing was sent.", Fix: "Remove it first: onramp cloud ca remove, with its fingerprint.", Who: "cloud-admin"})
}

// plan fetches a namespace that can be changed and lets edit change a clone of its spec.
func (c *Client) plan(ctx context.Context, id namespace.ID, edit func(*nspb.NamespaceSpec) error) (cloud.Plan, error) {
	n, err := c.active(ctx, id)
	if err != nil {
		return cloud.Plan{}, err
	}
	spec := proto.CloneOf(n.GetSpec()) // with the fields that this program does not know: the request replaces all of it
	if err := edit(spec); err != nil {
		return cloud.Plan{}, err
	}
	p := cloud.Plan{Operation: uuid.NewString(), Kind: kindUpdate, Namespace: id, Before: settingsOf(n.GetSpec()), After: settingsOf(spec)}
	p.Diff = Difference(p.Before, p.After)
	p.Warnings = warnings(p, detailOf(n, c.o.Now()))
	p.Request, err = proto.Marshal(&cloudservice.UpdateNamespaceRequest{Namespace: id.String(), Spec: spec, ResourceVersion: n.GetResourceVersion(), AsyncOperationId: p.Operation})
	if err != nil {
		return cloud.Plan{}, fault.From(err)
	}
	return p, nil
}

// The kinds of plans, and what is in the journal alone.
const (
	kindUpdate = cloud.KindUpdate
	kindCreate = cloud.KindCreate
	kindKey    = cloud.KindKey

	kindKeyDelete = cloud.KindKeyDelete

	kindRobot = "service-account"
)

// active fetches a namespace and, while somebody's change of it is under way, waits for that.
func (c *Client) active(ctx context.Context, id namespace.ID) (*nspb.Namespace, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Patience)
	defer cancel()
	for {
		n, err := c.fetch(ctx, id)
		if err != nil {
			return nil, err
		}
		switch n.GetState() {
		case resource.ResourceState_RESOURCE_STATE_ACTIVE:
			return n, nil
		case resource.ResourceState_RESOURCE_STATE_UPDATING, resource.ResourceState_RESOURCE_STATE_ACTIVATING:
			if pause(ctx, c.o.Pause) {
				continue
			}
			f := fault.New(fault.Conflict, fmt.Sprintf("The namespace is still being changed (%s)", stateWord(n)), "Look at that change, then try again: onramp cloud operation "+n.GetAsyncOperationId()+".")
			return nil, at(cloud.AtConflict, f)
		}
		f := fault.New(fault.Conflict, "The namespace cannot be changed now: its state is "+stateWord(n), "Temporal support can mend a namespace in that state.")
		f.Who = "cloud-admin"
		return nil, at(cloud.AtConflict, f)
	}
}

// pause waits, and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// PlanCreate works out a new namespace of the key's account. Its region is looked up first: of a misspelt one Temporal
// Cloud says no more than that the request is unauthorized.
func (c *Client) PlanCreate(ctx context.Context, n cloud.NewNamespace) (cloud.Plan, error) {
	if err := JudgeNew(n, c.o.Now()); err != nil {
		return cloud.Plan{}, err
	}
	who, err := c.Who(ctx)
	if err != nil {
		return cloud.Plan{}, err
	}
	id := namespace.ID{Name: n.Name, Account: who.Account}
	regions, err := c.Regions(ctx)
	if err != nil {
		return cloud.Plan{}, err
	}
	if err := regionThere(n.Region, regions); err != nil {
		return cloud.Plan{}, err
	}
	spec := &nspb.NamespaceSpec{Name: n.Name, RetentionDays: int32(n.RetentionDays), Replicas: []*nspb.ReplicaSpec{{Region: n.Region}}}
	if spec.SearchAttributes, err = numbered(n.Attributes); err != nil {
		return cloud.Plan{}, err
	}
	if n.Auth == cloud.AuthAPIKey {
		spec.ApiKeyAuth = &nspb.ApiKeyAuthSpec{Enabled: true}
	} else {
		bundle, err := certsvc.AddToBundle(nil, n.CAs, c.o.Now())
		if err != nil {
			return cloud.Plan{}, at(cloud.AtBundle, err)
		}
		spec.MtlsAuth = &nspb.MtlsAuthSpec{Enabled: true, AcceptedClientCa: bundle.PEM}
	}
	p := cloud.Plan{Operation: uuid.NewString(), Kind: kindCreate, Namespace: id, Before: settingsOf(nil), After: settingsOf(spec)}
	p.Diff = append([]string{"+ namespace " + id.String()}, Difference(p.Before, p.After)...)
	p.Request, err = proto.Marshal(&cloudservice.CreateNamespaceRequest{Spec: spec, AsyncOperationId: p.Operation})
	if err != nil {
		return cloud.Plan{}, fault.From(err)
	}
	return p, nil
}

// Regions are where the API lets namespaces be.
func (c *Client) Regions(ctx context.Context) ([]cloud.Region, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	out, err := c.api.GetRegions(ctx, &cloudservice.GetRegionsRequest{})
	if err != nil {
		return nil, c.refusal(err, "list regions")
	}
	all := []cloud.Region{}
	for _, r := range out.GetRegions() {
		all = append(all, cloud.Region{ID: r.GetId(), Place: r.GetLocation()})
	}
	return all, nil
}

// regionThere refuses a region that the API does not list.
func regionThere(id string, all []cloud.Region) error {
	plain := func(s string) string { return strings.ReplaceAll(s, "-", "") }
	var ids []string
	for _, r := range all {
		if r.ID == id {
			return nil
		}
		_, name, _ := strings.Cut(r.ID, "-") // without the provider
		if name == id || plain(r.ID) == plain(id) {
			return at(cloud.AtBundle, fault.New(fault.Invalid, "There is no region "+id, "Write "+r.ID+": the provider first, and every hyphen.").In("region"))
		}
		ids = append(ids, r.ID)
	}
	return at(cloud.AtBundle, fault.New(fault.Invalid, "There is no such region", "Use one of: "+strings.Join(ids, ", ")+".").In("region"))
}

// warnings are what a person should know before agreeing to the change of a namespace.
func warnings(p cloud.Plan, now cloud.Detail) []string {
	var out []string
	if now.Terraform() {
		out = append(out, "This namespace says that Terraform keeps it. Terraform will show this change as drift and may undo it: put it into the configuration too.")
	}
	for _, ca := range now.Expired {
		if !slices.ContainsFunc(p.After.CAs, func(x cloud.HeldCA) bool { return x.SHA256 == ca.SHA256 }) {
			out = append(out, "The CA certificate "+ca.Subject+" expired on "+ca.NotAfter.Format(time.DateOnly)+" and leaves the bundle: while it is there, Temporal Cloud refuses every change.")
		}
	}
	if p.Before.MTLS && !p.After.MTLS {
		out = append(out, "Workers that connect with a client certificate are cut off when this is made.")
	}
	if p.Before.APIKeys && !p.After.APIKeys {
		out = append(out, "Workers that connect with an API key are cut off when this is made.")
	}
	if !(p.Before.MTLS && p.Before.APIKeys) && p.After.MTLS && p.After.APIKeys {
		out = append(out, "An account has both methods at once on request to Temporal Support alone. While the namespace takes both, API keys are accepted at the regional endpoint, not at the namespace endpoint, and it cannot be in two regions.")
	}
	switch was, next := len(p.Before.Rules), len(p.After.Rules); {
	case was == 0 && next > 0:
		out = append(out, "A CONNECTIVITY RULE SHUTS EVERY OTHER WAY AT ONCE. From then on the namespace is reached by what its rules name and by nothing else: every worker, starter and script that comes another way is cut off, and so is this machine if it does. "+
			"Onramp cannot see by which way they come: know it of each before you agree.")
	case was > 0 && next == 0:
		out = append(out, "Without a connectivity rule the namespace is reached over the public Internet again, by whoever has a credential.")
	case len(without(p.Before.Rules, p.After.Rules)) > 0:
		out = append(out, "Whoever comes by a connectivity rule that is detached is cut off when this is made.")
	}
	if !slices.Equal(p.Before.Filters, p.After.Filters) && len(p.After.Filters) > 0 {
		out = append(out, "A client certificate that matches none of the filters is refused from then on.")
	}
	return out
}

// Difference says in lines what changes, first what goes.
func Difference(before, after cloud.Settings) []string {
	var out []string
	say := func(sign, format string, a ...any) { out = append(out, sign+" "+fmt.Sprintf(format, a...)) }
	for _, ca := range before.CAs {
		if !slices.ContainsFunc(after.CAs, func(x cloud.HeldCA) bool { return x.SHA256 == ca.SHA256 }) {
			say("-", "CA certificate %s, expires %s, SHA-256 %s", ca.Subject, ca.NotAfter.Format(time.DateOnly), ca.SHA256)
		}
	}
	for _, ca := range after.CAs {
		if !slices.ContainsFunc(before.CAs, func(x cloud.HeldCA) bool { return x.SHA256 == ca.SHA256 }) {
			say("+", "CA certificate %s, expires %s, SHA-256 %s", ca.Subject, ca.NotAfter.Format(time.DateOnly), ca.SHA256)
		}
	}
	for _, f := range before.Filters {
		if !slices.Contains(after.Filters, f) {
			say("-", "certificate filter %s", filterText(f))
		}
	}
	for _, f := range after.Filters {
		if !slices.Contains(before.Filters, f) {
			say("+", "certificate filter %s", filterText(f))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before.Attributes)) {
		if after.Attributes[name] != before.Attributes[name] {
			say("-", "search attribute %s (%s)", name, before.Attributes[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Attributes)) {
		if after.Attributes[name] != before.Attributes[name] {
			say("+", "search attribute %s (%s)", name, after.Attributes[name])
		}
	}
	if before.MTLS != after.MTLS {
		say(sign(after.MTLS), "client certificates (mTLS)")
	}
	if before.APIKeys != after.APIKeys {
		say(sign(after.APIKeys), "API keys")
	}
	if before.RetentionDays == 0 && after.RetentionDays > 0 {
		say("+", "retention %d days", after.RetentionDays)
	} else if before.RetentionDays != after.RetentionDays {
		say("~", "retention %d → %d days", before.RetentionDays, after.RetentionDays)
	}
	for _, id := range without(before.Rules, after.Rules) {
		say("-", "connectivity rule %s", id)
	}
	for _, id := range without(after.Rules, before.Rules) {
		say("+", "connectivity rule %s", id)
	}
	for _, r := range after.Regions {
		if !slices.Contains(before.Regions, r) {
			say("+", "region %s", r)
		}
	}
	return out
}

func sign(on bool) string {
	if on {
		return "+"
	}
	return "-"
}

func filterText(f certsvc.Filter) string {
	var parts []string
	for _, p := range [][2]string{{"CN", f.CommonName}, {"O", f.Organization}, {"OU", f.OrganizationalUnit}, {"SAN", f.SubjectAlternativeName}} {
		if p[1] != "" {
			parts = append(parts, p[0]+"="+p[1])
		}
	}
	return strings.Join(parts, ", ")
}
