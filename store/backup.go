package store

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"onramp/custody"
	"onramp/fault"
)

// Manifest says what a backup holds. It is the first entry of its tar.
type Manifest struct {
	Schema  string    `json:"schema"` // onramp.backup/1
	At      time.Time `json:"at"`
	Onramp  string    `json:"onramp"` // the version that wrote it
	Size    int64     `json:"size"`   // of the database, in bytes
	SHA256  string    `json:"sha256"` // of the database
	Records int64     `json:"records"`
	Head    string    `json:"head"`      // of the audit's chain
	WithKey bool      `json:"audit_key"` // the key of the audit is in it
}

const (
	backupSchema = "onramp.backup/1"
	manifestName = "manifest.json"
)

// Bounds of a backup's small entries, in bytes.
const (
	maxManifest = 64 << 10
	maxKeyFile  = 1 << 10
)

// WriteBackup writes the database as it is at one moment, as a tar, while others write; withKey adds the key of the
// audit, for a backup that is encrypted.
func (d *DB) WriteBackup(ctx context.Context, w io.Writer, onramp string, withKey bool) (Manifest, error) {
	m := Manifest{Schema: backupSchema, At: time.Now().UTC().Truncate(time.Second), Onramp: onramp, WithKey: withKey}
	f, err := os.CreateTemp(d.chain.dir, "backup-*.tmp")
	if err != nil {
		return m, unwritable(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := d.copyTo(ctx, f.Name()); err != nil {
		return m, err
	}
	if m.Records, m.Head, err = headIn(ctx, f.Name()); err != nil {
		return m, d.report(ctx, err)
	}
	sum := sha256.New()
	if m.Size, err = io.Copy(sum, f); err != nil {
		return m, unwritable(err)
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	out := tar.NewWriter(w)
	if err := entry(out, manifestName, m.At, text); err != nil {
		return m, err
	}
	if withKey {
		if err := entry(out, KeyFile, m.At, []byte(d.chain.key.Text())); err != nil {
			return m, err
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return m, err
	}
	if err := out.WriteHeader(&tar.Header{Name: File, Mode: 0o600, Size: m.Size, ModTime: m.At}); err != nil {
		return m, err
	}
	if _, err := io.Copy(out, f); err != nil {
		return m, err
	}
	return m, out.Close()
}

func entry(out *tar.Writer, name string, at time.Time, content []byte) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: at}); err != nil {
		return err
	}
	_, err := out.Write(content)
	return err
}

func unwritable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "The data directory cannot be written", "Free space on its disk, then try again.")
}

// copyTo copies the database, as it is at one moment, into an empty file. Others go on writing meanwhile.
func (d *DB) copyTo(ctx context.Context, path string) error {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return d.report(ctx, err)
	}
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", path)
	return d.report(ctx, err)
}

// headIn is the end of the audit in a copy.
func headIn(ctx context.Context, path string) (records int64, head string, err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?_pragma=query_only(1)")
	if err != nil {
		return 0, "", err
	}
	defer db.Close()
	h, err := headOf(ctx, db)
	return h.Records, h.MAC.String(), err
}

// Restored is what came back.
type Restored struct {
	Manifest
	NewChain bool  // the audit has a new chain, for the backup came without the key of the old one or was not intact
	People   bool  // there are accounts
	Sessions int64 // that were ended
	Links    int64 // sign-in links that nobody had used, and that were ended
}

