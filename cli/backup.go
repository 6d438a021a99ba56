package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"onramp/custody"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/store"
)

// backupReport is what onramp backup prints with --json.
type backupReport struct {
	store.Manifest
	File      string `json:"file"`
	Encrypted bool   `json:"encrypted"`
	Bytes     int64  `json:"bytes"`
}

// backup is `onramp backup`: a copy of the database as it is at one moment, while the portal goes on.
func backup(ctx context.Context, w World, args []string) int {
	s := newSettings("backup", "copy the database into one file, while onramp serve goes on", w)
	data := dataFlag(s)
	out := s.text("out", "", "`file` to write; it must not exist")
	recipient := s.text("recipient", "", "age public `key` (age1…), or several with commas: the backup is encrypted for them, and holds the audit's key")
	asJSON := s.boolean("json", "machine output")
	s.required("out")
	var to []age.Recipient
	s.after = append(s.after, func() (err error) {
		if *recipient == "" {
			return nil
		}
		if to, err = age.ParseRecipients(strings.NewReader(strings.ReplaceAll(*recipient, ",", "\n"))); err != nil {
			return fault.New(fault.Invalid, "This is no public key of age", "Give what age-keygen prints as the public key: it begins with age1.").In("recipient")
		}
		return nil
	})
	if code, done := s.parse(args); done {
		return code
	}
	db, err := store.Beside(ctx, *data)
	if err != nil {
		return complain(w, err)
	}
	defer db.Close()
	if _, err := os.Lstat(*out); !errors.Is(err, fs.ErrNotExist) {
		return complain(w, fault.New(fault.Invalid, "The file is there already", "Give a name that is free: a backup never takes another's place.").In("out"))
	}
	found, err := db.VerifyAudit(ctx)
	if err != nil {
		return complain(w, err)
	}
	if found.Intact {
		by := localReader()
		by.Via = "command"
		note := "not encrypted"
		if len(to) > 0 {
			note = "encrypted"
		}
		if err := db.AddRecords(ctx, custody.Record{At: time.Now(), Verb: custody.BackedUp, Note: note}.By(by)); err != nil {
			return complain(w, err)
		}
	} else { // the copy is wanted most now
		fmt.Fprintf(w.Stderr, "onramp: the audit was changed, and the backup holds it as it is. The first record in doubt is %d.\n  %s\n", found.FirstBad, printable(found.Found))
	}
	m, size, err := writeBackup(ctx, db, *out, to)
	if err != nil {
		return complain(w, err)
	}
	if *asJSON {
		return printJSON(w, backupReport{m, *out, len(to) > 0, size})
	}
	text := fmt.Sprintf("Backup written: %s, %d bytes, %d records of the audit. ", printable(*out), size, m.Records)
	if len(to) > 0 {
		text += "It is encrypted, with the key of the audit."
	} else {
		text += "It is not encrypted, and the key of the audit is not in it: restored, the audit begins a new chain. --recipient encrypts it."
	}
	_, err = fmt.Fprintln(w.Stdout, text)
	return unwritten(w, err)
}

// writeBackup writes the file: whole under its name and on the disk, or not at all.
func writeBackup(ctx context.Context, db *store.DB, path string, to []age.Recipient) (m store.Manifest, size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".onramp-backup-*")
	if err != nil {
		return m, 0, cannotWrite(err)
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	buffered := bufio.NewWriterSize(f, 64<<10)
	var in io.Writer = buffered
	var box io.WriteCloser
	if len(to) > 0 {
		if box, err = age.Encrypt(buffered, to...); err != nil {
			return m, 0, err
		}
		in = box
	}
	if m, err = db.WriteBackup(ctx, in, Version, len(to) > 0); err != nil {
		return m, 0, cannotWrite(err)
	}
	if box != nil {
		err = box.Close()
	}
	if err = errors.Join(err, buffered.Flush(), f.Sync()); err != nil {
		return m, 0, cannotWrite(err)
	}
	info, err := f.Stat()
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = store.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return m, 0, cannotWrite(err)
	}
	return m, info.Size(), nil
}

