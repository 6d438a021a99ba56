package namespace

import (
	"fmt"
	"slices"
	"strings"

	"onramp/fault"
)

// Codes of the fault catalogue that this package gives beyond those that a look at the text alone finds, which end at
// IN-20.
const (
	codeWrapped     = "IN-21" // quotes, an assignment, a flag or other text around the value
	codeEmpty       = "IN-22" // nothing was given
	codeAccount     = "IN-23" // the account ID breaks its rule
	codeNotCloud    = "IN-24" // not a host name, or not Temporal Cloud's
	codeMixedUp     = "IN-25" // Namespace ID in the field of the address, or the other way round
	codePlaceholder = "IN-26" // a placeholder or a variable that was not filled in
)

// nameRule returns the rule that a namespace name breaks, or "" (docs.temporal.io/cloud/namespaces).
func nameRule(s string) string {
	switch {
	case len(s) < 2:
		return "a name has at least 2 characters"
	case len(s) > 39:
		return fmt.Sprintf("a name has at most 39 characters; this one has %d", len(s))
	}
	for i, r := range s {
		if !isLower(r) && !isDigit(r) && r != '-' {
			return fmt.Sprintf("a name holds only a–z, 0–9 and hyphens; character %d is %s", i+1, show(r))
		}
	}
	switch {
	case !isLower(rune(s[0])):
		return fmt.Sprintf("a name starts with a letter; this one starts with %s", show(rune(s[0])))
	case s[len(s)-1] == '-':
		return "a name ends in a letter or digit; this one ends in a hyphen"
	}
	return ""
}

// accountRule returns the rule that an account ID breaks, or "" (docs.temporal.io/cloud/namespaces: no upper bound
// and no formal character set is published). "region" and "tmprl" would make other hosts of Cloud.
func accountRule(s string) string {
	if len(s) < 5 {
		return fmt.Sprintf("an account ID has at least 5 characters; this one has %d", len(s))
	}
	if len(s) > 63 {
		return "an account ID is a part of a host name, which has at most 63 characters"
	}
	for i, r := range s {
		if !isLower(r) && !isDigit(r) {
			return fmt.Sprintf("an account ID holds only letters and digits; character %d is %s", i+1, show(r))
		}
	}
	if s == "region" || s == "tmprl" || s == "localhost" {
		return fmt.Sprintf("%q is a part of a host name, not an account ID", s)
	}
	return ""
}

// placeholderAccounts are what tutorials print where the account ID belongs.
var placeholderAccounts = []string{"account", "account-id", "account_id", "accountid", "acctid", "acct-id",
	"your-account", "your-account-id", "youraccount", "youraccountid", "my-account", "myaccount", "my-account-id", "<account>"}

// isPlaceholder reports whether a text still holds a placeholder or an unexpanded variable.
func isPlaceholder(s string) bool {
	if strings.ContainsAny(s, "<>{}$") || strings.Count(s, "%") > 1 && !strings.Contains(s, "://") {
		return true
	}
	host := strings.TrimSuffix(lower(splitHost(s).host), "."+domain)
	_, account, ok := strings.Cut(host, ".")
	return ok && slices.Contains(placeholderAccounts, account)
}

// newID judges the two parts of a Namespace ID and returns it, or the fault that names the part.
func newID(field, name, account string) (ID, *fault.Fault) {
	id := ID{Name: name, Account: account}
	if f := lookalike(field, name+"."+account); f != nil {
		return ID{}, f
	}
	if rule := nameRule(name); rule != "" {
		if strings.Contains(name, ".") {
			rule = "a name holds only a–z, 0–9 and hyphens; a dot stands only between name and account ID"
		}
		f := refuse(field, "IN-13", "The namespace name breaks a rule",
			"In “"+short(name)+"” the part before the account ID is wrong: "+rule+".",
			"A name has 2 to 39 characters: lower-case letters, digits and hyphens, a letter first, a letter or digit last. Copy the Namespace ID from the Cloud UI.")
		if s := strings.NewReplacer("_", "-", ".", "-").Replace(name); s != name && nameRule(s) == "" {
			f.Fix = "Use “" + s + "." + account + "” if that is the namespace: a name has no underscore and no dot. The exact Namespace ID is in the Cloud UI."
		}
		f.NotWrong = "The account ID “" + short(account) + "” is fine."
		if accountRule(account) != "" {
			f.NotWrong = ""
		}
		return ID{}, f
	}
	if rule := accountRule(account); rule != "" {
		f := refuse(field, codeAccount, "The account ID breaks a rule",
			"In “"+short(name+"."+account)+"” the part after the dot is wrong: "+rule+".",
			"Copy the Namespace ID from the Cloud UI: it ends in the account ID, such as a1b2c.")
		f.NotWrong = "The name “" + short(name) + "” is fine."
		return ID{}, f
	}
	return id, nil
}

// bareName is the fault of a name without account ID: IN-11, IN-14 when its last part looks like
// an account ID behind a hyphen, NS-11 for "default", IN-13 when the name itself is wrong.
func bareName(field, s string) *fault.Fault {
	if s == "default" {
		return refuse(field, "NS-11", "This is the local server's namespace",
			"“default” is what a local Temporal server calls its namespace. In Temporal Cloud every namespace has an account ID.",
			"Give the Namespace ID of your Cloud namespace, such as orders.a1b2c. It is at the top of the namespace's page in the Cloud UI.")
	}
	if f := lookalike(field, s); f != nil {
		return f
	}
	if i := strings.LastIndexByte(s, '-'); i > 0 && looksLikeAccount(s[i+1:]) && nameRule(s[:i]) == "" {
		return refuse(field, "IN-14", "There is a dash where a dot may belong",
			"A Namespace ID is the name, a dot and the account ID. “"+short(s)+"” has no dot, and “"+s[i+1:]+"” looks like an account ID.",
			"If it is yours, write “"+s[:i]+"."+s[i+1:]+"”. Otherwise append a dot and your account ID.")
	}
	if rule := nameRule(s); rule != "" {
		_, f := newID(field, s, "a1b2c")
		f.NotWrong = ""
		if fixed := strings.ReplaceAll(s, "_", "-"); fixed != s && nameRule(fixed) == "" {
			f.Fix = "Use “" + fixed + "”, a dot and your account ID if that is the namespace: a name has no underscore. The exact Namespace ID is in the Cloud UI."
		}
		return f
	}
	f := refuse(field, "IN-11", "The account ID is missing",
		"“"+short(s)+"” is only the name. A Namespace ID is the name, a dot and the account ID, such as “"+short(s)+".a1b2c”.",
		"Append a dot and your account ID. It is in the Cloud UI behind the name of every namespace.")
	f.NotWrong = "The name itself is valid."
	return f
}

// looksLikeAccount is true for 5 or 6 characters with both letters and digits, as every account ID
// seen in public text.
func looksLikeAccount(s string) bool {
	return (len(s) == 5 || len(s) == 6) && accountRule(s) == "" &&
		strings.ContainsAny(s, "0123456789") && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz")
}

// refuse makes the one kind of fault this package gives.
func refuse(field, code, title, cause, fix string) *fault.Fault {
	return &fault.Fault{Kind: fault.Invalid, Code: code, Field: field, Title: title, Cause: cause, Fix: fix, Who: "developer"}
}

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }
