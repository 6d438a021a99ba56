package views

func cutoverForm() CutoverProps {
	return CutoverProps{Migration: "payments", Address: "localhost:7233", Namespace: "default", Silent: "7", Rate: "2", Budget: "1000", CanLook: true, Assessed: true,
		TLS:  []Choice{{Value: "off", Label: "Without TLS", Hint: "A server on your computer or in your own network", Selected: true}, {Value: "on", Label: "With TLS"}},
		Key:  KeySourceProps{Sources: []Choice{{Value: "lent", Label: "The key that Onramp may use", Hint: "In memory only, until 14:30.", Selected: true}, {Value: "paste", Label: "Choose or paste it", Hint: "Used for this run, then forgotten."}}},
		Twin: CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cutover watch --address localhost:7233 --namespace default --target-namespace payments.a1b2c"}}
}

func cutoverLooked() CutoverProps {
	p, r := cutoverForm(), cutoverReported()
	for i := range r.Gates {
		if r.Gates[i].Tag.State != Good {
			r.Gates[i].ByHandAt = "/m/payments/cutover/gate"
		}
	}
	g9 := &r.Gates[7]
	g9.ByHand, g9.Tag, g9.Title = true, Tag{Idle, "Overridden"}, "Overridden by Dana because the last ones are tests. "+g9.Title
	p.Report, p.Looked, p.Stale, p.LastURL = &r, "3 hours ago", true, "/m/payments/cutover/x2"
	return p
}

func cutoverReported() CutoverReport {
	gate := func(id, name string, tag Tag, title, seen string, fixes ...FixProps) CutoverGate {
		return CutoverGate{ID: id, Name: name, Tag: tag, Title: title, Seen: seen, Fixes: fixes, Rule: "No workflow ID is open on both sides.", Wrong: "Visibility lags by seconds: look again after the last start at the source.",
			Back: "By hand, for each ID: decide which one goes on.", Source: "https://docs.temporal.io/workflow-execution/workflowid-runid", SourceURL: "https://docs.temporal.io/workflow-execution/workflowid-runid", Hash: "9f2b5d10aa31c07e"}
	}
	command := func(id, text string) CodeBlockProps {
		return CodeBlockProps{ID: id, Name: "Terminal", Lang: "bash", Text: text}
	}
	passed := Tag{Good, "Passed"}
	return CutoverReport{State: Bad, Headline: "Stop and look at G7, no twins. 1 workflow ID is open on both sides: cart-4711.",
		Gates: []CutoverGate{
			gate("G0", "Assessed", passed, "Assessed 2 hours ago, without a blocker. Dana went through the 3 warnings.", "blockers: 0; warnings: 3"),
			gate("G1", "Reachable", passed, "A worker on this machine would connect.", "code: OK"),
			gate("G2", "Search attributes", passed, "Every custom search attribute of the source is at the target: CustomerId, Region.", "there: CustomerId, Region"),
			gate("G3", "Workers", passed, "Workers poll the target: shop (activities), shop (workflows).", "ready: shop (activities), shop (workflows)"),
			gate("G4", "First workflow", passed, "“order-1” (Order) completed at the target, worked on by 31056@worker-7f9c.", "worked by: 31056@worker-7f9c"),
			gate("G6", "Starters moved", Tag{Warn, "Open"}, "2 starts at the source within the last hour, by 4711@web-7f9c-with-a-long-name-of-a-pod (2).", "external starts: 2; window: 1 hour",
				FixProps{Who: "developer", Text: "Point these clients to the target. Those that signal with start need to ask the source first.", Command: command("gate-G6-1", "onramp cutover stragglers …\nonramp cutover router --lang LANGUAGE")}),
			gate("G7", "No twins", Tag{Bad, "Stop"}, "1 workflow ID is open on both sides: cart-4711.", "compared: 14; twins: cart-4711", FixProps{Who: "developer", Text: "Decide for each which one goes on, and let clients that signal with start ask the source first.", Command: command("gate-G7-1", "onramp cutover twins …")}),
			gate("G9", "Drained", Tag{Warn, "Open"}, "14 workflows are open at the source.", "open: 14"),
			gate("G10", "Silent", Tag{Wait, "Not known"}, "The source keeps what has ended for 3 days, less than the 7 days that it must be silent.", "retention: 3 days"),
		},
		Sides: []CutoverSide{{"Address", "localhost:7233", "payments.a1b2c.tmprl.cloud:7233"}, {"Namespace", "default", "payments.a1b2c"}, {"Open workflows", "14", "3"}, {"Starts from outside, last hour", "2", "41"}, {"Task queues without workers", "1 of 3", "0 of 3"}},
		Drain: "14 workflows open; no date can be given: work still starts at the source.", Change: "Since the look before, 1 minute ago: 1 start, 4 ends.", Stuck: "order-17",
		Types: []CutoverType{{Type: "Order", Open: "4", First: "20", Closed: "12", Oldest: "order-17, 3 hours 2 minutes, in activity Charge, attempt 14", When: "Not known: 2 new ones started within the last hour"},
			{Type: "Subscription", Open: "10", First: "10", Closed: "at least 0", Oldest: "sub-1, 41 days", When: "Not known: it starts its own next run (cron, or continue as new)", Red: "Never drains by itself: continues as new"},
			{Type: "Ship", Open: "0", First: "3", Closed: "3", When: "Drained"}},
		Twins:      []CutoverTwin{{ID: "cart-4711", Source: "Cart, since Sun 29 Nov 11:59", Target: "Cart, since Sun 29 Nov 12:04", StartedBy: "2@web-new"}},
		Stragglers: []CutoverStraggler{{Identity: "4711@web-7f9c-with-a-long-name-of-a-pod", Starts: "2", Types: "Order", Latest: "Sun 29 Nov 12:01, as order-18"}}, Within: "hour",
		Back: "Point the starters back to the source. 3 workflows are open at the target, and nothing moves back: let them end there, and keep the target's workers until then.",
		Read: "Read: 30 calls at the source, 18 at the target, 14.2 s; nothing was changed · rule set 2026-11", Files: []Link{{Text: "This look as JSON", URL: "/m/payments/cutover/x2.json", TestID: "cutover-json"}}}
}

func cutoverLive() CutoverRunProps {
	return CutoverRunProps{Migration: "payments", Run: "x1", Number: "1", Tag: Tag{Busy, "Running"}, Phase: "at the source: task queues, 31 calls", Again: "/m/payments/cutover?from=x1"}
}

func cutoverFailed() CutoverRunProps {
	return CutoverRunProps{Migration: "payments", Run: "x2", Number: "2", Tag: Tag{Bad, "Failed"}, Title: "Nothing is listening at localhost:7233", Again: "/m/payments/cutover?from=x2",
		Verdict: VerdictProps{State: Bad, Word: "Not read", Title: "Nothing is listening at localhost:7233", Cause: "The connection was refused.", Level: "certain", Code: "TC-01", HelpURL: "/help/TC-01"}}
}
