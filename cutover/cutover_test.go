package cutover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"onramp/assess"
	"onramp/fault"
)

// TestWholeWay: the gates of a world before, in the middle and after, and what is said of going back.
func TestWholeWay(t *testing.T) {
	for _, tt := range []struct {
		name  string
		world func() (*fake, *fake)
		with  func(source, target *fake, o *Options)
		want  string
		exit  int
		back  string
	}{
		{"nothing has moved", world, func(source, _ *fake, _ *Options) {
			source.flows = append(source.flows, flow{id: "late", typ: "Order", queue: "shop", by: "1@old", started: noon.Add(-time.Minute)})
		}, "G0 passed, G1 passed, G2 open, G3 open, G4 open, G6 open, G7 passed, G9 open, G10 open", ExitOpen, "costs nothing"},
		{"workers are there, starters on both sides", world, func(source, target *fake, _ *Options) {
			_, after := moved()
			target.known, target.pollers, target.flows = after.known, after.pollers, after.flows
			source.flows = append(source.flows, flow{id: "new-2", typ: "Order", queue: "shop", by: "1@old", started: noon.Add(-time.Minute)})
		}, "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 open, G7 stop, G9 open, G10 open", ExitRed, "1 workflow ID is open on both sides"},
		{"it drains", moved, func(source, _ *fake, _ *Options) {
			source.flows, source.pollers["shop"] = append(source.flows, many(2, "Order")...), noon
		}, "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 passed, G7 passed, G9 open, G10 open", ExitOpen, "1 workflow is open at the target"},
		{"its workers were stopped too early", moved, func(source, _ *fake, _ *Options) {
			source.flows = append(source.flows, many(2, "Order")...)
		}, "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 passed, G7 passed, G9 stop, G10 open", ExitRed, "Start the source's workers again"},
		{"all has moved", moved, func(*fake, *fake, *Options) {}, "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 passed, G7 passed, G9 passed, G10 passed", 0, "1 workflow is open at the target"},
		{"a schedule still starts work", moved, func(source, _ *fake, _ *Options) { source.schedules = []string{"billing"} },
			"G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 passed, G7 passed, G9 open, G10 open", ExitOpen, ""},
		{"drained, and one starter is left", moved, func(source, _ *fake, _ *Options) {
			source.flows = append(source.flows, flow{id: "late", typ: "Order", by: "1@old", started: noon.Add(-2 * time.Minute), closed: noon.Add(-time.Minute)})
		}, "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 open, G7 passed, G9 open, G10 open", ExitOpen, ""},
		{"a gate is overridden", moved, func(source, _ *fake, o *Options) {
			source.schedules = []string{"billing"}
			o.Said.Overrides = map[string]string{"G9": "Ada because the schedule is broken anyway"}
		}, "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 passed, G7 passed, G9 overridden, G10 passed", 0, ""},
		{"children and chains are no starters", moved, func(source, _ *fake, _ *Options) {
			source.flows = append(source.flows, flow{id: "child", typ: "Part", child: true, started: noon.Add(-2 * time.Minute), closed: noon.Add(-time.Minute)}, flow{id: "entity", typ: "Cart", by: "1@old", goesOn: true, started: noon.Add(-2 * time.Minute), closed: noon.Add(-time.Minute)})
		}, "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 passed, G7 passed, G9 passed, G10 open", ExitOpen, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source, target := tt.world()
			o := options()
			tt.with(source, target, &o)
			r := Judge(look(t, reader(source, target, o), All))
			if got := strings.ReplaceAll(states(r), "red", "stop"); got != tt.want || r.ExitCode() != tt.exit || !strings.Contains(r.Back, tt.back) {
				t.Errorf("%s\nwant %s\nexit %d, back: %s", got, tt.want, r.ExitCode(), r.Back)
				for _, g := range r.Gates {
					t.Log(g.ID, g.Title)
				}
			}
		})
	}
}

// counted and lies are answers of a server that counts.
func counted(n int64) assess.Count { return assess.Count{N: n, Read: assess.Read} }

var lies = assess.Count{Read: assess.Nonsense}

