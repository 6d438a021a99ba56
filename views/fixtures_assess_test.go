package views

func assessCommand() CodeBlockProps {
	return CodeBlockProps{ID: "assess-command", Name: "Terminal", Lang: "bash", Text: "onramp assess --address localhost:7233 --facts facts.json", TestID: "assess-command"}
}

func assessForm() AssessProps {
	return AssessProps{Migration: "payments", Address: "temporal.internal:7233", Namespaces: "payments, orders", Histories: "20", Rate: "2", Budget: "1000",
		TLS: []Choice{{Value: "off", Label: "Without TLS", Hint: "A server on your computer or in your own network", Selected: true}, {Value: "on", Label: "With TLS"}}, Twin: assessCommand()}
}

func assessLive() AssessRunProps {
	return AssessRunProps{Migration: "payments", Run: "a1", Number: "1", Again: "/m/payments/assess?from=a1",
		Status: AssessStatusProps{Migration: "payments", Run: "a1", Tag: Tag{Busy, "Running"}, Phase: "namespace 1 of 2, payments: task queues", Calls: 57, Budget: 1000, CanStop: true}}
}

func assessDone() AssessRunProps {
	command := func(id, text string) CodeBlockProps {
		return CodeBlockProps{ID: id, Name: "Terminal", Lang: "bash", Text: text}
	}
	r := AssessReport{State: Bad, Headline: "Fix 1 blocker before you migrate, then go through 2 warnings.", Shown: 6, Incomplete: "The budget of 1000 calls was used up. Run it again with a larger --budget, or for one --namespace.",
		About:      []Pair{{Name: "Server", Value: "temporal.internal:7233", Mono: true}, {Name: "Version", Value: "1.29.1"}, {Name: "Grade", Value: "C. Live workflows need a plan: some of what is running does not move or end by itself."}, {Name: "Manual migration", Value: "1 blocker, 2 warnings, 1 unknown"}},
		Levels:     []Link{{Text: "All", URL: "/m/payments/assess/a2", Current: true}, {Text: "BLOCKER 1", URL: "/m/payments/assess/a2?verdict=BLOCKER"}, {Text: "WARNING 2", URL: "/m/payments/assess/a2?verdict=WARNING"}},
		Namespaces: []Link{{Text: "All", URL: "/m/payments/assess/a2", Current: true}, {Text: "payments", URL: "/m/payments/assess/a2?namespace=payments"}},
		Reviewed:   []Link{{Text: "All", URL: "/m/payments/assess/a2", Current: true}, {Text: "To review", URL: "/m/payments/assess/a2?reviewed=no"}, {Text: "Reviewed 1", URL: "/m/payments/assess/a2?reviewed=yes"}},
		Needs:      []FixProps{{Who: "cloud-admin", Text: "Create the namespaces and their search attributes.", Command: command("needs-1", "# ACCOUNT stands for your account ID: the part of a Namespace ID after its dot.\ntcld namespace create --namespace payments --region aws-us-east-1 --retention-days 3 --ca-certificate-file ca.pem")}},
		Drain:      "41 workflows open; no date can be given, of Subscription: it starts its own next run (cron, or continue as new).",
		Types:      []AssessType{{"payments", "Transfer", "40", "half by Sun 29 Nov 14:00 UTC, nine in ten by Mon 30 Nov 09:12 UTC, not known: no open run has a time limit, and too few closed runs were seen to say when the last of 40 runs ends"}, {"payments", "Subscription", "1", "it starts its own next run (cron, or continue as new)"}},
		Actions:    "1.1 million to 2.4 million actions in 30 days, most likely about 1.6 million, if the next 30 days are like the last seven.", NotIn: "queries, heartbeats, rejected updates", Prices: "https://docs.temporal.io/cloud/pricing",
		Storage: "0.120 GiB-hours active and 18.400 GiB-hours retained in 30 days, if Temporal Cloud measures the bytes that this server does.",
		Files:   []Link{{Text: "Report as Markdown", URL: "/m/payments/assess/a2.md", TestID: "assess-md"}, {Text: "Ticket pack", URL: "/m/payments/assess/a2.zip", TestID: "assess-zip"}}}
	for _, row := range []AssessRow{
		{ID: "P1", Subject: "payload size in payments", Title: "A payload of 3.0 MiB is larger than Temporal Cloud takes.", Group: "BLOCKER", Tag: Tag{Bad, "BLOCKER"}, Seen: "in WorkflowExecutionStarted, largest_payload 3145782", Rule: "A payload is at most 2 MB, and all that one workflow task writes at most 4 MB.", Source: "https://docs.temporal.io/cloud/limits", SourceURL: "https://docs.temporal.io/cloud/limits", Wrong: "Only a sample of histories was read; sizes are those of the encoded payload.",
			Fixes: []FixProps{{Who: "developer", Text: "Keep large data in a store of yours and pass a reference to it, with a payload codec or by hand."}}},
		{ID: "S1", Subject: "search attributes in payments", Title: "2 custom search attributes must be created in Temporal Cloud before workers start.", Group: "WARNING", Tag: Tag{Warn, "WARNING"}, Seen: "CustomerId Keyword, Region Text", Rule: "Custom search attributes must exist before a workflow uses them.", Source: "https://docs.temporal.io/cloud/limits", SourceURL: "https://docs.temporal.io/cloud/limits", Wrong: "With Elasticsearch the list is the whole cluster's, not this namespace's alone.",
			Fixes: []FixProps{{Who: "cloud-admin", Text: "Create them; a workflow that sets an unknown one fails.", Command: command("row-2-1", "tcld namespace search-attributes add --namespace payments.ACCOUNT --search-attribute CustomerId=Keyword --search-attribute Region=Text")}}},
		{ID: "W5", Subject: "endless chains in payments", Title: "These continue as new, perhaps for ever: Subscription.", Ways: "Manual: WARNING, automated: PASS.", Group: "WARNING", Tag: Tag{Warn, "WARNING"}, Rule: "A workflow that continues as new for ever never drains.", Source: "Onramp's judgement", Wrong: "Only a sample was looked at, and a chain may end.",
			Fixes: []FixProps{{Who: "developer", Text: "Move each by code: read its state, end it here, start it in Temporal Cloud with that state."}}},
		{ID: "A2", Subject: "dynamic configuration", Title: "The server's dynamic configuration cannot be read from outside.", Group: "UNKNOWN", Tag: Tag{Wait, "UNKNOWN"}, Rule: "Temporal Cloud has no dynamic configuration.", Source: "Onramp's judgement", Wrong: "The file that you gave need not be what the server runs with.",
			Fixes: []FixProps{{Who: "platform", Text: "Give the file that the server reads.", Command: command("row-4-1", "onramp assess --dynamic-config FILE")}}},
		{ID: "V3", Subject: "kind of server", Title: "This is a development server (SQLite).", Group: "INFO", Tag: Tag{Idle, "INFO"}, Rule: "There is nothing on it that must be kept.", Source: "Onramp's judgement", Wrong: "Somebody may run real work on SQLite.", Fixes: []FixProps{{Who: "developer", Text: "Move your code and start new workflows in Temporal Cloud."}}},
		{ID: "V1", Subject: "server version", Title: "Server 1.29.1 is new enough for both ways to migrate.", Group: "PASS", Tag: Tag{Good, "PASS"}, Rule: "The automated migration needs server 1.22.6 or later at the source.", Source: "https://docs.temporal.io/cloud/migrate/automated", SourceURL: "https://docs.temporal.io/cloud/migrate/automated", Wrong: "A build of your own may say a version that it is not."},
	} {
		if row.Group != "INFO" && row.Group != "PASS" {
			row.Finding, row.MarkAt = row.ID+"-0011223344", "/m/payments/assess/a2/review"
		}
		switch row.ID {
		case "S1":
			row.Reviewed = "by Dana on 2 Nov 2026 as WARNING: the platform team creates them"
		case "P1":
			row.Reviewed, row.Again = "by Dana on 2 Nov 2026 as WARNING", "It is BLOCKER now, and was WARNING when it was reviewed: look at it again."
		}
		r.Add(row)
	}
	return AssessRunProps{Migration: "payments", Run: "a2", Number: "2", Status: AssessStatusProps{Tag: Tag{Good, "Passed"}}, Report: &r, Again: "/m/payments/assess?from=a2",
		Others: []Link{{Text: "Assessment 1", URL: "/m/payments/assess/a2?with=a1", Current: true}}, ComparedWith: "Assessment 1",
		Changes: []AssessChange{{What: "P1 payload size in payments", Before: "UNKNOWN", After: "BLOCKER", Title: "A payload of 3.0 MiB is larger than Temporal Cloud takes"}, {What: "N2 My_NS", Before: "WARNING", Title: "The name breaks Temporal Cloud's rules"}}}
}

func assessFailed() AssessRunProps {
	return AssessRunProps{Migration: "payments", Run: "a3", Number: "3", Status: AssessStatusProps{Tag: Tag{Bad, "Failed"}}, Title: "Nothing is listening at temporal.internal:7233", Again: "/m/payments/assess?from=a3",
		Verdict: VerdictProps{State: Bad, Word: "Not read", Title: "Nothing is listening at temporal.internal:7233", Cause: "The connection was refused.", Level: "certain", Code: "TC-01", HelpURL: "/help/TC-01"}}
}
