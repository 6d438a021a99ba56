package views

import "onramp/fault"

func boardPages() []page {
	return []page{
		shown("board", BoardPage, signedIn("Board", "migrations", owner), boardProps()),
		shown("board-viewer", BoardPage, signedIn("Board", "migrations", AccountProps{Name: "Omar", Role: "Viewer"}), boardSeen()),
		shown("board-none", BoardPage, frame("Board", "migrations", nil), BoardProps{Summary: "0 wait for a Cloud admin.", Shows: []Link{{Text: "All 3", URL: "/migrations"}, {Text: "Failing 0", URL: "/migrations?show=failing", Current: true}}, Show: "failing", Export: "/migrations.csv?show=failing", CanWork: true, Clear: &Link{Text: "Show all", URL: "/migrations"}}),
		shown("board-empty", BoardPage, signedIn("Board", "migrations", owner), BoardProps{Empty: true, CanWork: true, Export: "/migrations.csv"}),
		shown("board-import", BoardImportPage, signedIn("Import", "migrations", owner), importProps()),
		shown("board-import-planned", BoardImportPage, signedIn("Import", "migrations", owner), importPlanned()),
		shown("board-import-refused", BoardImportPage, frame("Import", "migrations", nil), importRefused()),
		shown("board-plan", BoardPlanPage, signedIn("What will be dialled", "migrations", owner), boardPlan()),
		shown("board-checks-live", BoardChecksPage, live(signedIn("Checks of many migrations", "migrations", owner)), boardChecks(true)),
		shown("board-checks", BoardChecksPage, signedIn("Checks of many migrations", "migrations", owner), boardChecks(false)),
		shown("test-shared", TestPage, signedIn("Test the connection", "migrations", owner), testDialed()),
	}
}

func boardPlan() BoardPlanProps {
	return BoardPlanProps{Summary: "3 checks. 1 with your key, 2 without, of which 1 may not be dialled from here.", IDs: []string{"payments", "ledger", "bare"}, Back: Link{Text: "Back to the board", URL: "/migrations"},
		Note: "Checks begin one a second after the first ten, and one address is checked three times a minute, so that nobody can have this portal flood a server.",
		Rows: []PlanRow{
			{ID: "payments", Name: "Payments", Key: "With the client certificate whose key you lent", Dial: DialProps{Address: "payments-prod.a1b2c.tmprl.cloud:7233", Rule: "Allowed as Temporal Cloud's own name", To: []string{"203.0.113.7:7233", "203.0.113.8:7233"}, Not: []string{"10.1.2.3:7233: it is in a private network that is not among the targets"}}},
			{ID: "ledger", Name: "Ledger", Key: "Not at all: no key is lent. The check goes as far as the server’s TLS", Dial: refusedDial()},
			{ID: "bare", Name: "Bare", Nothing: "Nothing: it has no namespace yet"},
		}}
}

func refusedDial() DialProps {
	return DialProps{Address: "temporal.internal:7233", Refused: "This portal may not connect to temporal.internal:7233. It connects to Temporal Cloud's own names, and to the networks and names that its operator allows: it is not one of the names or networks.",
		Fix: "Ask who runs this portal to start it with --targets for that network, or run onramp check on your own computer."}
}

func testDialed() TestProps {
	p, d := testProps(), refusedDial()
	p.Dial = &d
	return p
}

func boardChecks(running bool) BoardChecksProps {
	p := BoardChecksProps{ID: "b1", Tag: Tag{Good, "Done"}, Text: "4 of 4 done", When: "29 Nov 2026, 12:10", Stamp: "2026-11-29T12:10:00Z", By: "Dana Petrova",
		Parts: []Tag{{Good, "Passed 1"}, {Bad, "Failed 1"}, {Warn, "Reached 1"}, {Bad, "Not allowed 1"}},
		Rows: []ManyRow{{Nr: "1", Name: "Payments", URL: "/m/payments", Tag: Tag{Good, "Passed"}, Title: "Your worker can use this namespace", Run: "/m/payments/test/r1"},
			{Nr: "2", Name: "Ledger", URL: "/m/ledger", Tag: Tag{Bad, "Failed"}, Title: "The name ledger.a1b2c.tmprl.cloud does not resolve"},
			{Nr: "3", Name: "Orders", URL: "/m/orders", Tag: Tag{Warn, "Reached"}, Title: "The server answers with a good certificate. Not signed in: nobody who asked lent the key"},
			{Nr: "4", Name: "Old", URL: "/m/old", Tag: Tag{Bad, "Not allowed"}, Title: "This portal may not connect to temporal.internal:7233"}}}
	if running {
		p.Running, p.CanStop, p.Tag, p.Text, p.Parts = true, true, Tag{Busy, "Checking"}, "1 of 4 done", p.Parts[:1]
		p.Rows[1].Tag, p.Rows[1].Title = Tag{Busy, "Checking"}, ""
		p.Rows[2].Tag, p.Rows[2].Title = Tag{Idle, "Waiting"}, ""
		p.Rows[3].Tag, p.Rows[3].Title = Tag{Idle, "Waiting"}, ""
	}
	return p
}

func importProps() BoardImportProps {
	return BoardImportProps{Langs: []Choice{{Value: "go", Label: "Go", Selected: true}, {Value: "python", Label: "Python"}}, Auths: []Choice{{Value: "mtls", Label: "mTLS", Selected: true}, {Value: "api-key", Label: "API key"}},
		Teams: []Choice{{Value: "default", Label: "Default team", Selected: true}}, Limits: "500 rows, 256 kB"}
}