// gateCases are what changes a gate of a world that has moved; docs/cutover.md names them as each gate's proof.
var gateCases = []struct {
	gate, name string
	change     func(f *Facts)
	want       State
}{
	{"G0", "no assessment", func(f *Facts) { f.Assessment = nil }, Open},
	{"G0", "of yesterday's yesterday", func(f *Facts) { f.Assessment.At = noon.Add(-49 * time.Hour) }, Open},
	{"G0", "of another server", func(f *Facts) { f.Assessment.Address = "other:7233" }, Open},
	{"G0", "of another namespace", func(f *Facts) { f.Assessment.Namespaces = []string{"orders"} }, Open},
	{"G0", "a blocker", func(f *Facts) { f.Assessment.Blockers = 1 }, Red},
	{"G0", "warnings that nobody went through", func(f *Facts) { f.Assessment.Warnings = 2 }, Open},
	{"G0", "warnings, each marked as reviewed", func(f *Facts) {
		f.Assessment.Warnings, f.Assessment.Reviewed, f.Assessment.ReviewedBy, f.Said.WarningsReviewedBy = 2, 2, []string{"Ada", "Ben"}, ""
	}, Passed},
	{"G0", "warnings, one of them marked as reviewed", func(f *Facts) {
		f.Assessment.Warnings, f.Assessment.Reviewed, f.Assessment.ReviewedBy, f.Said.WarningsReviewedBy = 2, 1, []string{"Ada"}, ""
	}, Open},
	{"G0", "warnings that somebody went through", func(f *Facts) { f.Assessment.Warnings, f.Said.WarningsReviewedBy = 2, "Ada" }, Passed},
	{"G1", "not checked", func(f *Facts) { f.Check = nil }, Unknown},
	{"G1", "refused", func(f *Facts) { f.Check = &Checked{Code: "CL-01", Title: "The CA is not uploaded"} }, Red},
	{"G2", "missing, in use", func(f *Facts) {
		f.Attributes[0] = Attribute{Name: "X", Type: "Keyword", Used: counted(3), AtTarget: assess.NotThere}
	}, Open},
	{"G2", "missing, not in use", func(f *Facts) { f.Attributes[0] = Attribute{Name: "X", Used: counted(0), AtTarget: assess.NotThere} }, Passed},
	{"G2", "missing, use not known", func(f *Facts) { f.Attributes[0] = Attribute{Name: "X", Used: lies, AtTarget: assess.NotThere} }, Open},
	{"G2", "the target answers something else", func(f *Facts) { f.Attributes[0].AtTarget = assess.Failed }, Unknown},
	{"G2", "the source refuses", func(f *Facts) { f.Attributes = []Attribute{{Used: assess.Count{Read: assess.Refused}}} }, Unknown},
	{"G3", "no queue is known", func(f *Facts) { f.Queues = nil }, Unknown},
	{"G3", "an old poll", func(f *Facts) { f.Queues[0].Source.N, f.Queues[0].Target.Freshest = 1, noon.Add(-3*time.Minute) }, Open},
	{"G3", "tasks wait", func(f *Facts) { f.Queues[0].Target.Backlog = 7 }, Open},
	{"G3", "a backlog that lies", func(f *Facts) { f.Queues[0].Target.Backlog, f.Queues[0].Target.BacklogR = -7, assess.Nonsense }, Passed},
	{"G3", "the target refuses", func(f *Facts) { f.Queues[0].Target.Read = assess.Refused }, Unknown},
	{"G4", "only Onramp's worker", func(f *Facts) { f.Canaries[0].WorkedBy = "onramp built-in worker" }, Open},
	{"G4", "nobody knows whose", func(f *Facts) { f.Canaries[0].Read = assess.Refused }, Unknown},
	{"G4", "none", func(f *Facts) { f.Canaries = nil }, Open},
	{"G4", "not read", func(f *Facts) { f.CanariesR = assess.Throttled }, Unknown},
	{"G6", "too old a server", func(f *Facts) { f.Starts.Read = assess.Failed }, Unknown},
	{"G6", "a start that could not be read", func(f *Facts) { f.Starts.Unread = 1 }, Unknown},
	{"G6", "more than were looked at", func(f *Facts) { f.Starts.More = 1 }, Unknown},
	{"G6", "more, and one is from outside", func(f *Facts) { f.Starts.More, f.Starts.External = 1, 1 }, Open},
	{"G6", "none at the target", func(f *Facts) { f.Target.Starts = counted(0) }, Open},
	{"G6", "the target lies", func(f *Facts) { f.Target.Starts = lies }, Unknown},
	{"G7", "not every one compared", func(f *Facts) { f.Twins.Whole = false }, Unknown},
	{"G7", "the target refuses", func(f *Facts) { f.Twins.Read = assess.Refused }, Unknown},
	{"G7", "one", func(f *Facts) { f.Twins.Found = []Twin{{WorkflowID: "a"}} }, Red},
	{"G7", "one that is acknowledged", func(f *Facts) { f.Twins.Found = []Twin{{WorkflowID: "a", Acknowledged: true}} }, Passed},
	{"G7", "the source lies", func(f *Facts) { f.Source.Open = lies }, Unknown},
	{"G9", "counted once", func(f *Facts) { f.Second = nil }, Open},
	{"G9", "the second count finds one", func(f *Facts) { f.Second.Open = counted(1) }, Open},
	{"G9", "the second count lies", func(f *Facts) { f.Second.Open = lies }, Unknown},
	{"G9", "one that was open is open", func(f *Facts) { f.Second.StillOpen = []string{"a"} }, Open},
	{"G9", "one could not be described", func(f *Facts) { f.Second.Failed = 1 }, Unknown},
	{"G9", "a batch job", func(f *Facts) { f.Batches.N = 1 }, Open},
	{"G9", "batch jobs are not served", func(f *Facts) { f.Batches = assess.Count{Read: assess.NotServed} }, Passed},
	{"G9", "schedules could not be read", func(f *Facts) { f.Starts.SchedR = assess.Refused }, Unknown},
	{"G9", "listed, and not counted", func(f *Facts) { f.Types = []Type{{Name: "Order", Open: counted(1)}} }, Open},
	{"G9", "the source lies", func(f *Facts) { f.Source.Open = lies }, Unknown},
	{"G10", "a start", func(f *Facts) { f.Silence.Starts = counted(1) }, Open},
	{"G10", "ends that lie", func(f *Facts) { f.Silence.Closes = lies }, Unknown},
	{"G10", "kept for a day", func(f *Facts) { f.Source.Retention = 24 * time.Hour }, Unknown},
	{"G10", "kept for nobody knows how long", func(f *Facts) { f.Source.Retention = 0 }, Unknown},
	{"G10", "a worker", func(f *Facts) { f.Queues[0].Source.N = 1 }, Open},
}

