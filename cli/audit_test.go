package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onramp/custody"
	"onramp/store"
)

// anAudit is a data directory with n records and its database, open as onramp serve has it.
func anAudit(t *testing.T, n int) (dir string, db *store.DB) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	db, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for i := range n {
		r := custody.Record{At: time.Unix(int64(i+1), 0), Verb: custody.Signed, Subject: fmt.Sprintf("=CN-%d", i)}.By(custody.Itself)
		if err := db.AddRecords(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	return dir, db
}

// TestAuditCommand: the audit is verified and exported beside a running portal, by contract.
func TestAuditCommand(t *testing.T) {
	dir, db := anAudit(t, 3)
	anchors := filepath.Join(t.TempDir(), "anchors.log")
	verify := func(want int, args ...string) (out auditReport) {
		t.Helper()
		code, text, diag := typed(t, append([]string{"audit", "verify", "--json", "--data", dir}, args...)...)
		if code != want {
			t.Fatalf("exit %d, want %d: %s%s", code, want, text, diag)
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := verify(exitOK); out.Schema != "onramp.audit/1" || out.Records != 3 || !out.Intact || out.FirstBad != 0 || len(out.Head) != 64 {
		t.Errorf("%+v", out)
	}
	if code, text, _ := typed(t, "audit", "verify", "--data", dir); code != exitOK || !strings.Contains(text, "intact: 3 records") {
		t.Errorf("exit %d: %s", code, text)
	}
	if code, _, diag := typed(t, "audit", "verify", "--data", dir, "--audit-anchor", anchors); code != exitUsage || !strings.Contains(diag, "does not exist") {
		t.Errorf("no anchors: exit %d, %s", code, diag)
	}
	if err := os.WriteFile(anchors, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, csv, diag := typed(t, "audit", "export", "--data", dir, "--audit-anchor", anchors)
	if lines := strings.Split(csv, "\n"); code != exitOK || len(lines) != 5 || !strings.HasPrefix(lines[0], "id,at,") || !strings.HasPrefix(lines[1], "1,1970") || !strings.Contains(csv, "'=CN-0") {
		t.Errorf("exit %d, %s%s", code, csv, diag)
	}
	line, err := os.ReadFile(anchors)
	if err != nil || strings.Count(string(line), "\n") != 1 || !strings.Contains(string(line), `"records":3`) {
		t.Errorf("the export anchored %q, %v", line, err)
	}
	if out := verify(exitOK, "--audit-anchor", anchors); !out.Intact {
		t.Errorf("%+v", out)
	}
	code, text, _ := typed(t, "audit", "export", "--json", "--data", dir)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var last auditReport
	if code != exitOK || len(lines) != 4 || json.Unmarshal([]byte(lines[3]), &last) != nil || last.Records != 3 || !strings.Contains(lines[0], `"mac":"`) || !strings.Contains(lines[0], `"schema":"onramp.audit.record/1"`) {
		t.Errorf("exit %d: %s", code, text)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, store.KeyFile)); err != nil {
		t.Fatal(err)
	}
	if out := verify(exitInternal); out.Intact || out.FirstBad != 1 || out.Records != 3 || !strings.Contains(out.Found, "key of the audit is missing") {
		t.Errorf("without its key: %+v", out)
	}
	if code, _, diag := typed(t, "audit", "export", "--data", dir); code != exitInternal || !strings.Contains(diag, "The first record in doubt is 1") {
		t.Errorf("exported without its key: exit %d, %s", code, diag)
	}
	for _, args := range [][]string{{"audit"}, {"audit", "nothing"}, {"audit", "verify", "--data", t.TempDir()}} {
		if code, out, diag := typed(t, args...); code != exitUsage || out != "" || diag == "" {
			t.Errorf("%v: exit %d, %s%s", args, code, out, diag)
		}
	}
}
