package migration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"onramp/migration"
)

// model is what the rules say of a migration, in the plainest form: what was observed of which inputs.
type model struct {
	*desk
	mode      migration.Mode
	ns, ca    string            // present inputs, "" for none
	leaf      string            // of ca
	saved     map[string]string // namespace → the CA saved there last
	seen      map[string]bool   // namespace+CA a check was accepted with
	tests     map[string]string // namespace+leaf → how the last check ended: passed, failed, noted
	transfers map[string]string
	polled    map[string]bool // namespaces
	ever      map[string]bool // steps that something was observed of
	notedStep map[string]bool // step+inputs noted
}

func (m *model) inputs(step string) string {
	switch step {
	case migration.StepUpload:
		return m.ns + "/" + m.ca
	case migration.StepTest, migration.StepTransfer:
		return m.ns + "/" + m.leaf
	}
	return m.ns
}

// done says by the rules whether a step is done.
func (m *model) done(step string) bool {
	in := m.inputs(step)
	switch step {
	case migration.StepNamespace:
		return m.ns != ""
	case migration.StepCertificates:
		return m.ca != ""
	case migration.StepUpload:
		if m.blocked(step) {
			return false
		}
		if m.mode == migration.Rehearsal && m.saved[m.ns] == m.ca || m.mode == migration.Cloud && m.seen[in] {
			return true
		}
		return m.notedStep[step+in]
	case migration.StepTest:
		return !m.blocked(step) && (m.tests[in] == "passed" || m.tests[in] == "noted")
	case migration.StepTransfer:
		return m.transfers[in] == "passed" || m.transfers[in] == "noted"
	}
	return m.polled[m.ns] || m.notedStep[step+in]
}

func (m *model) blocked(step string) bool {
	switch step {
	case migration.StepUpload, migration.StepTest:
		return m.ns == "" || m.ca == ""
	case migration.StepTransfer:
		return !m.ever[step] && m.transfers[m.inputs(step)] == "" && !m.done(migration.StepTest)
	}
	return false
}

// status is the rule of one step's word, but for YourTurn.
func (m *model) status(step string) migration.Status {
	in := m.inputs(step)
	switch {
	case m.done(step):
		return migration.Done
	case m.blocked(step):
		return migration.Blocked
	case step == migration.StepTest && m.tests[in] == "failed", step == migration.StepTransfer && m.transfers[in] == "failed":
		return migration.Failing
	case m.ever[step]:
		if step == migration.StepTransfer || step == migration.StepTest || step == migration.StepUpload || step == migration.StepCode {
			return migration.LookAgain
		}
	case step == migration.StepUpload && m.mode == migration.Cloud:
		if m.tests[m.inputs(migration.StepTest)] == "failed" { // the model's checks fail before the CA certificate matters
			return migration.NotStarted
		}
		return migration.Waiting
	}
	return migration.NotStarted
}