func cannotWrite(err error) error {
	if fault.From(err).Kind != fault.Internal {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "The backup cannot be written", "Give a file in a directory that this user may write, on a disk with room.").In("out")
}

// ageHeader begins a file that age encrypted.
const ageHeader = "age-encryption.org/v1\n"

// restore is `onramp restore`: a data directory of a backup.
func restore(ctx context.Context, w World, args []string) int {
	s := newSettings("restore", "make a data directory of a backup", w)
	from := s.text("in", "", "`file` that onramp backup wrote")
	data := s.text("data", "", "`directory` to restore into: empty, or not there yet")
	identity := s.text("identity", "", "`file` with the age identity (AGE-SECRET-KEY-1…) of a recipient, for a backup that is encrypted")
	anyway := s.boolean("new-chain", "restore also a backup whose audit was changed: the audit begins a new chain, and a record says so")
	asJSON := s.boolean("json", "machine output")
	s.required("in", "data")
	if code, done := s.parse(args); done {
		return code
	}
	f, err := os.Open(*from)
	if err != nil {
		return complain(w, fault.Wrap(err, fault.Invalid, "The backup cannot be read", "Give a file that is there and that this user may read.").In("in"))
	}
	defer f.Close()
	in, err := plainBackup(bufio.NewReaderSize(f, 64<<10), *identity)
	if err != nil {
		return complain(w, err)
	}
	out, err := store.RestoreBackup(ctx, in, *data, *anyway)
	if err != nil {
		return complain(w, err)
	}
	if *asJSON {
		return printJSON(w, struct {
			store.Manifest
			Data     string `json:"data"`
			NewChain bool   `json:"new_chain"`
			Sessions int64  `json:"ended_sessions"`
			Links    int64  `json:"ended_links"`
		}{out.Manifest, *data, out.NewChain, out.Sessions, out.Links})
	}
	text := fmt.Sprintf("Restored into %s: the data of %s, with %d records of the audit.", printable(*data), out.At.UTC().Format("2 January 2006 15:04:05 UTC"), out.Records)
	if out.NewChain {
		text += " The audit begins a new chain with a new key; a record says so."
	} else {
		text += " The audit is intact."
	}
	if out.People {
		text += fmt.Sprintf(`
Ended: %s and %s that nobody had used. Everybody signs in again.
All else is as it was then. What was taken away since is back: accounts that were disabled, roles and teams, passwords that
were replaced, hand-off links that were revoked, calendar addresses that were ended. Before you let people in, look:
onramp people list --data %s, and "After a restore" in docs/operations.md.`, web.Many(int(out.Sessions), "session", "sessions"), web.Many(int(out.Links), "sign-in link", "sign-in links"), printable(*data))
	}
	_, err = fmt.Fprintln(w.Stdout, text)
	return unwritten(w, err)
}

// plainBackup is the tar in a backup's file, decrypted where it is encrypted.
func plainBackup(in *bufio.Reader, identity string) (io.Reader, error) {
	head, _ := in.Peek(len(ageHeader))
	if !bytes.Equal(head, []byte(ageHeader)) {
		if identity != "" {
			return nil, fault.New(fault.Invalid, "This backup is not encrypted", "Leave --identity out, or look whether it is the right file.").In("identity")
		}
		return in, nil
	}
	if identity == "" {
		return nil, fault.New(fault.Invalid, "This backup is encrypted", "Give the file with the identity of one of its recipients.").In("identity")
	}
	f, err := os.Open(identity)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The identity cannot be read", "Give a file that is there and that this user may read.").In("identity")
	}
	defer f.Close()
	ids, err := age.ParseIdentities(io.LimitReader(f, 64<<10))
	if err != nil {
		return nil, fault.New(fault.Invalid, "The file holds no identity of age", "Give the file that age-keygen wrote.").In("identity")
	}
	out, err := age.Decrypt(in, ids...)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "This identity does not open the backup", "Give the identity of one of those it was encrypted for. Without one, nobody can open it.").In("identity")
	}
	return out, nil
}
