package snippet

import (
	"encoding/json"
	"strings"
	"testing"

	"onramp/fault"
)

func TestRefusals(t *testing.T) {
	ok := Request{Lang: "python", Namespace: "orders.a1b2c"}
	for _, tt := range []struct {
		name   string
		change func(*Request)
		want   string // fields, in order
	}{
		{"nothing", func(r *Request) { *r = Request{} }, "lang namespace"},
		{"unknown language", func(r *Request) { r.Lang = "cobol" }, "lang"},
		{"unknown auth", func(r *Request) { r.Auth = "password" }, "auth"},
		{"unknown style", func(r *Request) { r.Style = "magic" }, "style"},
		{"unknown names", func(r *Request) { r.Vars = "mine" }, "vars"},
		{"unknown shell", func(r *Request) { r.Shell = "tcsh" }, "shell"},
		{"the tutorial's names in envconfig", func(r *Request) { r.Style, r.Vars = "envconfig", "tutorial" }, "vars"},
		{"temporal.toml for explicit code", func(r *Request) { r.Shell = "toml" }, "shell"},
		{"namespace without account", func(r *Request) { r.Namespace = "orders" }, "namespace"},
		{"address is a page", func(r *Request) { r.Address = "https://cloud.temporal.io/namespaces/orders.a1b2c" }, "address"},
		{"address of another namespace", func(r *Request) { r.Address = "other.a1b2c.tmprl.cloud:7233" }, "address"},
		{"server name with a port", func(r *Request) { r.ServerName = "orders.a1b2c.tmprl.cloud:7233" }, "tls-server-name"},
		{"server name is a URL", func(r *Request) { r.ServerName = "https://orders.a1b2c.tmprl.cloud" }, "tls-server-name"},
		{"line break in a path", func(r *Request) { r.CertPath = "/x/cli\nent.pem" }, "cert-path"},
		{"carriage return at the end", func(r *Request) { r.KeyPath = "/x/client.key\r" }, "key-path"},
		{"NUL in a path", func(r *Request) { r.KeyPath = "/x/\x00" }, "key-path"},
		{"bytes that are no text", func(r *Request) { r.CertPath = "/x/\xff" }, "cert-path"},
		{"home folder", func(r *Request) { r.CertPath = "~/client.pem" }, "cert-path"},
		{"content for a path", func(r *Request) { r.CertPath = "-----BEGIN CERTIFICATE-----" }, "cert-path"},
		{"one file for both, spelled apart", func(r *Request) { r.CertPath, r.KeyPath = "/c/a.pem", "/c/./x/../a.pem" }, "key-path"},
		{"one file for both", func(r *Request) { r.CertPath, r.KeyPath = "a.pem", "a.pem" }, "key-path"},
		{"blank at the end", func(r *Request) { r.CertPath = "client.pem " }, "cert-path"},
		{"very long", func(r *Request) { r.CertPath = strings.Repeat("x", 5000) }, "cert-path"},
		{"cmd and a percent sign", func(r *Request) { r.Shell, r.CertPath = "cmd", `C:\100%\client.pem` }, "cert-path"},
		{"cmd and a quote", func(r *Request) { r.Shell, r.KeyPath = "cmd", `C:\a"b\client.key` }, "key-path"},
		{".env and a UNC path", func(r *Request) { r.Shell, r.CertPath = "dotenv", `\\server\share\client.pem` }, "cert-path"},
		{".env and a quote", func(r *Request) { r.Shell, r.CertPath = "dotenv", "/it's/client.pem" }, "cert-path"},
		{".env and a backslash at the end", func(r *Request) { r.Shell, r.CertPath = "dotenv", `/client\` }, "cert-path"},
		{"several", func(r *Request) { r.Auth, r.CertPath, r.Namespace = "x", "a\nb", "" }, "auth namespace cert-path"},
	} {
		r := ok
		tt.change(&r)
		c, err := Write(r)
		var fields []string
		for _, f := range fault.All(err) {
			fields = append(fields, f.Field)
			if f.Kind != fault.Invalid || f.Title == "" || f.Cause == "" || f.Fix == "" {
				t.Errorf("%s: %+v; want an Invalid fault with title, cause and fix", tt.name, f)
			}
			if strings.ContainsAny(f.Title+f.Cause+f.Fix, "\n\x00") {
				t.Errorf("%s: the fault holds a control character: %+v", tt.name, f)
			}
		}
		if got := strings.Join(fields, " "); got != tt.want || c.Schema != "" {
			t.Errorf("%s: Write(%+v) refuses %q, want %q", tt.name, r, got, tt.want)
		}
	}
}

// TestFoldersAreRefused: a path that no file can have is refused for every holder, and one that only looks like it is not.
func TestFoldersAreRefused(t *testing.T) {
	for _, shell := range Shells {
		r := Request{Lang: "python", Namespace: "orders.a1b2c", Shell: shell, Style: "envconfig"}
		for _, folder := range []string{"/", "//", "/.", "/..", ".", "..", "./", "certs/", "/etc/temporal/", "/my certs/.", "certs/..", "C:", `C:\`, `C:\certs\`, `C:\certs\..`, "C:/", `.\`, `\\server\share\`} {
			r.CertPath, r.KeyPath = folder, "client.key"
			_, err := Write(r)
			if all := fault.All(err); len(all) != 1 || all[0].Field != "cert-path" || all[0].Title != "The path is a folder's" {
				t.Errorf("%s, %q: %v, want it refused as a folder", shell, folder, err)
			}
		}
		for _, file := range []string{"...", "/...", "/a/.pem", "..pem", "/certs/a.", "/a b/c d.pem", `C:\my certs\c.pem`, "c:d.pem"} {
			r.CertPath = file
			if _, err := Write(r); err != nil {
				t.Errorf("%s, %q: %v", shell, file, err)
			}
		}
	}
}

func TestDefaultsAndDerived(t *testing.T) {
	for _, tt := range []struct {
		r         Request
		addr, sni string
		note      string
	}{
		{Request{}, "orders.a1b2c.tmprl.cloud:7233", "", ""},
		{Request{Address: "localhost:41234"}, "localhost:41234", "", ""},
		{Request{Address: "https://orders.a1b2c.tmprl.cloud:7233"}, "orders.a1b2c.tmprl.cloud:7233", "", "removed “https://”"},
		{Request{ServerName: "Orders.a1b2c.tmprl.cloud"}, "orders.a1b2c.tmprl.cloud:7233", "", ""},
		{Request{Address: "us-east-1.aws.api.temporal.io:7233"}, "us-east-1.aws.api.temporal.io:7233", "orders.a1b2c.tmprl.cloud", "TLS server name"},
		{Request{Address: "us-east-1.aws.api.temporal.io:7233", Auth: "api-key"}, "us-east-1.aws.api.temporal.io:7233", "", ""},
		{Request{Address: "vpce-1.vpce-svc-1.us-east-1.vpce.amazonaws.com:7233"}, "vpce-1.vpce-svc-1.us-east-1.vpce.amazonaws.com:7233", "orders.a1b2c.tmprl.cloud", "TLS server name"},
		{Request{Address: "vpce-1.vpce-svc-1.us-east-1.vpce.amazonaws.com:7233", Auth: "api-key"}, "vpce-1.vpce-svc-1.us-east-1.vpce.amazonaws.com:7233", "", "regional endpoint"},
	} {
		tt.r.Lang, tt.r.Namespace = "Python", "https://cloud.temporal.io/namespaces/orders.a1b2c"
		c := write(t, tt.r)
		if c.Env["TEMPORAL_ADDRESS"] != tt.addr || c.Env["TEMPORAL_NAMESPACE"] != "orders.a1b2c" || c.Env["TEMPORAL_TLS_SERVER_NAME"] != tt.sni ||
			!strings.Contains(strings.Join(c.Notes, "\n"), tt.note) {
			t.Errorf("Write(%+v): environment %v, notes %q; want address %s, server name %q, a note with %q", tt.r, c.Env, c.Notes, tt.addr, tt.sni, tt.note)
		}
	}
}

// TestJSON keeps the shape that scripts rely on.
func TestJSON(t *testing.T) {
	b, err := json.Marshal(write(t, Request{Lang: "python", Namespace: "orders.a1b2c", Vars: "tutorial"}))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema, Lang string
		SDK          struct {
			Package    string
			MinVersion string `json:"min_version"`
		}
		Env      map[string]string
		Files    []struct{ Path, Content string }
		Edits    []struct{ File, Before, After string }
		Commands struct{ Install, Worker, Starter []string }
		Transfer struct {
			WorkflowType string `json:"workflow_type"`
			TaskQueue    string `json:"task_queue"`
			Input        []map[string]any
		}
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "onramp.code/1" || got.Lang != "python" || got.SDK.Package != "temporalio" || got.SDK.MinVersion == "" ||
		len(got.Env) != 4 || got.Env["TEMPORAL_HOST_URL"] != "orders.a1b2c.tmprl.cloud:7233" || len(got.Files) != 1 || len(got.Edits) != 4 ||
		len(got.Commands.Worker) == 0 || len(got.Commands.Starter) == 0 || len(got.Commands.Install) == 0 ||
		got.Transfer.TaskQueue != "TRANSFER_MONEY_TASK_QUEUE" || got.Transfer.WorkflowType != "MoneyTransfer" ||
		len(got.Transfer.Input) != 1 || got.Transfer.Input[0]["amount"] != 250.0 {
		t.Errorf("JSON %s", b)
	}
}