func importPlanned() BoardImportProps {
	p := importProps()
	p.Planned, p.New, p.Known, p.More, p.Ignored, p.Account = true, 41, 1, 40, "notes, state", "a1b2c"
	p.List = "cluster,namespace,cloud_namespace,region\neu-1,payments,payments-prod.a1b2c,aws-eu-west-1\n"
	p.Rows = []ImportRow{{Line: "2", Name: "payments-prod", Source: "eu-1 / payments", Namespace: "payments-prod.a1b2c", Region: "aws-eu-west-1", Team: "Default team"},
		{Line: "3", Name: "Ledger", Namespace: "ledger.a1b2c", Team: "Default team", Here: &Link{Text: "Ledger", URL: "/m/ledger"}, Why: "this team has a migration of this name,"}}
	return p
}

func importRefused() BoardImportProps {
	p := importPlanned()
	p.Teams, p.New = nil, 1
	p.Problems = Problems{{Kind: fault.Invalid, Field: "list", Title: "Row 3: the name Ledger is already in row 2", Fix: "Delete one of the two, or tell them apart by the column name."}}
	return p
}

func boardProps() BoardProps {
	sorted := func(name, by, dir string) BoardColumn {
		return BoardColumn{Name: name, Sort: &Link{URL: "/migrations?sort=" + by}, Dir: dir}
	}
	return BoardProps{Summary: "6 wait for a Cloud admin, 14 wait for a developer, 2 failing, 3 expire within 30 days.", CanWork: true, Export: "/migrations.csv",
		Shows: []Link{{Text: "All 40", URL: "/migrations", Current: true, TestID: "board-show-all"}, {Text: "My turn 14", URL: "/migrations?show=mine", TestID: "board-show-mine"}, {Text: "Developer 14", URL: "/migrations?show=developer"},
			{Text: "Cloud admin 6", URL: "/migrations?show=cloud-admin"}, {Text: "Failing 2", URL: "/migrations?show=failing"}, {Text: "Expiring 3", URL: "/migrations?show=expiring"}, {Text: "Done 18", URL: "/migrations?show=done"}, {Text: "Archived 0", URL: "/migrations?show=archived"}},
		Teams:   []Choice{{Label: "Every team", Selected: true}, {Value: "t1", Label: "Payments and reconciliation, Europe"}},
		Sorts:   []Choice{{Label: "Most urgent", Selected: true}, {Value: "name", Label: "Name"}},
		Columns: []BoardColumn{sorted("Application", "name", ""), {Name: "Team"}, sorted("State", "", "descending"), sorted("Whose turn", "waiting", ""), sorted("Last check", "checked", ""), sorted("Client certificate", "expiry", "")},
		ByTeam:  []BoardTeam{{Name: Link{Text: "Payments and reconciliation, Europe", URL: "/migrations?team=t1"}, Cells: []Link{{Text: "22", URL: "/migrations?team=t1"}, {Text: "8", URL: "/migrations?team=t1&show=developer"}, {Text: "0"}, {Text: "2", URL: "/migrations?team=t1&show=failing"}, {Text: "1", URL: "/migrations?team=t1&show=expiring"}, {Text: "12", URL: "/migrations?team=t1&show=done"}}}},
		More:    2, Last: &Link{Text: "Your last check of 40 migrations: 38 of 40 done", URL: "/migrations/checks/b1"},
		Rows: []BoardRow{
			{ID: "payments", Name: "Payments", Namespace: "payments-prod.a1b2c", Team: "Payments and reconciliation, Europe", State: Tag{Bad, "Failing"}, Count: "3 of 6", Meter: []State{Good, Good, Good, Bad, Idle, Idle}, Next: &Link{Text: "Continue: Test the connection", URL: "/m/payments/test"},
				Turn: Tag{Busy, "Your turn"}, Since: "22 Nov 2026", Stamp: "2026-11-22T09:10:00Z", Besides: []string{"Priya Raman is asked to remove the old CA certificate"}, Check: &Tag{Bad, "Failed"}, CheckLink: Link{Text: "The namespace does not trust the CA certificate", URL: "/m/payments/test/r1"}, CheckAt: "22 Nov 2026", CheckTime: "2026-11-22T09:10:00Z", Expires: &Tag{Warn, "24 days"}, ExpiresAt: "16 Dec 2026"},
			{ID: "an-order-processing-application-with-a-long-name", Name: "An order processing application with a long name", Namespace: "order-processing-production-eu-west.a1b2c", Team: "Default team", State: Tag{Busy, "In progress"}, Count: "2 of 6", Meter: []State{Good, Good, Wait, Idle, Idle, Idle}, Next: &Link{Text: "Continue: Upload the CA", URL: "/m/x/upload"},
				Turn: Tag{Wait, "Priya Raman"}, Since: "20 Nov 2026", Stamp: "2026-11-20T09:10:00Z", Expires: &Tag{Good, "365 days"}, ExpiresAt: "22 Nov 2027"},
			{ID: "ledger", Name: "Ledger", Rehearsal: true, Team: "Default team", State: Tag{Idle, "Not started"}, Count: "0 of 6", Meter: []State{Busy, Idle, Idle, Idle, Idle, Idle}, Next: &Link{Text: "Continue: Choose the namespace", URL: "/m/ledger/namespace"}, Turn: Tag{Wait, "Developer"}, Since: "1 Nov 2026", Stamp: "2026-11-01T09:10:00Z"},
		},
		Shown: "1 to 30 of 1,234", Pages: []Link{{Text: "Next page", URL: "/migrations?page=2", TestID: "page-next"}}}
}

func boardSeen() BoardProps {
	p := boardProps()
	p.CanWork, p.Last, p.Teams, p.ByTeam = false, nil, nil, nil
	return p
}
