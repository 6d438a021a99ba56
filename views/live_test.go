package views

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A live part is found by its id and takes the place of what stood there: one element, always with
// the same id, whatever its props.
func TestLivePartsKeepTheirID(t *testing.T) {
	for want, parts := range map[string][]templ.Component{
		"rail":            {Rail(RailProps{}), Rail(filled[RailProps](t))},
		"crossing":        {Crossing(CrossingProps{}), Crossing(filled[CrossingProps](t))},
		"steps":           {Steps(StepsProps{}), Steps(filled[StepsProps](t))},
		"turn":            {Turn(TurnProps{}), Turn(filled[TurnProps](t))},
		"activity":        {Activity(ActivityProps{}), Activity(filled[ActivityProps](t))},
		"check-times":     {CheckTimes(SparkProps{}), CheckTimes(filled[SparkProps](t))},
		"ns-preview":      {NamespacePreview(NamespacePreviewProps{}), NamespacePreview(filled[NamespacePreviewProps](t))},
		"keys":            {Keys(KeysProps{}), Keys(filled[KeysProps](t))},
		"upload-status":   {UploadStatus(UploadStatusProps{}), UploadStatus(filled[UploadStatusProps](t))},
		"handoff-list":    {HandoffList(HandoffListProps{}), HandoffList(filled[HandoffListProps](t))},
		"handoff-task":    {HandoffTask(HandoffTaskProps{}), HandoffTask(filled[HandoffTaskProps](t))},
		"run-sign":        {RunSign(Frame{}), RunSign(filled[Frame](t))},
		"run-status":      {RunStatus(RunStatusProps{}), RunStatus(filled[RunStatusProps](t))},
		"stage-tls":       {StageRow(StageProps{ID: "tls"}), StageRow(StageProps{ID: "tls", Live: true}), StageRow(StageProps{ID: "tls", Evidence: []Pair{{}}})},
		"verdict":         {Verdict(VerdictProps{Pending: true}), Verdict(VerdictProps{}), Verdict(filled[VerdictProps](t))},
		"poller":          {Poller(PollerProps{}), Poller(filled[PollerProps](t))},
		"transfer-status": {TransferStatus(TransferStatusProps{}), TransferStatus(filled[TransferStatusProps](t))},
		"timeline":        {Timeline(TimelineProps{}), Timeline(filled[TimelineProps](t))},
		"events":          {Events(EventsProps{}), Events(filled[EventsProps](t))},
		"transfer-acts":   {TransferActs(TransferActsProps{}), TransferActs(filled[TransferActsProps](t))},
		"transfer-links":  {TransferLinks(TransferRefsProps{}), TransferLinks(filled[TransferRefsProps](t))},
		"transfer-refs":   {TransferRefs(TransferRefsProps{}), TransferRefs(filled[TransferRefsProps](t))},
		"events-count":    {EventsCount(""), EventsCount(canary)},
		"event-7":         {EventRow(EventProps{Key: "7"}), EventRow(EventProps{Key: "7", ID: "7", Payload: canary})},
		"drill-status":    {DrillStatus(DrillStatusProps{}), DrillStatus(filled[DrillStatusProps](t))},
		"drill-results":   {DrillResults(DrillResultsProps{}), DrillResults(filled[DrillResultsProps](t))},
		"judge":           {Judge(JudgeProps{}), Judge(filled[JudgeProps](t))},
	} {
		for i, part := range parts {
			tops := topElements(t, render(t, part))
			if len(tops) != 1 || attribute(tops[0], "id") != want {
				t.Errorf("%s, props %d: %d top elements, the first with id %q", want, i, len(tops), attribute(tops[0], "id"))
			}
		}
	}
}

