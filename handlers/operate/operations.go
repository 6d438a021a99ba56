package operate

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// slowest is how many rows the tables have.
const slowest = 15

// shortOf is how many bytes of its disk Onramp wants to be free; or as many as two copies of its database, for a backup and
// an upgrade.
const shortOf = 1 << 30

// Operations says how this Onramp is doing.
func (h *Pages) Operations(w http.ResponseWriter, r *http.Request) error {
	b := board{started: h.Now()}
	var v web.Vitals
	if h.Machine != nil {
		var err error
		if v, err = h.Machine.Vitals(r.Context()); err != nil {
			return err
		}
		b.started = v.Started
		b.data(v)
	}
	b.audit(v.Audit, h.halted())
	if h.Shared != nil && h.Machine != nil {
		b.people(v.People)
	}
	counts, err := h.Runs.Counts(r.Context())
	if err != nil {
		return err
	}
	b.runs(counts)
	if err := b.told(r.Context(), h, v); err != nil {
		return err
	}
	p := views.OperationsProps{Parts: b.parts, Since: web.Moment(b.started), Routes: rows(h.Answers.Slowest(slowest)), Queries: rows(v.Queries),
		Versions: []views.Pair{{Name: "Onramp", Value: h.Version}, {Name: "Go", Value: runtime.Version()}, {Name: "System", Value: runtime.GOOS + "/" + runtime.GOARCH}, {Name: "Running for", Value: fault.Lasts(h.Now().Sub(b.started))}}}
	if v.Dir != "" {
		p.Backup = views.CodeBlockProps{ID: "backup", Name: "Terminal", Lang: "bash", Text: "onramp backup --data '" + strings.ReplaceAll(v.Dir, "'", `'\''`) + "' --out onramp.backup --recipient age1…"}
	}
	switch n := len(b.wrong); {
	case n == 0:
		p.Health = views.Tag{State: views.Good, Word: "No problem found"}
	default:
		p.Health = views.Tag{State: views.Bad, Word: web.Many(n, "thing needs you", "things need you")}
		p.Text = strings.Join(b.wrong, " ")
	}
	return h.Page(w, r, http.StatusOK, views.OperationsPage(h.Frame(r, "Operations", "operations", nil, ""), p))
}

// halted is why nothing can be changed any more; "": it can.
func (h *Pages) halted() string {
	if h.Halted == nil {
		return ""
	}
	if f := fault.From(h.Halted()); f != nil {
		return f.Cause
	}
	return ""
}

// board is what the page gathers.
type board struct {
	started time.Time
	parts   []views.OperationsPart
	wrong   []string // sentences
}

func (b *board) part(id, title string, tag views.Tag, pairs ...views.Pair) {
	b.parts = append(b.parts, views.OperationsPart{ID: id, Title: title, Tag: tag, Pairs: pairs})
}

func (b *board) data(v web.Vitals) {
	tag := views.Tag{State: views.Good, Word: "Room enough"}
	free := "not known"
	if v.Free >= 0 && v.Disk > 0 {
		free = size(v.Free) + " of " + size(v.Disk)
		if v.Free < max(shortOf, 2*v.Database) {
			tag = views.Tag{State: views.Bad, Word: "Disk nearly full"}
			b.wrong = append(b.wrong, "The data directory’s disk has "+size(v.Free)+" left: free space on it.")
		}
	} else {
		tag = views.Tag{State: views.Idle, Word: "Not known"}
	}
	b.part("data", "Data", tag, views.Pair{Name: "Directory", Value: v.Dir, Mono: true}, views.Pair{Name: "Free", Value: free},
		views.Pair{Name: "Database", Value: size(v.Database)}, views.Pair{Name: "Write-ahead log", Value: size(v.Pending)})
}

func (b *board) audit(v web.AuditVitals, halted string) {
	tag, when := views.Tag{State: views.Good, Word: "Intact"}, ""
	switch {
	case v.Broken != "" || halted != "":
		if halted == "" {
			halted = v.Broken
		}
		tag = views.Tag{State: views.Bad, Word: "Changed"}
		b.wrong = append(b.wrong, "The audit was changed. "+halted)
	case v.Verified.IsZero():
		tag, when = views.Tag{State: views.Busy, Word: "Being verified"}, "not yet since the start"
	}
	if !v.Verified.IsZero() {
		when = web.Moment(v.Verified)
	}
	b.part("audit", "Audit", tag, views.Pair{Name: "Verified", Value: when}, views.Pair{Name: "Records at that time", Value: fmt.Sprint(v.Records)}, views.Pair{Name: "Records", Value: "Open the audit", URL: "/audit"})
}

