package views

import "onramp/fault"

// opsProps are those of the page before a key is given, or with a plan.
func opsProps(given bool) OpsProps {
	p := OpsProps{Migration: "payments", Namespace: "payments.a1b2c", Server: "saas-api.tmprl.cloud:443", Minutes: "15",
		Commands: []CodeBlockProps{{ID: "tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca add --namespace payments.a1b2c --ca-certificate-file ca.pem", Values: []string{"payments.a1b2c"}}},
		Twin:     CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cloud ca add payments.a1b2c ca.pem"}}
	if !given {
		return p
	}
	p.Given, p.Until = true, "12 Nov, 10:57 UTC"
	p.Who = []Pair{{Name: "Whose", Value: "dana@example.com"}, {Name: "Account", Value: "a1b2c", Mono: true}, {Name: "Role", Value: "developer"}}
	p.Spaces = []OpsSpace{{"orders.a1b2c", "active", "aws-eu-west-1", "API keys", false}, {"payments.a1b2c", "active", "aws-us-east-1", "client certificates", true}}
	p.Detail = []Pair{{Name: "State", Value: "active"}, {Name: "Retention", Value: "30 days"}}
	p.CAs = []CACard{{"CN=Payments CA 2024,O=Payments", "2027-01-31", "3f9523ea81b2a1314fd9ab6338f5b80722ddcb688ce00c19da0177049ae93af7", Tag{Good, "Accepted"}}}
	p.Plan = &OpsPlan{Operation: "57476b9f-b91d-4bfd-8d4f-dc0dfdb4ca05", Needs: "Namespace Admin on payments.a1b2c",
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
