package transfer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
)

var silent = sdkLog{slog.New(slog.DiscardHandler)}

// countStarts counts activity attempts by name.
func countStarts(s *script) func(*activity.Info, context.Context, converter.EncodedValues) {
	s.starts = map[string]int{}
	return func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		s.starts[info.ActivityType.Name]++
	}
}

func TestBankPaysOnce(t *testing.T) {
	bank, d := NewBank(), details(Success)
	var receipts sync.Map
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for _, do := range []func(string, Details) (receipt, error){bank.Withdraw, bank.Deposit} {
				r, err := do("b", d)
				if err != nil {
					t.Error(err)
				}
				receipts.Store(r.ID, true)
			}
		})
	}
	wg.Wait()
	n := 0
	receipts.Range(func(any, any) bool { n++; return true })
	if n != 2 {
		t.Errorf("%d receipts, want one for each operation", n)
	}
	s, _ := bank.Statement("b")
	if diff := cmp.Diff(Statement{Balances: map[string]int{SourceAccount: 1750, TargetAccount: 250}}, s); diff != "" {
		t.Errorf("book (-want +got):\n%s", diff)
	}
}

func TestBankRefuses(t *testing.T) {
	with := func(change func(*Details)) Details { d := details(Success); change(&d); return d }
	type op func(*Bank) error
	withdraw := func(d Details) op { return func(b *Bank) error { _, err := b.Withdraw("b", d); return err } }
	deposit := func(d Details) op { return func(b *Bank) error { _, err := b.Deposit("b", d); return err } }
	refund := func(d Details) op { return func(b *Bank) error { _, err := b.Refund("b", d); return err } }
	ok := details(Success)
	tests := map[string]struct {
		first []op
		last  op
		kind  string
	}{
		"unknown source":                   {nil, withdraw(with(func(d *Details) { d.SourceAccount = unknownAccount })), invalidAccount},
		"no source":                        {nil, withdraw(with(func(d *Details) { d.SourceAccount = "" })), invalidAccount},
		"too much":                         {nil, withdraw(with(func(d *Details) { d.Amount = 2001 })), insufficientFunds},
		"negative amount":                  {nil, withdraw(with(func(d *Details) { d.Amount = -250 })), invalidAmount},
		"nothing":                          {nil, withdraw(with(func(d *Details) { d.Amount = 0 })), invalidAmount},
		"deposit without withdrawal":       {nil, deposit(ok), withdrawalMissing},
		"deposit after refund":             {[]op{withdraw(ok), refund(ok)}, deposit(ok), transferVoided},
		"withdrawal after refund":          {[]op{refund(ok)}, withdraw(ok), transferVoided},
		"one reference, two amounts":       {[]op{withdraw(ok)}, withdraw(with(func(d *Details) { d.Amount = 1 })), referenceReused},
		"one reference, two targets":       {[]op{withdraw(ok)}, deposit(with(func(d *Details) { d.TargetAccount = SourceAccount })), referenceReused},
		"second withdrawal over the limit": {[]op{withdraw(with(func(d *Details) { d.Amount = 1900; d.ReferenceID = "1" }))}, withdraw(ok), insufficientFunds},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bank := NewBank()
			for _, do := range tt.first {
				if err := do(bank); err != nil {
					t.Fatal(err)
				}
			}
			before, _ := bank.Statement("b")
			var no *refusal
			if err := tt.last(bank); !errors.As(err, &no) || no.kind != tt.kind {
				t.Errorf("answered %v, want %s", err, tt.kind)
			}
			after, _ := bank.Statement("b")
			if len(tt.first) > 0 {
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("a refusal moved money (-before +after):\n%s", diff)
				}
			}
		})
	}
}

func TestBooksAreSeparate(t *testing.T) {
	bank := NewBank()
	for _, book := range []string{"a", "b"} {
		if _, err := bank.Withdraw(book, details(Success)); err != nil {
			t.Fatal(err)
		}
	}
	bank.Forget("a")
	if _, ok := bank.Statement("a"); ok {
		t.Error("a closed book is still there")
	}
	s, _ := bank.Statement("b")
	if diff := cmp.Diff(Statement{Balances: map[string]int{SourceAccount: 1750, TargetAccount: 0}, InTransit: 250}, s); diff != "" {
		t.Errorf("book (-want +got):\n%s", diff)
	}
}
