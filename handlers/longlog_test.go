package handlers_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/migration"
	"onramp/transfer"
)

// longRun is a transfer under way, followed by hand: returned are its page and its id.
func (d *desk) longRun() (m, run, id string) {
	d.t.Helper()
	m, _, _ = d.byHand()
	d.checks.close()
	d.until(m, "the test passed", func(v migration.View) bool { return v.Step(migration.StepTest).Status == migration.Done })
	d.post(m+"/certificates/forget", "x", "y").to(d.t)
	k := d.lentAgain(m)
	run = d.upload(m+"/transfer", append(append([]string{}, transferForm...), "key_source", "paste", "cert_pem", k.cert, "key_pem", k.key)...).to(d.t)
	return m, run, run[strings.LastIndexByte(run, '/')+1:]
}

// play sends n events of a workflow with an activity for every two of them.
func (d *desk) play(n int) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for i := range n {
		e := transfer.Event{Event: "activity", ID: int64(i + 1), At: at.Add(time.Duration(i) * time.Millisecond), Type: "ActivityTaskScheduled",
			Activity: "withdraw", ActivityID: fmt.Sprint(i / 2), Attempt: 1, State: "scheduled", Text: "Withdraw"}
		if i%2 == 1 {
			e.Type, e.State = "ActivityTaskCompleted", "completed"
		}
		if i == 0 {
			e = transfer.Event{Event: "workflow", ID: 1, At: at, Type: "WorkflowExecutionStarted", Text: "Started", Data: transfer.Data{WorkflowID: "w-1", RunID: "r-1"}}
		}
		d.transfers.next <- e
	}
}

// TestLongHistory: of a history of thousands of events the page shows the newest and says how many it leaves out; its
// stream brings each event once, and what sums them up not with every one of them.
func TestLongHistory(t *testing.T) {
	const n = 2000
	d := sit(t, deskOptions{byHand: true})
	m, run, id := d.longRun()
	d.play(n)
	d.logged(id, n)
	page := d.get(run).want(t, 200, "2000 events, newest first", "1700 older events are not shown", "older attempts are not drawn")
	if n := strings.Count(page.body, "<rect"); n > 300 {
		t.Errorf("the timeline draws %d bars", n)
	}
	if len(page.body) > 1<<20 {
		t.Errorf("the page weighs %d kB", len(page.body)>>10)
	}
	d.transfers.close()
	for _, after := range []int{0, 1, 1200} { // the page opened before the first event, and readers that come back
		s := d.follow(m + "/events?on=run:" + id + "&after=" + fmt.Sprint(after))
		rows, sums, weight := map[string]int{}, 0, 0
		for _, e := range s.rest() {
			weight += len(e.data)
			for _, part := range strings.Split(e.data, `id="event-`)[1:] {
				rows[part[:strings.IndexByte(part, '"')]]++
			}
			sums += strings.Count(e.data, `id="timeline"`)
		}
		for i := after + 1; i <= n; i++ {
			if rows[fmt.Sprint(i)] != 1 {
				t.Fatalf("after %d, event %d came %d times", after, i, rows[fmt.Sprint(i)])
			}
		}
		if sums == 0 || sums > 20 || weight > 4<<20 {
			t.Errorf("after %d the timeline came %d times, %d kB in all", after, sums, weight>>10)
		}
	}
}

// BenchmarkFollowers is the portal's own work for one event: rendered, and sent to so many who follow the run.
func BenchmarkFollowers(b *testing.B) {
	for _, followers := range []int{50, 1000} {
		b.Run(fmt.Sprint(followers), func(b *testing.B) {
			d := sit(b, deskOptions{byHand: true})
			m, _, id := d.longRun()
			got := make(chan struct{}, followers)
			var open, gone sync.WaitGroup
			open.Add(followers)
			web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
			for range followers {
				gone.Go(func() {
					once := sync.OnceFunc(open.Done)
					defer once()
					resp, err := web.Do(d.request("GET", m+"/events?on=run:"+id+"&after=0", nil))
					if err != nil {
						b.Error(err)
						return
					}
					defer resp.Body.Close()
					once()
					for in := bufio.NewReader(resp.Body); ; {
						line, err := in.ReadSlice('\n')
						if bytes.HasPrefix(line, []byte("id:")) {
							got <- struct{}{}
						}
						if err != nil && err != bufio.ErrBufferFull {
							return
						}
					}
				})
			}
			open.Wait()
			at, n := time.Now(), 0
			for b.Loop() {
				n++
				e := transfer.Event{Event: "activity", ID: int64(n), At: at, Type: "ActivityTaskScheduled", Activity: "withdraw", ActivityID: fmt.Sprint(n), Attempt: 1,
					State: "completed", Text: "Withdraw", Data: transfer.Data{Input: json.RawMessage(`{"amount":250,"source_account":"85-150"}`)}}
				if n == 1 {
					e = transfer.Event{Event: "workflow", ID: 1, At: at, Type: "WorkflowExecutionStarted", Text: "Started", Data: transfer.Data{WorkflowID: "w-1", RunID: "r-1"}}
				}
				d.transfers.next <- e
				for range followers {
					<-got
				}
			}
			d.transfers.close()
			d.ended()
			gone.Wait()
		})
	}
}
