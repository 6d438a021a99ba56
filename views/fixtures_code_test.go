package views

import (
	"strings"

	"onramp/fault"
)

// The pages of the API-key lane and of the judged environment.
func codeFixtures() []page {
	key := Problems{{Kind: fault.Invalid, Field: "api_key", Title: "The API key is missing", Fix: "Paste the key. It is used for this run and forgotten."}}
	withKeys := cloudNamespace(true)
	withKeys.Saved, withKeys.Auth = "", cloudKeys()
	keyedTest := testProps()
	keyedTest.Key, keyedTest.Problems = KeySourceProps{APIKey: true}, key
	keyedCode := codeProps()
	keyedCode.Look = WorkerLookProps{Action: "/m/payments/code/worker?lang=go", Queue: "TRANSFER_MONEY_TASK_QUEUE", Key: true}
	keyedCode.Other = "This migration signs in with API key; the code below is for mTLS."
	return []page{
		shown("not-needed-certificates", NotNeededPage, rehearsalFrame("Create certificates", "certificates", 2), NotNeededProps{Step: "Step 2 of 6", Title: "Create certificates", Text: "This migration signs in with an API key.", Key: true,
			Cloud: &Link{Text: "Open the rehearsal cloud", URL: "/cloud/docs-assembly.a2dd6"}, Commands: []CodeBlockProps{{ID: "tcld-key", Name: "tcld", Lang: "bash", Text: "tcld apikey create --name worker --duration 90d"}},
			Notes: []string{"TEMPORAL_CLOUD_API_KEY is the variable of tcld."}, Next: &Link{Text: "Continue: Test the connection", URL: "/m/payments/test"}}),
		shown("not-needed-upload", NotNeededPage, cloudFrame("Upload the CA", "upload", 3), NotNeededProps{Step: "Step 3 of 6", Title: "Upload the CA", Text: "There is no CA certificate to upload."}),
		shown("cloud-namespace-keys", CloudNamespacePage, cloudSide("Edit docs-assembly.a2dd6"), withKeys),
		shown("test-api-key", TestPage, rehearsalFrame("Test the connection", "test", 4), keyedTest),
		shown("code-api-key", CodePage, rehearsalFrame("Change the worker", "code", 5), keyedCode),
		shown("environment", EnvironmentPage, cloudFrame("Check your environment", "code", 5), environmentProps(false)),
		shown("environment-judged", EnvironmentPage, cloudFrame("Check your environment", "code", 5), environmentProps(true)),
		shown("environment-refused", EnvironmentPage, cloudFrame("Check your environment", "code", 5), EnvironmentProps{Action: "/m/payments/code/environment", Back: Link{Text: "Back to the code", URL: "/m/payments/code"},
			Problems: Problems{{Kind: fault.Invalid, Field: "environment", Title: "There is nothing to check", Fix: "Paste lines such as TEMPORAL_ADDRESS=…"}}}),
	}
}

func cloudKeys() *CloudAuthProps {
	return &CloudAuthProps{ID: "docs-assembly.a2dd6", Migration: "payments", Saw: "1a2b3c4d", KeysSaw: "5e6f7a8b", Keyed: true, Name: "worker", Days: "90",
		Auths: []Choice{{Value: "mtls", Label: "mTLS certificates", Hint: "You have a CA."}, {Value: "api-key", Label: "API key", Hint: "No PKI.", Selected: true}},
		Keys:  []CloudKeyRow{{ID: "k1", Name: "worker", Created: "12 Nov 2026", Until: "10 Feb 2027", Tag: Tag{Good, "80 days"}}},
		New:   CodeBlockProps{ID: "api-key", Name: "API key", Text: "eyJhbGciOiJub25lIn0.eyJqdGkiOiJhIn0.c2hvd24gb25jZQ"}}
}

func environmentProps(judged bool) EnvironmentProps {
	p := EnvironmentProps{Action: "/m/payments/code/environment", Back: Link{Text: "Back to the code", URL: "/m/payments/code"}, Twin: cli("env | onramp code --judge -"),
		Shells: []Choice{{Value: "bash", Label: "bash, zsh", Selected: true}, {Value: "kubernetes", Label: "Kubernetes"}}}
	if !judged {
		return p
	}
	p.Judged, p.Tag, p.Read = true, Tag{Bad, "Danger"}, "Read as lines of variables"
	p.Names = []Pair{{Name: "Standard", Value: "Read by the SDKs’ environment configuration and the temporal CLI"}, {Name: "Tutorial", Value: "Read by only the code of the tutorial"}}
	p.InEffect = []EnvRow{{Name: "TEMPORAL_ADDRESS", Value: "https://docs-assembly.a2dd6.tmprl.cloud:7233", What: "address", From: "variable"}, {Name: "TEMPORAL_API_KEY", Value: "••••••", What: "API key", From: "variable"}}
	p.CLI = []EnvRow{{Name: "TEMPORAL_TLS_CERT", Value: "/old/client.pem", What: "client certificate", From: "variable"}}
	p.Findings = []EnvFinding{
		{State: Bad, Word: "Danger", Code: "SV-01", URL: "/help/SV-01", Title: "Cloud needs no CA here", Text: "Remove it."},
		{State: Warn, Word: "Repaired", Code: "IN-01", URL: "/help/IN-01", Title: "TEMPORAL_ADDRESS needs a repair", Text: "removed “https://”", From: "https://docs-assembly.a2dd6.tmprl.cloud:7233", To: "docs-assembly.a2dd6.tmprl.cloud:7233"},
		{State: Idle, Word: "Note", Title: "TEMPORAL_TLS is not needed", Text: "The certificate switches TLS on."},
	}
	p.Given = "# cloud\nDATABASE_URL=postgres://••••••@db/orders\nTEMPORAL_ADDRESS=https://docs-assembly.a2dd6.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=docs-assembly.a2dd6\nTEMPORAL_API_KEY=••••••\n"
	p.Hidden = "•••••• stands for each of your secrets. They count as set, and you can check the text again as it is."
	p.Parts = []Choice{{Value: "service worker", Label: "service worker", Selected: true}, {Value: "service api", Label: "service api"}}
	p.Repaired, p.Whole = CodeBlockProps{ID: "repaired-env", Name: "In the form you pasted", Label: "Repaired environment", Lang: "bash", Text: strings.Replace(p.Given, "https://", "", 1)}, true
	p.ByHand = []string{"Take TEMPORAL_TLS_SERVER_CA_CERT_PATH out."}
	return p
}
