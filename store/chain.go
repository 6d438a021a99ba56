package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"onramp/custody"
	"onramp/fault"
)

// KeyFile holds the key of the audit's chain, AnchorFile the last MAC: beside the database and not in it.
const (
	KeyFile    = "audit.key"
	AnchorFile = "audit.anchor"
)

// chainSchema is the number of the schema file that begins the chain.
const chainSchema = 6

// tail is how many records are verified at the start, at about ten microseconds each; the rest follows in the background.
const tail = 10_000

// chain is the audit's chain of an open database.
type chain struct {
	dir string
	key custody.ChainKey
	now func() time.Time

	pending *custody.Head // of the change under way: only the one writer reads and writes it

	mu     sync.Mutex
	anchor *os.File
	slot   int   // of the two in the file, the one that is written next
	noted  int64 // the highest number written there
	broken *custody.Tampered
}

// openChain reads the key and the anchor of a database with a schema; both are made for one without a chain yet. What
// is missing of a chain that was begun is in broken. The error is that of the file system.
func openChain(dir string, version int) (*chain, error) {
	c := &chain{dir: dir, now: time.Now}
	begun := version >= chainSchema
	text, err := readPrivate(filepath.Join(dir, KeyFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && begun:
		c.broken = &custody.Tampered{FirstBad: 1, Found: "The key of the audit is missing: " + filepath.Join(dir, KeyFile) + ". Without it no record can be verified."}
		return c, nil
	case errors.Is(err, fs.ErrNotExist):
		c.key = custody.NewChainKey()
		if err := writeNew(filepath.Join(dir, KeyFile), []byte(c.key.Text())); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		if c.key, err = custody.ReadChainKey(string(text)); err != nil {
			c.broken = &custody.Tampered{FirstBad: 1, Found: "The key of the audit is damaged: " + filepath.Join(dir, KeyFile) + ". Without it no record can be verified."}
			return c, nil
		}
	}
	path := filepath.Join(dir, AnchorFile)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) && !begun {
		if err := writeNew(path, padded(c.key.Anchor(custody.Head{}, c.now()))); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// slotSize is the length of one of the two places of the anchor's file: the older outlives a write that a power cut tears.
const slotSize = 512

func padded(line []byte) []byte {
	return append(line, strings.Repeat(" ", slotSize-1-len(line))+"\n"...)
}

// anchors are the heads in the anchor's file, and which of its places holds the older.
func (c *chain) anchors() (heads []custody.Head, older int, err error) {
	text, err := readPrivate(filepath.Join(c.dir, AnchorFile))
	if err != nil {
		return nil, 0, err
	}
	var highest int64 = -1
	for i := 0; i*slotSize < len(text); i++ {
		hs, err := c.key.Anchors(text[i*slotSize : min(len(text), (i+1)*slotSize)])
		if err != nil {
			return nil, 0, err
		}
		for _, h := range hs {
			if heads = append(heads, h); h.Records > highest {
				highest, older = h.Records, 1-i%2
			}
		}
	}
	if len(heads) == 0 {
		return nil, 0, errors.New("it holds no line of this audit")
	}
	return heads, older, nil
}

// note writes the head into the anchor's file. It reaches the disk when the system likes, and at Close.
func (c *chain) note(h custody.Head) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.Records <= c.noted || c.broken != nil || c.anchor == nil {
		return nil
	}
	if _, err := c.anchor.WriteAt(padded(c.key.Anchor(h, c.now())), int64(c.slot)*slotSize); err != nil {
		return err
	}
	c.noted, c.slot = h.Records, 1-c.slot
	return nil
}

// hold opens the anchor's file for the heads to come.
func (c *chain) hold(older int) (err error) {
	c.slot = older
	c.anchor, err = openPrivate(filepath.Join(c.dir, AnchorFile), os.O_RDWR)
	return err
}

func (c *chain) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.anchor == nil {
		return nil
	}
	err := errors.Join(c.anchor.Sync(), c.anchor.Close())
	c.anchor = nil
	return err
}

func (c *chain) damage() *custody.Tampered {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

func (c *chain) breakAt(b *custody.Tampered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.broken = b
	}
}

