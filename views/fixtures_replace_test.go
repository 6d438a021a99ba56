package views

import "onramp/fault"

// replacePages are the wizard before, in the middle and at its last gate, in a rehearsal and in Temporal Cloud.
func replacePages() []page {
	show := func(name string, p ReplaceProps) page {
		f := rehearsalFrame("Replace with zero downtime", "certificates", 2)
		if !p.Rehearsal {
			f = cloudFrame("Replace with zero downtime", "certificates", 2)
		}
		return shown(name, ReplacePage, f, p)
	}
	seen := replaceProps(true)
	held := seen
	held.Problems = Problems{{Kind: fault.Conflict, Unchanged: true, Title: "A certificate that would be cut off is still in use", Cause: "worker-3 with CN=payments, 9f3c12ab7710 (connections open: 1).", NotWrong: "Every caller keeps working.", Fix: "Give these programs the other certificate."}}
	return []page{
		show("replace", ReplaceProps{Migration: "payments", Saw: "1a2b3c4d.0.0", Rehearsal: true, Choices: []ReplaceChoice{{"ca", "The CA", "A new CA and a client certificate under it.", "Replace the CA"}, {"leaf", "The client certificate alone", "The short path.", "Replace the client certificate"}},
			Last: &ReplaceLast{Tag: Tag{Good, "Done"}, Text: "Done on 12 Nov 2026.", Facts: []Pair{{Name: "Old one last seen", Value: "12 Nov 2026, 10:42"}}, Back: &BackProps{"workers", "Put the old CA back", "No client is cut off."}}}),
		show("replace-begin", replaceBegin()),
		show("replace-proof", replaceChecks()),
		show("replace-held", held),
		show("replace-cloud-ca", replaceCloudCA()),
		show("replace-cloud", replaceProps(false)),
		rotatePage("rotate", rotateFirst(true)),
		rotatePage("rotate-cloud-start", rotateFirst(false)),
		rotatePage("rotate-begin", rotateBegin(true)),
		rotatePage("rotate-made", rotateMade()),
		rotatePage("rotate-held", rotateWorkersProps(true)),
		rotatePage("rotate-cloud-key", rotateBegin(false)),
		rotatePage("rotate-cloud", rotateWorkersProps(false)),
		methodPage("method", methodFirst()),
		methodPage("method-lacks", methodLacks()),
		methodPage("method-proof", methodMade()),
		methodPage("method-held", methodLast(true)),
		methodPage("method-cloud-both", methodCloud()),
		methodPage("method-cloud", methodLast(false)),
	}
}

func replaceGates(open string) []GateProps {
	out := []GateProps{{ID: "ca", Number: "1", Title: "Add the new CA next to the old one"}, {ID: "leaf", Number: "2", Title: "Create a client certificate under the new CA"},
		{ID: "proof", Number: "3", Title: "Check both client certificates"}, {ID: "workers", Number: "4", Title: "Move every worker, then remove the old CA"}}
	past := true
	for i := range out {
		g := &out[i]
		switch {
		case g.ID == open:
			g.Tag, g.Text, g.Open, g.Now, g.Back = Tag{Busy, "Your turn"}, "Give every worker the new certificate.", true, true, &BackProps{"ca", "Roll the whole replacement back", "The old certificate stays."}
			past = false
		case past:
			g.Tag, g.Text, g.Open = Tag{Good, "Done"}, "Seen on 12 Nov 2026, 10:42", true
		default:
			g.Tag, g.Text = Tag{Idle, "Can't start yet"}, "After the step above"
		}
	}
	return out
}

func replaceChecks() ReplaceProps {
	p := replaceProps(true)
	p.Gates, p.Leaf.Bundle, p.Leaf.Browser, p.Workers = replaceGates("proof"), false, true, ReplaceWorkersProps{}
	p.Proof.Both, p.Proof.Button = true, "Check the new certificate"
	p.Proof.Rows[1] = ProofRow{Tag{Bad, "Failed"}, "The check with the new client certificate failed: No such name (DN-01): ", &Link{Text: "run 8", URL: "/m/payments/test/8"}}
	return p
}