// RestoreBackup makes a data directory of a backup. The directory must be empty, or not exist; when the restoring fails
// it is empty again. Sessions and unused sign-in links do not come back. A backup without the audit's key begins a new
// chain, whose record says so; so does anyway, where the backup's own audit is not as it was written and the error would be
// a Conflict fault.
func RestoreBackup(ctx context.Context, r io.Reader, dir string, anyway bool) (out Restored, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return out, unusable(dir, err)
	}
	if err := empty(dir); err != nil {
		return out, err
	}
	defer func() {
		if err != nil {
			for _, name := range ownFiles {
				_ = os.Remove(filepath.Join(dir, name))
			}
		}
	}()
	var key custody.ChainKey
	if out.Manifest, key, err = unpack(r, dir); err != nil {
		return out, err
	}
	path := filepath.Join(dir, File)
	if err := soundCopy(ctx, path); err != nil {
		return out, opening(path, err)
	}
	switch {
	case key.Empty():
		out.NewChain = true
	default:
		found, err := verifyRestored(ctx, dir, key, out.Manifest)
		if err != nil {
			return out, err
		}
		if !found.Intact && !anyway {
			f := fault.New(fault.Conflict, "The audit in this backup was changed before it was made", "Restore an earlier backup. To go on with this one all the same, add --new-chain: a record says so.").In("in")
			f.Cause = fmt.Sprintf("%s The first record in doubt is %d.", found.Found, found.FirstBad)
			return out, f
		}
		out.NewChain = !found.Intact
	}
	if out.NewChain {
		if err := newChain(ctx, dir, out.Manifest); err != nil {
			return out, err
		}
	}
	if err := endSignIns(ctx, path, &out); err != nil {
		return out, opening(path, err)
	}
	text, err := json.Marshal(out.Manifest)
	if err == nil {
		err = writeNew(filepath.Join(dir, restoredFile), text)
	}
	if err != nil {
		return out, unusable(dir, err)
	}
	return out, nil
}

// endSignIns ends, in a restored database, every session and every sign-in link that nobody had used: they may have been
// ended and used after the backup, and whoever had them would get in again.
func endSignIns(ctx context.Context, path string, out *Restored) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	var shared bool
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sessions')").Scan(&shared); err != nil || !shared {
		return err // a backup of an Onramp that nobody could share
	}
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM accounts)").Scan(&out.People); err != nil {
		return err
	}
	for query, ended := range map[string]*int64{"DELETE FROM sessions": &out.Sessions, "DELETE FROM links WHERE used = 0": &out.Links} {
		done, err := tx.ExecContext(ctx, query)
		if err == nil {
			*ended, err = done.RowsAffected()
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// restoredFile is there from a restoring to the next start, which records it.
const restoredFile = "restored.json"

// RecordRestored records that the data came from a backup, at the first start after it.
func (d *DB) RecordRestored(ctx context.Context) error {
	path := filepath.Join(d.chain.dir, restoredFile)
	text, err := readPrivate(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var m Manifest
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return unusable(path, err)
	}
	r := custody.Record{At: d.chain.now(), Verb: custody.Recovered, Note: fmt.Sprintf("from a backup of %s with %d records; its sessions and unused sign-in links were ended", m.At.UTC().Format(time.RFC3339), m.Records)}
	if err := d.AddRecords(ctx, r.By(custody.Itself)); err != nil {
		return err
	}
	return os.Remove(path)
}

// empty makes a directory, and refuses one that holds anything.
func empty(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unusable(dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return unusable(dir, err)
	}
	if len(entries) > 0 {
		f := fault.New(fault.Conflict, "The directory is not empty", "Give --data a directory that is empty or does not exist. Nothing was changed.").In("data")
		f.Cause = dir + " holds " + printable(entries[0].Name()) + ". A backup is never restored over data."
		return f
	}
	return private(dir)
}

// unpack writes the entries of a backup into a directory.
func unpack(r io.Reader, dir string) (m Manifest, key custody.ChainKey, err error) {
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return m, key, notBackup(err)
		}
		switch {
		case h.Typeflag != tar.TypeReg:
			return m, key, notBackup(errors.New("an entry is no file"))
		case h.Name == manifestName && m.Schema == "" && h.Size <= maxManifest:
			if err := json.NewDecoder(in).Decode(&m); err != nil || m.Schema != backupSchema {
				return m, key, notBackup(errors.Join(err, errors.New("its manifest is another")))
			}
		case h.Name == KeyFile && m.WithKey && key.Empty() && h.Size <= maxKeyFile:
			text, err := io.ReadAll(in)
			if err == nil {
				key, err = custody.ReadChainKey(string(text))
			}
			if err != nil {
				return m, key, notBackup(err)
			}
		case h.Name == File && m.Schema != "" && h.Size == m.Size:
			if err := putDatabase(in, filepath.Join(dir, File), m.SHA256); err != nil {
				return m, key, err
			}
			if m.WithKey == key.Empty() {
				return m, key, notBackup(errors.New("the key of the audit is missing"))
			}
			_, err := in.Next()
			if err == io.EOF {
				return m, key, drained(r)
			}
			return m, key, notBackup(errors.Join(err, errors.New("it goes on after the database")))
		default:
			return m, key, notBackup(errors.New("it has an entry that is none of a backup"))
		}
	}
	return m, key, notBackup(errors.New("it ends before the database"))
}

