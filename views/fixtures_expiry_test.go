package views

import "onramp/fault"

func expiryProps() ExpiryProps {
	months := []string{"November 2026", "December 2026", "January 2027", "February 2027", "March 2027", "April 2027", "May 2027", "June 2027", "July 2027", "August 2027", "September 2027", "October 2027"}
	p := ExpiryProps{Summary: Tag{Bad, "1 certificate has expired"}, Text: "2 more end in the next 60 days. Next: Payments, on 3 Dec 2026.",
		Feed: CodeBlockProps{ID: "feed", Name: "Calendar", Text: "http://127.0.0.1:8686/expiry.ics"}, Metrics: CodeBlockProps{ID: "scrape", Name: "prometheus.yml", Lang: "yaml", Text: "scrape_configs:\n  - job_name: onramp\n"},
		Shown: "1 to 4 of 4", Pages: []Link{{Text: "Later ends", URL: "/expiry?from=200"}},
		Webhook: WebhookProps{Where: "https://hooks.example.com", Failing: 1, Notices: []NoticeRow{
			{What: "Payments", MigrationURL: "/m/payments", Rung: "15 days before", Tag: Tag{Bad, "Not taken"}, Text: "3 attempts. The receiver answered 503 Service Unavailable. Next attempt at 10:42:10.", When: "22 Nov 2026, 10:41", Stamp: "2026-11-22T10:41:00Z"},
			{What: "Orders", MigrationURL: "/m/orders", Rung: "After expiry", Tag: Tag{Good, "Sent"}, Text: "1 attempt", When: "20 Nov 2026, 10:41", Stamp: "2026-11-20T10:41:00Z"}}}}
	p.Later = 2
	for i, label := range months {
		m := ExpiryMonth{Label: label, Short: label[:3]}
		switch i {
		case 0:
			m.Year, m.Marks = "2026", []ExpiryMark{{"Orders", "20 Nov", Bad, "#ends-0"}}
		case 1:
			m.Marks = []ExpiryMark{{"Payments", "3 Dec", Bad, "#ends-1"}, {"Payments: reconciliation-service-eu", "28 Dec", Warn, "#ends-2"}}
		case 2:
			m.Year = "2027"
		case 9:
			m.Marks, m.More = []ExpiryMark{{"Ledger", "1 Aug", Good, "#ends-3"}}, 7
		}
		p.Months = append(p.Months, m)
	}
	p.Rows = []ExpiryRow{
		{ID: "ends-0", What: "CN=orders, O=Orders", Print: "77:10:ab:4c", Migration: "Orders", MigrationURL: "/m/orders", Rehearsal: true, Until: "20 Nov 2026", Stamp: "2026-11-20T10:00:00Z", SetBy: "itself", Left: Tag{Bad, "Ended 2 days ago"}, Replace: &Link{Text: "Replace", URL: "/m/orders/certificates/replace"}},
		{ID: "ends-1", What: "CN=payments, O=Payments", Print: "9f:3c:71:aa", Migration: "Payments", MigrationURL: "/m/payments", Until: "3 Dec 2026", Stamp: "2026-12-03T10:00:00Z", SetBy: "its CA, CN=payments CA", Left: Tag{Bad, "11 days"}, Replace: &Link{Text: "Replace", URL: "/m/payments/certificates/replace"}},
		{ID: "ends-2", What: "CN=payments-eu", Client: "reconciliation-service-eu", Print: "13:3c:71:aa", Migration: "Payments", MigrationURL: "/m/payments", Until: "28 Dec 2026", Stamp: "2026-12-28T10:00:00Z", SetBy: "itself", Left: Tag{Warn, "36 days"}, Replace: &Link{Text: "Replace", URL: "/m/payments/certificates/replace"}},
		{ID: "ends-3", What: "CN=ledger", Print: "23:3c:71:aa", Migration: "Ledger", MigrationURL: "/m/ledger", Until: "1 Aug 2027", Stamp: "2027-08-01T10:00:00Z", SetBy: "itself", Left: Tag{Idle, "Replaced"}, Successor: "Replaced by CN=ledger (44:10:ab:4c) on 12 Nov 2026"},
	}
	return p
}

func expiryEmpty() ExpiryProps {
	p := expiryProps()
	p.Later = 0
	p.Months, p.Rows, p.Summary, p.Text = nil, nil, Tag{Good, "Nothing expires in the next 60 days"}, ""
	p.Shown, p.Pages = "", nil
	p.Webhook = WebhookProps{Setup: CodeBlockProps{ID: "webhook-setup", Name: "Terminal", Lang: "bash", Text: "onramp serve --webhook https://hooks.example.com/onramp"}}
	return p
}

