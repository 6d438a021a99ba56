package migration

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"onramp/doctor"
	"onramp/fault"
)

// Reported says where a check came from that Onramp did not make itself: somebody ran `onramp check` where the
// worker runs, and brought the result. It is part of the run's request, so it never changes.
type Reported struct {
	Host   string    `json:"host"`         // as the report says; nobody proved it
	By     string    `json:"by,omitempty"` // as typed
	Via    string    `json:"via"`          // ViaPost or ViaPaste
	At     time.Time `json:"at"`           // when it came here
	Counts bool      `json:"counts"`       // for step test; see countsFor
	Why    string    `json:"why,omitempty"`
}

// How a report came here.
const (
	ViaPost  = "post"  // to a one-time address: onramp check --post
	ViaPaste = "paste" // into the page
)

// How old a report may be to count, and how far its clock may be ahead of ours.
const (
	reportAge  = time.Hour
	reportSkew = 5 * time.Minute
)

// maxBy is how long the name of a person is, in characters.
const maxBy = 80

// Reported returns where a check came from; nil for one that Onramp made itself.
func (r Run) Reported() *Reported {
	var asked CheckRequest
	if r.Kind != CheckRun || json.Unmarshal(r.Request, &asked) != nil {
		return nil
	}
	return asked.Reported
}

// RecordReport records a check that was made elsewhere. rep comes from doctor.ParseReport. The same report again
// gives the run that it made. A report about another namespace is refused (Invalid). The run is shown as
// reported, never as observed: it records no FactCASeen, and FactCheck only where it counts (countsFor).
func (s *Service) RecordReport(ctx context.Context, id string, rep doctor.Report, by, via string) (Run, error) {
	by, err := reporter(by)
	if err != nil {
		return Run{}, err
	}
	s.write.Lock() // the same report twice at once: the second waits and finds the first's run
	defer s.write.Unlock()
	v, err := s.View(ctx, id)
	if err != nil {
		return Run{}, err
	}
	if v.Namespace == nil {
		return Run{}, fault.New(fault.Conflict, "There is no namespace yet", "Choose the namespace first: step 1.")
	}
	if rep.Target.Namespace != v.Namespace.Namespace {
		f := fault.New(fault.Invalid, "This report is about another namespace", "Run the command of this page where the worker runs, and bring its report.").In("report")
		f.Cause = "It is about " + orNone(rep.Target.Namespace) + ", and this migration is about " + v.Namespace.Namespace + "."
		return Run{}, f
	}
	text, err := json.Marshal(rep)
	if err != nil {
		return Run{}, err
	}
	key := "report " + sum(text)
	if run, err := s.o.Store.RunByKey(ctx, id, CheckRun, key); !fault.Is(err, fault.NotFound) {
		return run, err
	}
	now := s.now()
	from := Reported{Host: rep.TestedFrom, By: by, Via: via, At: now}
	inputs := v.inputs()
	about := hash("reported", key) // about nothing of ours, unless it counts
	if from.Why = countsFor(inputs, rep, now); from.Why == "" {
		from.Counts, about = true, inputs.check()
	}
	asked, err := json.Marshal(CheckRequest{Address: rep.Target.Address, Namespace: rep.Target.Namespace, ServerName: rep.Target.ServerName,
		Auth: rep.Target.Auth, Leaf: rep.Target.Leaf, Reported: &from})
	if err != nil {
		return Run{}, err
	}
	run, err := s.o.Store.AddRun(ctx, Run{ID: newID(), MigrationID: id, Kind: CheckRun, State: RunRunning, InputHash: about,
		Request: asked, Started: now, IdempotencyKey: key})
	if err != nil {
		return Run{}, err
	}
	return s.endReport(context.WithoutCancel(ctx), run, rep, from, text)
}

// endReport writes the log and the end of a reported run.
func (s *Service) endReport(ctx context.Context, run Run, rep doctor.Report, from Reported, text []byte) (Run, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	for _, st := range rep.Stages {
		if st.Status == doctor.NotReached {
			continue
		}
		data, err := json.Marshal(st)
		if err != nil {
			return Run{}, err
		}
		if _, err := s.o.Store.AddEntry(ctx, Entry{RunID: run.ID, At: s.now(), Kind: EntryStage, Data: data}); err != nil {
			return Run{}, err
		}
	}
	run.State, run.Code, run.Title, run.Result, run.Ended = RunFailed, rep.Verdict.Code, rep.Verdict.Title, text, s.now()
	var facts []Fact
	if rep.Verdict.Code == doctor.OK {
		run.State = RunPassed
		if from.Counts {
			f := newFact(FactCheck, run.InputHash, CheckData{Run: run.ID, RunNumber: run.Number, Code: run.Code, Reported: from.Host})
			f.MigrationID, f.At, f.By = run.MigrationID, run.Ended, from.By
			facts = append(facts, f)
		}
	}
	if err := s.o.Store.EndRun(ctx, run, lastEntry(run), facts); err != nil {
		return Run{}, err
	}
	s.watches.wake(&s.mu, run.MigrationID)
	return run, nil
}

// countsFor says why a report does not count for step test, "" when it does. The rule:
//
//   - it is about what the migration is about now: the endpoint, the namespace, the server name and, where
//     workers sign in with a certificate, the fingerprint of the present one;
//   - it says when it was made: at most an hour before it came, and not in the future;
//   - when it passed, the stages client-cert, grpc and namespace did.
//
// What counts is still only what somebody reported: the step says so, and step upload takes nothing from it.
func countsFor(in inputs, rep doctor.Report, now time.Time) string {
	t := rep.Target
	switch want := in.checkOf(t.Namespace, t.Address, t.ServerName, t.Leaf); {
	case in.auth == AuthMTLS && t.Auth != AuthMTLS, in.auth == AuthAPIKey && t.Auth != AuthAPIKey:
		return "it signed in another way than this migration's workers do"
	case in.auth == AuthMTLS && t.Leaf == "":
		return "it does not say which client certificate was used"
	case want != in.check() && in.certificate != nil && in.auth != AuthAPIKey && t.Leaf != in.certificate.LeafFingerprint:
		return "it used another client certificate than this migration's"
	case want != in.check():
		return "it is about another endpoint than this migration's"
	case rep.At.IsZero():
		return "it does not say when it was made"
	case now.Sub(rep.At) > reportAge:
		return "it was made more than an hour before it came here"
	case rep.At.Sub(now) > reportSkew:
		return "its clock is ahead of the one here"
	case rep.Verdict.Code == doctor.OK && !accepted(rep):
		return "it passed without asking the namespace"
	}
	return ""
}

// reporter is the name of a person as typed.
func reporter(by string) (string, error) {
	by = strings.TrimSpace(by)
	if utf8.RuneCountInString(by) > maxBy || !utf8.ValidString(by) || strings.ContainsFunc(by, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
		return "", fault.New(fault.Invalid, "This is not a name", "Use at most 80 characters on one line.").In("by")
	}
	return by, nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
