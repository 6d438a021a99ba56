package ops

import (
	"fmt"
	"net/http"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// form fills in what the page's forms hold at first.
func (h *Pages) form(p *views.OpsProps, v web.Visit, st acts.OpsState) {
	f := &p.Form
	f.Retention, f.KeyDays, f.KeyName = "30", "90", v.Migration.ID+"-worker"
	if re := migration.RotationOf(v.View); re.Open() && re.New == nil && re.Old.Name != "" { // of the same service account
		f.KeyName = re.Old.Name
	}
	f.Name = suggested(v, st)
	f.NewSignIn = methods(v.Migration.Auth)
	f.NeedsCA = v.Certificate == nil && !v.Migration.UsesKeys()
	f.OpenCreate = v.Namespace == nil && len(st.List) == 0
	now := "" // the method that the namespace has
	if d := st.Detail; d != nil {
		switch {
		case d.Settings.MTLS && d.Settings.APIKeys:
			now = acts.OpsBoth
		case d.Settings.APIKeys:
			now = cloud.AuthAPIKey
		default:
			now = cloud.AuthMTLS
		}
		if len(d.Settings.Filters) > 0 {
			f.Filters = string(d.Settings.Filters.JSON())
		}
	}
	f.SignIn = append(methods(now), views.Choice{Value: acts.OpsBoth, Label: "Both", Selected: now == acts.OpsBoth, Hint: "While workers move from one to the other"})
	usual := usualRegion(st)
	for _, r := range st.Regions {
		label := r.ID
		if known, ok := namespace.LookupRegion(r.ID); ok {
			label += " · " + known.Place
		}
		p.Regions = append(p.Regions, views.Choice{Value: r.ID, Label: label, Selected: r.ID == usual})
	}
}

// usualRegion is where most namespaces of the account are; where there are none, the first of the documentation's examples.
func usualRegion(st acts.OpsState) string {
	usual, most, n := "aws-us-east-1", 0, map[string]int{}
	for _, ns := range st.List {
		if n[ns.Region]++; ns.Region != "" && n[ns.Region] > most {
			usual, most = ns.Region, n[ns.Region]
		}
	}
	return usual
}

// methods are the two ways to sign in.
func methods(chosen string) []views.Choice {
	return []views.Choice{{Value: cloud.AuthMTLS, Label: "Client certificates (mTLS)", Selected: chosen == cloud.AuthMTLS},
		{Value: cloud.AuthAPIKey, Label: "API keys", Selected: chosen == cloud.AuthAPIKey}}
}

// suggested is a name for a new namespace that the account does not have; "" where the migration's gives none.
func suggested(v web.Visit, st acts.OpsState) string {
	if v.Namespace != nil {
		return ""
	}
	taken := map[string]bool{}
	for _, n := range st.List {
		taken[n.ID.Name] = true
	}
	id, _, err := namespace.ParseID(v.Migration.ID + "." + st.Who.Account)
	if err != nil {
		return ""
	}
	for n := 2; taken[id.Name]; n++ {
		id.Name = fmt.Sprintf("%s-%d", v.Migration.ID, n)
	}
	return id.Name
}

// Plan works out a change.
func (h *Pages) Plan(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.sent(r)
	if err != nil {
		return err
	}
	wish := acts.OpsWish{What: f.Text("what"), CAPEM: f.Raw("ca_pem"), Fingerprint: f.Text("fingerprint"), Filters: f.Raw("filters"),
		Attributes: strings.Split(f.Raw("attributes"), "\n"), SignIn: f.Text("sign_in"), Name: f.Text("name"), Region: f.Text("region")}
	days := "retention"
	if wish.What == acts.OpsKey {
		wish.Name, days = f.Text("key_name"), "key_days"
	}
	if wish.Days, err = web.DayNumber(days, f.Text(days)); err == nil {
		err = h.Acts.CloudOps.PlanOps(r.Context(), v.By, v.Migration.ID, wish)
	}
	if err == nil {
		return h.back(w, r, v.Migration.ID, nil)
	}
	return h.show(w, r, err, func(p *views.OpsProps) { again(&p.Form, p, f) })
}

// again puts back what a refused form held. A text with a private key is not shown again.
func again(o *views.OpsForm, p *views.OpsProps, f web.Form) {
	o.What = f.Text("what")
	if !certsvc.HoldsKey([]byte(f.Raw("ca_pem"))) {
		o.CAPEM = f.Raw("ca_pem")
	}
	choose := func(all []views.Choice, value string) {
		for i := range all {
			all[i].Selected = all[i].Value == value
		}
	}
	switch o.What {
	case acts.OpsCreate:
		o.Name, o.Retention = f.Text("name"), f.Text("retention")
		choose(o.NewSignIn, f.Text("sign_in"))
		choose(p.Regions, f.Text("region"))
	case acts.OpsFilters:
		o.Filters = f.Raw("filters")
	case acts.OpsAttributes:
		o.Attributes = f.Raw("attributes")
	case acts.OpsKey:
		o.KeyName, o.KeyDays = f.Text("key_name"), f.Text("key_days")
	case acts.OpsSignIn:
		choose(o.SignIn, f.Text("sign_in"))
	}
}
