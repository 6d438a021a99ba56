package snippet

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tutorialCommand is the tutorial's, as published.
const tutorialCommand = `temporal workflow start \
 --task-queue money-transfer \
 --type MoneyTransfer \
 --tls-cert-path ${TEMPORAL_MTLS_TLS_CERT} \
 --tls-key-path ${TEMPORAL_MTLS_TLS_KEY} \
 --namespace ${TEMPORAL_NAMESPACE} \
 --address ${TEMPORAL_HOST_URL}`

const goodInput = `'{"source_account":"85-150","target_account":"43-812","amount":250,"reference_id":"12345"}'`

func TestJudgeCommand(t *testing.T) {
	const input = ` --input ` + goodInput
	for _, tt := range []struct {
		name, command, lang, codes string
		repaired                   []string // what the repaired command holds
		gone                       []string
	}{
		{"the tutorial's", tutorialCommand, "python", "IN-01 TQ-02 WF-13",
			[]string{"--task-queue TRANSFER_MONEY_TASK_QUEUE", "--input " + goodInput, `--address "${TEMPORAL_HOST_URL#https://}"`, "--namespace ${TEMPORAL_NAMESPACE}"}, []string{" money-transfer"}},
		{"all is well", "temporal workflow start --task-queue TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "", []string{"temporal workflow start --task-queue"}, nil},
		{"a URL", "temporal workflow start --address https://orders.a1b2c.tmprl.cloud:7233 -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "IN-01",
			[]string{"--address orders.a1b2c.tmprl.cloud:7233"}, []string{"https://"}},
		{"no port", "temporal workflow start --address=orders.a1b2c.tmprl.cloud --task-queue TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "IN-02",
			[]string{"--address orders.a1b2c.tmprl.cloud:7233"}, nil},
		{"settings before it", "export TEMPORAL_HOST_URL=https://orders.a1b2c.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=orders.a1b2c\ntemporal workflow start --address ${TEMPORAL_HOST_URL} -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "IN-01",
			[]string{"export TEMPORAL_HOST_URL=orders.a1b2c.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=orders.a1b2c\ntemporal workflow start", "--address ${TEMPORAL_HOST_URL}"}, []string{"https://"}},
		{"the tutorial's placeholders", "export TEMPORAL_HOST_URL=https://namespace.account-id.tmprl.cloud:port\n" + tutorialCommand, "python", "IN-26 TQ-02 WF-13",
			[]string{"export TEMPORAL_HOST_URL=https://namespace.account-id.tmprl.cloud:port"}, nil},
		{"name without account", "temporal workflow start --namespace orders --address orders.a1b2c.tmprl.cloud:7233 -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "IN-11",
			[]string{"--namespace orders.a1b2c"}, nil},
		{"still default", "temporal workflow start -n default --address orders.a1b2c.tmprl.cloud:7233 -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "NS-11",
			[]string{"--namespace orders.a1b2c"}, []string{"default"}},
		{"two namespaces", "temporal workflow start -n other.a1b2c --address orders.a1b2c.tmprl.cloud:7233 -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "IN-12", nil, nil},
		{"Go's keys for Python", `temporal workflow start -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer --input '{"SourceAccount":"85-150","TargetAccount":"43-812","Amount":250,"ReferenceID":"1"}'`, "python", "WF-14",
			[]string{"--input " + goodInput}, []string{"SourceAccount"}},
		{"input without a value", `temporal workflow start -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer --input`, "python", "WF-13", []string{"--input " + goodInput}, nil},
		{"no JSON", `temporal workflow start -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer -i 250`, "python", "WF-14", []string{"--input " + goodInput}, nil},
		{"another amount is fine", `temporal workflow start -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer -i "{\"source_account\":\"a\",\"target_account\":\"b\",\"amount\":1,\"reference_id\":\"r\"}"`, "python", "", nil, nil},
		{"input from a file", "temporal workflow start -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer --input-file x.json", "python", "", nil, nil},
		{"case of the type", "temporal workflow start -t TRANSFER_MONEY_TASK_QUEUE --type moneyTransfer" + input, "python", "WF-01", []string{"--type MoneyTransfer"}, nil},
		{"nothing given", "temporal workflow start", "python", "TQ-02 WF-01 WF-13", []string{"--task-queue TRANSFER_MONEY_TASK_QUEUE", "--type MoneyTransfer", "--input"}, nil},
		{"own CA as the server's root", "temporal workflow start --address orders.a1b2c.tmprl.cloud:7233 --tls-ca-path ca.pem -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "SV-01", nil, []string{"--tls-ca-path"}},
		{"the rehearsal's root", "temporal workflow start --address localhost:7233 --tls-ca-path ca.pem -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "", nil, nil},
		{"a prompt before it", "$ temporal workflow start -t TRANSFER_MONEY_TASK_QUEUE --type MoneyTransfer" + input, "python", "", nil, nil},
		{"cmd", "set TEMPORAL_NAMESPACE=orders.a1b2c\ntemporal workflow start ^\n --task-queue money-transfer ^\n --type MoneyTransfer ^\n --address %TEMPORAL_HOST_URL%", "python", "IN-01 TQ-02 WF-13",
			[]string{"%TEMPORAL_HOST_URL:https://=%", `--input "{\"source_account\":\"85-150\"`, " ^\n  --type"}, nil},
		{"PowerShell", "temporal workflow start `\n --task-queue money-transfer `\n --type MoneyTransfer `\n --address $env:TEMPORAL_HOST_URL", "python", "IN-01 TQ-02 WF-13",
			[]string{"($env:TEMPORAL_HOST_URL -replace '^https://')", "--input-file transfer.json", "Set-Content -Path transfer.json"}, nil},
		{"another command", "temporal workflow list", "python", "-", []string{"temporal workflow list"}, nil},
		{"no command", "hello", "python", "-", []string{"hello"}, nil},
		{"no language", tutorialCommand, "cobol", "-", []string{tutorialCommand}, nil},
	} {
		found, repaired := judgeCommand(tt.command, tt.lang)
		var codes []string
		for _, f := range found {
			code := f.Code
			if code == "" {
				code = "-"
			}
			codes = append(codes, code)
			if f.Title == "" || f.Text == "" {
				t.Errorf("%s: a finding without title or text: %+v", tt.name, f)
			}
		}
		if diff := cmp.Diff(tt.codes, strings.Join(codes, " ")); diff != "" {
			t.Errorf("%s: codes (-want +got):\n%s", tt.name, diff)
		}
		for _, want := range tt.repaired {
			if !strings.Contains(repaired, want) {
				t.Errorf("%s: the repaired command lacks %q:\n%s", tt.name, want, repaired)
			}
		}
		for _, gone := range tt.gone {
			if strings.Contains(repaired, gone) {
				t.Errorf("%s: the repaired command still has %q:\n%s", tt.name, gone, repaired)
			}
		}
		if len(found) == 0 && repaired != tt.command {
			t.Errorf("%s: nothing found, but the command is now\n%s", tt.name, repaired)
		}
		again, twice := judgeCommand(repaired, tt.lang)
		for _, f := range again {
			if f.After != "" {
				t.Errorf("%s: the repaired command is judged again: %+v\n%s", tt.name, f, repaired)
			}
		}
		if len(again) == 0 && twice != repaired {
			t.Errorf("%s: repairing twice gives\n%s", tt.name, twice)
		}
	}
}

// FuzzJudgeCommand: no panic, and a repaired command needs no further repair.
func FuzzJudgeCommand(f *testing.F) {
	f.Add(tutorialCommand, "python")
	f.Add("temporal workflow start --input '", "go")
	f.Add("set A=b\ntemporal workflow start ^\n -t", "java")
	f.Fuzz(func(t *testing.T, command, lang string) {
		_, repaired := judgeCommand(command, lang)
		for _, d := range []string{"'", `"`, "\\", "`", "^", "$", "%", "\r"} {
			if strings.Contains(command, d) {
				return // open quotes and variables: only that nothing breaks
			}
		}
		again, _ := judgeCommand(repaired, lang)
		for _, g := range again {
			if g.After != "" && g.Before != "" {
				t.Errorf("judgeCommand(%q, %q) = %q, which is judged %+v", command, lang, repaired, g)
			}
		}
	})
}
