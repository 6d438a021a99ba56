package transfer

import (
	"fmt"
	"hash/fnv"
	"maps"
	"sync"
)

// The mock bank's accounts and what a test transfer moves: those of the official templates
// (temporalio/money-transfer-project-*).
const (
	SourceAccount = "85-150"
	TargetAccount = "43-812"
	DefaultAmount = 250
	// unknownAccount is an account that no template's mock bank has.
	unknownAccount = "99-999"
	// beyondBalance is more than any template's mock bank holds.
	beyondBalance = 1_000_000
	openingSource = 2000
	openingTarget = 0
)

// What the bank refuses for good. The first two are the names of the official templates.
const (
	invalidAccount    = "InvalidAccountError"
	insufficientFunds = "InsufficientFundsError"
	invalidAmount     = "InvalidAmountError"
	referenceReused   = "ReferenceReusedError"   // one reference, two different payments
	transferVoided    = "TransferVoidedError"    // a deposit that comes after its refund
	withdrawalMissing = "WithdrawalMissingError" // a deposit of money that nobody withdrew
)

// refusal is the bank saying no for good: nothing moved, and asking again changes nothing.
type refusal struct{ kind, text string }

func (r *refusal) Error() string { return r.text }

// Bank is the mock bank's ledger, safe for concurrent use, in memory or with a journal (OpenBank). Every
// transfer has a book of its own, opened at the first operation with 2000 in 85-150 and 0 in 43-812, so that tests never run dry.
// Inside a book an operation is keyed by its reference: asked again, it answers with the first receipt
// and moves nothing. Money between withdrawal and deposit is in transit, so the sum never changes.
type Bank struct {
	mu      sync.Mutex
	books   map[string]*book
	journal *journal // nil: in memory only
}

type book struct {
	balances map[string]int
	payments map[string]*payment // by reference
}

type payment struct {
	from, to                     string
	amount                       int
	withdrawn, deposited, voided string // receipts, "" while it has not happened
	transit                      int
}

// receipt is what an operation answers.
type receipt struct {
	ID string `json:"id"`
	// Stood is set on a refund that found the deposit done: nothing was returned.
	Stood bool `json:"deposit_stood,omitempty"`
}

// Statement is one book: what each account holds and what is on its way.
type Statement struct {
	Balances  map[string]int `json:"balances"`
	InTransit int            `json:"in_transit"`
}

// NewBank returns a bank without books that forgets everything with its process.
func NewBank() *Bank { return &Bank{books: map[string]*book{}} }

// Withdraw takes the amount out of the source account, once per reference.
func (b *Bank) Withdraw(bookID string, d Details) (receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, p, err := b.payment(bookID, d)
	switch {
	case err != nil:
		return receipt{}, err
	case p.withdrawn != "":
		return receipt{ID: p.withdrawn}, nil
	case p.voided != "":
		return receipt{}, &refusal{transferVoided, fmt.Sprintf("transfer %s was already cancelled", d.ReferenceID)}
	}
	have, ok := k.balances[d.SourceAccount]
	switch {
	case !ok:
		return receipt{}, &refusal{invalidAccount, fmt.Sprintf("account number %s is invalid", d.SourceAccount)}
	case have < d.Amount:
		return receipt{}, &refusal{insufficientFunds, fmt.Sprintf("account %s holds %d, which is less than %d", d.SourceAccount, have, d.Amount)}
	}
	if err := b.journal.write(entry{Op: opWithdraw, Book: bookID, Details: &d}); err != nil {
		return receipt{}, err
	}
	k.balances[d.SourceAccount] -= d.Amount
	p.transit = d.Amount
	p.withdrawn = receiptID('W', bookID, d.ReferenceID)
	return receipt{ID: p.withdrawn}, nil
}