// drained reads to the end, where an encrypted file says whether it is whole.
func drained(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return notBackup(err)
	}
	return nil
}

func putDatabase(in io.Reader, path, want string) error {
	f, err := openPrivate(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return unusable(path, err)
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), in)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return notBackup(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return notBackup(fmt.Errorf("the database has SHA-256 %s, the manifest says %s", got, want))
	}
	return nil
}

func notBackup(err error) error {
	return fault.Wrap(err, fault.Invalid, "This is no backup of Onramp, or it is damaged", "Give the file that onramp backup wrote, whole.").In("in")
}

func soundCopy(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := schemaOf(ctx, db, migrations); err != nil {
		return err
	}
	return whole(ctx, db)
}

// verifyRestored puts key and head in their places and looks at the whole audit.
func verifyRestored(ctx context.Context, dir string, key custody.ChainKey, m Manifest) (custody.Audited, error) {
	mac, err := custody.ParseMAC(m.Head)
	if err != nil {
		return custody.Audited{}, notBackup(err)
	}
	if err := writeChainFiles(dir, key, custody.Head{Records: m.Records, MAC: mac}); err != nil {
		return custody.Audited{}, err
	}
	d, err := Open(ctx, dir, nil)
	if err != nil {
		return custody.Audited{}, err
	}
	found, err := d.VerifyAudit(ctx)
	return found, errors.Join(err, d.Close())
}

func writeChainFiles(dir string, key custody.ChainKey, head custody.Head) error {
	for name, content := range map[string][]byte{KeyFile: []byte(key.Text()), AnchorFile: padded(key.Anchor(head, time.Now()))} {
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return unusable(path, err)
		}
		if err := writeNew(path, content); err != nil {
			return unusable(path, err)
		}
	}
	return nil
}

// newChain chains the records of a restored database under a new key, and says so in a record.
func newChain(ctx context.Context, dir string, m Manifest) error {
	path := filepath.Join(dir, File)
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return unusable(path, err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	c := &chain{dir: dir, key: custody.NewChainKey(), now: time.Now}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return opening(path, err)
	}
	defer tx.Rollback() // does nothing after Commit
	guards, err := wantedGuards()
	if err != nil {
		return err
	}
	const guard = "audit_chain_no_delete"
	_, text, _ := cutGuard(guards[guard])
	for _, query := range []string{"DROP TRIGGER IF EXISTS " + guard, "DELETE FROM audit_chain", text} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return opening(path, err)
		}
	}
	r := custody.Record{At: c.now(), Verb: custody.Chained, Note: fmt.Sprintf("restored from a backup of %s, with a new key: what happened to %d records before is not proved", m.At.UTC().Format(time.RFC3339), m.Records)}.By(custody.Itself)
	if err := addRecord(ctx, tx, &r); err != nil {
		return opening(path, err)
	}
	if err := c.linkAll(ctx, tx); err != nil {
		return opening(path, err)
	}
	head, err := headOf(ctx, tx)
	if err == nil {
		err = writeChainFiles(dir, c.key, head)
	}
	if err == nil {
		err = tx.Commit()
	}
	return err
}