func auditProps() AuditProps {
	return AuditProps{Operator: true, CSV: "/audit.csv", JSON: "/audit.json", Older: &Link{Text: "Older lines", URL: "/audit?before=3"},
		Verbs: []Link{{Text: "Everything", URL: "/audit", Current: true}, {Text: "Certificate signed", URL: "/audit?verb=signed"}, {Text: "Wrong passphrase", URL: "/audit?verb=key-refused"}},
		Scope: []Link{{Text: "Every migration", URL: "/audit"}, {Text: "payments", URL: "/audit?m=payments", Current: true}},
		Rows: []AuditRow{
			{ID: "5", URL: "/audit?before=6#r5", When: "2026-11-22 10:42:10", Stamp: "2026-11-22T10:42:10Z", Tag: Tag{Good, "Certificate signed"}, Who: "Dana", Migration: "payments", MigrationURL: "/m/payments/certificates", Subject: "CN=payments-eu", Print: "9f:3c:71:aa", FullPrint: "9f3c", CAPrint: "77:10:ab:4c", Days: "364", Details: "key made by Onramp"},
			{ID: "4", URL: "/audit?before=5#r4", When: "2026-11-22 10:41:10", Stamp: "2026-11-22T10:41:10Z", Tag: Tag{Bad, "Wrong passphrase"}, Migration: "payments", MigrationURL: "/m/payments/certificates", Subject: "CN=payments CA", CAPrint: "77:10:ab:4c"},
			{ID: "3", URL: "/audit?before=4#r3", When: "2026-11-22 10:40:10", Stamp: "2026-11-22T10:40:10Z", Tag: Tag{Idle, "Onramp started"}, Details: "version 0.1.0"},
		}}
}

func caKeyProps() KeyProps {
	return KeyProps{Migration: "payments", Tag: Tag{Good, "You keep it"}, Text: "Onramp has no copy.", Subject: "CN=payments CA, O=Payments", Print: "9f3c 71aa 9f3c 71aa", Idle: "15 minutes",
		SignURL: "/m/payments/certificates/clients", AuditURL: "/audit?m=payments",
		Sources:  []Choice{{Value: "held", Label: "It is still here, waiting for your download", Disabled: true, Reason: "It was downloaded or forgotten, or was never here."}, {Value: "paste", Label: "I have it", Selected: true}},
		Problems: Problems{{Kind: fault.Invalid, Field: "passphrase", Title: "The passphrase is easy to guess", Cause: "Most of it is a word that is tried first; 4 characters are left.", Fix: "Use at least 12 characters that nobody would guess: four or five random words, or what a password manager makes."}}}
}

func caKeyKept(open bool) KeyProps {
	p := caKeyProps()
	p.Kept, p.Open, p.Problems = true, open, nil
	p.Tag, p.Text = Tag{Good, "Kept here, locked"}, "Encrypted under your passphrase since 12 Nov 2026. Nothing can be signed with it until you open it."
	p.Other = "This is the key of an earlier CA. The migration uses CN=payments CA 2 now: forget this key, then keep that one."
	if open {
		p.Tag, p.Text, p.Other = Tag{Busy, "Kept here, open"}, "Onramp can sign with it until 10:52. Each use postpones this by 15 minutes.", ""
	}
	return p
}

func filtersProps() FiltersProps {
	return FiltersProps{Migration: "payments", Limit: "2 of 25", CanAdd: true, Rows: []FilterRow{{N: "1", CN: "worker-*", O: "Payments"}, {N: "2", SAN: "*.payments.internal"}},
		Against: []Choice{{Value: "leaf", Label: "This migration’s client certificate", Hint: "CN=payments, O=Payments", Selected: true}, {Value: "paste", Label: "Another one, pasted"}},
		Result: &FilterResult{Tag: Tag{Bad, "This client is refused"}, Subject: "CN=payments, O=Payments", Text: "matches no filter: its calls get “Request unauthorized.” (CH-26).", Filters: []FilterSaid{
			{N: "1", Tag: Tag{Idle, "does not match"}, Fields: []FilterFieldSaid{{Bad, "CN", "worker-*", "does not match: the certificate has payments"}, {Good, "O", "Payments", "matches Payments"}}},
			{N: "2", Tag: Tag{Idle, "does not match"}, Fields: []FilterFieldSaid{{Bad, "SAN", "*.payments.internal", "does not match: the certificate has nothing"}}}}},
		JSON:     CodeBlockProps{ID: "filters-out", Name: "filters.json", Lang: "json", Text: "{\n  \"filters\": []\n}\n", TestID: "filters-json"},
		Commands: []CodeBlockProps{{ID: "tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace certificate-filters import -n payments-prod.a1b2c -f filters.json"}},
		Rules:    []Pair{{Name: "Within a filter", Value: "Every field that is set must match"}}}
}

func filtersRefused() FiltersProps {
	p := filtersProps()
	p.Cloud = &FilterCloud{Namespace: "payments-prod.a1b2c", URL: "/cloud/payments-prod.a1b2c?m=payments", Now: "1 filter", CanClear: true, Lockout: true}
	p.Problems = Problems{{Kind: fault.Invalid, Code: "CH-26", Field: "lockout", Title: "These filters lock out your own client", Cause: "No certificate filter of the namespace matches.", Fix: "Change the filters, or tick the box and apply them again."},
		{Kind: fault.Invalid, Code: "CH-27", Field: "f2_san", Title: "Filter 2: SAN=a*b has its * in the middle", Fix: "Use a complete value, or one * as the first or last character."}}
	return p
}