// TestGates: each gate by facts alone.
func TestGates(t *testing.T) {
	for _, tt := range gateCases {
		t.Run(tt.gate+" "+tt.name, func(t *testing.T) {
			source, target := moved()
			f := look(t, reader(source, target, options()), All)
			if before := Judge(f); before.ExitCode() != 0 {
				t.Fatalf("before: %s", states(before))
			}
			tt.change(f)
			r := Judge(f)
			for _, g := range r.Gates {
				if g.ID != tt.gate {
					continue
				}
				if g.State != tt.want || g.Title == "" || g.Hash == "" {
					t.Errorf("%s: %q", g.State, g.Title)
				}
			}
		})
	}
}

// TestReadsOnly: a look calls nothing but what an assessment may, within its budget, and keeps nothing of a payload.
func TestReadsOnly(t *testing.T) {
	source, target := world()
	_, after := moved()
	target.flows, target.known, target.pollers = append(after.flows, many(1, "Order")...), after.known, after.pollers
	source.schedules = []string{"billing"}
	source.flows[2].attempt = 12
	o := options()
	o.Budget = 60
	f := look(t, reader(source, target, o), All)
	for _, s := range []*fake{source, target} {
		for _, m := range s.calls {
			if !slices.Contains(assess.Allowed(), m) {
				t.Errorf("%s was called", m)
			}
		}
		if len(s.calls) > 60 || len(s.calls) == 0 {
			t.Errorf("%d calls, at most 60", len(s.calls))
		}
	}
	total := 0
	for _, m := range []map[string]int{f.Source.RPCs, f.Target.RPCs} {
		for _, n := range m {
			total += n
		}
	}
	if total != len(source.calls)+len(target.calls) {
		t.Errorf("%d calls are told, %d were made", total, len(source.calls)+len(target.calls))
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	r := Judge(f)
	var text bytes.Buffer
	if err := WriteStatus(&text, r, false); err != nil {
		t.Fatal(err)
	}
	j, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b)+text.String()+string(j), secret) {
		t.Error("a payload is kept")
	}
	for _, says := range []string{"Stop and look at G7, no twins", "Order-0", "oldest: Order-2", "temporal schedule toggle --pause", "Charge, attempt 12"} {
		if !strings.Contains(text.String(), says) {
			t.Errorf("the text does not say %q\n%s", says, text.String())
		}
	}

	o.Budget = 20
	source.calls, target.calls = nil, nil
	f = look(t, reader(source, target, o), All)
	if len(source.calls) > 20 || len(target.calls) > 20 || !strings.Contains(f.Incomplete, "budget") {
		t.Errorf("%d and %d calls of 20: %q", len(source.calls), len(target.calls), f.Incomplete)
	}
	if r := Judge(f); r.ExitCode() == 0 {
		t.Error("what was not read passes")
	}
}

