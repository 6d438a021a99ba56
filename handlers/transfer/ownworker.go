package transfer

import (
	"encoding/json"
	"fmt"
	"strings"

	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/namespace"
	"onramp/views"
)

// customFields are the fields of step 6 for a worker that is none of the templates'.
type customFields struct {
	workflowType                 string
	input                        []byte
	note                         string // why the page does not show an input again
	localAddress, localNamespace string
}

func readCustom(f web.Form) customFields {
	c := customFields{workflowType: f.Text("workflow_type"), localAddress: f.Text("local_address"), localNamespace: f.Text("local_namespace"),
		input: f.Bytes("input", "input_file")}
	if len(strings.TrimSpace(string(c.input))) == 0 {
		c.input = nil
	}
	return c
}

func (c customFields) props() views.CustomProps {
	p := views.CustomProps{WorkflowType: c.workflowType, Input: string(c.input), InputNote: c.note, LocalAddress: c.localAddress, LocalNamespace: c.localNamespace}
	if len(c.input) > web.MaxShownInput {
		p.Input, p.InputNote = "", fmt.Sprintf("The input of %d bytes is not shown again. Choose the file again, or paste a smaller one.", len(c.input))
	}
	return p
}

// elsewhere is the local server where the worker might still be.
func (c customFields) elsewhere() ([]doctor.Target, error) {
	t, err := localTarget(c.localAddress, c.localNamespace)
	if err != nil || t == nil {
		return nil, err
	}
	return []doctor.Target{*t}, nil
}

// localTarget is a local server without TLS; nil without an address. Faults are of field local_address.
func localTarget(address, space string) (*doctor.Target, error) {
	if address == "" {
		return nil, nil
	}
	a, _, err := namespace.ParseAddress(address)
	if err != nil {
		return nil, fault.From(err).In("local_address")
	}
	return &doctor.Target{Address: a.String(), Namespace: web.Either(space, "default"), Plaintext: true}, nil
}

// inputOf is the input of a workflow as its log shows it, in the form of the field input; note says why it is
// not there. arguments is how many it was started with.
func inputOf(decoded any, arguments int) (input []byte, note string) {
	const missing = "The input of that run is not kept in full. Paste it again."
	if s, ok := decoded.(string); ok && (strings.Contains(s, "… (") || strings.HasPrefix(s, "encrypted, ") || strings.HasSuffix(s, " bytes")) {
		return nil, missing
	}
	if arguments == 1 {
		if _, list := decoded.([]any); list { // a list by itself would be one argument each
			decoded = []any{decoded}
		}
	}
	text, err := json.MarshalIndent(decoded, "", "  ")
	if err != nil || arguments == 0 {
		return nil, ""
	}
	return text, ""
}
