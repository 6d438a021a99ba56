// Command mutate changes a room in a random sample of small ways, one at a time, and counts how many of the changes the
// room's own tests find. The files themselves are not touched: each mutant is built by an overlay of go test.
//
//	go -C e2e run ./mutate [-n 60] [-seed 1] [-jobs 2] [-limit 2m] [-skip PATTERN] ROOM
//
// A mutant that does not compile is not counted; one whose tests do not end within the limit is found. It prints those that
// were not found, and "figure: mutants=60 found=45 score=75%".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// trial is how mutants are tried.
type trial struct {
	root, room, dir string // of the module; below it; for overlays
	skip            string
	limit           time.Duration
}

// fate is what became of a mutant.
type fate int

const (
	invalid fate = iota // it does not compile
	found
	slow // found: its tests did not end
	missed
)

func main() {
	n := flag.Int("n", 60, "how many mutants that compile")
	seed := flag.Uint64("seed", 1, "of the sample")
	jobs := flag.Int("jobs", 2, "how many at a time")
	limit := flag.Duration("limit", 2*time.Minute, "how long the tests of one may take")
	skip := flag.String("skip", "", "`pattern` of tests that are left out")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(trial{room: flag.Arg(0), skip: *skip, limit: *limit}, *n, *jobs, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(t trial, n, jobs int, seed uint64) (err error) {
	if t.root, err = filepath.Abs(".."); err != nil {
		return err
	}
	if t.dir, err = os.MkdirTemp("", "mutants"); err != nil {
		return err
	}
	defer os.RemoveAll(t.dir)
	all, err := mutants(filepath.Join(t.root, t.room))
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("nothing to change in %s", t.room)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if f, out, err := t.try(nil, 0); err != nil {
		return err
	} else if f != missed {
		return fmt.Errorf("the tests fail without any change:\n%s", out)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	count, next, running, failed := map[fate]int{}, 0, 0, error(nil)
	counted := func() int { return count[found] + count[slow] + count[missed] }
	for range jobs {
		wg.Go(func() {
			for {
				mu.Lock()
				if failed != nil || next == len(all) || counted()+running >= n {
					// One that runs may turn out not to compile: whoever runs it goes on.
					mu.Unlock()
					return
				}
				i := next
				next++
				running++
				mu.Unlock()
				f, out, err := t.try(&all[i], i+1)
				mu.Lock()
				running--
				count[f]++
				if err != nil {
					failed = err
				}
				if f == missed {
					rel, _ := filepath.Rel(t.root, all[i].file)
					fmt.Printf("not found: %s:%d: %s\n%s", rel, all[i].line, all[i].what, out)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	if counted() == 0 {
		return errors.New("no mutant compiled")
	}
	fmt.Printf("figure: mutants=%d found=%d of_these_by_time=%d score=%.0f%% of=%d do_not_compile=%d\n", counted(), count[found]+count[slow], count[slow],
		100*float64(count[found]+count[slow])/float64(counted()), len(all), count[invalid])
	return nil
}

// try runs the room's tests over a mutant, or over the room as it is. For one that is missed it returns the line as it was
// and as it became.
func (t trial) try(m *mutant, number int) (fate, string, error) {
	args := []string{"test", "-count=1", "-failfast", "-timeout", t.limit.String()}
	if t.skip != "" {
		args = append(args, "-skip", t.skip)
	}
	shown := ""
	if m != nil {
		source, err := os.ReadFile(m.file)
		if err != nil {
			return invalid, "", err
		}
		changed := m.text(source)
		was, is := strings.Split(string(source), "\n")[m.line-1], strings.Split(string(changed), "\n")[m.line-1]
		shown = fmt.Sprintf("  - %s\n  + %s\n", strings.TrimSpace(was), strings.TrimSpace(is))
		file := filepath.Join(t.dir, fmt.Sprintf("%d.go", number))
		overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{m.file: file}})
		if err == nil {
			err = errors.Join(os.WriteFile(file, changed, 0o600), os.WriteFile(file+".json", overlay, 0o600))
		}
		if err != nil {
			return invalid, "", err
		}
		args = append(args, "-vet=off", "-overlay", file+".json")
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.limit+2*time.Minute) // the compiler's time is not the tests'
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+t.room)...)
	cmd.Dir = t.root
	cmd.Env = append(os.Environ(), "GOMEMLIMIT=2GiB")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its tests end with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return missed, shown, nil
	case ctx.Err() != nil || strings.Contains(string(out), "panic: test timed out"):
		return slow, string(out), nil
	case !errors.As(err, &exit):
		return invalid, "", err
	case strings.Contains(string(out), "[build failed]") || strings.Contains(string(out), "[setup failed]"):
		return invalid, string(out), nil
	}
	return found, string(out), nil
}
