package custody

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"onramp/fault"
)

// lookTime bounds how long a failed write is looked for; the look outlives the end of the write's context.
const lookTime = 5 * time.Second

// Surely writes records of one act with write, which writes all of them or none together with what they are about, and
// says what happened in truth: an error after which they are in the audit all the same, because it came after the
// commit, is none. To be found, the records carry a random Act. When the audit cannot be read either, the fault says in
// Left that it is not known.
func Surely(ctx context.Context, audit interface {
	Recorded(ctx context.Context, act string) (bool, error)
}, rs []Record, write func([]Record) error) error {
	if len(rs) == 0 {
		return write(rs)
	}
	act := rand.Text()
	rs = slices.Clone(rs)
	for i := range rs {
		rs[i].Act = act
	}
	failed := write(rs)
	if failed == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	there, err := audit.Recorded(ctx, act)
	switch {
	case err != nil:
		f := *fault.From(failed)
		f.Left = "Whether it was written down could not be read afterwards: look what is there before you do it again."
		return &f
	case there:
		return nil
	}
	return failed
}

// sure is a Store whose writes say what happened in truth (Surely).
type sure struct{ Store }

func (s sure) AddRecords(ctx context.Context, rs ...Record) error {
	return Surely(ctx, s.Store, rs, func(rs []Record) error { return s.Store.AddRecords(ctx, rs...) })
}

func (s sure) Missed(ctx context.Context, migrationID string, m Miss, forget time.Time, r Record) error {
	return Surely(ctx, s.Store, []Record{r}, func(rs []Record) error { return s.Store.Missed(ctx, migrationID, m, forget, rs[0]) })
}

func (s sure) Unlocked(ctx context.Context, migrationID, person string, r Record) error {
	return Surely(ctx, s.Store, []Record{r}, func(rs []Record) error { return s.Store.Unlocked(ctx, migrationID, person, rs[0]) })
}

func (s sure) KeepKey(ctx context.Context, key Sealed, r Record) error {
	return Surely(ctx, s.Store, []Record{r}, func(rs []Record) error { return s.Store.KeepKey(ctx, key, rs[0]) })
}

func (s sure) DropKey(ctx context.Context, migrationID string, r Record) error {
	return Surely(ctx, s.Store, []Record{r}, func(rs []Record) error { return s.Store.DropKey(ctx, migrationID, rs[0]) })
}
