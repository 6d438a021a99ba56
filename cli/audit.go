package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"onramp/custody"
	"onramp/fault"
	"onramp/store"
)

// audit is `onramp audit`: who did what, and whether somebody changed it.
func audit(ctx context.Context, w World, args []string) int {
	return oneOfCommands(ctx, w, "audit", args, []command{
		{"verify", "say whether every record is as it was written, and none is missing or added", auditVerify},
		{"export", "print every record: CSV, or with --json a JSON object a line", auditExport},
	})
}

// oneOfCommands starts the command of a group that the first argument names.
func oneOfCommands(ctx context.Context, w World, group string, args []string, subs []command) int {
	usage := func(to io.Writer, code int) int {
		fmt.Fprintf(to, "Usage: onramp %s <command> [--flag value …]\n\n", group)
		for _, c := range subs {
			fmt.Fprintf(to, "  %-8s %s\n", c.name, c.what)
		}
		return code
	}
	if len(args) == 0 {
		return usage(w.Stderr, exitUsage)
	}
	if args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		return usage(w.Stdout, exitOK)
	}
	for _, c := range subs {
		if c.name == args[0] {
			return c.start(ctx, w, args[1:])
		}
	}
	if plainWord(args[0]) {
		fmt.Fprintf(w.Stderr, "onramp: there is no command %s %s\n", group, args[0])
	} else {
		fmt.Fprintf(w.Stderr, "onramp: the first argument is no command of %s\n", group)
	}
	return usage(w.Stderr, exitUsage)
}

// dataFlag is --data of the commands that look into a directory that is there.
func dataFlag(s *settings) *string {
	return s.text("data", dataDir(s.w.Getenv), "`directory` of the database, as onramp serve has it")
}

// anchorFlag is --audit-anchor.
func anchorFlag(s *settings) *string {
	return s.text("audit-anchor", "", "`file`, or the word syslog, where the head of the audit is written every five minutes and at each export; best one that this user can only append to")
}

// syslogAnchor is the value of --audit-anchor for the system's log.
const syslogAnchor = "syslog"

// putAnchor returns what keeps a line where --audit-anchor says; nil for nowhere. The error is that of opening it.
func putAnchor(where string) (func(line []byte) error, error) {
	switch where {
	case "":
		return nil, nil
	case syslogAnchor:
		return putSyslog, putSyslogReady()
	}
	path, err := filepath.Abs(where)
	if err != nil {
		return nil, err
	}
	put := func(line []byte) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(line)
		return errors.Join(err, f.Sync(), f.Close())
	}
	return put, put(nil) // made now, so that a wrong path is told at the start
}

// maxAnchors bounds the file of anchors: a line is 250 bytes, and there are twelve an hour at most.
const maxAnchors = 256 << 20

// anchorPlaces are the lines that were written where --audit-anchor says, for comparing. Syslog's are not read: its
// lines can be put into a file and given by their name.
func anchorPlaces(where string) ([]store.Place, error) {
	if where == "" || where == syslogAnchor {
		return nil, nil
	}
	f, err := os.Open(where)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.Invalid, "The file of anchors does not exist", "Give the one that onramp serve writes with --audit-anchor.").In("audit-anchor")
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The file of anchors cannot be read", "Give a file that this user may read.").In("audit-anchor")
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxAnchors+1))
	if err == nil && len(text) > maxAnchors {
		err = fault.New(fault.TooLarge, "The file of anchors is too large", "Give its last part, whole lines, at most 256 MB.").In("audit-anchor")
	}
	return []store.Place{{Name: where, Text: text}}, err
}

// auditReport is what onramp audit verify prints with --json.
type auditReport struct {
	Schema   string `json:"schema"`
	Records  int64  `json:"records"`
	Intact   bool   `json:"intact"`
	FirstBad int64  `json:"first_bad"`
	Head     string `json:"head"`
	Found    string `json:"found,omitempty"`
}

