package views

func decodeKnown() DecodeProps {
	return DecodeProps{Masked: true, Matched: "received fatal alert: UnknownCA",
		Text: "RuntimeError: Failed client connect: received fatal alert: UnknownCA (api_key=[removed])",
		Answer: &VerdictProps{State: Bad, Word: "Most likely this is", Title: "The namespace does not trust the CA", Code: "CL-03", HelpURL: "/help/CL-03",
			Cause: "The server took the connection and refused the certificate.", NotWrong: "Name, network and server are fine.",
			Fixes:      []FixProps{{Who: "cloud-admin", Text: "Add the CA to the namespace.", Command: CodeBlockProps{ID: "fix-1", Name: "Command", Lang: "bash", Text: "tcld namespace accepted-client-ca add --namespace payments-prod.a1b2c --ca-certificate-file ca.pem"}}},
			Actions:    []Link{{Text: "Explain CL-03", URL: "/help/CL-03"}},
			Candidates: []CandidateProps{{Code: "CH-01", Title: "The CA is another one", Why: "It prints the same.", URL: "/help/CH-01"}}},
		Next: []Link{{Text: "Every fault that Onramp knows", URL: "/help"}}, Twin: cli("onramp decode < error.txt")}
}

func decodeUnknown() DecodeProps {
	return DecodeProps{Text: "something went wrong <script>alert(1)</script>", Answer: &VerdictProps{State: Warn, Word: "Not known", Title: "Onramp does not recognise this text",
		Cause: "The same words can have many causes, or nobody has described this one yet.",
		Fixes: []FixProps{{Who: "developer", Text: "Let the connection be checked instead: that looks at the cause, not at the words."}}},
		Next: []Link{{Text: "Test the connection of a migration to find the cause", URL: "/"}}}
}
