package views

func reportProps() MigrationReportProps {
	const base = "http://127.0.0.1:8686"
	return MigrationReportProps{Migration: "payments", Name: "Payments", Address: base + "/m/payments/report", State: Warn, Title: "4 of 6 steps are done", Text: "What is missing is listed below.",
		Steps: []ReportStepRow{
			{Number: "1", Title: "Choose the namespace", State: Good, Word: "Recorded", Evidence: "payments-prod.a1b2c", When: "12 Nov 2026, 09:42 UTC", Stamp: "2026-11-12T09:42:00Z", By: "Dana"},
			{Number: "4", Title: "Test the connection", State: Good, Word: "Observed by Onramp", Evidence: "Run 3 passed", When: "14 Nov 2026, 09:42 UTC", Stamp: "2026-11-14T09:42:00Z", By: "Dana", Run: &Link{Text: "Check 3", URL: base + "/m/payments/test/r3"}, RunID: "r3"},
			{Number: "5", Title: "Change the worker", State: Warn, Word: "Noted by a person, not observed", Evidence: "Done outside: rolled out by the platform team", When: "14 Nov 2026, 10:00 UTC", Stamp: "2026-11-14T10:00:00Z", By: "Omar"},
			{Number: "6", Title: "Run a test transfer", State: Warn, Word: "Look again: no longer proved", Evidence: "The namespace changed"}},
		Gaps: []ReportGapRow{{What: "Temporal Cloud", Why: "This is a rehearsal."}, {What: "Step 6: Run a test transfer", Why: "Look again: the namespace changed.", URL: "/m/payments/transfer"}},
		Certs: []ReportCertRow{{What: "CA certificate", Subject: "CN=payments-prod CA,O=Payments", Fingerprint: "9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d71", Expires: "expires 12 Nov 2027, 09:42 UTC", Stamp: "2027-11-12T09:42:00Z", State: Good, Word: "Valid for 363 days"},
			{What: "Client certificate", Subject: "CN=payments-prod,O=Payments", Fingerprint: "77103c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3c1d0e9f3cab", Expires: "expires 20 Nov 2026, 09:42 UTC", Stamp: "2026-11-20T09:42:00Z", State: Warn, Word: "Expires in 6 days"}},
		Sections: []ReportSection{{ID: "target", Title: "Namespace and endpoint", Pairs: []Pair{{Name: "Namespace", Value: "payments-prod.a1b2c", Mono: true}, {Name: "Endpoint", Value: "payments-prod.a1b2c.tmprl.cloud:7233", Mono: true}}},
			{ID: "check", Title: "Connection", Pairs: []Pair{{Name: "Run", Value: "Check 3", URL: base + "/m/payments/test/r3"}, {Name: "Took", Value: "155 ms"}}}},
		About: []Pair{{Name: "Made", Value: "14 Nov 2026, 10:42 UTC"}, {Name: "Onramp", Value: "0.1.0", Mono: true}, {Name: "Rule set", Value: "2026-11", Mono: true}},
		Files: []Link{{Text: "Markdown", URL: "/m/payments/report.md", TestID: "report-md"}, {Text: "JSON", URL: "/m/payments/report.json", TestID: "report-json"}},
		Twin:  cli("curl -fsS http://127.0.0.1:8686/m/payments/report.md")}
}