func (b *board) people(v web.PeopleVitals) {
	accounts := fmt.Sprint(v.Accounts)
	if v.Disabled > 0 {
		accounts += fmt.Sprintf(", %d disabled", v.Disabled)
	}
	b.part("people", "People", views.Tag{State: views.Idle, Word: web.Many(v.Sessions, "session", "sessions")}, views.Pair{Name: "Accounts", Value: accounts}, views.Pair{Name: "Who", Value: "Open people", URL: "/people"})
}

func (b *board) runs(counts map[runs.Count]int) {
	total := 0
	var pairs []views.Pair
	for _, k := range []struct {
		kind migration.RunKind
		name string
	}{{migration.CheckRun, "Checks"}, {migration.TransferRun, "Test transfers"}, {migration.DrillRun, "Load drills"}} {
		n := counts[runs.Count{Kind: k.kind, State: migration.RunRunning}]
		total += n
		pairs = append(pairs, views.Pair{Name: k.name, Value: fmt.Sprint(n)})
	}
	tag := views.Tag{State: views.Idle, Word: "Nothing"}
	if total > 0 {
		tag = views.Tag{State: views.Busy, Word: web.Many(total, "run", "runs")}
	}
	b.part("runs", "Under way", tag, pairs...)
}

// told is how the webhook and the mails do.
func (b *board) told(ctx context.Context, h *Pages, v web.Vitals) error {
	tag, pairs := views.Tag{State: views.Idle, Word: "Not set"}, []views.Pair(nil)
	if h.Webhook != nil {
		s, err := h.Webhook.State(ctx)
		if err != nil {
			return err
		}
		tag = views.Tag{State: views.Good, Word: "Nothing waits"}
		pairs = []views.Pair{{Name: "To", Value: s.Where}, {Name: "Messages", Value: "Open the list", URL: "/expiry#webhook-title"}}
		if s.Failing > 0 {
			tag = views.Tag{State: views.Bad, Word: web.Many(s.Failing, "message waits", "messages wait")}
			b.wrong = append(b.wrong, "The webhook does not take messages.")
			if len(s.Notices) > 0 {
				pairs = append(pairs, views.Pair{Name: "Last error", Value: s.Notices[0].Error})
			}
		}
	}
	b.part("webhook", "Webhook", tag, pairs...)
	if h.Shared == nil {
		return nil
	}
	tag, pairs = views.Tag{State: views.Idle, Word: "Not set"}, nil
	if m := v.Mail; m != nil {
		tag = views.Tag{State: views.Good, Word: "Nothing waits"}
		pairs = []views.Pair{{Name: "Server", Value: v.MailServer, Mono: true}, {Name: "People who get mails", Value: fmt.Sprint(m.Subscribers)}}
		if !m.Sent.IsZero() {
			pairs = append(pairs, views.Pair{Name: "Last taken", Value: web.Moment(m.Sent)})
		}
		if m.Failing > 0 {
			tag = views.Tag{State: views.Bad, Word: web.Many(m.Failing, "mail was not taken", "mails were not taken")}
			pairs = append(pairs, views.Pair{Name: "Last error", Value: m.Error})
			b.wrong = append(b.wrong, "The mail server does not take mails.")
		}
	}
	b.part("mails", "Mails", tag, pairs...)
	return nil
}

func rows(of []web.Timed) (out []views.SlowRow) {
	for _, t := range of {
		out = append(out, views.SlowRow{What: t.Name, Count: fmt.Sprint(t.Count), P50: took(t.P50), P95: took(t.P95), Most: took(t.Most)})
	}
	return out
}

func took(d time.Duration) string { return fault.Took(max(d, 100*time.Microsecond)) }

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n < 0:
		return "not known"
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/1000, 0
	for f >= 999.5 && unit < 4 {
		f, unit = f/1000, unit+1
	}
	format := "%.1f %s"
	if f >= 10 {
		format = "%.0f %s"
	}
	return fmt.Sprintf(format, f, []string{"kB", "MB", "GB", "TB", "PB"}[unit])
}