func replaceCloudCA() ReplaceProps {
	p := replaceProps(false)
	p.Gates, p.Leaf, p.Workers, p.Reloads = replaceGates("ca"), ReplaceLeafProps{}, ReplaceWorkersProps{}, nil
	p.CA.Handoff, p.CA.Next = handoffOfferProps(true), &Link{Text: "Continue meanwhile: create the client certificate", URL: "/m/payments/certificates/replace?step=leaf", TestID: "go-on"}
	p.CA.Commands = []CodeBlockProps{{ID: "add-ca", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca add"}}
	return p
}

func replaceBegin() ReplaceProps {
	form := certForm("make")
	return ReplaceProps{Migration: "payments", Saw: "1a2b3c4d.0.0", Rehearsal: true, Gates: replaceGates("ca"), CA: ReplaceCAProps{Form: form}, Leaf: ReplaceLeafProps{Form: form, CASubject: "CN=payments CA 2026"},
		Lead: "4 steps.", Summary: []Pair{{Name: "CA that is replaced", Value: "CN=payments CA, 9f3c 12ab 7710 …", Mono: true}}}
}

func replaceProps(rehearsal bool) ReplaceProps {
	card := certificatesMade().Have.Leaf
	ca := certificatesMade().Have.CA
	ca.ID, card.ID = "new-ca", "new-leaf"
	p := ReplaceProps{Migration: "payments", Saw: "1a2b3c4d.0.0", Rehearsal: rehearsal, Gates: replaceGates("workers"), Summary: []Pair{{Name: "Replaced", Value: "CN=payments CA, 9f3c 12ab 7710 …", Mono: true}},
		CA: ReplaceCAProps{Made: true, Card: ca, Key: true, Bundle: CodeBlockProps{ID: "both-cas", Name: "bundle.pem", Text: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}, Size: "2 of 16 certificates · 1.4 of 32 KB", CloudURL: "/cloud/payments-prod.a1b2c?m=payments",
			Lines: []BundleLine{{"=", "CN=payments CA", "9f3c 12ab", "until 12 Nov 2027"}, {"+", "CN=payments CA 2026", "77aa 10bb", "until 12 Nov 2028"}, {"-", "CN=old CA", "1234 5678", "it expired on 2 Nov 2026"}}},
		Leaf: ReplaceLeafProps{Made: true, Card: card, Bundle: true, Browser: true, CASubject: "CN=payments CA 2026"},
		Proof: ReplaceProofProps{Rows: []ProofRow{{Tag{Good, "Passed"}, "A check with the old client certificate passed: ", &Link{Text: "run 7", URL: "/m/payments/test/7"}}, {Tag{Idle, "Not run"}, "No check with the new client certificate yet.", nil}},
			Which: []Choice{{Value: "old", Label: "The old client certificate", Selected: true}, {Value: "new", Label: "The new client certificate"}},
			Key:   KeySourceProps{Sources: []Choice{{Value: "lent", Label: "The key lent to Onramp", Selected: true}, {Value: "files", Label: "Files on this computer"}, {Value: "paste", Label: "Paste or upload it"}}}},
		Workers: ReplaceWorkersProps{Seen: rehearsal, Rule: "Not yet: 1 connection is still open with the old certificate.", Blocked: true, Window: "A program counts as gone when it has not called for 1 minute.", Remove: "Remove the old CA certificate",
			Figures: []Figure{{"Programs still on the old certificate", "1", Warn}, {"Their open connections", "1", Warn}, {"Programs on the new one", "1", Idle}}, AsOf: "As of 10:42:07, seen since 09:12:44",
			Callers: []CallerRow{{Tag{Warn, "Old"}, "4711@pod-3", "money-transfer", "CN=payments", "9f3c 12ab 7710 …", "CN=payments CA", "2 s ago", "811", "1"}, {Tag{Good, "New"}, "4712@pod-4", "money-transfer", "CN=payments", "77aa 10bb 7711 …", "CN=payments CA 2026", "just now", "12", "2"}},
			Known:   []string{"Onramp cannot see which client certificate a worker of Temporal Cloud presents."}, Facts: []Pair{{Name: "Polled before", Value: "4711@pod-3", Mono: true}}, Queue: "money-transfer", Noted: "Argo shows revision 12 everywhere",
			Commands: []CodeBlockProps{{ID: "remove-ca", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca remove"}}, Finish: "Then run the check with the old certificate: it must be refused."},
		Reloads: []ReloadProps{{ID: "go", Name: "Go", How: "picks it up at the next handshake", Text: "The callback is asked at each handshake.", Own: true, Unverified: "After how long Temporal Cloud ends a connection is not documented.",
			Code: CodeBlockProps{ID: "reload-code-go", Name: "Go", Lang: "go", Text: "package reload\n"}, Source: Link{Text: "crypto/tls", URL: "https://pkg.go.dev/crypto/tls", Away: true}}}}
	if !rehearsal {
		p.CA.Unseen = "Onramp cannot read which CAs the namespace holds."
	}
	return p
}
