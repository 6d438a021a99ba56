package views

import "onramp/fault"

// handoffPages are the pages of links for people without an account.
func handoffPages() []page {
	made := HandoffLinksProps{Links: handoffLinks(), Back: Link{Text: "Back to step 3", URL: "/m/payments/upload"}, Made: &HandoffMadeProps{For: "Omar", Until: "13 Dec 2026, 10:41",
		Link:    CodeBlockProps{ID: "handoff-link", Name: "Link", Label: "The link", Text: "https://onramp.example.com/h/abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst", TestID: "handoff-link"},
		Message: CodeBlockProps{ID: "handoff-message", Name: "Message", Text: "Add one CA certificate to payments-prod.a1b2c\n\nHello Omar,\n", TestID: "handoff-message"}, Mail: "mailto:?subject=Add"}}
	refused := HandoffLinksProps{Links: handoffLinks(), Back: made.Back}
	refused.Links.For, refused.Links.Problems = "", Problems{{Kind: fault.Invalid, Field: "for", Title: "The name is missing", Fix: "Give the name of the person who will do it."}}
	closed := HandoffTaskProps{Path: "/h/t0", Task: "This request is superseded", From: "A request for Omar", Ask: "It was about a CA certificate of “Payments” for the namespace payments-prod.a1b2c.", Closed: true, Opened: true,
		Status: HandoffStatusProps{Tag: Tag{Idle, "Superseded"}, Text: "Since this link was made, Dana’s team has changed the namespace or the CA certificate. Add nothing: ask them for a new link."}}
	done, seen, wrong, here := handoffTask(), handoffTask(), handoffTask(), handoffTask()
	done.Opened, done.Done = true, true
	done.Status = HandoffStatusProps{Tag: Tag{Wait, "Says done; waiting for a check"}, Text: "You said that it is done, on 29 Nov 2026, 10:41. Dana’s team sees it. This page tells when Onramp has seen the CA certificate accepted.",
		Saw: "Onramp looked at 29 Nov 2026, 10:41: The namespace does not hold this CA certificate yet.", Look: true}
	seen.Opened, seen.Answer = true, false
	seen.Status = HandoffStatusProps{Tag: Tag{Good, "Done, seen by Onramp"}, Text: "Onramp has seen it: accepted at 29 Nov 2026, 14:02. Dana can go on, and nothing is left for you to do."}
	wrong.Words, wrong.WordsFor, wrong.Problems = "\x00", "not-me", Problems{{Kind: fault.Invalid, Field: "words", Title: "The note cannot be passed on", Fix: "Use at most 500 characters of plain text, without keys."}}
	here.Here, here.Link, here.Steps = "Add the CA certificate to the namespace", nil, nil
	practice := guest("Add one CA certificate to payments-prod.a1b2c")
	practice.Rehearsal = true
	uploading := uploadProps(false)
	links := handoffLinks()
	uploading.Links, uploading.Handoff.Go = &links, false
	uploading.Links.Go = true
	message := overviewProps().Message
	return []page{
		shown("send", SendPage, cloudFrame("Send this migration", "", 2), SendProps{Migration: "payments", Edition: "1a2b3c4d.0.0.0.0", Team: "the team Payments", Message: message, Problems: Problems{{Kind: fault.Invalid, Field: "email", Title: "This is not an email address", Fix: "Give one like dana@example.com."}}, Email: "dana"}),
		shown("send-made", SendPage, cloudFrame("Send this migration", "", 2), SendProps{Migration: "payments", Edition: "1a2b3c4d.0.0.0.0", Team: "the team Payments", Message: message, Made: &LinkProps{For: "dev@example.com", Until: "2 Dec 2026, 10:41",
			Code: CodeBlockProps{ID: "invitation", Name: "Link", Label: "The link", Text: "https://onramp.example.com/start?next=%2Fm%2Fpayments%2Fcertificates&t=0123", TestID: "invitation"}}}),
		shown("send-alone", SendPage, cloudFrame("Send this migration", "", 2), SendProps{Migration: "payments", Alone: true}),
		shown("send-not-owner", SendPage, cloudFrame("Send this migration", "", 2), SendProps{Migration: "payments", Team: "the team Payments", Message: message, Cannot: "Only an owner can invite somebody new. Ask Dana (owner)."}),
		shown("handoff-links", HandoffLinksPage, cloudFrame("Hand-off links", "upload", 3), refused),
		shown("handoff-links-made", HandoffLinksPage, cloudFrame("Hand-off links", "upload", 3), made),
		shown("upload-links", UploadPage, cloudFrame("Upload the CA certificate", "upload", 3), uploading),
		shown("handoff-task", HandoffTaskPage, guest("Add one CA certificate to payments-prod.a1b2c"), handoffTask()),
		shown("handoff-task-rehearsal", HandoffTaskPage, practice, here),
		shown("handoff-task-refused", HandoffTaskPage, guest("Add one CA certificate to payments-prod.a1b2c"), wrong),
		shown("handoff-task-done", HandoffTaskPage, guest("Add one CA certificate to payments-prod.a1b2c"), done),
		shown("handoff-task-seen", HandoffTaskPage, guest("Add one CA certificate to payments-prod.a1b2c"), seen),
		shown("handoff-task-superseded", HandoffTaskPage, guest("This request is superseded"), closed),
	}
}

