package transfer

import (
	"testing"

	"onramp/doctor"
	"onramp/namespace"
)

// TestInNamespace: the endpoint moves with the namespace where it is the namespace's own, and nowhere else.
func TestInNamespace(t *testing.T) {
	other := namespace.ID{Name: "orders", Account: "a1b2c"}
	for name, tt := range map[string]struct{ address, server, wantAddress, wantServer string }{
		"namespace endpoint":  {"payments.a1b2c.tmprl.cloud:7233", "", "orders.a1b2c.tmprl.cloud:7233", ""},
		"as people paste it":  {"https://Payments.a1b2c.tmprl.cloud:7233/", "", "orders.a1b2c.tmprl.cloud:7233", ""},
		"regional endpoint":   {"us-east-1.aws.api.temporal.io:7233", "", "us-east-1.aws.api.temporal.io:7233", ""},
		"private link":        {"vpce-1.us-east-1.vpce.amazonaws.com:7233", "payments.a1b2c.tmprl.cloud", "vpce-1.us-east-1.vpce.amazonaws.com:7233", "orders.a1b2c.tmprl.cloud"},
		"rehearsal":           {"localhost:7233", "localhost", "localhost:7233", "localhost"},
		"not even an address": {"::::", "", "::::", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := InNamespace(doctor.Target{Address: tt.address, ServerName: tt.server, Namespace: "payments.a1b2c", APIKey: "k"}, other)
			if got.Address != tt.wantAddress || got.ServerName != tt.wantServer || got.Namespace != "orders.a1b2c" || got.APIKey != "k" {
				t.Errorf("got %s, %s, %s", got.Address, got.ServerName, got.Namespace)
			}
		})
	}
}
