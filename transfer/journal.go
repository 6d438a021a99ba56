package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"onramp/fault"
)

// The journal's operations.
const (
	opWithdraw = "withdraw"
	opDeposit  = "deposit"
	opRefund   = "refund"
	opForget   = "forget"
)

// entry is one line of the journal: something that moved money, or a book that was dropped.
type entry struct {
	Op      string   `json:"op"`
	Book    string   `json:"book"`
	Details *Details `json:"details,omitempty"`
}

// journal is a file of entries, one a line. An entry is on the disk before its operation happens, so a
// bank that is opened after a crash knows every payment that it ever confirmed.
type journal struct {
	file   *os.File
	size   int64
	broken error // a write that could not be taken back
}

// OpenBank returns a bank that keeps its books in a file and finds them again after a crash: a transfer
// that Onramp was stopped in is not paid twice. One process at a time may use the file. A file that is
// not a bank's gives an Internal fault.
func OpenBank(path string) (*Bank, error) {
	b := NewBank()
	if err := b.load(path); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The mock bank's ledger cannot be read", fmt.Sprintf("Move %s away: it holds test money only.", filepath.Base(path)))
	}
	j, err := b.compact(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The mock bank's ledger cannot be written", "Free some disk space and check that the data directory is writable.")
	}
	b.journal = j
	return b, nil
}

// Close closes the journal; the bank refuses to move money afterwards. It may be called twice.
func (b *Bank) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.journal == nil || errors.Is(b.journal.broken, os.ErrClosed) {
		return nil
	}
	b.journal.broken = os.ErrClosed
	return b.journal.file.Close()
}

// load does again what the file says. A last line without its end was cut off by a crash: its operation
// was never confirmed to anybody and did not happen.
func (b *Bank) load(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := b.again(e); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

// again does one entry again.
func (b *Bank) again(e entry) (err error) {
	if e.Details == nil && e.Op != opForget {
		return fmt.Errorf("%s without details", e.Op)
	}
	switch e.Op {
	case opWithdraw:
		_, err = b.Withdraw(e.Book, *e.Details)
	case opDeposit:
		_, err = b.Deposit(e.Book, *e.Details)
	case opRefund:
		_, err = b.Refund(e.Book, *e.Details)
	case opForget:
		b.Forget(e.Book)
	default:
		err = fmt.Errorf("unknown operation %q", e.Op)
	}
	return err
}

// compact writes the open books alone into a new file, puts it in the old one's place and goes on in it.
func (b *Bank) compact(path string) (*journal, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return nil, err
	}
	j := &journal{file: f}
	for id, k := range b.books {
		for reference, p := range k.payments {
			for _, e := range p.entries(id, reference) {
				if err = j.write(e); err != nil {
					break
				}
			}
		}
	}
	if err = errors.Join(err, f.Sync()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return j, syncDir(filepath.Dir(path))
}

// entries are the operations that made a payment what it is.
func (p *payment) entries(bookID, reference string) []entry {
	d := &Details{SourceAccount: p.from, TargetAccount: p.to, Amount: p.amount, ReferenceID: reference}
	var out []entry
	for _, s := range []struct{ op, receipt string }{{opWithdraw, p.withdrawn}, {opDeposit, p.deposited}, {opRefund, p.voided}} {
		if s.receipt != "" {
			out = append(out, entry{Op: s.op, Book: bookID, Details: d})
		}
	}
	return out
}

// write puts an entry on the disk. When it fails, nothing of it is left and the operation must not happen.
func (j *journal) write(e entry) error {
	if j == nil {
		return nil
	}
	if j.broken != nil {
		return fmt.Errorf("the bank's journal is closed: %w", j.broken)
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = append(bytes.ReplaceAll(line, []byte("\n"), nil), '\n')
	_, err = j.file.Write(line)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		_, seek := j.file.Seek(j.size, io.SeekStart)
		j.broken = errors.Join(j.file.Truncate(j.size), seek)
		return fmt.Errorf("write the bank's journal: %w", err)
	}
	j.size += int64(len(line))
	return nil
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