// guest is the frame of a page behind a link.
func guest(title string) Frame {
	f := frame(title, "", nil)
	f.Guest, f.SignedOut, f.DataDir, f.Path, f.Feed = true, true, "", "", "/h/t0/events"
	return f
}

func handoffLinks() HandoffListProps {
	return HandoffListProps{Migration: "payments", Edition: "1a2b3c4d.0.0.0.0", Task: "upload", Lead: "A link shows one person what to upload and where; they need no account here. This page updates when they are done.", Links: []HandoffLinkProps{
		{Number: "3", For: "Omar", Tag: Tag{Wait, "Opened"}, Text: "made by Dana on 29 Nov 2026, 10:41 · opened on 29 Nov 2026, 10:52 · expires on 13 Dec 2026"},
		{Number: "2", For: "Priya from the platform team in Europe and the Middle East", Tag: Tag{Warn, "Says: not me"}, Text: "made by Dana on 28 Nov 2026, 10:41 · answered on 28 Nov 2026, 11:20", Words: "I left that team.\nOmar has it now."},
		{Number: "4", For: "Lee", Tag: Tag{Idle, "Expired"}, Text: "certificate filters · made by Dana on 12 Nov 2026, 10:41 · expired on 26 Nov 2026", Ended: true},
		{Number: "1", For: "Priya", Tag: Tag{Idle, "Revoked"}, Text: "made by Dana on 27 Nov 2026, 10:41 · revoked on 27 Nov 2026, 10:42", Revoked: true},
	}}
}

func handoffTask() HandoffTaskProps {
	p := handoffProps()
	return HandoffTaskProps{Path: "/h/t0", Task: p.Task, From: "A request for Omar", Ask: "Dana (team Payments) asks you to add the CA certificate of “Payments” to the namespace payments-prod.a1b2c.", Needs: p.Needs, Title: "The CA certificate", Copy: "Copy CA certificate", DoneText: "Done: I have added it",
		Until: "13 Dec 2026, 10:41", Status: HandoffStatusProps{Tag: Tag{Busy, "Your turn"}, Text: "Follow the steps, then choose Done. Onramp checks, and tells you and the team."},
		PEM: CodeBlockProps{ID: "ca-pem", Name: p.File, Label: "CA certificate", Text: p.PEM, Download: "/h/t0/ca.pem", TestID: "ca-pem"}, Facts: p.Facts, Compare: p.Compare,
		Link: &Link{Text: p.Link.Text, URL: p.Link.URL, Away: true, TestID: "open-cloud"}, Steps: []string{"Open the namespace payments-prod.a1b2c with the button above and choose Edit.", "Copy the CA certificate of this page.", "Paste it.", "Choose Save."},
		Commands: p.Commands, Changes: p.Changes, Stays: p.Stays, Unverified: p.Unverified, Answer: true}
}
