package views

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func handoffProps() HandoffProps {
	return HandoffProps{Task: "Add one CA certificate to payments-prod.a1b2c", Ask: "The workers of “Payments” sign in with client certificates that this CA signed. Please add its certificate to the namespace.",
		Needs: "This needs Namespace Admin on payments-prod.a1b2c.", Made: "29 Nov 2026, 02:40 UTC", Link: Link{Text: "Open payments-prod.a1b2c in the Temporal Cloud UI", URL: "https://cloud.temporal.io/namespaces/payments-prod.a1b2c"},
		Steps: []string{"Open the namespace payments-prod.a1b2c.", "Choose Edit.", "Paste the certificate.", "Choose Save."},
		File:  "payments-prod-ca.pem", PEM: pem, Facts: []Pair{{Name: "Subject", Value: "CN=payments CA"}, {Name: "SHA-256 fingerprint", Value: "9f3c 12ab 7710"}, {Name: "Expires", Value: "12 Nov 2027"}},
		Compare:  "Compare the fingerprint with the team.",
		Commands: []HandoffCommand{{"tcld", "tcld", "tcld namespace accepted-client-ca add --namespace payments-prod.a1b2c --ca-certificate-file payments-prod-ca.pem", []string{"tcld does not wait."}}},
		Changes:  []string{"The namespace also accepts client certificates of this CA."}, Stays: []string{"Adding a CA certificate cuts nobody off."}, Then: "Nobody has to report back.", Unverified: []string{"The names of buttons."}}
}

// handoffFiles are the requests that a person may save.
func handoffFiles() map[string]HandoffProps {
	rehearsal, key, hostile := handoffProps(), handoffProps(), handoffProps()
	rehearsal.Rehearsal = true
	key.PEM, key.File = "", ""
	hostile.Ask, hostile.Task = `</p><script>alert(1)</script>`, `<img src="https://else.where/x">`
	hostile.Facts[0].Value, hostile.Commands[0].Text = `"><style>*{}</style>`, "</pre><script>x</script>"
	return map[string]HandoffProps{"real": handoffProps(), "rehearsal": rehearsal, "API key": key, "hostile": hostile}
}

// The file needs nothing but itself: no script, one style that its own policy names, no address that is fetched.
func TestHandoffFileStandsAlone(t *testing.T) {
	for name, p := range handoffFiles() {
		text := render(t, handoffFile(p))
		all := elements(parse(t, text))
		for _, rule := range []string{"ids are unique", "references lead somewhere", "headings go down one by one", "fields have labels", "links and buttons have names", "what scrolls can be reached by keyboard"} {
			for _, wrong := range rules[rule](all) {
				t.Errorf("%s: %s: %s", name, rule, wrong)
			}
		}
		styles, policy := 0, ""
		for _, n := range all {
			switch n.Data {
			case "script", "img", "iframe", "object", "form", "base", "link":
				t.Errorf("%s has a <%s>", name, n.Data)
			case "style":
				styles++
				sum := sha256.Sum256([]byte(rawText(n)))
				if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, "style-src "+want+";") {
					t.Errorf("%s: the policy %q does not name the style %s", name, policy, want)
				}
			case "meta":
				if attribute(n, "http-equiv") == "Content-Security-Policy" {
					policy = attribute(n, "content")
				}
			}
			for _, a := range n.Attr {
				if a.Key == "style" || a.Key == "src" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
				}
			}
		}
		if styles != 1 || !strings.HasPrefix(policy, "default-src 'none';") {
			t.Errorf("%s: %d styles under the policy %q", name, styles, policy)
		}
		if regexp.MustCompile(`url\(|@import|@font-face`).MatchString(handoffStyle) {
			t.Error("the style asks for something")
		}
	}
}

// What the file says is said in the text too, and the certificate in it is the certificate.
func TestHandoffSaysAll(t *testing.T) {
	p := handoffProps()
	page, text := render(t, handoffFile(p)), HandoffText(p)
	for _, n := range elements(parse(t, page)) {
		if n.Data != "a" || attribute(n, "download") == "" {
			continue
		}
		_, packed, _ := strings.Cut(attribute(n, "href"), ";base64,")
		saved, err := base64.StdEncoding.DecodeString(packed)
		if err != nil || string(saved) != p.PEM || attribute(n, "download") != p.File {
			t.Errorf("saved as %s: %q, %v", attribute(n, "download"), saved, err)
		}
	}
	wants := append([]string{p.Task, p.Ask, p.Needs, strings.TrimSpace(p.PEM), p.Commands[0].Text, p.Stays[0], p.Then}, p.Steps...)
	for _, f := range p.Facts {
		wants = append(wants, f.Value)
	}
	shown := rawText(parse(t, page))
	for _, want := range wants {
		if !strings.Contains(shown, want) {
			t.Errorf("the file does not say %q", want)
		}
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %q", want)
		}
	}
	if strings.Contains(text, "REHEARSAL") || strings.Contains(page, "Rehearsal") {
		t.Error("a real one says that it is a rehearsal")
	}
	p.Rehearsal = true
	if page, text = render(t, handoffFile(p)), HandoffText(p); !strings.HasPrefix(text, "REHEARSAL") || !strings.Contains(page, "<title>[Rehearsal] ") {
		t.Error("a rehearsal does not say so")
	}
}

// A mailto link stays within what mail programs take, or is left out.
func TestHandoffMailFits(t *testing.T) {
	p := handoffProps()
	link := HandoffMail(p)
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "mailto" || len(link) > MaxMailto {
		t.Fatalf("%d characters: %v", len(link), err)
	}
	q := u.Query()
	if q.Get("subject") != p.Task || !strings.Contains(q.Get("body"), p.Ask) || !strings.Contains(q.Get("body"), "\r\n") || strings.Contains(link, "+") {
		t.Errorf("the mail is %q", q)
	}
	p.Ask = strings.Repeat("ü", 400) // six characters each, once escaped
	if got := HandoffMail(p); got != "" {
		t.Errorf("a mail of %d characters is offered", len(got))
	}
}
