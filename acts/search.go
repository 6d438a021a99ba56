package acts

import (
	"context"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"onramp/migration"
	"onramp/runs"
)

// Searched finds things of any migration. What each query costs follows from its limit, not from how much there is.
type Searched interface {
	// FindNamed finds migrations whose name or namespace has, for each word, one that begins with it.
	FindNamed(ctx context.Context, words []string, limit int) ([]migration.Card, error)
	FindRuns(context.Context, runs.Search) ([]runs.Found, error)
	// FindCertificates finds certificates by the beginning of their fingerprint ("" for none) or by a serial number, as
	// migration.Known has them.
	FindCertificates(ctx context.Context, fingerprint string, serials []string, limit int) ([]migration.Known, error)
}

// Search is what a search has found, each kind cut at the limit.
type Search struct {
	Migrations   []migration.Card
	Runs         []runs.Found
	Certificates []migration.Known
}

// runNumber is a run as people and pages name it: "run 3", "check #3", "test transfer 3", "3".
var runNumber = regexp.MustCompile(`^(?i:(?:test |load )?(run|check|transfer|drill)s?)?\s*#?([0-9]{1,9})$`)

// The shortest texts by which a run and a certificate are found: shorter ones would find nearly all.
const (
	shortestRun         = 4
	shortestFingerprint = 4
)

// Find looks for a text in everything that migrations are found by: their names and namespaces, the numbers and IDs of
// runs and the IDs of their workflows, fingerprints and serial numbers of certificates, as Onramp or openssl print them.
// It returns at most limit of each kind.
func (l Lists) Find(ctx context.Context, text string, limit int) (out Search, err error) {
	if err = l.Refresh(ctx); err != nil {
		return out, err
	}
	text = strings.TrimSpace(text)
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if out.Migrations, err = l.store.FindNamed(ctx, words[:min(len(words), 12)], limit); err != nil {
		return out, err
	}
	q := runs.Search{Limit: limit}
	if m := runNumber.FindStringSubmatch(text); m != nil {
		q.Number, _ = strconv.Atoi(m[2])
		if kind := migration.RunKind(strings.ToLower(m[1])); kind != "run" {
			q.Kind = kind
		}
	} else if len(text) >= shortestRun {
		q.Text = text
	}
	if out.Runs, err = l.store.FindRuns(ctx, q); err != nil {
		return out, err
	}
	out.Runs = out.Runs[:min(len(out.Runs), limit)]
	if fingerprint, serials := certificateText(text); fingerprint != "" || len(serials) > 0 {
		out.Certificates, err = l.store.FindCertificates(ctx, fingerprint, serials, limit)
		out.Certificates = out.Certificates[:min(len(out.Certificates), limit)]
	}
	return out, err
}

// certificateText reads a text as the beginning of a fingerprint and as a serial number, in hex or decimal: with or
// without colons or blanks, and with what openssl prints before it ("sha256 Fingerprint=", "serial="). Both are empty
// for a text that is neither.
func certificateText(text string) (fingerprint string, serials []string) {
	if _, value, ok := strings.Cut(text, "="); ok {
		text = value
	}
	text = strings.ToLower(strings.NewReplacer(":", "", " ", "", "-", "", "…", "").Replace(text))
	digits := strings.TrimPrefix(text, "0x")
	if digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f') }) || len(digits) > 64 {
		return "", nil
	}
	if len(digits) >= shortestFingerprint {
		fingerprint = digits
	}
	serials = append(serials, migration.SerialText(digits))
	if n, ok := new(big.Int).SetString(digits, 10); ok && digits == text {
		serials = append(serials, n.Text(16))
	}
	return fingerprint, serials
}
