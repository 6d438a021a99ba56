package transfer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"pgregory.net/rapid"
)

func details(s Scenario) Details {
	return Details{SourceAccount: SourceAccount, TargetAccount: TargetAccount, Amount: DefaultAmount, ReferenceID: "12345", Scenario: s}
}

// ended is how a workflow of the test environment ended: its result, or the causes of its failure by type.
type ended struct {
	Result string
	Types  []string
	State  string // text of the outermost failure
	Cancel bool
}

func play(bank ledger, d Details, prepare func(*testsuite.TestWorkflowEnvironment)) ended {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent)
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(20 * time.Second)
	register(env, workflowName, &activities{bank: bank, pause: time.Millisecond})
	if prepare != nil {
		prepare(env)
	}
	env.ExecuteWorkflow(workflowName, d)
	var e ended
	err := env.GetWorkflowError()
	if err == nil {
		if err := env.GetWorkflowResult(&e.Result); err != nil {
			e.State = "no result: " + err.Error()
		}
		return e
	}
	var canceled *temporal.CanceledError
	e.Cancel = errors.As(err, &canceled)
	for ; err != nil; err = errors.Unwrap(err) {
		if app, ok := err.(*temporal.ApplicationError); ok {
			if e.State == "" {
				e.State = app.Message()
			}
			e.Types = append(e.Types, app.Type())
		}
	}
	return e
}

const bookID = "default-test-workflow-id" // the test environment's workflow ID

