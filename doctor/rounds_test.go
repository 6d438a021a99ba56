package doctor

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var rounds = flag.Int("rounds", 1, "how often TestShuffledRounds repeats every fault")

// tally counts the verdicts of one stage's faults.
type tally struct {
	runs, right, wrongCertain int
	took                      []time.Duration
}

func (t tally) rate() float64 {
	if t.runs == 0 {
		return 1
	}
	return float64(t.right) / float64(t.runs)
}

// percentile is the p-th part (0 to 1) of sorted durations.
func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(p*float64(len(d))))]
}

// scoreboard is one tally per stage, counted from several lanes.
type scoreboard struct {
	mu     sync.Mutex
	stages map[string]*tally
}

// count adds a run. A verdict is right when code, level and stage are the golden ones; it is wrong
// and certain when another code, or more certainty than the evidence allows, is claimed.
func (s *scoreboard) count(row faultRow, r Report, took time.Duration) (right bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.stages[row.stage]
	if t == nil {
		t = &tally{}
		s.stages[row.stage] = t
	}
	t.runs++
	t.took = append(t.took, took)
	right = row.right(r)
	if right {
		t.right++
	} else if r.Verdict.Level == Certain {
		t.wrongCertain++
	}
	return right
}

func (s *scoreboard) total() tally {
	var all tally
	for _, t := range s.stages {
		all.runs += t.runs
		all.right += t.right
		all.wrongCertain += t.wrongCertain
		all.took = append(all.took, t.took...)
	}
	return all
}

// String is the table: a line for each stage, and one for all.
func (s *scoreboard) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-12s %6s %9s %14s %9s %9s\n", "stage", "runs", "right", "wrong certain", "p50", "p99")
	line := func(name string, t tally) {
		fmt.Fprintf(&b, "%-12s %6d %8.2f%% %14d %9s %9s\n", name, t.runs, 100*t.rate(), t.wrongCertain,
			percentile(t.took, 0.5).Round(100*time.Microsecond), percentile(t.took, 0.99).Round(100*time.Microsecond))
	}
	for _, id := range StageIDs {
		if t := s.stages[id]; t != nil {
			line(id, *t)
		}
	}
	line("all", s.total())
	return b.String()
}

// markdown is the same table for the page.
func (s *scoreboard) markdown() string {
	var b strings.Builder
	b.WriteString("| stage | runs | right | wrong certain | p50 | p99 |\n|---|---|---|---|---|---|\n")
	for line := range strings.Lines(s.String()) {
		if f := strings.Fields(line); f[0] != "stage" {
			b.WriteString("| " + strings.Join(f, " | ") + " |\n")
		}
	}
	return b.String()
}

// silentFaults wait for a silence to be long enough by their nature.
var silentFaults = []string{"TC-02", "TC-05", "PR-15", "H2-01", "SY-03", "PX-06", "DN-06", "DN-12", "TC-07", "TC-08", "TC-09"}

// loudFaults are all others.
func loudFaults() []faultRow {
	return slices.DeleteFunc(allRows(), func(r faultRow) bool { return slices.Contains(silentFaults, r.code) })
}

// Rounds in random order give the same verdicts: at least 98 of 100 right in all and 95 in every
// stage, and never a wrong certain one. One round leaves out the faults that wait for silence, which
// TestEveryReproducibleFault has; with -rounds they take part.
func TestShuffledRounds(t *testing.T) {
	rows := allRows()
	if *rounds == 1 {
		rows = loudFaults()
	}
	board := &scoreboard{stages: map[string]*tally{}}
	const lanes = 3
	work := make(chan faultRow)
	var wg sync.WaitGroup
	for range lanes {
		wg.Go(func() {
			for row := range work {
				t.Run(row.name, func(t *testing.T) {
					r := runFault(t, row)
					if !board.count(row, r, time.Duration(r.TookMS*float64(time.Millisecond))) {
						t.Logf("want %s %s at %s, got %s", row.code, row.level, row.stage, show(r))
					}
				})
			}
		})
	}
	for range *rounds {
		for _, i := range rand.Perm(len(rows)) {
			work <- rows[i]
		}
	}
	close(work)
	wg.Wait()
	t.Logf("%d faults, %d rounds\n%s", len(rows), *rounds, board)
	if *update {
		intoPage(t, "rounds", fmt.Sprintf("%d faults, %d rounds in random order.\n\n%s", len(rows), *rounds, board.markdown()))
	}
	all := board.total()
	worst := 1.0
	for _, s := range board.stages {
		worst = min(worst, s.rate())
	}
	t.Logf("figure: R1 right=%.2f%% worst_stage=%.2f%% verdicts=%d faults=%d", 100*all.rate(), 100*worst, all.runs, len(rows))
	t.Logf("figure: R2 wrong_and_certain=%d verdicts=%d", all.wrongCertain, all.runs)
	if all.rate() < 0.98 {
		t.Errorf("%.2f %% of all verdicts are right, want at least 98", 100*all.rate())
	}
	if all.wrongCertain > 0 {
		t.Errorf("%d verdicts are wrong and certain", all.wrongCertain)
	}
	for id, s := range board.stages {
		if s.rate() < 0.95 {
			t.Errorf("stage %s: %.2f %% of the verdicts are right, want at least 95", id, 100*s.rate())
		}
	}
}

// The score counts as it says: a right verdict, a weakened one, a wrong one and a wrong certain one.
func TestScore(t *testing.T) {
	board := &scoreboard{stages: map[string]*tally{}}
	row := faultRow{code: "TC-02", level: Likely, stage: "tcp"}
	for _, v := range []Verdict{
		{Code: "TC-02", Level: Likely, Stage: "tcp"}, {Code: UnknownCode, Level: Unknown, Stage: "tcp"},
		{Code: "TC-01", Level: Likely, Stage: "tcp"}, {Code: "TC-01", Level: Certain, Stage: "tcp"},
		{Code: "TC-02", Level: Certain, Stage: "tcp"},
	} {
		board.count(row, Report{Verdict: v}, time.Second)
	}
	got := board.total()
	if got.runs != 5 || got.right != 1 || got.wrongCertain != 2 {
		t.Errorf("counted %+v, want 5 runs, 1 right, 2 wrong and certain", got)
	}
}
