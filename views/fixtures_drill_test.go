package views

func drillForm() DrillProps {
	t := transferProps()
	return DrillProps{Migration: "payments", Once: "o", Target: []Pair{{Name: "Endpoint", Value: "localhost:7243", Mono: true}},
		Count: "20", Rate: "5", Concurrency: "50", Seconds: "120", Limits: "At most 2,000 transfers, 50 starts a second, 200 at once and 600 seconds.", Amount: "250",
		Scenarios: t.Scenarios, Workers: t.Workers, Templates: t.Templates, TaskQueue: t.TaskQueue, CanStart: true, Key: keyProps(), History: runRows(),
		Besides:       []Choice{{Value: "none", Label: "Nothing", Hint: "This endpoint alone", Selected: true}, {Value: "local", Label: "A local server", Hint: "The same drill there afterwards"}},
		BesideAddress: "localhost:7233", BesideNamespace: "default"}
}

func drillLive() DrillRunProps {
	return DrillRunProps{Migration: "payments", Run: "d1", Number: "1", Asked: []Pair{{Name: "Transfers", Value: "20"}}, Again: "/m/payments/transfer/drill?from=d1",
		Status: DrillStatusProps{Migration: "payments", Run: "d1", Tag: Tag{Busy, "Running"}, Title: "20 transfers, 5 starts a second", CanStop: true, Left: "about 3 s left",
			Sides: []DrillSideProps{{Name: "localhost:7243, docs-assembly.a2dd6", Text: "12 of 20 ended as they should, 1 did not, 3 under way, 2.4 s", Planned: 20, Done: 12, Failed: 1}}}}
}

func drillDone() DrillRunProps {
	p := drillLive()
	p.JSON, p.History = "/m/payments/transfer/drill/d1.json", runRows()
	p.Status.Tag, p.Status.Title, p.Status.Text, p.Status.CanStop = Tag{Bad, "Failed"}, "1 of 40 transfers did not end as they should", "9.1 s", false
	p.Status.Left = ""
	one := LatencyProps{Name: "The whole transfer", Count: "20", Min: "41 ms", P50: "61 ms", P90: "80 ms", P95: "90 ms", Max: "120 ms"}
	two := one
	two.Name = "Withdraw"
	plot := PlotProps{X: []Tick{{At: 0.1, Label: "50"}, {At: 0.6, Label: "100"}, {At: 1, Label: "200"}}, Y: []Tick{{Label: "0"}, {At: 0.5, Label: "25"}, {At: 1, Label: "50"}},
		XName: "ms, log scale", YName: "Share of transfers, %",
		Bars:  []PlotBar{{From: 0, To: 0.25, High: 0.2}, {From: 0.25, To: 0.5, High: 1}, {From: 0.5, To: 0.75, High: 0.4}, {From: 0, To: 0.25, High: 0.9, Second: true}, {From: 0.25, To: 0.5, High: 0.3, Second: true}},
		Marks: []PlotMark{{At: 0.4, Label: "A median 61 ms"}, {At: 0.7, Label: "A 95 % 90 ms"}, {At: 0.2, Label: "B median 30 ms", Second: true}, {At: 0.3, Label: "B 95 % 44 ms", Second: true}}}
	span := SpanProps{ID: "span-1", Name: "The whole transfer", What: "From when it was due until its end arrived here.", Text: "A median 61 ms, 95 % 90 ms; B median 30 ms, 95 % 44 ms", Plot: plot,
		Targets: []string{"Transfers of A", "Transfers of B"}, Rows: []SpanRow{{UpTo: "45.3 ms", Counts: []string{"2", "18"}}, {UpTo: "64 ms", Counts: []string{"11", "2"}}}}
	failed := VerdictProps{Title: "Nothing listens there", Cause: "localhost refused the connection.", Code: "TC-02", HelpURL: "/help/TC-02", Fixes: []FixProps{{Text: "Start the local server."}}}
	p.Results = DrillResultsProps{Compared: &ComparedProps{From: "localhost:7233", To: "localhost:7243", Text: "A transfer takes 31 ms longer at the median: 61 ms instead of 30 ms.",
		Rows: []ComparedRow{{Name: "The whole transfer", A: 30, B: 61, Factor: "× 2.0", FromP50: "30 ms", FromP95: "44 ms", ToP50: "61 ms", ToP95: "90 ms"}, {Name: "Withdraw", A: 5, B: 5, FromP50: "5 ms", FromP95: "5 ms", ToP50: "5 ms", ToP95: "6 ms"}}},
		Legend: []LegendProps{{Letter: "A", Name: "Load drill 1: localhost:7243, docs-assembly.a2dd6"}, {Letter: "B", Name: "Load drill 1: localhost:7233, default", Second: true}},
		Spans:  []SpanProps{span},
		Others: []Link{{Text: "localhost:7233", URL: "/m/payments/transfer/drill/d1", Current: true}, {Text: "Load drill 2", URL: "/m/payments/transfer/drill/d1?with=d2"}},
		Files:  []Link{{Text: "Plots as SVG", URL: "/m/payments/transfer/drill/d1.svg", TestID: "drill-svg"}, {Text: "Numbers as CSV", URL: "/m/payments/transfer/drill/d1.csv", TestID: "drill-csv"}},
		Reports: []DrillReportProps{
			{ID: "r1", Name: "localhost:7243, docs-assembly.a2dd6", Facts: []Pair{{Name: "Ended as they should", Value: "19 of 20"}, {Name: "Balances", Value: "All balances match"}}, Latencies: []LatencyProps{one, two},
				NoP99: "needs 100 transfers, this drill has 20", Errors: []DrillErrorRow{{Kind: "TERMINATED", Count: "1", Text: "somebody ended it"}}},
			{ID: "r2", Name: "localhost:7233, default", Verdict: &failed}}}
	return p
}