// Deposit puts withdrawn money into the target account, once per reference.
func (b *Bank) Deposit(bookID string, d Details) (receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, p, err := b.payment(bookID, d)
	switch {
	case err != nil:
		return receipt{}, err
	case p.deposited != "":
		return receipt{ID: p.deposited}, nil
	case p.voided != "":
		return receipt{}, &refusal{transferVoided, fmt.Sprintf("transfer %s was already refunded", d.ReferenceID)}
	case p.withdrawn == "":
		return receipt{}, &refusal{withdrawalMissing, fmt.Sprintf("nothing was withdrawn for %s", d.ReferenceID)}
	}
	if _, ok := k.balances[d.TargetAccount]; !ok {
		return receipt{}, &refusal{invalidAccount, fmt.Sprintf("account number %s is invalid", d.TargetAccount)}
	}
	if err := b.journal.write(entry{Op: opDeposit, Book: bookID, Details: &d}); err != nil {
		return receipt{}, err
	}
	k.balances[d.TargetAccount] += p.transit
	p.transit = 0
	p.deposited = receiptID('D', bookID, d.ReferenceID)
	return receipt{ID: p.deposited}, nil
}

// Refund calls the transfer off: what is in transit goes back to the source account, and a deposit that
// comes later is refused. When the deposit has happened it stands and nothing is returned; a caller that
// lost the deposit's answer learns the truth this way.
func (b *Bank) Refund(bookID string, d Details) (receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, p, err := b.payment(bookID, d)
	switch {
	case err != nil:
		return receipt{}, err
	case p.deposited != "":
		return receipt{ID: p.deposited, Stood: true}, nil
	case p.voided != "":
		return receipt{ID: p.voided}, nil
	}
	if err := b.journal.write(entry{Op: opRefund, Book: bookID, Details: &d}); err != nil {
		return receipt{}, err
	}
	if p.withdrawn != "" {
		k.balances[d.SourceAccount] += p.transit
		p.transit = 0
	}
	p.voided = receiptID('R', bookID, d.ReferenceID)
	return receipt{ID: p.voided}, nil
}

// Statement returns what a book holds; false when it was never opened.
func (b *Bank) Statement(bookID string) (Statement, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, ok := b.books[bookID]
	if !ok {
		return Statement{}, false
	}
	s := Statement{Balances: maps.Clone(k.balances)}
	for _, p := range k.payments {
		s.InTransit += p.transit
	}
	return s, true
}

// Forget drops a book whose transfer has ended.
func (b *Bank) Forget(bookID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.books[bookID]; !ok {
		return
	}
	delete(b.books, bookID)
	_ = b.journal.write(entry{Op: opForget, Book: bookID}) // when it fails the book is only kept longer
}

// payment opens the book and finds the payment of a reference. Called with the lock held.
func (b *Bank) payment(bookID string, d Details) (*book, *payment, error) {
	k, ok := b.books[bookID]
	if !ok {
		k = &book{balances: map[string]int{SourceAccount: openingSource, TargetAccount: openingTarget}, payments: map[string]*payment{}}
		b.books[bookID] = k
	}
	if d.Amount <= 0 { // a negative withdrawal would be a deposit
		return nil, nil, &refusal{invalidAmount, fmt.Sprintf("cannot move an amount of %d", d.Amount)}
	}
	p, ok := k.payments[d.ReferenceID]
	if !ok {
		p = &payment{from: d.SourceAccount, to: d.TargetAccount, amount: d.Amount}
		k.payments[d.ReferenceID] = p
	}
	if p.from != d.SourceAccount || p.to != d.TargetAccount || p.amount != d.Amount {
		return nil, nil, &refusal{referenceReused, fmt.Sprintf("reference %s belongs to another payment", d.ReferenceID)}
	}
	return k, p, nil
}

// receiptID is a letter and ten digits, the same for the same operation.
func receiptID(kind byte, bookID, reference string) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%c/%s/%s", kind, bookID, reference)
	return fmt.Sprintf("%c%010d", kind, h.Sum64()%1e10)
}
