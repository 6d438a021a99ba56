package views

import "onramp/fault"

// rotatePage is a page of the replacement of an API key.
func rotatePage(name string, p RotateProps) page {
	f := rehearsalFrame("Replace the API key", "", 4)
	if !p.Rehearsal {
		f = cloudFrame("Replace the API key", "", 4)
	}
	p.Migration, p.Saw = "payments", "1a2b3c4d.0.0"
	return shown(name, RotatePage, f, p)
}

func rotateFirst(rehearsal bool) RotateProps {
	p := RotateProps{Rehearsal: rehearsal, Lead: "Old and new keys are both accepted until every worker uses the new one, so no call fails.", Start: &RotateStart{}}
	if rehearsal {
		p.Start.Keys = []Choice{{Value: "k2", Label: "next", Hint: "ID k2, made 2 Nov 2026, expires 31 Jan 2027"}, {Value: "k1", Label: "worker", Hint: "ID k1, made 2 Oct 2026, expires 1 Dec 2026", Selected: true}}
		p.Last = &ReplaceLast{Tag: Tag{Good, "Done"}, Text: "Done on 12 Nov 2026.", Facts: []Pair{{Name: "Old key last seen", Value: "12 Nov 2026, 10:42"}}}
		return p
	}
	p.Start.ID, p.Start.Name, p.Start.Ends = "k 1", "worker", "2027-03-31"
	p.Problems = Problems{{Kind: fault.Invalid, Field: "old_id", Title: "This is not a key ID", Fix: "It is a short text of letters and digits, on one line."}}
	return p
}

func rotateGates(open string) []GateProps {
	out := []GateProps{{ID: "key", Number: "1", Title: "Create a second API key"}, {ID: "proof", Number: "2", Title: "Check the new API key"}, {ID: "workers", Number: "3", Title: "Move every worker, then delete the old key"}}
	past := true
	for i := range out {
		g := &out[i]
		switch {
		case g.ID == open:
			g.Tag, g.Text, g.Open, g.Now, g.Back = Tag{Busy, "Your turn"}, "The old key keeps working next to it.", true, true, &BackProps{"key", "Roll the whole replacement back", "The old key stays."}
			past = false
		case past:
			g.Tag, g.Text, g.Open = Tag{Good, "Done"}, "worker (ID k2), expires 31 Jan 2027", true
		default:
			g.Tag, g.Text = Tag{Idle, "Can't start yet"}, "After the step above"
		}
	}
	return out
}

func rotateBegin(rehearsal bool) RotateProps {
	p := RotateProps{Rehearsal: rehearsal, Lead: "3 steps.", Gates: rotateGates("key"), Summary: []Pair{{Name: "Old API key", Value: "worker (ID k1)", Mono: true}, {Name: "Expires", Value: "1 Dec 2026"}},
		Key: RotateKeyProps{Name: "worker", Days: "90"}}
	if !rehearsal {
		p.OpsURL = "/m/payments/ops"
		p.Key.Notes = []string{"Make it for the same service account or user as the old one."}
		p.Key.Commands = []CodeBlockProps{{ID: "make-tcld", Name: "tcld", Lang: "bash", Text: "tcld apikey create --name worker --duration 90d --service-account-id \"$SERVICE_ACCOUNT_ID\"", Values: []string{"worker"}}}
	}
	return p
}

func rotateProof() RotateProofProps {
	return RotateProofProps{Rows: []ProofRow{{Tag{Good, "Passed"}, "The check with the new API key passed: ", &Link{Text: "check 7", URL: "/m/payments/test/7"}}, {Tag{Idle, "Not run"}, "No check with the old API key since this began.", nil}},
		Which: []Choice{{Value: "new", Label: "The new API key, worker (ID k2)", Selected: true}, {Value: "old", Label: "The old API key, worker (ID k1)"}}}
}

// rotateMade is the answer that shows the new key, whose check goes on.
func rotateMade() RotateProps {
	p := rotateBegin(true)
	p.Gates, p.Proof = rotateGates("proof"), rotateProof()
	p.New = CodeBlockProps{ID: "api-key", Name: "API key", Text: "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.AAAA", TestID: "api-key"}
	p.Key = RotateKeyProps{Made: true, Facts: []Pair{{Name: "New API key", Value: "worker (ID k2)", Mono: true}, {Name: "Expires", Value: "31 Jan 2027"}}}
	p.Proof.Rows[0] = ProofRow{Tag{Busy, "Running"}, "The check with the new API key is running: ", &Link{Text: "check 7", URL: "/m/payments/test/7"}}
	p.Proof.Said = "The new key that was given says that its ID is k9, not k2."
	return p
}

func rotateWorkersProps(rehearsal bool) RotateProps {
	p := rotateMade()
	p.Rehearsal, p.New, p.Gates, p.Proof = rehearsal, CodeBlockProps{}, rotateGates("workers"), rotateProof()
	p.Workers = RotateWorkersProps{Seen: rehearsal, Rule: "Not yet: 1 connection still has the old key. This updates automatically.", Blocked: true, Window: "A program counts as gone when it has not called with it for 1 minute.",
		Figures: []Figure{{"Programs still on the old key", "1", Warn}, {"Their open connections", "1", Warn}, {"Programs on the new one", "1", Idle}}, AsOf: "As of 10:42:07, seen since 09:12:44",
		Callers: []KeyCallerRow{{Tag{Warn, "Old"}, "4711@pod-3", "money-transfer", "worker (ID k1)", "2 s ago", "811", "1"}, {Tag{Good, "New"}, "4712@pod-4", "money-transfer", "worker (ID k2)", "just now", "12", "2"}},
		Known:   []string{"Onramp cannot see which API key a worker of Temporal Cloud uses."}, Facts: []Pair{{Name: "Polled before", Value: "4711@pod-3", Mono: true}}, Queue: "money-transfer", Noted: "Argo shows revision 12 everywhere",
		Commands: []CodeBlockProps{{ID: "delete-tcld", Name: "tcld", Lang: "bash", Text: "tcld apikey delete --id k1", Values: []string{"k1"}}}, Finish: "Delete the old key now, then check again.",
		Reloads: []Pair{{Name: "Go", Value: "With client.NewAPIKeyDynamicCredentials the function is asked for the key at each call."}, {Name: "Others", Value: "Restart the program with the new key."}}}
	if rehearsal {
		p.Problems = Problems{{Kind: fault.Conflict, Unchanged: true, Title: "An API key that would be cut off is still in use", Cause: "4711@pod-3 with the API key of ID k1 (connections open: 1).", NotWrong: "Every caller keeps working.", Fix: "Give these programs the other API key."}}
	}
	return p
}
