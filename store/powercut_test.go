package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// diskCall is what a traced program did to a file, or said.
type diskCall struct {
	what string // "write", "truncate", "sync", "remove", "say"
	file string // its name in the data directory
	at   int64  // where a write begins; how long a file becomes
	data []byte // written or said
}

// diskTrace are the arguments of strace by which diskCalls reads what it shows.
var diskTrace = []string{"-f", "-qq", "-xx", "-y", "-s", "70000", "-e", "trace=pwrite64,write,ftruncate,fdatasync,fsync,unlink,rename,pwritev,writev,fallocate,msync", "-e", "signal=none"}

var (
	fileCall = regexp.MustCompile(`^(\w+)\((\d+)<([^>]*)>(?:, )?(.*)\)\s+= (-?\d+)`)
	nameCall = regexp.MustCompile(`^(\w+)\("([^"]*)"(?:, "[^"]*")?\)\s+= 0`)
	rest     = regexp.MustCompile(`^<\.\.\. \w+ resumed>(.*)$`)
)

// unhex reads strace's strings, each byte of which is \x and two digits.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(s, `"`), `\x`, ""))
	check(t, err)
	return b
}

// diskCalls reads a trace: what happened to the files of dir, and what was written to stdout. Where strace shows a call in
// two halves, a write counts where it ended and a sync where it began: it need not hold what was written meanwhile.
func diskCalls(t *testing.T, trace []byte, dir string) (calls []diskCall) {
	t.Helper()
	begun, end := map[string]string{}, map[string]int64{} // by thread; where the next write of a file begins
	for line := range bytes.Lines(trace) {
		thread, call, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		call = strings.TrimSpace(call)
		isSync := strings.HasPrefix(call, "fsync(") || strings.HasPrefix(call, "fdatasync(")
		if first, ok := strings.CutSuffix(call, " <unfinished ...>"); ok {
			begun[thread] = first
			if !isSync {
				continue
			}
			call = first + ") = 0"
			begun[thread] = ""
		} else if m := rest.FindStringSubmatch(call); m != nil {
			if begun[thread] == "" {
				continue // a sync, counted already
			}
			call = begun[thread] + strings.TrimPrefix(m[1], " ")
		}
		if m := nameCall.FindStringSubmatch(call); m != nil {
			if path := string(unhex(t, m[2])); filepath.Dir(path) == dir {
				if m[1] != "unlink" {
					t.Fatalf("the replay does not know %s of %s", m[1], path)
				}
				calls = append(calls, diskCall{what: "remove", file: filepath.Base(path)})
			}
			continue
		}
		m := fileCall.FindStringSubmatch(call)
		if m == nil || strings.HasPrefix(m[5], "-") {
			continue
		}
		path, args := string(unhex(t, m[3])), strings.Split(m[4], ", ")
		if m[2] == "1" && m[1] == "write" {
			calls = append(calls, diskCall{what: "say", data: unhex(t, args[0])})
			continue
		}
		if filepath.Dir(path) != dir && path != dir {
			continue
		}
		c := diskCall{file: filepath.Base(path)}
		number := func(s string) int64 {
			n, err := strconv.ParseInt(s, 0, 64)
			check(t, err)
			return n
		}
		switch m[1] {
		case "pwrite64":
			c.what, c.data, c.at = "write", unhex(t, args[0]), number(args[2])
		case "write":
			c.what, c.data, c.at = "write", unhex(t, args[0]), end[path]
			end[path] += int64(len(c.data))
		case "ftruncate":
			c.what, c.at = "truncate", number(args[0])
		case "fsync", "fdatasync":
			c.what = "sync"
		default:
			t.Fatalf("the replay does not know %s of %s", m[1], path)
		}
		if c.what == "write" && strconv.Itoa(len(c.data)) != m[5] {
			t.Fatalf("the trace shows %d of the %s bytes that were written to %s", len(c.data), m[5], path)
		}
		calls = append(calls, c)
	}
	return calls
}

// disk is what a power cut leaves of files: all that was synced, and of the rest what the disk happened to write.
type disk struct {
	synced  map[string][]byte
	pending map[string][]diskCall
	never   bool // syncs do nothing, as on a disk that lies
}

