package ops

import (
	"maps"
	"slices"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/handlers/web"
	"onramp/snippet"
	"onramp/views"
)

// ways are the changes of the page as tools make them that are not Onramp: those that suit how the migration signs in. Names
// and types that only a person can say stand as examples.
func ways(v web.Visit, st acts.OpsState) (out []views.OpsWay) {
	keys := v.Migration.UsesKeys()
	name := suggested(v, st)
	if name == "" {
		name = v.Migration.ID
	}
	create := snippet.CreatesNamespace(snippet.NewCloudNamespace{Name: name, Region: usualRegion(st), Days: 30, MTLS: !keys})
	if v.Namespace == nil {
		create.Onramp = ""
		return []views.OpsWay{way(create.ID, create, name)}
	}
	ns := v.Namespace.Namespace
	had := snippet.SignIns{MTLS: !keys, APIKeys: keys}
	if d := st.Detail; d != nil && d.Name == ns {
		had = snippet.SignIns{MTLS: d.Settings.MTLS, APIKeys: d.Settings.APIKeys}
	}
	var all []snippet.CloudChange
	if had.MTLS {
		all = append(all, snippet.AddsCA(ns), snippet.ReplacesCAs(ns), snippet.RemovesCA(ns, "FINGERPRINT", "FINGERPRINT"),
			snippet.SetsFilters(ns, []snippet.Filter{{CommonName: "your-worker"}}, nil))
	}
	all = append(all, snippet.AddsAttributes(ns, map[string]string{"CustomerId": "Keyword"}), snippet.SetsSignIn(ns, snippet.SignIns{MTLS: !had.MTLS, APIKeys: had.MTLS}, had))
	if had.APIKeys {
		all = append(all, snippet.MakesKey(ns, v.Migration.ID+"-worker", 90))
	}
	for _, c := range append(all, create) {
		c.Onramp = "" // it would take the key too
		out = append(out, way(c.ID, c, ns))
	}
	return out
}

// way is a change as other tools make it; id makes its codes unique on the page, and value is marked in them.
func way(id string, c snippet.CloudChange, value string) views.OpsWay {
	out := views.OpsWay{ID: id, Title: c.Title}
	if c.Onramp != "" {
		out.Codes = append(out.Codes, views.CodeBlockProps{ID: id + "-onramp", Name: "onramp cloud", Label: c.Title + " with onramp cloud", Lang: "bash", Text: c.Onramp, Values: []string{value}})
	}
	for _, one := range c.Commands {
		out.Codes = append(out.Codes, views.CodeBlockProps{ID: id + "-" + one.ID, Name: one.Tool, Label: c.Title + " with " + one.Tool, Lang: one.Lang, Text: one.Text, Values: []string{value}})
		for _, n := range one.Notes {
			if !slices.Contains(out.Notes, n) {
				out.Notes = append(out.Notes, n)
			}
		}
	}
	return out
}

// planned is a plan as other tools make it.
func planned(p cloud.Plan, now time.Time) snippet.CloudChange {
	ns, was, next := p.Namespace.String(), p.Before, p.After
	switch {
	case p.Kind == cloud.KindCreate:
		n := snippet.NewCloudNamespace{Name: p.Namespace.Name, Days: next.RetentionDays, MTLS: next.MTLS, Attributes: next.Attributes}
		if len(next.Regions) > 0 {
			n.Region = next.Regions[0]
		}
		return snippet.CreatesNamespace(n)
	case p.Kind == cloud.KindKey && p.Key != nil:
		return snippet.MakesKey(ns, p.Key.Name, max(1, int((p.Key.Ends.Sub(now)+12*time.Hour)/(24*time.Hour))))
	case p.Kind == cloud.KindKeyDelete && p.Key != nil:
		return snippet.DeletesKey(ns, p.Key.ID)
	case was.MTLS != next.MTLS || was.APIKeys != next.APIKeys:
		return snippet.SetsSignIn(ns, snippet.SignIns{MTLS: next.MTLS, APIKeys: next.APIKeys}, snippet.SignIns{MTLS: was.MTLS, APIKeys: was.APIKeys})
	case !slices.Equal(was.Filters, next.Filters):
		return snippet.SetsFilters(ns, filtersOf(next.Filters), filtersOf(was.Filters))
	case !maps.Equal(was.Attributes, next.Attributes):
		more := maps.Clone(next.Attributes)
		maps.DeleteFunc(more, func(name, _ string) bool { _, there := was.Attributes[name]; return there })
		return snippet.AddsAttributes(ns, more)
	}
	gone := slices.DeleteFunc(slices.Clone(was.CAs), func(ca cloud.HeldCA) bool { return slices.Contains(next.CAs, ca) })
	added := len(next.CAs) - (len(was.CAs) - len(gone))
	switch {
	case len(gone) == 0:
		return snippet.AddsCA(ns)
	case len(gone) == 1 && added == 0:
		return snippet.RemovesCA(ns, gone[0].SHA256, gone[0].SHA1)
	}
	return snippet.ReplacesCAs(ns)
}

func filtersOf(all certsvc.Filters) (out []snippet.Filter) {
	for _, f := range all {
		out = append(out, snippet.Filter{CommonName: f.CommonName, Organization: f.Organization, OrganizationalUnit: f.OrganizationalUnit, SubjectAlternativeName: f.SubjectAlternativeName})
	}
	return out
}