// TestTwins: found by comparing lists and by asking for IDs; one that has closed since it was listed is none.
func TestTwins(t *testing.T) {
	for _, large := range []bool{false, true} {
		t.Run(fmt.Sprint("the target is large: ", large), func(t *testing.T) {
			source, target := world()
			source.flows = append(source.flows, flow{id: "it's <b>odd</b>", typ: "Order", queue: "shop", started: noon.Add(-time.Hour)})
			target.flows = []flow{{id: "Order-1", typ: "Order", by: "2@new", started: noon}, {id: "Order-2", typ: "Order", started: noon}, {id: "other", typ: "Order", started: noon}}
			target.unseen["Order-2"] = true
			if large {
				target.answers["CountWorkflowExecutions"] = func() (proto.Message, error) {
					return &workflowservice.CountWorkflowExecutionsResponse{Count: 1_000_000}, nil
				}
			}
			r := JudgeTwins(look(t, reader(source, target, options()), OnlyTwins))
			if len(r.Twins) != 1 || r.Twins[0].WorkflowID != "Order-1" || !r.Twins[0].Confirmed || r.Twins[0].StartedBy != "2@new" || r.ExitCode() != ExitRed || r.Compared != 4 {
				t.Errorf("%+v", r)
			}
			o := options()
			o.Said.Acknowledged = []string{"Order-1"}
			if r := JudgeTwins(look(t, reader(source, target, o), OnlyTwins)); r.ExitCode() != 0 || !r.Twins[0].Acknowledged {
				t.Errorf("acknowledged: %+v", r)
			}
		})
	}
}

// TestStragglers: who starts work at the source, by identity, and how far back is looked.
func TestStragglers(t *testing.T) {
	source, target := world()
	for i, by := range []string{"1@cron-box", "1@cron-box", "2@web\x1b[31m<b>"} {
		source.flows = append(source.flows, flow{id: fmt.Sprint("new-", i), typ: "Order", queue: "shop", by: by, started: noon.Add(-time.Duration(i+1) * time.Minute)})
	}
	source.flows = append(source.flows, flow{id: "billed", typ: "Bill", scheduled: true, started: noon.Add(-time.Minute)}, flow{id: "chain", typ: "Cart", goesOn: true, started: noon.Add(-time.Minute)})
	o := options()
	r := JudgeStragglers(look(t, reader(source, target, o), OnlyStragglers))
	if len(target.calls) != 0 {
		t.Errorf("the target was asked: %v", target.calls)
	}
	if len(r.Stragglers) != 2 || r.Stragglers[0].Identity != "1@cron-box" || r.Stragglers[0].Starts != 2 || strings.ContainsRune(r.Stragglers[1].Identity, 0x1b) || r.Scheduled.N != 1 || r.ExitCode() != ExitOpen {
		t.Errorf("%+v", r)
	}
	o.Window = 0
	r = JudgeStragglers(look(t, reader(source, target, o), OnlyStragglers))
	if r.Window != (3*57*time.Minute).Seconds() || !strings.Contains(r.WindowFrom, "longest quiet gap") {
		t.Errorf("the window is %v, %s", r.Window, r.WindowFrom)
	}
	source.flows = nil
	r = JudgeStragglers(look(t, reader(source, target, o), OnlyStragglers))
	if r.Window != 24*time.Hour.Seconds() || r.ExitCode() != 0 || !strings.Contains(r.Title, "Nobody started work at the source") {
		t.Errorf("an empty source: %+v", r)
	}
}

