package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onramp/notices"
)

// tellingBy reads a command line of serve that is for a shared portal where it says so.
func tellingBy(t *testing.T, env map[string]string, args ...string) (*telling, string) {
	t.Helper()
	var said strings.Builder
	s := newSettings("serve", "", World{Getenv: func(n string) (string, bool) { v, ok := env[n]; return v, ok }, Stdout: &said, Stderr: &said})
	addr := s.text("addr", "127.0.0.1:0", "")
	shared := sharingOf(s, addr)
	told := tellingOf(s, shared)
	s.parse(args)
	return told, said.String()
}

// TestSecretsOfNoticesComeFromFiles: the webhook's address and the mail server's password come from a file or the
// environment, mistakes are said without repeating them, and what belongs together is asked for together.
func TestSecretsOfNoticesComeFromFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	url, word := file("url", "https://hooks.example.com/canary-path\n"), file("word", "canary password with blanks \r\n")
	plain, two, empty := file("plain", "http://hooks.example.com/canary-path"), file("two", "https://a.example/canary\nhttps://b.example/canary"), file("empty", "\n")
	shared := []string{"--public-url", "https://onramp.example.com", "--behind-proxy", "10.0.0.1", "--signin", "local"}
	mail := append(shared, "--smtp-addr", "mail.example.com:587", "--mail-from", "onramp@example.com")
	with := func(base []string, more ...string) []string { return append(append([]string{}, base...), more...) }
	for _, tt := range []struct {
		name  string
		env   map[string]string
		args  []string
		where string // the webhook's; "" for none
		form  notices.Form
		post  string // the mail server
		says  string // "" for no complaint
	}{
		{name: "nothing"},
		{name: "a webhook in a file", args: []string{"--webhook-file", url}, where: "https://hooks.example.com", form: notices.Generic},
		{name: "named by the environment", env: map[string]string{"ONRAMP_WEBHOOK_FILE": url, "ONRAMP_WEBHOOK_FORM": "slack"}, where: "https://hooks.example.com", form: notices.Slack},
		{name: "itself in the environment", env: map[string]string{"ONRAMP_WEBHOOK": "https://hooks.example.com/canary-path"}, args: []string{"--webhook-form", "teams"}, where: "https://hooks.example.com", form: notices.Teams},
		{name: "as an argument, as ever", args: []string{"--webhook", "https://hooks.example.com/x"}, where: "https://hooks.example.com", form: notices.Generic},
		{name: "twice", args: []string{"--webhook-file", url, "--webhook", "https://hooks.example.com/x"}, says: "given twice"},
		{name: "no such file", args: []string{"--webhook-file", filepath.Join(dir, "nope")}, says: "cannot be read"},
		{name: "an empty file", args: []string{"--webhook-file", empty}, says: "cannot be read"},
		{name: "two addresses", args: []string{"--webhook-file", two}, says: "cannot be read"},
		{name: "plain http", args: []string{"--webhook-file", plain}, says: "--webhook: The webhook's address cannot be used"},
		{name: "another form", args: []string{"--webhook-file", url, "--webhook-form", "discord"}, says: "--webhook-form: This is not an allowed value"},
		{name: "a form of nothing", args: []string{"--webhook-form", "slack"}, says: "no webhook that wants this form"},
		{name: "mails", args: mail, post: "mail.example.com:587"},
		{name: "with a password", args: with(mail, "--smtp-user", "u", "--smtp-password-file", word), post: "mail.example.com:587"},
		{name: "a password of the environment", env: map[string]string{"ONRAMP_SMTP_PASSWORD": "canary"}, args: with(mail, "--smtp-user", "u"), post: "mail.example.com:587"},
		{name: "one that nobody uses", env: map[string]string{"ONRAMP_SMTP_PASSWORD": "canary"}, args: mail, post: "mail.example.com:587"},
		{name: "a user without a password", args: with(mail, "--smtp-user", "u"), says: "User and password belong together"},
		{name: "a password without a user", args: with(mail, "--smtp-password-file", word), says: "has no user"},
		{name: "a password that cannot be read", args: with(mail, "--smtp-user", "u", "--smtp-password-file", empty), says: "password cannot be read"},
		{name: "roots that are none", args: with(mail, "--smtp-ca-file", url), says: "--smtp-ca-file: The roots cannot be read"},
		{name: "the password as an argument", args: with(mail, "--smtp-password", "canary"), says: "there is no flag --smtp-password"},
		{name: "nobody sends", args: with(shared, "--smtp-addr", "mail.example.com:587"), says: "--mail-from"},
		{name: "no server", args: with(shared, "--mail-from", "onramp@example.com"), says: "there is no --smtp-addr"},
		{name: "for one person", args: []string{"--smtp-addr", "mail.example.com:587", "--mail-from", "onramp@example.com"}, says: "Mails are for a portal that several people share"},
		{name: "in the clear", args: with(mail, "--smtp-tls", "off"), says: "for a server on this computer alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told, said := tellingBy(t, tt.env, tt.args...)
			if (said == "") != (tt.says == "") || !strings.Contains(said, tt.says) || strings.Contains(said, "canary") {
				t.Fatalf("it says %q, want %q", said, tt.says)
			}
			if tt.says != "" {
				return
			}
			where, form, post := "", notices.Form(""), ""
			if told.webhook != nil {
				where, form = told.webhook.Where(), told.webhook.Form()
			}
			if told.post != nil {
				post = told.post.Where()
			}
			if where != tt.where || form != tt.form || post != tt.post {
				t.Errorf("webhook %q as %q, mails by %q; want %q as %q, %q", where, form, post, tt.where, tt.form, tt.post)
			}
		})
	}
}
