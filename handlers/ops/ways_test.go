package ops

import (
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/namespace"
)

// TestPlannedWays: each plan that the page can show is told as the tcld line, the onramp line and the Terraform lines that
// make the same change.
func TestPlannedWays(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	old, added := cloud.HeldCA{SHA256: "aa11", SHA1: "bb22"}, cloud.HeldCA{SHA256: "cc33", SHA1: "dd44"}
	base := cloud.Settings{MTLS: true, CAs: []cloud.HeldCA{old}, RetentionDays: 30, Attributes: map[string]string{"A": "Int"}, Regions: []string{"aws-us-east-1"}}
	with := func(edit func(*cloud.Settings)) cloud.Plan {
		next := base
		edit(&next)
		return cloud.Plan{Kind: cloud.KindUpdate, Namespace: namespace.ID{Name: "orders", Account: "a2dd6"}, Before: base, After: next}
	}
	create := with(func(s *cloud.Settings) { s.Regions = []string{"gcp-us-central1"} })
	create.Kind, create.Before = cloud.KindCreate, cloud.Settings{}
	key := with(func(*cloud.Settings) {})
	key.Kind, key.Key = cloud.KindKey, &cloud.KeyPlan{Name: "worker", Ends: now.Add(90 * 24 * time.Hour)}
	for _, c := range []struct {
		name         string
		plan         cloud.Plan
		onramp, tcld string
		hcl          string
	}{
		{"a CA is added", with(func(s *cloud.Settings) { s.CAs = []cloud.HeldCA{old, added} }), "cloud ca add orders.a2dd6 ca.pem", "accepted-client-ca add --namespace orders.a2dd6", "accepted_client_ca"},
		{"a CA is removed", with(func(s *cloud.Settings) { s.CAs = nil }), "ca remove orders.a2dd6 --fingerprint aa11", "--ca-certificate-fingerprint bb22", "accepted_client_ca"},
		{"one comes as another leaves", with(func(s *cloud.Settings) { s.CAs = []cloud.HeldCA{added} }), "cloud ca set", "accepted-client-ca set", "accepted_client_ca"},
		{"filters", with(func(s *cloud.Settings) { s.Filters = certsvc.Filters{{CommonName: "w"}} }), "filters set", `certificate-filters import --namespace orders.a2dd6 --certificate-filter-input '{"filters":[{"commonName":"w"}]}'`, "certificate_filters"},
		{"attributes", with(func(s *cloud.Settings) { s.Attributes = map[string]string{"A": "Int", "B": "Keyword"} }), "attributes add orders.a2dd6 'B=Keyword'", "--search-attribute 'B=Keyword'", `"B"`},
		{"to API keys", with(func(s *cloud.Settings) { s.MTLS, s.APIKeys = false, true }), "sign-in set orders.a2dd6 api-key", "--auth-method api_key", "api_key_auth = true"},
		{"create", create, "cloud create orders --region gcp-us-central1 --retention 30 --auth mtls", "create --namespace orders --region gcp-us-central1", `"gcp-us-central1"`},
		{"an API key", key, "key create orders.a2dd6 --name worker --days 90", "--duration 90d", "temporalcloud_apikey"},
	} {
		got := way("plan", planned(c.plan, now), c.plan.Namespace.String())
		texts := map[string]string{}
		for _, code := range got.Codes {
			texts[code.Name] = code.Text
		}
		if !strings.Contains(texts["onramp cloud"], c.onramp) || !strings.Contains(texts["tcld"], c.tcld) || !strings.Contains(texts["Terraform"], c.hcl) {
			t.Errorf("%s: %v", c.name, texts)
		}
		if strings.Contains(texts["tcld"], "A=Int") && c.name == "attributes" {
			t.Errorf("%s: one that is there already: %s", c.name, texts["tcld"])
		}
	}
}
