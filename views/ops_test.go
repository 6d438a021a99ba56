package views

import "onramp/fault"

// opsProps are those of the page before a key is given, or with a plan.
func opsProps(given bool) OpsProps {
	p := OpsProps{Migration: "payments", Namespace: "payments.a1b2c", Server: "saas-api.tmprl.cloud:443", Minutes: "15", Step: "Step 3 of 6", Rights: opsRightsFixture(given),
		Ways: []OpsWay{{ID: "add-ca", Title: "Add a CA certificate", Notes: []string{"tcld reads its key from TEMPORAL_CLOUD_API_KEY."},
			Codes: []CodeBlockProps{{ID: "add-ca-tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca add --namespace payments.a1b2c --ca-certificate-file ca.pem", Values: []string{"payments.a1b2c"}}}},
			{ID: "attributes", Title: "Add search attributes", Codes: []CodeBlockProps{{ID: "attributes-tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace search-attributes add --namespace payments.a1b2c --search-attribute CustomerId=Keyword", Values: []string{"payments.a1b2c"}}}}},
		Twin: CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cloud ca add payments.a1b2c ca.pem"}}
	if !given {
		return p
	}
	p.Account, p.MTLS, p.Read = "a1b2c", true, "12 Nov, 10:42 UTC"
	p.Regions = []Choice{{Value: "aws-us-east-1", Label: "aws-us-east-1 · N. Virginia", Selected: true}, {Value: "gcp-us-central1", Label: "gcp-us-central1 · Iowa"}}
	p.Other = []Pair{{Name: "CustomerId", Value: "Keyword"}}
	methods := []Choice{{Value: "mtls", Label: "Client certificates (mTLS)", Selected: true}, {Value: "api-key", Label: "API keys"}}
	p.Form = OpsForm{Retention: "30", NewSignIn: methods, KeyName: "payments-worker", KeyDays: "90",
		SignIn: append(methods[:2:2], Choice{Value: "both", Label: "Both"})}
	p.Given, p.Until = true, "12 Nov, 10:57 UTC"
	p.Who = []Pair{{Name: "Whose", Value: "dana@example.com"}, {Name: "Account", Value: "a1b2c", Mono: true}, {Name: "Role", Value: "developer"}}
	p.Spaces = []OpsSpace{{"orders.a1b2c", "active", "aws-eu-west-1", "API keys", false}, {"payments.a1b2c", "active", "aws-us-east-1", "client certificates", true}}
	p.Detail = []Pair{{Name: "State", Value: "active"}, {Name: "Retention", Value: "30 days"}}
	p.CAs = []CACard{{"CN=Payments CA 2024,O=Payments", "2027-01-31", "3f9523ea81b2a1314fd9ab6338f5b80722ddcb688ce00c19da0177049ae93af7", "0b7c1cf1a0d5b3bd0ba1ee0d6a5dd4d4cf1e3c55", Tag{Good, "Accepted"}}}
	p.Plan = &OpsPlan{Operation: "57476b9f-b91d-4bfd-8d4f-dc0dfdb4ca05", Needs: "Namespace Admin on payments.a1b2c", Warnings: []string{"This namespace says that Terraform keeps it."},
		Way:   OpsWay{ID: "plan", Codes: []CodeBlockProps{{ID: "plan-onramp", Name: "onramp cloud", Lang: "bash", Text: "onramp cloud ca set payments.a1b2c cas.pem"}, {ID: "plan-tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca set --namespace payments.a1b2c --ca-certificate-file cas.pem"}}},
		Lines: []OpsLine{{"-", "Removed: ", "CA certificate CN=Payments CA 2023,O=Payments, expires 2026-10-31, SHA-256 9d2d"}, {"+", "Added: ", "CA certificate CN=Payments CA,O=Payments, expires 2027-11-29, SHA-256 3f95"}}}
	return p
}

func opsDone() OpsProps {
	p := opsProps(true)
	p.Plan, p.HasCA, p.Done = nil, true, "The change is made, and the namespace is as it was shown"
	p.Next = &Link{Text: "Test the connection", URL: "/m/payments/test"}
	return p
}

func opsRefused() OpsProps {
	p := opsProps(true)
	p.Plan = nil
	p.Failed = &fault.Fault{Kind: fault.Conflict, Title: "The namespace was changed meanwhile, and nothing of this change was made", Cause: "Since the plan: ~ retention 30 → 7 days.", Fix: "Look at the difference again: plan the change anew."}
	p.NotSeen = &fault.Fault{Kind: fault.Denied, Title: "This key may not see the namespace payments.a1b2c", Fix: "A Namespace Admin can."}
	return p
}

// opsWithOldKey is a replacement whose old key may be deleted now, or not yet.
func opsWithOldKey(not *fault.Fault) OpsProps {
	p := opsProps(true)
	p.Plan, p.MTLS, p.Keyed, p.CAs = nil, false, true, nil
	p.OldKey = &OpsOldKey{Said: "worker (ID k1)", Back: "/m/payments/keys", Not: not}
	return p
}

func opsRightsFixture(given bool) []OpsRight {
	all := []OpsRight{{Act: "See the account and list its namespaces", Needs: "any role"}, {Act: "Create a namespace", Needs: "Developer, Global Admin or Account Owner in the account"}}
	if given {
		all[0].Tag, all[1].Tag = Tag{Good, "Yes"}, Tag{Idle, "Not known"}
	}
	return all
}

// opsFresh is the page before a namespace is chosen, with a refused form.
func opsFresh() OpsProps {
	p := opsProps(true)
	p.Plan, p.Namespace, p.Step, p.CAs, p.Detail = nil, "", "Step 1 of 6", nil, nil
	p.Form.What, p.Form.NeedsCA, p.Form.OpenCreate, p.Form.Name = "create", true, true, "Payments"
	p.Problems = Problems{{Kind: fault.Invalid, Field: "name", Title: "This is not a name of a namespace", Fix: "Give the name without the account ID: small letters, digits and hyphens."}}
	return p
}

// opsKeyMade is the page with an API key that waits to be shown, or that is shown.
func opsKeyMade(shown bool) OpsProps {
	p := opsProps(true)
	p.Plan, p.MTLS, p.Keyed, p.CAs = nil, false, true, nil
	if shown {
		p.New = CodeBlockProps{ID: "api-key", Name: "API key", Text: "made-once", TestID: "api-key"}
	} else {
		p.Waits = "payments-worker"
	}
	return p
}
