package transfer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"onramp/fault"
)

func openBank(t interface{ Fatal(...any) }, path string) *Bank {
	b, err := OpenBank(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBankSurvivesCrashes: whatever is done, and wherever the process is killed, even in the middle of a
// write, the books are those of a bank that was never killed; only what was never confirmed is missing.
func TestBankSurvivesCrashes(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		path := filepath.Join(dir, "bank-"+string(rune('a'+n%26))+".jsonl")
		defer os.Remove(path)
		kept, model := openBank(rt, path), NewBank()
		defer func() { _ = kept.Close() }()
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			d := details(Success)
			d.ReferenceID = rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "reference")
			d.Amount = 100 * int(d.ReferenceID[0]-'0')
			book := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "book")
			step := rapid.SampledFrom([]string{opWithdraw, opDeposit, opRefund, opWithdraw, opDeposit, opForget, "crash", "torn"}).Draw(rt, "step")
			switch step {
			case opForget:
				kept.Forget(book)
				model.Forget(book)
			case "crash", "torn":
				if err := kept.Close(); err != nil {
					rt.Fatal(err)
				}
				if step == "torn" { // an operation that was being written when the process died
					f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
					if err != nil {
						rt.Fatal(err)
					}
					line := `{"op":"withdraw","book":"a","details":{"source_account":"85-150"`
					_, err = f.WriteString(line[:rapid.IntRange(1, len(line)).Draw(rt, "torn at")])
					if err := errors.Join(err, f.Close()); err != nil {
						rt.Fatal(err)
					}
				}
				kept = openBank(rt, path)
			default:
				a, errA := operate(kept, step, book, d)
				b, errB := operate(model, step, book, d)
				if a != b || (errA == nil) != (errB == nil) {
					rt.Fatalf("%s of %s in %s answered %v, %v; without crashes %v, %v", step, d.ReferenceID, book, a, errA, b, errB)
				}
			}
			for _, book := range []string{"a", "b"} {
				got, _ := kept.Statement(book)
				want, _ := model.Statement(book)
				if moved(want) || moved(got) { // a book that was only looked at is not worth a line
					if diff := cmp.Diff(want, got); diff != "" {
						rt.Fatalf("book %s after %s (-want +got):\n%s", book, step, diff)
					}
				}
			}
		}
	})
}

func moved(s Statement) bool {
	return s.InTransit != 0 || s.Balances[SourceAccount] != openingSource && s.Balances != nil
}

func operate(b *Bank, op, book string, d Details) (receipt, error) {
	switch op {
	case opWithdraw:
		return b.Withdraw(book, d)
	case opDeposit:
		return b.Deposit(book, d)
	}
	return b.Refund(book, d)
}

// TestBankFile: what cannot be a ledger is refused, a good one holds only the open books and nobody else
// may read it.
func TestBankFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"other":     "hello\n",
		"operation": `{"op":"steal","book":"a","details":{}}` + "\n",
		"details":   `{"op":"withdraw","book":"a"}` + "\n",
		"money":     `{"op":"deposit","book":"a","details":{"source_account":"85-150","target_account":"43-812","amount":250,"reference_id":"1"}}` + "\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBank(path); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: opened as %v", name, err)
		}
		if left, _ := os.ReadFile(path); string(left) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	path := filepath.Join(dir, "good")
	b := openBank(t, path)
	for _, book := range []string{"done", "open"} {
		if _, err := b.Withdraw(book, details(Success)); err != nil {
			t.Fatal(err)
		}
	}
	b.Forget("done")
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Deposit("open", details(Success)); err == nil {
		t.Error("a closed bank moved money")
	}
	b = openBank(t, path)
	defer b.Close()
	text, err := os.ReadFile(path)
	if err != nil || bytes.Count(text, []byte("\n")) != 1 || bytes.Contains(text, []byte("done")) {
		t.Errorf("the file holds %q (%v), want the open book alone", text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".new-*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
