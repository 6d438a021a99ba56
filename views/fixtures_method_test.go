package views

import "onramp/fault"

// methodPage is a page of the change of the sign-in method.
func methodPage(name string, p MethodProps) page {
	f := rehearsalFrame("Change the sign-in method", "", 4)
	if !p.Rehearsal {
		f = cloudFrame("Change the sign-in method", "", 4)
	}
	p.Migration, p.Saw = "payments", "1a2b3c4d.0.0"
	return shown(name, MethodPage, f, p)
}

func methodFirst() MethodProps {
	p := MethodProps{Rehearsal: true, Title: "Change the sign-in method with zero downtime", Lead: "Client certificates and API keys are both accepted until every worker uses the new method, so no call fails."}
	p.Start = &MethodStart{Button: "Change to client certificates", Facts: []Pair{{Name: "Namespace", Value: "payments.a1b2c", Mono: true}, {Name: "Workers sign in with", Value: "API keys"}}, Notes: []string{"You create the certificates first."}}
	p.Last = &ReplaceLast{Tag: Tag{Good, "Done"}, Text: "Done on 12 Nov 2026.", Facts: []Pair{{Name: "Old method last seen", Value: "12 Nov 2026, 10:42"}}}
	p.After = methodChecks()
	return p
}

func methodGates(open string) []GateProps {
	out := []GateProps{{ID: "both", Number: "1", Title: "Let the namespace take both methods"}, {ID: "proof", Number: "2", Title: "Make the API key and check both methods"}, {ID: "workers", Number: "3", Title: "Move every worker, then turn client certificates off"}}
	past := true
	for i := range out {
		g := &out[i]
		switch {
		case g.ID == open:
			g.Tag, g.Text, g.Open, g.Now, g.Back = Tag{Busy, "Your turn"}, "Programs that sign in with client certificates keep working.", true, true, &BackProps{"both", "Roll the whole change back", "The namespace stops taking API keys."}
			past = false
		case past:
			g.Tag, g.Text, g.Open = Tag{Good, "Done"}, "Seen on 12 Nov 2026, 10:42", true
		default:
			g.Tag, g.Text = Tag{Idle, "Can't start yet"}, "After the step above"
		}
	}
	return out
}

func methodBegin(rehearsal bool) MethodProps {
	return MethodProps{Rehearsal: rehearsal, Title: "Change from client certificates to API keys", Lead: "3 steps.", Gates: methodGates("both"), Summary: []Pair{{Name: "From", Value: "client certificates"}, {Name: "To", Value: "API keys"}},
		Both: MethodBoth{Button: "Let it take both", Notes: []string{"While it takes both, API keys sign in at the regional endpoint."}, Once: "Programs that still sign in the old way are refused from then on."}}
}

func methodLacks() MethodProps {
	p := methodBegin(true)
	p.Both.Lacks, p.Both.CanHave = "This account does not have both methods at once.", true
	return p
}

func methodCloud() MethodProps {
	p := methodBegin(false)
	p.OpsURL = "/m/payments/ops"
	p.Both.Commands = []CodeBlockProps{{ID: "both-tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace auth-method set --namespace payments.a1b2c --auth-method api_key_or_mtls", Values: []string{"payments.a1b2c"}}}
	p.Both.Hints = []string{"A method that is turned off cuts off its workers at once."}
	return p
}

func methodChecks() *MethodProof {
	return &MethodProof{Rows: []ProofRow{{Tag{Good, "Passed"}, "The check with the API key passed: ", &Link{Text: "check 7", URL: "/m/payments/test/7"}}, {Tag{Idle, "Not run"}, "No check with the client certificate yet.", nil}},
		Sides: []MethodCheck{{Which: "new", Title: "Check with the API key", Address: "us-east-1.aws.api.temporal.io:7233", Button: "Check with the API key", Key: KeySourceProps{APIKey: true}},
			{Which: "old", Title: "Check with the client certificate", Address: "payments.a1b2c.tmprl.cloud:7233", Button: "Check with the client certificate", Open: true,
				Key: KeySourceProps{Sources: []Choice{{Value: "lent", Label: "The key that Onramp may use", Hint: "In memory only, until 10:42.", Selected: true}, {Value: "paste", Label: "Choose or paste it", Hint: "Used for this run, then forgotten."}}}}}}
}

// methodMade is the answer that shows the new key, whose check has passed.
func methodMade() MethodProps {
	p := methodBegin(true)
	p.Gates, p.Both.Done, p.Proof = methodGates("proof"), true, methodChecks()
	p.New = CodeBlockProps{ID: "api-key", Name: "API key", Text: "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.AAAA", TestID: "api-key"}
	p.Key = &RotateKeyProps{Made: true, Facts: []Pair{{Name: "API key", Value: "worker (ID k2)", Mono: true}, {Name: "Expires", Value: "31 Jan 2027"}}}
	p.Proof.Said = "The API key that was given says that its ID is k9, not k2."
	p.Program = CodeBlockProps{ID: "program-env", Name: "Environment", Lang: "bash", Text: "export TEMPORAL_ADDRESS=localhost:7234", Values: []string{"localhost:7234"}}
	p.Moves = []string{"Workers of both methods poll the same task queues at the same time."}
	p.Code = Link{Text: "See the worker code that signs in with API keys", URL: "/m/payments/code?auth=api-key", TestID: "new-code"}
	return p
}

func methodLast(rehearsal bool) MethodProps {
	p := methodMade()
	p.Rehearsal, p.New, p.Gates, p.Cert = rehearsal, CodeBlockProps{}, methodGates("workers"), []Pair{{Name: "Client certificate", Value: "CN=payments", Mono: true}}
	p.Workers = MethodWorkers{Seen: rehearsal, Rule: "Not yet: 1 connection still signs in with client certificates. This updates automatically.", Blocked: true, Button: "Turn client certificates off", Window: "A program counts as gone when it has no open connection.",
		Figures: []Figure{{"Programs with client certificates", "1", Warn}, {"Their open connections", "1", Warn}, {"Programs with API keys", "1", Idle}}, AsOf: "As of 10:42:07, seen since 09:12:44",
		Callers: []KeyCallerRow{{Tag{Warn, "Old method"}, "4711@pod-3", "money-transfer", "CN=payments", "2 s ago", "811", "1"}, {Tag{Good, "New method"}, "4712@pod-4", "money-transfer", "API key, ID k2", "just now", "12", "2"}},
		Known:   []string{"Onramp cannot see what a worker of Temporal Cloud signs in with."}, Facts: []Pair{{Name: "Polled before", Value: "4711@pod-3", Mono: true}}, Queue: "money-transfer", KeyField: true, Noted: "Argo shows revision 12 everywhere",
		Commands: []CodeBlockProps{{ID: "off-tcld", Name: "tcld", Lang: "bash", Text: "tcld namespace auth-method set --namespace payments.a1b2c --auth-method api_key", Values: []string{"payments.a1b2c"}}}, Finish: "Turn client certificates off now, then check again.", Said: "I turned client certificates off and cannot check with one"}
	if rehearsal {
		p.Problems = Problems{{Kind: fault.Conflict, Unchanged: true, Title: "A certificate that would be cut off is still in use", Cause: "4711@pod-3 with CN=payments (connections open: 1).", NotWrong: "Every caller keeps working.", Fix: "Give these programs the other certificate."}}
	}
	return p
}
