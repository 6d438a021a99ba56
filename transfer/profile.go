package transfer

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Profile is how one money-transfer program wants to be started. The rows are the official templates
// (temporalio/money-transfer-project-*) and the built-in worker.
type Profile struct {
	Name         string // python, go, … or builtin
	Language     string // for people: "Python"
	WorkflowType string
	TaskQueue    string // "" for the built-in worker, which makes its own
	// Keys are the JSON keys of the one argument, in the template's order; empty for Ruby, whose
	// argument is a Struct.
	Keys []Key
	// SDK is the name that the language's SDK gives itself ("temporal-python").
	SDK string
}

// Key is one field of a template's argument and which of the Details it carries.
type Key struct {
	JSON  string
	Field string // source, target, amount, reference
}

var profiles = []Profile{
	{"builtin", "Go (built in)", workflowName, "", keys("source_account source", "target_account target", "amount amount", "reference_id reference"), "temporal-go"},
	{"python", "Python", "MoneyTransfer", "TRANSFER_MONEY_TASK_QUEUE", keys("source_account source", "target_account target", "amount amount", "reference_id reference"), "temporal-python"},
	{"go", "Go", "MoneyTransfer", "TRANSFER_MONEY_TASK_QUEUE", keys("SourceAccount source", "TargetAccount target", "Amount amount", "ReferenceID reference"), "temporal-go"},
	{"typescript", "TypeScript", "moneyTransfer", "money-transfer", keys("amount amount", "sourceAccount source", "targetAccount target", "referenceId reference"), "temporal-typescript"},
	{"java", "Java", "MoneyTransferWorkflow", "MONEY_TRANSFER_TASK_QUEUE", keys("sourceAccountId source", "destinationAccountId target", "transactionReferenceId reference", "amountToTransfer amount"), "temporal-java"},
	{"dotnet", ".NET", "MoneyTransferWorkflow", "MONEY_TRANSFER_TASK_QUEUE", keys("SourceAccount source", "TargetAccount target", "Amount amount", "ReferenceId reference"), "temporal-dotnet"},
	{"ruby", "Ruby", "MoneyTransferWorkflow", "money-transfer", nil, "temporal-ruby"},
	{"php", "PHP", "money_transfer", "default", keys("sourceAccount source", "targetAccount target", "amount amount", "referenceId reference"), "temporal-php"},
}

// keys makes Keys of "json field" pairs.
func keys(pairs ...string) []Key {
	out := make([]Key, len(pairs))
	for i, p := range pairs {
		name, field, _ := strings.Cut(p, " ")
		out[i] = Key{name, field}
	}
	return out
}

// Profiles returns the built-in worker and the seven templates.
func Profiles() []Profile { return slices.Clone(profiles) }

// LookupProfile returns a profile by name; "" is builtin.
func LookupProfile(name string) (Profile, bool) {
	if name == "" {
		name = "builtin"
	}
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return profiles[i], true
}

// Argument is the details as the program's one argument, in its own JSON shape.
func (p Profile) Argument(d Details) json.RawMessage {
	values := map[string]any{"source": d.SourceAccount, "target": d.TargetAccount, "amount": d.Amount, "reference": d.ReferenceID}
	if p.Keys == nil { // Ruby's JSON addition for a Struct
		return encode(struct {
			Class  string `json:"json_class"`
			Values []any  `json:"v"`
		}{"MoneyTransfer::TransferDetails", []any{d.SourceAccount, d.TargetAccount, d.Amount, d.ReferenceID}})
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range p.Keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(k.JSON))
		b.WriteByte(':')
		b.Write(encode(values[k.Field]))
	}
	if p.Name == "builtin" && d.Scenario != "" {
		b.WriteString(`,"scenario":`)
		b.Write(encode(d.Scenario))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// encode is json.Marshal without the escaping of <, > and &, for values that cannot fail.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimSpace(b.Bytes())
}

// queueNames are the task queues of the tutorial and the templates, for near misses (TQ-02).
func queueNames() []string {
	var out []string
	for _, p := range profiles {
		if p.TaskQueue != "" && !slices.Contains(out, p.TaskQueue) {
			out = append(out, p.TaskQueue)
		}
	}
	return out
}
