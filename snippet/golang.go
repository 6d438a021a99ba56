package snippet

import "go/format"

// Go. Sources: sdk-go 83fc2bc client/client.go (Options, ConnectionOptions, NewAPIKeyStaticCredentials, since
// v1.26.0), contrib/envconfig v1.0.2 (LoadDefaultClientOptions; asks for Go 1.24 and sdk 1.32.1). An API key
// switches TLS on by itself only since v1.39.0 (85a05599), so the tls.Config is written out.
// envconfig v1.0.2 raises nexus-rpc/sdk-go to v0.6.0, with which sdk v1.36.0 does not compile; v1.44.0 is the
// release that asks for the same versions as it (both go.mod files).
// Template: money-transfer-project-template-go 4be760f (2025-09), sdk v1.36.0.
var golang = language{
	id: "go", name: "Go", repo: "money-transfer-project-template-go", pkg: "go.temporal.io/sdk",
	min:      versions{"1.36.0", "1.36.0", "1.44.0"},
	workflow: "MoneyTransfer", queue: "TRANSFER_MONEY_TASK_QUEUE",
	fields:  []field{{"SourceAccount", sourceAccount}, {"TargetAccount", targetAccount}, {"Amount", amount}, {"ReferenceID", reference}},
	proxy:   "the Go SDK reads HTTPS_PROXY and NO_PROXY.",
	worker:  []string{"go run worker/main.go"},
	starter: []string{"go run start/main.go"},
	install: func(j *job) []string {
		if j.style == "envconfig" {
			return []string{"go get go.temporal.io/sdk@v1.44.0 go.temporal.io/sdk/contrib/envconfig@v1.0.2"}
		}
		return []string{"go mod download"}
	},
	files: []source{{"connection.go", `package app
<<if .Envconfig>>
import (
	"errors"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
)

// Connect connects worker and starter to Temporal Cloud, by the environment.
func Connect() (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, err
	}
	if options.HostPort == "" {
		return nil, errors.New("<<.Address>> is not set")
	}
	return client.Dial(options)
}
<<else>>
import (
	"crypto/tls"
	"fmt"
	"os"

	"go.temporal.io/sdk/client"
)

// Connect connects worker and starter to Temporal Cloud, by the environment.
func Connect() (client.Client, error) {
	for _, name := range []string{"<<.Address>>", "<<.Namespace>>"<<if .MTLS>>, "<<.Cert>>", "<<.Key>>"<<else>>, "<<.APIKey>>"<<end>><<if .SNI>>, "<<.ServerName>>"<<end>>} {
		if os.Getenv(name) == "" {
			return nil, fmt.Errorf("%s is not set", name)
		}
	}
<<- if .MTLS>>
	cert, err := tls.LoadX509KeyPair(os.Getenv("<<.Cert>>"), os.Getenv("<<.Key>>"))
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
<<- end>>
	return client.Dial(client.Options{
		HostPort:  os.Getenv("<<.Address>>"),
		Namespace: os.Getenv("<<.Namespace>>"),
<<- if not .MTLS>>
		Credentials: client.NewAPIKeyStaticCredentials(os.Getenv("<<.APIKey>>")),
<<- end>>
		ConnectionOptions: client.ConnectionOptions{
			TLS: &tls.Config{
<<- if .MTLS>>
				Certificates: []tls.Certificate{cert},
<<- end>>
<<- if .SNI>>
				ServerName: os.Getenv("<<.ServerName>>"),
<<- end>>
			},
		},
	})
}
<<end>>`}},
	format: func(text string) (string, error) {
		b, err := format.Source([]byte(text))
		return string(b), err
	},
	more: func(j *job) []string {
		if j.style == "envconfig" {
			return []string{"The template has SDK 1.36.0, with which the module envconfig does not build: the command installs both at versions that go together. Go 1.24 or newer."}
		}
		return nil
	},
	edits: []change{
		{file: "worker/main.go", before: "\t\"go.temporal.io/sdk/client\"\n\t\"go.temporal.io/sdk/worker\"", after: "\t\"go.temporal.io/sdk/worker\""},
		{file: "worker/main.go", before: "\tc, err := client.Dial(client.Options{})", after: "\tc, err := app.Connect()"},
		{file: "start/main.go", before: "\tc, err := client.Dial(client.Options{})", after: "\tc, err := app.Connect()"},
	},
}
