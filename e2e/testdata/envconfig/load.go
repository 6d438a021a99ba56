// Reads environments by name on stdin and writes what the Go SDK's loader makes of each.
package main

import (
	"encoding/json"
	"log"
	"os"
	"strings"

	"go.temporal.io/sdk/contrib/envconfig"
)

func main() {
	var cases map[string]map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		log.Fatal(err)
	}
	out := map[string]map[string]string{}
	for name, env := range cases {
		for _, kv := range os.Environ() {
			if strings.HasPrefix(kv, "TEMPORAL_") {
				os.Unsetenv(kv[:strings.Index(kv, "=")])
			}
		}
		for k, v := range env {
			os.Setenv(k, v)
		}
		p, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{})
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		got := map[string]string{"address": p.Address, "namespace": p.Namespace, "api_key": p.APIKey}
		if p.TLS != nil {
			got["cert"], got["key"], got["server_name"] = p.TLS.ClientCertPath, p.TLS.ClientKeyPath, p.TLS.ServerName
		}
		out[name] = got
	}
	json.NewEncoder(os.Stdout).Encode(out)
}