// topElements are the elements of a fragment as the script's template element sees them.
func topElements(t *testing.T, text string) []*html.Node {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: "template", DataAtom: atom.Template})
	if err != nil {
		t.Fatal(err)
	}
	var out []*html.Node
	for _, n := range nodes {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

// A form sent by the script is answered by the page's main part and rail alone.
func TestMainAndRailAreFragments(t *testing.T) {
	for _, p := range pages() {
		var b strings.Builder
		if err := templ.RenderFragments(t.Context(), &b, p.html, FragmentMain, FragmentRail); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, n := range topElements(t, b.String()) {
			ids = append(ids, attribute(n, "id"))
		}
		want := "main"
		if strings.Contains(render(t, p.html), `<nav id="rail"`) {
			want = "rail main"
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: the fragments are %q, want %q", p.name, got, want)
		}
	}
}

// A live row and the same row when it has ended are lines of one make, so that nothing moves.
func TestLiveRowsHaveTheLineOfEndedOnes(t *testing.T) {
	s := StageProps{ID: "tls", Number: "6", Title: "The server proves who it is", State: Good, Word: "Passed", Evidence: []Pair{{Name: "a", Value: "b"}}}
	ended := render(t, StageRow(s))
	s.Live, s.Evidence = true, nil
	for _, text := range []string{ended, render(t, StageRow(s))} {
		if strings.Count(text, "check-line opens") != 1 {
			t.Errorf("no line in %s", text)
		}
	}
	if strings.Contains(render(t, StageRow(s)), "<details") {
		t.Error("a live row opens")
	}
}

// The followed page reaches its reader row by row, while the run goes on.
func TestFollowedPageGrowsWhileTheRunGoesOn(t *testing.T) {
	stages := make(chan StageProps)
	page := TestFollowPage(Frame{}, TestRunProps{Migration: "payments"}, until(t, stages), func() TestEndProps {
		return TestEndProps{Verdict: VerdictProps{Title: "Your worker can use this namespace"}, Ended: "/m/payments/test/r1"}
	})
	read, closed := follow(t, page)
	for _, id := range []string{"input", "pair", "chain"} {
		stages <- StageProps{ID: id, Title: id}
		read("stage-" + id)
	}
	close(stages)
	read("Your worker can use this namespace")
	read(`<meta http-equiv="refresh" content="0; url=/m/payments/test/r1">`)
	closed()
}

func TestFollowedTransferGrowsWhileItGoesOn(t *testing.T) {
	events := make(chan EventProps)
	page := TransferFollowPage(Frame{}, TransferRunProps{Migration: "payments"}, until(t, events), func() TransferEndProps {
		return TransferEndProps{Status: TransferStatusProps{Title: "Transfer complete"}}
	})
	read, closed := follow(t, page)
	for _, id := range []string{"1", "5"} {
		events <- EventProps{Key: id, Type: "ActivityTaskScheduled"}
		read("event-" + id)
	}
	close(events)
	read("Transfer complete")
	closed()
}

// until yields what comes through a channel until it is closed or the test is over.
func until[T any](t *testing.T, c <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			select {
			case v, ok := <-c:
				if !ok || !yield(v) {
					return
				}
			case <-t.Context().Done():
				return
			}
		}
	}
}

// follow serves a page as a stream. read returns when a text has come, closed when the page has ended.
func follow(t *testing.T, page templ.Component) (read func(string), closed func()) {
	t.Helper()
	server := httptest.NewServer(templ.Handler(page, templ.WithStreaming()))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // only a broken stream takes so long
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	var got strings.Builder
	read = func(want string) {
		t.Helper()
		buf := make([]byte, 4096)
		for !strings.Contains(got.String(), want) {
			n, err := res.Body.Read(buf)
			got.Write(buf[:n])
			if err != nil && !strings.Contains(got.String(), want) {
				t.Fatalf("%q has not come: %v", want, err)
			}
		}
	}
	return read, func() {
		t.Helper()
		rest, err := io.ReadAll(res.Body)
		if err != nil || !strings.Contains(got.String()+string(rest), "</html>") {
			t.Errorf("the page did not end: %v", err)
		}
	}
}
