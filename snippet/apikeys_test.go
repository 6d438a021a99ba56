package snippet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAPIKeyCommands: a shell reads the lines for a second key, and for the old one's end, as they are meant.
func TestAPIKeyCommands(t *testing.T) {
	for _, tt := range []struct{ name, id string }{{"worker", "k1"}, {"it's $(rm -rf) ; x", `k"1`}} {
		want := map[string][][]string{
			"make tcld":             {{"tcld", "apikey", "list"}, {"tcld", "apikey", "create", "--name", tt.name, "--duration", "90d", "--service-account-id", "sa 1"}},
			"make temporal-cloud":   {{"temporal", "cloud", "apikey", "list"}, {"temporal", "cloud", "apikey", "create-for-service-account", "--service-account-id", "sa 1", "--display-name", tt.name, "--expiry-duration", "90d"}},
			"delete tcld":           {{"tcld", "apikey", "disable", "--id", tt.id}, {"tcld", "apikey", "delete", "--id", tt.id}},
			"delete temporal-cloud": {{"temporal", "cloud", "apikey", "delete", "--key-id", tt.id}},
		}
		got := map[string][][]string{}
		for _, c := range SecondAPIKey(tt.name) {
			got["make "+c.ID] = shellWords(t, c.Text)
		}
		for _, c := range DeleteAPIKey(tt.id) {
			got["delete "+c.ID] = shellWords(t, c.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if all := KeyReloads("python"); all[0].Lang != "python" || all[len(all)-1].Lang != "" || len(all) != len(keyReloads)+1 {
		t.Errorf("%+v", all)
	}
}