func reportOf(a custody.Audited, records int64) auditReport {
	return auditReport{"onramp.audit/1", records, a.Intact, a.FirstBad, a.MAC.String(), a.Found}
}

func auditVerify(ctx context.Context, w World, args []string) int {
	s := newSettings("audit verify", "say whether every record of the audit is as it was written", w)
	data, anchor := dataFlag(s), anchorFlag(s)
	asJSON := s.boolean("json", "machine output")
	if code, done := s.parse(args); done {
		return code
	}
	places, err := anchorPlaces(*anchor)
	if err != nil {
		return complain(w, err)
	}
	db, err := store.Beside(ctx, *data)
	if err != nil {
		return complain(w, err)
	}
	defer db.Close()
	found, err := db.VerifyAudit(ctx, places...)
	if err != nil {
		return complain(w, err)
	}
	n, err := db.CountRecords(ctx)
	if err != nil {
		return complain(w, err)
	}
	code := exitOK
	if !found.Intact {
		code = exitInternal
	}
	if *asJSON {
		return max(code, printJSON(w, reportOf(found, n)))
	}
	if found.Intact {
		_, err = fmt.Fprintf(w.Stdout, "The audit is intact: %d records, each as it was written. Its head is record %d, %s.\n", n, found.Records, found.MAC)
	} else {
		_, err = fmt.Fprintf(w.Stdout, "The audit was changed. The first record in doubt is %d.\n  %s\n", found.FirstBad, printable(found.Found))
	}
	return max(code, unwritten(w, err))
}

func auditExport(ctx context.Context, w World, args []string) int {
	s := newSettings("audit export", "print every record of the audit, the oldest first", w)
	data, anchor := dataFlag(s), anchorFlag(s)
	asJSON := s.boolean("json", "a JSON object a line (onramp.audit.record/1), and the report of onramp audit verify last")
	if code, done := s.parse(args); done {
		return code
	}
	places, err := anchorPlaces(*anchor)
	if err != nil {
		return complain(w, err)
	}
	db, err := store.Beside(ctx, *data)
	if err != nil {
		return complain(w, err)
	}
	defer db.Close()
	found, err := db.VerifyAudit(ctx, places...)
	if err != nil {
		return complain(w, err)
	}
	if found.Intact {
		if put, err := putAnchor(*anchor); err != nil {
			return complain(w, unusableAnchor(err))
		} else if put != nil {
			if err := (&custody.Anchors{Head: db.Anchor, Put: put}).Now(ctx); err != nil {
				return complain(w, err)
			}
		}
	}
	out := bufio.NewWriter(w.Stdout)
	n := int64(0)
	form := writeRecordsCSV
	if *asJSON {
		form = writeRecordsJSON
	}
	write := form(out)
	err = db.EachRecord(ctx, func(r custody.Record, mac []byte) error { n++; return write(r, mac) })
	if err == nil && *asJSON {
		err = json.NewEncoder(out).Encode(reportOf(found, n))
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return complain(w, err)
	}
	if !found.Intact {
		fmt.Fprintf(w.Stderr, "onramp: the audit was changed. The first record in doubt is %d.\n  %s\n", found.FirstBad, printable(found.Found))
		return exitInternal
	}
	return exitOK
}

func writeRecordsJSON(out io.Writer) func(custody.Record, []byte) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return func(r custody.Record, mac []byte) error {
		return enc.Encode(struct {
			Schema string `json:"schema"`
			custody.Record
			Act string `json:"act,omitempty"`
			MAC string `json:"mac"`
		}{"onramp.audit.record/1", r, r.Act, fmt.Sprintf("%x", mac)})
	}
}

func writeRecordsCSV(out io.Writer) func(custody.Record, []byte) error {
	c := csv.NewWriter(out)
	_ = c.Write(append(custody.Columns(), "mac")) // the error is that of the last Flush
	return func(r custody.Record, mac []byte) error {
		_ = c.Write(append(r.Row(), fmt.Sprintf("%x", mac)))
		c.Flush()
		return c.Error()
	}
}