// TestMeter: look after look, what started and ended between, and the truth at the end.
func TestMeter(t *testing.T) {
	source, target := world()
	source.flows = append(source.flows, many(2, "Cart")...)
	source.flows[3].goesOn = true
	now := noon
	o := options()
	o.Wait, o.Between, o.Now = false, time.Minute, func() time.Time { return now }
	r := reader(source, target, o)
	if m := Judge(look(t, r, All)).Meter; m.Open != 5 || m.First != 5 || m.Change != nil || m.Types[0].Type != "Order" || m.Types[0].Oldest != "Order-2" || m.Nine != nil {
		t.Errorf("the first look: %+v", m)
	}
	now = noon.Add(time.Minute)
	for i := range source.flows {
		if source.flows[i].typ == "Order" {
			source.flows[i].closed = noon.Add(30 * time.Second)
		}
	}
	m := Judge(look(t, r, All)).Meter
	if m.Open != 2 || m.First != 5 || m.Change == nil || m.Change.Closes != 3 || m.Change.Starts != 0 || m.Change.Disagree != 0 || m.Types[1].Type != "Order" || m.Types[1].Open != 0 || m.Types[1].Closed1 != 3 {
		t.Errorf("the second look: %+v %+v", m, m.Change)
	}
	source.flows = slices.DeleteFunc(source.flows, func(f flow) bool { return f.typ == "Cart" })
	now = noon.Add(2 * time.Minute)
	f := look(t, r, All)
	if m := Judge(f).Meter; m.Change.Disagree != 2 {
		t.Errorf("counts that do not add up: %+v", m.Change)
	}
	if f.Second != nil {
		t.Error("counted twice in one look")
	}
	now = noon.Add(3*time.Minute + time.Second)
	if f := look(t, r, All); f.Second == nil || f.Second.After < time.Minute || f.Second.Described != 2 {
		t.Errorf("the look after it: %+v", f.Second)
	}
}

