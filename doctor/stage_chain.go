package doctor

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"

	"onramp/certsvc"
)

// chainRules is stage 2: Cloud's rules for the client certificate, the CA bundle that the
// namespace holds and its certificate filters, as far as they are known.
func (r *run) chainRules(context.Context) {
	var lints []certsvc.Lint
	if len(r.t.UploadedCA) > 0 {
		certs, bundle := certsvc.LintBundle(r.t.UploadedCA, r.now)
		r.uploaded = certs
		r.see("uploaded_certificates", len(certs))
		lints = append(lints, bundle...)
	}
	if !r.hasPair {
		if len(lints) == 0 {
			r.skip("no client certificate was given")
			return
		}
	} else {
		// A fault of the leaf is closer to the worker than one of the bundle: it is named first.
		lints = append(certsvc.LintLeaf(r.pair.Chain, r.uploaded, r.now), lints...)
	}
	if !r.judge(lints) {
		return
	}
	if len(r.t.Filters) > 0 && r.hasPair && !r.judgeFilters() {
		return
	}
	if r.st.Summary == "" {
		leaf := r.pair.Leaf()
		r.say("meets Temporal Cloud's rules, expires %s", leaf.NotAfter.UTC().Format("2006-01-02"))
		if r.uploaded == nil {
			r.st.Summary += "; whether the namespace trusts its CA shows when it connects"
		}
	}
}

// judge lists lints as findings and stops at the first error.
func (r *run) judge(lints []certsvc.Lint) bool {
	var worst *certsvc.Lint
	var others []Candidate
	for i, l := range lints {
		switch l.Severity {
		case certsvc.SevError:
			r.note(l.Code)
			if worst == nil {
				worst = &lints[i]
			} else if l.Code != worst.Code {
				others = append(others, candidate(l.Code, clean(l.Text, maxValue)))
			}
		case certsvc.SevWarn:
			r.warn(l.Code)
			r.see(l.Code, l.Text)
			r.say("%s", l.Text)
		default:
			r.note(l.Code)
		}
	}
	if worst == nil {
		return true
	}
	if ca := r.pairOfCA(lints, worst); ca != nil {
		others = append(others, candidate(worst.Code, clean(worst.Text, maxValue)))
		worst = ca
	}
	r.see("subject", worst.Subject)
	r.see("rule", worst.Text)
	r.values["cause"] = worst.Text
	r.say("%s", worst.Text)
	level := Certain
	if len(worst.Also) > 0 {
		level = Likely
	}
	for _, code := range worst.Also {
		e, _ := Lookup(code)
		others = append(others, candidate(code, e.Title+"."))
	}
	r.stop(worst.Code, level, others...)
	if worst.Fix != "" && r.verdict != nil && len(r.verdict.Fix) == 0 {
		r.verdict.Fix = []Fix{{Who: "developer", Text: clean(worst.Fix, maxSentence)}}
	}
	return false
}

// pairOfCA recognises the CA and its own key where the client's pair belongs: a CA may sign certificates, and not
// sign in (CH-16). To say only the second would send a person to reissue the CA. nil where it is something else.
func (r *run) pairOfCA(lints []certsvc.Lint, worst *certsvc.Lint) *certsvc.Lint {
	if worst.Code != "CH-16" || !r.hasPair || r.pair.Leaf().KeyUsage&x509.KeyUsageCertSign == 0 {
		return nil
	}
	i := slices.IndexFunc(lints, func(l certsvc.Lint) bool { return l.Code == "CH-18" })
	if i < 0 {
		return nil
	}
	ca := lints[i]
	ca.Text = "This is the CA and its own key, not the client's pair: it says CA:TRUE, and its key usage is for signing certificates, not for signing in."
	return &ca
}

// judgeFilters compares the certificate with the namespace's filters (CH-26, CH-27).
func (r *run) judgeFilters() bool {
	filters, err := parseFilters(r.t.Filters)
	if err != nil {
		r.see("filters", err.Error())
		r.values["cause"] = err.Error()
		r.warn("CH-27")
		return true
	}
	if matchAny(filters, r.pair.Leaf()) {
		r.see("filters", fmt.Sprintf("%d, one of them matches", len(filters)))
		return true
	}
	why := explainFilters(filters, r.pair.Leaf())
	r.see("filters", why)
	if len(why) > 0 {
		r.values["cause"] = "None of the namespace's certificate filters matches: " + why[0] + "."
	}
	r.say("none of %d certificate filters matches", len(filters))
	r.stop("CH-26", Certain)
	return false
}
