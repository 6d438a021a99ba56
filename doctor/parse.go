package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"onramp/fault"
	"onramp/namespace"
)

// MaxReport bounds the text of a report that another program gives, in bytes.
const MaxReport = 64 << 10

// The bounds of what a report of somebody else may hold.
const (
	maxEvidence = 64      // names in a stage
	maxList     = 16      // values of one name, repairs, candidates, findings
	maxMS       = 3600000 // a check lasts ten minutes at most
)

var (
	codeShape  = regexp.MustCompile(`^[A-Z][A-Z0-9]-\d{2}$`)
	nameShape  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)
	rulesShape = regexp.MustCompile(`^\d{4}-\d{2}$`)
	leafShape  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ParseReport reads a report that `onramp check --json` printed elsewhere. What comes from elsewhere is not
// trusted: the report must be whole and agree with itself, or the error is an Invalid (TooLarge) fault.
// Fields that this version does not know are left out, because the contract may grow. Texts are made harmless
// and secrets masked; title, cause, fixes and commands of the verdict are those of our own catalogue, so that
// nobody can have a command of theirs shown here.
func ParseReport(text []byte) (Report, error) {
	var r Report
	if len(text) > MaxReport {
		return r, fault.New(fault.TooLarge, "This is longer than a report", "Give the one JSON object that onramp check --json prints: at most 64 kB.")
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\ufeff")))
	if len(text) == 0 {
		return r, notReport("there is nothing")
	}
	if !utf8.Valid(text) {
		return r, notReport("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&r); err != nil {
		f := notReport("it is not that JSON object")
		f.Err = err
		return Report{}, f
	}
	if _, err := dec.Token(); err != io.EOF {
		return Report{}, notReport("something follows the JSON object")
	}
	if r.Schema != Schema {
		return Report{}, notReport("its schema is " + quote(r.Schema) + ", not " + Schema)
	}
	for _, check := range []func(*Report) error{parseTarget, parseStages, parseVerdict} {
		if err := check(&r); err != nil {
			return Report{}, err
		}
	}
	if !rulesShape.MatchString(r.Rules) || !milliseconds(r.TookMS) {
		return Report{}, notReport("its rules or its time cannot be read")
	}
	if r.TestedFrom = foreign(r.TestedFrom, 120); r.TestedFrom == "" {
		return Report{}, notReport("it does not say where it was made")
	}
	if len(r.NotChecked) > maxList {
		return Report{}, notReport("it lists too much that was not checked")
	}
	left := make([]string, 0, len(r.NotChecked))
	for _, s := range r.NotChecked {
		left = append(left, foreign(s, maxSentence))
	}
	r.NotChecked = left
	r.At = r.At.UTC()
	return r, nil
}

func notReport(why string) *fault.Fault {
	f := fault.New(fault.Invalid, "This is not a report of onramp check", "Give the whole output of onramp check --json, as it was printed.")
	f.Cause = "The input cannot be used: " + why + "."
	return f
}

// foreign is a text of somebody else: without secrets, on one line, harmless, bounded.
func foreign(s string, limit int) string {
	s, _ = mask(s)
	return clean(strings.TrimSpace(s), limit)
}

func quote(s string) string { return fmt.Sprintf("%q", clean(s, 40)) }

func milliseconds(ms float64) bool { return !math.IsNaN(ms) && ms >= 0 && ms <= maxMS }

func parseTarget(r *Report) error {
	t := &r.Target
	switch {
	case t.Auth != "mtls" && t.Auth != "api-key" && t.Auth != "none":
		return notReport("its way to sign in is " + quote(t.Auth))
	case t.Leaf != "" && !leafShape.MatchString(t.Leaf):
		return notReport("its leaf_sha256 is not a fingerprint")
	case len(t.Normalised) > maxList:
		return notReport("it has too many repairs")
	}
	t.Address, t.Namespace, t.ServerName = foreign(t.Address, maxValue), foreign(t.Namespace, maxValue), foreign(t.ServerName, maxValue)
	repairs := make([]namespace.Repair, 0, len(t.Normalised))
	for _, n := range t.Normalised {
		if n.Code != "" && !codeShape.MatchString(n.Code) {
			return notReport("a repair has the code " + quote(n.Code))
		}
		n.Field, n.From, n.To, n.Text = foreign(n.Field, 40), foreign(n.From, maxValue), foreign(n.To, maxValue), foreign(n.Text, maxSentence)
		repairs = append(repairs, n)
	}
	t.Normalised = repairs
	return nil
}

func parseStages(r *Report) error {
	if len(r.Stages) != len(StageIDs) {
		return notReport(fmt.Sprintf("it has %d stages, not %d", len(r.Stages), len(StageIDs)))
	}
	failed := false
	for i := range r.Stages {
		s := &r.Stages[i]
		if s.ID != StageIDs[i] {
			return notReport(fmt.Sprintf("stage %d is %s, not %s", i+1, quote(s.ID), StageIDs[i]))
		}
		switch s.Status {
		case Pass, Warn, Skip, Fail:
			if failed {
				return notReport("a stage follows the one that failed")
			}
		case NotReached:
			if !failed {
				return notReport("stage " + s.ID + " was not reached although none failed before it")
			}
		default:
			return notReport("stage " + s.ID + " ended as " + quote(string(s.Status)))
		}
		failed = failed || s.Status == Fail
		if !milliseconds(s.MS) || len(s.Evidence) > maxEvidence || len(s.Findings) > maxList {
			return notReport("stage " + s.ID + " holds too much")
		}
		s.Summary = foreign(s.Summary, maxSentence)
		findings := make([]string, 0, len(s.Findings))
		for _, f := range s.Findings {
			if !codeShape.MatchString(f) {
				return notReport("stage " + s.ID + " has the finding " + quote(f))
			}
			findings = append(findings, f)
		}
		s.Findings = findings
		evidence := make(map[string]any, len(s.Evidence))
		for name, v := range s.Evidence {
			v, ok := seen(v)
			if !nameShape.MatchString(name) || !ok {
				return notReport("stage " + s.ID + " has evidence of another shape")
			}
			evidence[name] = v
		}
		s.Evidence = evidence
	}
	return nil
}

// seen is a value of the evidence; false where the doctor makes none like it.
func seen(v any) (any, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case string:
		return foreign(v, maxValue), true
	case []any:
		if len(v) > maxList {
			return nil, false
		}
		list := make([]any, 0, len(v))
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				return nil, false
			}
			list = append(list, foreign(s, maxValue))
		}
		return list, true
	}
	return nil, false
}

