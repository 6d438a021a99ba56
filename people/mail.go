package people

import "strings"

// byIssuer is the address of an account that a provider tells none of: it names the account, and is nobody's mailbox.
func byIssuer(subject, issuer string) string {
	return strings.ToLower(subject) + "@" + strings.TrimPrefix(strings.TrimPrefix(issuer, "https://"), "http://")
}

// Mailable reports whether mail may go to the account's address: it is the person's own.
func (a Account) Mailable() bool {
	if a.Subject != "" && a.Email == byIssuer(a.Subject, a.Issuer) {
		return false
	}
	clean, err := cleanEmail(a.Email)
	return err == nil && clean == a.Email
}

// SeesAll reports whether the account sees the migrations of every team.
func (a Account) SeesAll() bool { return a.actor(Session{}).SeesAll() }