// TestBadServers: what throttles, dies, lies, is no Temporal server, or is the same on both sides.
func TestBadServers(t *testing.T) {
	t.Run("no Temporal server", func(t *testing.T) {
		source, target := world()
		source.answers["GetSystemInfo"] = func() (proto.Message, error) { return nil, status.Error(codes.Unimplemented, "unknown service") }
		var u *assess.Unreachable
		if _, err := reader(source, target, options()).Look(t.Context(), All); !errors.As(err, &u) || !u.NotTemporal {
			t.Error(err)
		}
	})
	t.Run("wrong credentials", func(t *testing.T) {
		source, target := world()
		source.answers["GetSystemInfo"] = func() (proto.Message, error) { return nil, status.Error(codes.PermissionDenied, "no") }
		var u *assess.Unreachable
		if _, err := reader(source, target, options()).Look(t.Context(), All); !errors.As(err, &u) || !u.Refused {
			t.Error(err)
		}
	})
	t.Run("wrong credentials at the target", func(t *testing.T) {
		source, target := moved()
		target.answers["CountWorkflowExecutions"] = func() (proto.Message, error) { return nil, status.Error(codes.PermissionDenied, "no") }
		r := Judge(look(t, reader(source, target, options()), All))
		for _, g := range r.Gates {
			if slices.Contains([]string{"G4", "G6"}, g.ID) && g.State != Unknown || g.ID == "G3" && g.State == Passed {
				t.Errorf("%s %s: %s", g.ID, g.State, g.Title)
			}
		}
		if !strings.HasPrefix(r.Back, "Not known") {
			t.Error(r.Back)
		}
	})
	t.Run("throttles", func(t *testing.T) {
		source, target := moved()
		o := options()
		source.answers["CountWorkflowExecutions"] = func() (proto.Message, error) { return nil, status.Error(codes.ResourceExhausted, "rps limit") }
		rd := reader(source, target, o)
		began := time.Now()
		r := Judge(look(t, rd, All))
		if !strings.Contains(r.Incomplete, "throttled") || r.ExitCode() == 0 || time.Since(began) > 30*time.Second {
			t.Errorf("%q, exit %d", r.Incomplete, r.ExitCode())
		}
	})
	t.Run("dies in mid-run", func(t *testing.T) {
		source, target := moved()
		whole := look(t, reader(source, target, options()), All)
		for _, n := range []int{3, 6, 12, 20} {
			source, target := moved()
			source.after = n
			r := Judge(look(t, reader(source, target, options()), All))
			if !strings.Contains(r.Incomplete, "Source: The server stopped answering") || r.ExitCode() == 0 {
				t.Errorf("after %d calls: %q, %s", n, r.Incomplete, states(r))
			}
		}
		if whole.Incomplete != "" {
			t.Error(whole.Incomplete)
		}
	})
	t.Run("lies", func(t *testing.T) {
		source, target := moved()
		for _, s := range []*fake{source, target} {
			s.answers["CountWorkflowExecutions"] = func() (proto.Message, error) {
				return &workflowservice.CountWorkflowExecutionsResponse{Count: -4}, nil
			}
		}
		r := Judge(look(t, reader(source, target, options()), All))
		for _, g := range r.Gates {
			if slices.Contains([]string{"G6", "G7", "G9", "G10"}, g.ID) && g.State != Unknown {
				t.Errorf("%s %s: %s", g.ID, g.State, g.Title)
			}
		}
	})
	t.Run("the same on both sides", func(t *testing.T) {
		source, _ := world()
		o := options()
		o.TargetNamespace = "default"
		if _, err := reader(source, source, o).Look(t.Context(), All); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		source.answers["GetClusterInfo"] = func() (proto.Message, error) { return nil, status.Error(codes.PermissionDenied, "no") }
		if _, err := NewReader(End{source, "a:7233"}, End{source, "a:7233"}, o).Look(t.Context(), All); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
	t.Run("escapes and HTML", func(t *testing.T) {
		const bad = "x\x1b[31m\u202e<script>alert(1)</script>"
		source, target := world()
		source.flows = []flow{{id: bad, typ: bad, queue: bad, by: bad, started: noon.Add(-time.Minute), attempt: 11}}
		target.flows = []flow{{id: bad, typ: bad, queue: bad, by: bad, started: noon.Add(-time.Minute)}}
		source.schedules = []string{bad}
		source.answers["ListSearchAttributes"] = func() (proto.Message, error) {
			return &operatorservice.ListSearchAttributesResponse{CustomAttributes: nil}, nil
		}
		r := Judge(look(t, reader(source, target, options()), All))
		var text bytes.Buffer
		if err := WriteStatus(&text, r, false); err != nil {
			t.Fatal(err)
		}
		text.WriteString(WatchLine(r))
		b, _ := json.Marshal(r)
		if strings.ContainsAny(text.String()+string(b), "\x1b\u202e") || strings.Contains(string(b), `\u001b`) {
			t.Errorf("an escape is shown:\n%q", text.String())
		}
		if len(r.Twins) != 1 {
			t.Errorf("%+v", r.Twins)
		}
	})
}

// TestOptions: what a person may not ask for.
func TestOptions(t *testing.T) {
	for field, o := range map[string]Options{"target-namespace": {}, "window": {TargetNamespace: "a.b", Window: -1}, "silent": {TargetNamespace: "a.b", Silent: 10000 * time.Hour},
		"rate": {TargetNamespace: "a.b", Rate: 1000}, "budget": {TargetNamespace: "a.b", Budget: 1}, "task-queue": {TargetNamespace: "a.b", Queues: make([]string, 31)}} {
		if f := fault.From(o.Validate()); f == nil || f.Field != field {
			t.Errorf("%s: %v", field, f)
		}
	}
	if err := (Options{TargetNamespace: "a.b", Rate: 2, Budget: 500}).Validate(); err != nil {
		t.Error(err)
	}
}