// TestStepsModel: after any sequence of facts, every step says what the rules say; a step is done only by
// a fact about the present inputs, and what is there already is not written again.
func TestStepsModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{saved: map[string]string{}, seen: map[string]bool{}, tests: map[string]string{}, transfers: map[string]string{},
			polled: map[string]bool{}, ever: map[string]bool{}, notedStep: map[string]bool{}}
		m.mode = rapid.SampledFrom([]migration.Mode{migration.Rehearsal, migration.Cloud}).Draw(rt, "mode")
		m.desk = sit(t, m.mode)
		pairs := map[string]string{"ca1": "leaf1", "ca1 again": "leaf2", "ca2": "leaf3"}

		wrote := func(facts []migration.Fact, err error, adds int) {
			rt.Helper()
			if err != nil {
				rt.Fatal(err)
			}
			if m.add(facts) != adds {
				rt.Fatalf("%d facts, want %d", len(facts), adds)
			}
		}
		btoi := map[bool]int{true: 1}
		rt.Repeat(map[string]func(*rapid.T){
			"namespace": func(rt *rapid.T) {
				ns := rapid.SampledFrom([]string{"a.x", "b.x"}).Draw(rt, "ns")
				facts, err := m.view().SetNamespace(migration.NamespaceData{Namespace: ns, Address: ns + ":7233"})
				wrote(facts, err, btoi[ns != m.ns])
				m.ns = ns
			},
			"certificate": func(rt *rapid.T) {
				pair := rapid.SampledFrom([]string{"ca1", "ca1 again", "ca2"}).Draw(rt, "pair")
				leaf := pairs[pair]
				facts, err := m.view().SetCertificate(certificate(pair[:3], leaf))
				wrote(facts, err, btoi[leaf != m.leaf])
				m.ca, m.leaf = pair[:3], leaf
			},
			"save": func(rt *rapid.T) {
				if m.mode == migration.Cloud || m.ns == "" || m.ca == "" {
					rt.Skip()
				}
				ca := rapid.SampledFrom([]string{"ca1", "ca2"}).Draw(rt, "ca")
				facts, err := m.view().SetUpload(migration.UploadData{CAFingerprint: ca})
				wrote(facts, err, btoi[m.saved[m.ns] != ca])
				m.saved[m.ns], m.ever[migration.StepUpload] = ca, true
			},
			"check": func(rt *rapid.T) {
				if m.ns == "" || m.ca == "" {
					rt.Skip()
				}
				pass := rapid.Bool().Draw(rt, "passes")
				m.later()
				if c := m.about(m.leaf); pass {
					m.passes()
				} else {
					m.check(c, migration.RunFailed, "DN-01", "")
				}
				m.tests[m.inputs(migration.StepTest)] = map[bool]string{true: "passed", false: "failed"}[pass]
				if pass {
					m.ever[migration.StepTest] = true
					m.seen[m.inputs(migration.StepUpload)] = true
					m.ever[migration.StepUpload] = m.ever[migration.StepUpload] || m.mode == migration.Cloud
				}
			},
			"transfer": func(rt *rapid.T) {
				pass := rapid.Bool().Draw(rt, "passes")
				if (m.view().Step(migration.StepTest).Status == migration.Done) != m.done(migration.StepTest) {
					rt.Fatal("step test is not what the rules say")
				}
				if !m.done(migration.StepTest) {
					return
				}
				m.later()
				state := map[bool]migration.RunState{true: migration.RunPassed, false: migration.RunFailed}[pass]
				o := m.ended(migration.TransferRun, m.view().CheckHash(), state, "OK")
				if pass {
					m.add(m.view().Transferred(o, "w", "COMPLETED"))
				}
				m.transfers[m.inputs(migration.StepTransfer)] = map[bool]string{true: "passed", false: "failed"}[pass]
				m.ever[migration.StepTransfer] = m.ever[migration.StepTransfer] || pass
			},
			"poller": func(rt *rapid.T) {
				wrote(m.view().SetPoller(migration.PollerData{TaskQueue: "Q"}), nil, btoi[!m.polled[m.ns]])
				m.polled[m.ns], m.ever[migration.StepCode] = true, true
			},
			"note": func(rt *rapid.T) {
				step := rapid.SampledFrom([]string{migration.StepUpload, migration.StepTest, migration.StepCode, migration.StepTransfer}).Draw(rt, "step")
				m.later()
				facts, err := m.view().Note(step, "by hand")
				in, done := m.inputs(step), m.done(step)
				again := done && (m.notedStep[step+in] && !m.evidence(step))
				if want := !m.blocked(step) && (!done || again); (err == nil) != want {
					rt.Fatalf("Note(%s): %v, want accepted: %v", step, err, want)
				}
				if err != nil {
					return
				}
				wrote(facts, nil, btoi[!again])
				m.notedStep[step+in], m.ever[step] = true, true
				switch step {
				case migration.StepTest:
					m.tests[in] = "noted"
				case migration.StepTransfer:
					m.transfers[in] = "noted"
				}
			},
			"": func(rt *rapid.T) {
				v := m.view()
				next := ""
				var got, want []string
				done := 0
				for i, step := range migration.Steps {
					st := m.status(step)
					if next == "" && st != migration.Done && st != migration.Blocked {
						if next = step; st == migration.NotStarted {
							st = migration.YourTurn
						}
					}
					if st == migration.Done {
						done++
					}
					got = append(got, fmt.Sprint(v.Steps[i].ID, " ", v.Steps[i].Status))
					want = append(want, fmt.Sprint(step, " ", st))
				}
				if diff := cmp.Diff(want, got); diff != "" || v.Next != next || v.DoneCount != done {
					rt.Fatalf("next %q, want %q; %d done, want %d; steps (-want +got):\n%s", v.Next, next, v.DoneCount, done, diff)
				}
			},
		})
	})
}

// evidence reports whether a done step has more than its note.
func (m *model) evidence(step string) bool {
	in := m.inputs(step)
	switch step {
	case migration.StepUpload:
		return m.mode == migration.Rehearsal && m.saved[m.ns] == m.ca || m.mode == migration.Cloud && m.seen[in]
	case migration.StepTest:
		return m.tests[in] == "passed"
	case migration.StepTransfer:
		return m.transfers[in] == "passed"
	}
	return m.polled[m.ns]
}

// later lets a second pass: two ends at one moment have no order.
func (m *model) later() {
	now := m.now().Add(time.Second)
	m.now = func() time.Time { return now }
}