// parseVerdict holds the verdict against the stages and gives it our own texts.
func parseVerdict(r *Report) error {
	v := r.Verdict
	failed := slices.IndexFunc(r.Stages, func(s Stage) bool { return s.Status == Fail })
	at := ""
	if failed >= 0 {
		at = r.Stages[failed].ID
	}
	switch {
	case v.Code != OK && v.Code != UnknownCode && !codeShape.MatchString(v.Code):
		return notReport("its verdict is " + quote(v.Code))
	case (v.Code == OK) != (failed < 0):
		return notReport("its verdict and its stages do not agree")
	case v.Stage != at:
		return notReport("its verdict falls at another stage than the one that failed")
	case v.Code == OK && v.Level != Certain && v.Level != Likely, (v.Code == UnknownCode) != (v.Level == Unknown),
		v.Level != Certain && v.Level != Likely && v.Level != Unknown:
		return notReport("its verdict is " + quote(string(v.Level)))
	case len(v.Candidates) > maxList:
		return notReport("it has too many candidates")
	}
	values := map[string]string{}
	for name, s := range map[string]string{"address": r.Target.Address, "namespace": r.Target.Namespace, "server_name": r.Target.ServerName} {
		values[name] = s
	}
	ours := Explain(v.Code, v.Level, values)
	switch _, known := Lookup(v.Code); {
	case v.Code == OK:
		ours.Cause, ours.Level = "No stage failed there.", v.Level
		if v.Level == Likely {
			ours.Title, ours.Cause = "Your worker can use this namespace through the proxy", "No stage failed there, through a proxy alone."
		}
	case v.Code == UnknownCode:
		ours = unknownVerdict(at, values)
	case !known: // a newer catalogue than ours
		ours = Verdict{Code: v.Code, Level: v.Level, Title: "A fault that this Onramp does not know yet", Fix: []Fix{}, Candidates: []Candidate{},
			Cause: "The report was made by a newer Onramp. Run onramp check there without --json: it prints what to do."}
	}
	ours.Stage = at
	for _, c := range v.Candidates {
		if e, ok := Lookup(c.Code); ok {
			said, _ := e.General()
			ours.Candidates = append(ours.Candidates, candidate(c.Code, said.Title+"."))
		}
	}
	r.Verdict = ours
	return nil
}
