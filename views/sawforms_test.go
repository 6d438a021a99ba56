package views

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unseen are the forms about a migration or a namespace that carry no edition, by the end of their address, and why
// they need none.
var unseen = map[string]string{
	"certificates/*/take":             "gives a file out, once",
	"certificates/bundle.zip":         "gives a file out, once",
	"certificates/ca-key.zip":         "gives a file out, once",
	"certificates/replace/bundle.zip": "gives a file out, once",
	"certificates/replace/ca-key.zip": "gives a file out, once",
	"certificates/lend":               "a key in memory, for a while",
	"certificates/forget":             "a key in memory, for a while",
	"certificates/key/keep":           "takes the key of the present CA certificate only",
	"certificates/key/open":           "a key in memory, for a while",
	"certificates/key/lock":           "a key in memory, for a while",
	"certificates/key/forget":         "the key is the same on every page",
	"ops/forget":                      "a key in memory, for a while",
	"ops/key":                         "gives a key out, once",
	"upload/links/*/revoke":           "the link is in the address",
	"test":                            "begins a run",
	"test/elsewhere":                  "makes a command",
	"test/report":                     "adds a run",
	"assess":                          "begins a run",
	"assess/*/stop":                   "the run is in the address",
	"transfer":                        "begins a run",
	"transfer/follow":                 "begins a run",
	"transfer/*/cancel":               "the run is in the address",
	"transfer/drill":                  "begins a run",
	"transfer/drill/*/stop":           "the run is in the address",
}

// TestFormsSayWhatTheySaw: every form that changes a migration, or a namespace of the rehearsal cloud, carries the edition
// of what it was filled in against, so that it does not undo unseen what another tab has done.
func TestFormsSayWhatTheySaw(t *testing.T) {
	files, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`(?s)<form ([^\n]*)>\n(.*?)</form>`)
	action := regexp.MustCompile(`action=\{ path\("(?:m|cloud)", (.*?)\) \}`)
	met, carry := map[string]bool{}, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range form.FindAllStringSubmatch(string(text), -1) {
			a := action.FindStringSubmatch(f[1])
			if a == nil || !strings.Contains(f[1], `method="post"`) {
				continue
			}
			var tail []string
			for _, part := range strings.Split(a[1], ", ")[1:] { // the first is the migration, or the namespace
				if !strings.HasPrefix(part, `"`) {
					part = "*"
				}
				tail = append(tail, strings.Trim(part, `"`))
			}
			address := strings.Join(tail, "/")
			met[address] = true
			_, needless := unseen[address]
			switch has := strings.Contains(f[2], "@saw("); {
			case has && needless:
				t.Errorf("%s: the form %q carries an edition and is listed as one that needs none", file, address)
			case has:
				carry++
			case !needless:
				t.Errorf("%s: the form %q does not say what it saw: add @saw, or say in unseen why it needs none", file, address)
			}
		}
	}
	for address := range unseen {
		if !met[address] {
			t.Errorf("no form goes to %q any more", address)
		}
	}
	if carry < 25 {
		t.Errorf("only %d forms carry an edition", carry)
	}
}