// AuditBroken is why nothing can be changed any more: an Unavailable fault when the audit is not as it was written, nil
// else. What changes something is refused with the same.
func (d *DB) AuditBroken() error {
	b := d.chain.damage()
	if b == nil {
		return nil
	}
	f := fault.Wrap(b, fault.Unavailable, "The audit was changed: Onramp only shows what is there", "Keep a copy of "+d.chain.dir+" for whoever looks into it, then restore your last backup into another directory (onramp restore), and start Onramp there.")
	f.Cause = fmt.Sprintf("%s The first record in doubt is %d.", b.Found, b.FirstBad)
	f.NotWrong, f.Who = "Pages, exports and onramp backup work; nothing is changed any more.", "platform"
	return f
}

// addRecords appends records to the audit and its chain.
func (d *DB) addRecords(ctx context.Context, tx *sql.Tx, rs []custody.Record) error {
	if len(rs) == 0 {
		return nil
	}
	if err := d.AuditBroken(); err != nil {
		return err
	}
	head, err := headOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if err := addRecord(ctx, tx, &r); err != nil {
			return err
		}
		if r.ID != head.Records+1 { // somebody wrote past the chain
			b := &custody.Tampered{FirstBad: head.Records + 1, Found: fmt.Sprintf("Record %d was not written by Onramp: it is not in the chain.", head.Records+1)}
			d.chain.breakAt(b)
			return d.AuditBroken()
		}
		if head, err = d.chain.link(ctx, tx, head, r); err != nil {
			return err
		}
	}
	d.chain.pending = &head
	return nil
}

// link appends a record that is in the audit to the chain.
func (c *chain) link(ctx context.Context, tx *sql.Tx, head custody.Head, r custody.Record) (custody.Head, error) {
	mac := c.key.Next(head.MAC, r)
	_, err := tx.ExecContext(ctx, "INSERT INTO audit_chain (id, mac) VALUES (?, ?)", r.ID, mac[:])
	return custody.Head{Records: r.ID, MAC: mac}, err
}

func headOf(ctx context.Context, q queryer) (h custody.Head, err error) {
	var mac []byte
	err = q.QueryRowContext(ctx, "SELECT id, mac FROM audit_chain ORDER BY id DESC LIMIT 1").Scan(&h.Records, &mac)
	if errors.Is(err, sql.ErrNoRows) {
		return custody.Head{}, nil
	}
	copy(h.MAC[:], mac)
	return h, err
}

// begin chains every record there is, in the transaction that makes the chain, and says so in a record.
func (c *chain) begin(ctx context.Context, tx *sql.Tx) error {
	var n int64
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM audit").Scan(&n); err != nil || n == 0 {
		return err
	}
	r := custody.Record{At: c.now(), Verb: custody.Chained, Note: fmt.Sprintf("%d earlier records: what happened to them before is not proved", n)}.By(custody.Itself)
	if err := addRecord(ctx, tx, &r); err != nil {
		return err
	}
	return c.linkAll(ctx, tx)
}

// linkAll chains all records of an audit without a chain.
func (c *chain) linkAll(ctx context.Context, tx *sql.Tx) error {
	var head custody.Head
	for {
		rs, err := func() (rs []custody.Record, err error) {
			rows, err := tx.QueryContext(ctx, "SELECT id, "+auditColumns+" FROM audit WHERE id > ? ORDER BY id LIMIT 1000", head.Records)
			if err != nil {
				return nil, err
			}
			defer rows.Close()
			for rows.Next() {
				r, err := scanRecord(rows)
				if err != nil {
					return nil, err
				}
				rs = append(rs, r)
			}
			return rs, rows.Err()
		}()
		if err != nil || len(rs) == 0 {
			return err
		}
		for _, r := range rs {
			if head, err = c.link(ctx, tx, head, r); err != nil {
				return err
			}
		}
	}
}

// AuditHead is the last record of the audit's chain.
func (d *DB) AuditHead(ctx context.Context) (custody.Head, error) {
	h, err := headOf(ctx, d.reader)
	return h, d.report(ctx, err)
}

// Anchor is the last record of the chain as a line to be kept elsewhere (custody.ChainKey.Anchor). The error is
// AuditBroken's once the chain does not hold.
func (d *DB) Anchor(ctx context.Context) ([]byte, custody.Head, error) {
	if err := d.AuditBroken(); err != nil {
		return nil, custody.Head{}, err
	}
	h, err := d.AuditHead(ctx)
	if err != nil {
		return nil, h, err
	}
	return d.chain.key.Anchor(h, d.chain.now()), h, nil
}