func (d *disk) do(c diskCall) {
	switch c.what {
	case "write", "truncate":
		d.pending[c.file] = append(d.pending[c.file], c)
	case "remove":
		delete(d.pending, c.file)
		delete(d.synced, c.file)
	case "sync":
		if !d.never {
			for _, c := range d.pending[c.file] {
				d.synced[c.file] = changed(d.synced[c.file], c)
			}
			delete(d.pending, c.file)
		}
	}
}

func changed(b []byte, c diskCall) []byte {
	long := c.at
	if c.what == "write" {
		long = max(int64(len(b)), c.at+int64(len(c.data)))
	}
	if grow := long - int64(len(b)); grow > 0 {
		b = append(b, make([]byte, grow)...)
	}
	b = b[:long]
	copy(b[min(c.at, long):], c.data)
	return b
}

// left writes what is left after a power cut to a new directory. keep says which of the sectors that were not synced,
// of 512 bytes, the disk wrote nevertheless.
func (d *disk) left(t *testing.T, keep func() bool) string {
	t.Helper()
	dir := t.TempDir()
	check(t, os.Chmod(dir, 0o700))
	files := map[string]bool{}
	for name := range d.synced {
		files[name] = true
	}
	for name := range d.pending {
		files[name] = true
	}
	for name := range files {
		b := slices.Clone(d.synced[name])
		for _, c := range d.pending[name] {
			if c.what == "truncate" {
				if keep() {
					b = changed(b, c)
				}
				continue
			}
			for from := 0; from < len(c.data); from += 512 {
				if keep() {
					b = changed(b, diskCall{what: "write", at: c.at + int64(from), data: c.data[from:min(from+512, len(c.data))]})
				}
			}
		}
		check(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	return dir
}

// kept opens what a power cut left, as a start of the portal does, counts what it holds, and says what is not whole.
func kept(t *testing.T, dir string) (facts int, wrong string) {
	t.Helper()
	defer os.RemoveAll(dir)
	d, err := Open(t.Context(), dir, nil)
	if err != nil {
		return 0, fmt.Sprintf("it does not open: %v", err)
	}
	defer d.Close()
	found, err := d.VerifyAudit(t.Context())
	if err != nil || !found.Intact {
		return 0, fmt.Sprintf("the audit does not hold: %s %v", found.Found, err)
	}
	var said string
	var records int
	check(t, d.writer.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&said))
	check(t, d.writer.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM facts), (SELECT COUNT(*) FROM audit WHERE verb = 'namespace-set')").Scan(&facts, &records))
	if said != "ok" || facts != records {
		return facts, fmt.Sprintf("integrity %s, %d facts, %d records", said, facts, records)
	}
	return facts, ""
}

// cutPower replays a trace and cuts the power at each acknowledged change, when nothing but what was synced is left, and at
// a random call after it, when the disk wrote a random half of the rest. It returns how many acknowledged changes were
// lost, and how many of the cuts left something that does not open or is not whole.
func cutPower(t *testing.T, calls []diskCall, never bool, every int) (cuts, lost, broken int) {
	t.Helper()
	r := rand.New(rand.NewPCG(2026, 11))
	d := &disk{synced: map[string][]byte{}, pending: map[string][]diskCall{}}
	acks, next := 0, -1
	cut := func(keep func() bool) {
		cuts++
		facts, wrong := kept(t, d.left(t, keep))
		lost += max(0, acks-facts)
		if wrong != "" {
			broken++
		}
		if !never && (wrong != "" || facts < acks) {
			t.Logf("cut %d, after change %d: %d are there; %s", cuts, acks, facts, wrong)
		}
	}
	for i, c := range calls {
		if c.what == "say" {
			switch string(c.data) {
			case "begin\n":
				d.never = never
			case "acknowledged\n":
				if acks++; acks%every == 0 {
					cut(func() bool { return false })
					next = i + 1 + r.IntN(18)
				}
			}
			continue
		}
		d.do(c)
		if next >= 0 && i >= next {
			next = -1
			cut(func() bool { return r.IntN(2) == 0 })
		}
	}
	return cuts, lost, broken
}
