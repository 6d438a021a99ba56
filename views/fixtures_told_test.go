package views

import "onramp/fault"

// toldPages are who is told of what, and how Onramp is doing.
func toldPages() []page {
	omar := AccountProps{Name: "Omar", Role: "Developer", Current: "/account/mails"}
	refused := mailsProps()
	refused.Problems = Problems{{Kind: fault.Invalid, Field: "hour", Title: "There is no such hour", Fix: "Choose one of those offered"}}
	refused.Trouble = "The mail server did not answer in time"
	return []page{
		shown("mails", MailsPage, signedIn("Mails", "", omar), mailsProps()),
		shown("mails-refused", MailsPage, signedIn("Mails", "", omar), refused),
		shown("mails-missing", MailsPage, signedIn("Mails", "", omar), MailsProps{Now: Tag{Idle, "No mails"}, Missing: "This Onramp sends no mails", Fix: "Ask whoever runs it to name a mail server: onramp serve --smtp-addr HOST:587."}),
		shown("stop-mails", StopMailsPage, signedOut("Stop these mails?"), StopMailsProps{Token: "u1.abc", To: "o…@example.com"}),
		shown("stop-mails-done", StopMailsPage, signedOut("You get no more mails"), StopMailsProps{Done: true, To: "o…@example.com"}),
		shown("calendar", CalendarPage, signedIn("Calendar of expiries", "", omar), CalendarProps{}),
		shown("calendar-made", CalendarPage, signedIn("Calendar of expiries", "", omar), CalendarProps{Made: "22 Nov 2026, 10:41", New: &CodeBlockProps{ID: "calendar", Name: "Address", Label: "The address", TestID: "calendar-address",
			Text: "https://onramp.example.com/calendar/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.ics"}}),
		shown("operations", OperationsPage, signedIn("Operations", "", owner), operationsProps()),
		shown("operations-fresh", OperationsPage, frame("Operations", "", nil), OperationsProps{Health: Tag{Good, "No problem found"}, Since: "22 Nov 2026, 10:41", Versions: []Pair{{Name: "Onramp", Value: "0.1.0"}}}),
	}
}

func mailsProps() MailsProps {
	p := MailsProps{Now: Tag{Good, "Weekly on Monday at 08:00"}, Text: "The next comes on 30 Nov 2026, 08:00, if there is something new. The last came on 23 Nov 2026, 08:00.", To: "omar@example.com", From: "onramp@example.com", Zone: "UTC",
		Every: []Choice{{Value: "off", Label: "Never"}, {Value: "daily", Label: "Daily"}, {Value: "weekly", Label: "Weekly", Selected: true}}}
	for i, day := range []string{"Monday", "Tuesday", "Wednesday"} {
		p.Days = append(p.Days, Choice{Value: itoa(i + 1), Label: day, Selected: i == 0})
		p.Hours = append(p.Hours, Choice{Value: itoa(i + 7), Label: "0" + itoa(i+7) + ":00", Selected: i == 1})
	}
	return p
}

func operationsProps() OperationsProps {
	return OperationsProps{Health: Tag{Bad, "2 things need you"}, Text: "The data directory’s disk has 190 MB left: free space on it. Mails: the mail server did not answer in time.", Since: "21 Nov 2026, 09:00",
		Parts: []OperationsPart{
			{ID: "data", Title: "Data", Tag: Tag{Bad, "Disk nearly full"}, Pairs: []Pair{{Name: "Directory", Value: "/var/lib/onramp", Mono: true}, {Name: "Free", Value: "190 MB of 20 GB"}, {Name: "Database", Value: "212 MB"}, {Name: "Not yet in it", Value: "4.1 MB"}}},
			{ID: "audit", Title: "Audit", Tag: Tag{Good, "Intact"}, Pairs: []Pair{{Name: "Verified", Value: "22 Nov 2026, 09:00"}, {Name: "Records", Value: "10,412"}}},
			{ID: "people", Title: "People", Tag: Tag{Good, "12 signed in"}, Pairs: []Pair{{Name: "Accounts", Value: "31, 2 disabled"}}},
			{ID: "runs", Title: "Under way", Tag: Tag{Busy, "3 runs"}, Pairs: []Pair{{Name: "Checks", Value: "2"}, {Name: "Test transfers", Value: "1"}, {Name: "Load drills", Value: "0"}}},
			{ID: "mails", Title: "Mails", Tag: Tag{Bad, "4 not taken"}, Pairs: []Pair{{Name: "Server", Value: "smtp.example.com:587"}, {Name: "Last error", Value: "The mail server did not answer in time"}}},
		},
		Routes:   []SlowRow{{"GET /m/{m}/certificates/{fp:[0-9a-f]{64}}", "12", "4.1 ms", "12 ms", "80 ms"}, {"POST /m/{m}/certificates/key/open", "2", "990 ms", "1.1 s", "1.1 s"}},
		Queries:  []SlowRow{{"SELECT id, name, lang, mode, auth, created, version, archived, team_id, summary FROM migrations JOIN run_counts ON run_counts.migration_id = migrations.id WHERE migrations.namespace IN (SELECT value FROM json_each(?)) AND +mode = ? ORDER BY created DESC", "812", "0.4 ms", "2.1 ms", "9.0 ms"}},
		Versions: []Pair{{Name: "Onramp", Value: "0.1.0"}, {Name: "Go", Value: "go1.26.8"}},
		Backup:   CodeBlockProps{ID: "backup", Name: "Terminal", Lang: "bash", Text: "onramp backup --data /var/lib/onramp --out onramp.backup"}}
}