func TestScenarios(t *testing.T) {
	moved := map[string]int{SourceAccount: 1750, TargetAccount: 250}
	untouched := map[string]int{SourceAccount: 2000, TargetAccount: 0}
	tests := []struct {
		scenario Scenario
		types    []string // of the failure; nil when it completes
		state    string
		balances map[string]int
	}{
		{Success, nil, "", moved},
		{Flaky, nil, "", moved},
		{Slow, nil, "", moved},
		{Refund, []string{"TransferFailed", invalidAccount}, "transfer failed, the money was returned to 85-150", untouched},
		{InvalidAccount, []string{"TransferFailed", invalidAccount}, "transfer failed, nothing was withdrawn", untouched},
		{InsufficientFunds, []string{"TransferFailed", insufficientFunds}, "transfer failed, nothing was withdrawn", untouched},
	}
	for _, tt := range tests {
		t.Run(string(tt.scenario), func(t *testing.T) {
			bank := NewBank()
			got := play(bank, tt.scenario.shape(details(tt.scenario)), nil)
			if diff := cmp.Diff(tt.types, got.Types); diff != "" {
				t.Errorf("failure types (-want +got):\n%s", diff)
			}
			if got.State != tt.state {
				t.Errorf("failure says %q, want %q", got.State, tt.state)
			}
			if tt.types == nil && !strings.HasPrefix(got.Result, "Transfer complete (transaction IDs: W") {
				t.Errorf("result %q", got.Result)
			}
			s, ok := bank.Statement(bookID)
			if diff := cmp.Diff(Statement{Balances: tt.balances}, s); !ok || diff != "" {
				t.Errorf("book (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFlakyRetries: the attempts that people are shown happen, and the rest work at once.
func TestFlakyRetries(t *testing.T) {
	bank := &script{bank: NewBank()}
	play(bank, details(Flaky), func(env *testsuite.TestWorkflowEnvironment) {
		env.SetOnActivityStartedListener(countStarts(bank))
	})
	want := map[string]int{withdrawName: 1 + flakyWithdrawals, depositName: 1 + flakyDeposits}
	if diff := cmp.Diff(want, bank.starts); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

// TestCancelSlow: a cancelled transfer gives the money back and ends cancelled.
func TestCancelSlow(t *testing.T) {
	bank := NewBank()
	got := play(bank, details(Slow), func(env *testsuite.TestWorkflowEnvironment) {
		env.RegisterDelayedCallback(env.CancelWorkflow, 5*time.Millisecond)
	})
	if !got.Cancel {
		t.Errorf("ended %+v, want cancelled", got)
	}
	s, _ := bank.Statement(bookID)
	if diff := cmp.Diff(Statement{Balances: map[string]int{SourceAccount: 2000, TargetAccount: 0}}, s); diff != "" {
		t.Errorf("book (-want +got):\n%s", diff)
	}
}

// TestMoneyIsConserved plays transfers against a bank whose answers get lost, before or after the
// operation, or that refuses for good. However it goes, no money appears or vanishes, and the workflow's
// outcome is what the book says.
func TestMoneyIsConserved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bank := &script{bank: NewBank(), faults: map[string][]mishap{}}
		mishaps := rapid.SliceOfN(rapid.SampledFrom([]mishap{fine, lostBefore, lostAfter, refusedNow}), 0, 12)
		for _, op := range []string{withdrawName, depositName} {
			bank.faults[op] = mishaps.Draw(rt, op)
			if rapid.IntRange(0, 3).Draw(rt, op+" is cut off") == 0 { // beyond the last attempt
				bank.faults[op] = slices.Repeat([]mishap{rapid.SampledFrom([]mishap{lostBefore, lostAfter}).Draw(rt, op+" always")}, 12)
			}
		}
		bank.faults[refundName] = rapid.SliceOfN(rapid.SampledFrom([]mishap{fine, lostBefore, lostAfter}), 0, 4).Draw(rt, refundName)
		d := details(Success)
		d.Amount = rapid.IntRange(1, 2500).Draw(rt, "amount")
		d.TargetAccount = rapid.SampledFrom([]string{TargetAccount, TargetAccount, TargetAccount, unknownAccount}).Draw(rt, "target")

		got := play(bank, d, nil)
		s, ok := bank.bank.Statement(bookID)
		if !ok { // the bank refused before it opened the book
			s = Statement{Balances: map[string]int{SourceAccount: openingSource, TargetAccount: openingTarget}}
		}
		want := Statement{Balances: map[string]int{SourceAccount: openingSource, TargetAccount: openingTarget}}
		if got.Result != "" {
			want.Balances[SourceAccount] -= d.Amount
			want.Balances[TargetAccount] += d.Amount
		}
		if diff := cmp.Diff(want, s); diff != "" {
			rt.Fatalf("ended %+v, the book differs (-want +got):\n%s", got, diff)
		}
	})
}

// TestAnswersLostForGood: when every answer of an operation got lost, nobody knows whether it happened; the
// money is back or has arrived, never in between.
func TestAnswersLostForGood(t *testing.T) {
	always := []mishap{lostAfter, lostAfter, lostAfter, lostAfter, lostAfter, lostAfter, lostAfter, lostAfter, lostAfter, lostAfter}
	tests := map[string]struct {
		op       string
		result   bool
		balances map[string]int
	}{
		"withdrawal": {withdrawName, false, map[string]int{SourceAccount: 2000, TargetAccount: 0}},
		"deposit":    {depositName, true, map[string]int{SourceAccount: 1750, TargetAccount: 250}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bank := &script{bank: NewBank(), faults: map[string][]mishap{tt.op: always}}
			got := play(bank, details(Success), nil)
			if (got.Result != "") != tt.result {
				t.Errorf("ended %+v", got)
			}
			s, _ := bank.bank.Statement(bookID)
			if diff := cmp.Diff(Statement{Balances: tt.balances}, s); diff != "" {
				t.Errorf("book (-want +got):\n%s", diff)
			}
		})
	}
}

// mishap is what goes wrong with one call of the bank.
type mishap int

const (
	fine       mishap = iota
	lostBefore        // the call never arrived
	lostAfter         // it happened, the answer got lost
	refusedNow        // the bank says no for good, unless it did it already: it knows its references
)

// script is a bank to which mishaps happen, in order, by operation.
type script struct {
	bank   *Bank
	faults map[string][]mishap
	starts map[string]int
	did    map[string]bool
}

func (s *script) Withdraw(b string, d Details) (receipt, error) {
	return s.call(withdrawName, b, d, s.bank.Withdraw)
}
func (s *script) Deposit(b string, d Details) (receipt, error) {
	return s.call(depositName, b, d, s.bank.Deposit)
}
func (s *script) Refund(b string, d Details) (receipt, error) {
	return s.call(refundName, b, d, s.bank.Refund)
}

func (s *script) call(op, book string, d Details, do func(string, Details) (receipt, error)) (receipt, error) {
	m := fine
	if list := s.faults[op]; len(list) > 0 {
		m, s.faults[op] = list[0], list[1:]
	}
	switch m {
	case lostBefore:
		return receipt{}, errors.New("connection lost")
	case lostAfter:
		if _, err := do(book, d); err != nil {
			return receipt{}, fmt.Errorf("answer lost: %v", err)
		}
		s.mark(op)
		return receipt{}, errors.New("answer lost")
	case refusedNow:
		if s.did[op] {
			break
		}
		return receipt{}, &refusal{invalidAccount, "the account was closed"}
	}
	r, err := do(book, d)
	if err == nil {
		s.mark(op)
	}
	return r, err
}

func (s *script) mark(op string) {
	if s.did == nil {
		s.did = map[string]bool{}
	}
	s.did[op] = true
}
