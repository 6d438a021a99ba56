package views

func checkRows() []CheckRow {
	rows := runRows()
	return []CheckRow{
		{RunRow: rows[0], From: "worker-1", Reported: "as reported by Dana", CodeURL: "/help/CL-01", JSON: "/m/payments/test/r3.json", Compare: &Link{Text: "Run 2", URL: "/m/payments/test/r3/compare/r2"}},
		{RunRow: rows[1], From: "laptop", JSON: "/m/payments/test/r2.json"},
		{RunRow: RunRow{Name: "Check 1", URL: "/m/payments/test/r1", State: Warn, Word: "Interrupted", Title: "Interrupted: Onramp stopped before it ended", When: "12 Nov, 09:10", Stamp: "2026-11-12T09:10:00Z"}},
	}
}

func sparkline30() SparkProps {
	p := SparkProps{Text: "Last 30 checks, oldest first: 22 passed, 6 failed, 2 interrupted. Min 31 ms, median 61 ms, max 155 ms.", YName: "ms",
		Y: []Tick{{Label: "0"}, {At: 0.5, Label: "100"}, {At: 1, Label: "200"}}, Median: 0.31}
	for i := range 30 {
		c := SparkPoint{At: (float64(i) + 0.5) / 30, State: Good, High: 0.3 + float64(i%5)/10, Name: "Check " + itoa(i+1) + ": passed, 61 ms", When: "14 Nov, 10:42", URL: "/m/payments/test/r" + itoa(i+1)}
		switch {
		case i%5 == 3:
			c.State, c.High, c.Name = Bad, 0.8, "Check "+itoa(i+1)+": failed, 155 ms"
		case i == 11 || i == 20:
			c.State, c.High, c.Name = Warn, 0.1, "Check "+itoa(i+1)+": interrupted, 20 ms"
		}
		p.Points = append(p.Points, c)
	}
	return p
}

func elsewhereProps() ElsewhereProps {
	return ElsewhereProps{Migration: "payments", CertPath: "client.pem", KeyPath: "client.key", Here: true, Print: []CodeBlockProps{
		{ID: "print-bash", Name: "bash", Label: "Command for bash that prints the report", Lang: "bash", Text: "onramp check --address payments-prod.a1b2c.tmprl.cloud:7233 --json"},
		{ID: "print-powershell", Name: "PowerShell", Label: "Command for PowerShell that prints the report", Lang: "powershell", Text: "onramp check --address payments-prod.a1b2c.tmprl.cloud:7233 --json"},
	}}
}

func testElsewhere() TestProps {
	p := testProps()
	p.Elsewhere.Open, p.Elsewhere.Until = true, "11:12"
	p.Elsewhere.Commands = []CodeBlockProps{{ID: "post-bash", Name: "bash", Label: "Command for bash that posts the report", Lang: "bash", Text: "onramp check --address payments-prod.a1b2c.tmprl.cloud:7233 --post http://127.0.0.1:8686/report/abcdefghijklmnopqrstuvwxyz012345.json"}}
	p.Elsewhere.Problems = Problems{{Kind: "invalid", Field: "report", Title: "This is not a report of onramp check", Cause: "The input cannot be used: it is not that JSON object.", Fix: "Give the whole output of onramp check --json, as it was printed."}}
	return p
}

func testReported() TestRunProps {
	p := testFailed()
	p.Reported = &ReportedProps{Text: "Dana ran onramp check on worker-1 and pasted its report here, 14 Nov 2026, 10:42. Onramp did not see this check and cannot prove it.",
		Tag: Tag{Idle, "Does not count for step 4"}, Why: "It was made more than an hour before it came here."}
	p.Compare = &Link{Text: "Compare with run 2", URL: "/m/payments/test/r3/compare/r2", TestID: "compare"}
	p.CanRerun, p.Asked = true, []Pair{{Name: "task_queue", Value: "TRANSFER"}}
	return p
}

func compareRuns() CompareProps {
	p := CompareProps{Migration: "payments", Run: Link{Text: "Run 3", URL: "/m/payments/test/r3"}, Before: &Link{Text: "Run 2", URL: "/m/payments/test/r2"}, After: &Link{Text: "Run 3", URL: "/m/payments/test/r3"},
		Summary: "Now passes at Certificate; before: CL-03.", Same: "8 of 10 are as before.", JSON: "/m/payments/test/r3/compare/r2.json",
		Inputs: []ChangeProps{{"Client certificate", "9f3c5e1a", "77aa01bc"}, {"Task queue", "", "TRANSFER"}},
		Others: []Link{{Text: "Run 2, failed, 13 Nov 2026, 09:10", URL: "/m/payments/test/r3/compare/r2", Current: true}, {Text: "Run 1, passed, 12 Nov 2026, 09:10", URL: "/m/payments/test/r3/compare/r1"}}}
	for i, s := range stages(10, false) {
		x := StageChangeProps{ID: s.ID, Number: s.Number, Title: s.Title, Before: Tag{Good, "Passed"}, After: Tag{Good, "Passed"}, BeforeTime: "2 ms", AfterTime: "3 ms"}
		if i == 6 {
			x.Changed, x.Before = true, Tag{Bad, "Failed"}
			x.Gone = []FindingProps{{Code: "CL-03", Title: "The namespace does not trust the CA", URL: "/help/CL-03"}}
			x.Evidence = []ChangeProps{{"seen", "alert 48 <unknown_ca>", ""}}
		}
		if i > 6 {
			x.Changed, x.Before, x.BeforeTime = true, Tag{Idle, "Not reached"}, ""
		}
		p.Stages = append(p.Stages, x)
	}
	return p
}
