package transfer

import (
	"context"
	"errors"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// feed reads a workflow's history by long polls. It outlives a lost connection: the page token says where
// to go on, and ids that were delivered are dropped, so there is neither gap nor duplicate.
//
// A long poll alone may sleep through the end. The server hands each waiting poll its notifications by a channel
// that holds one, and drops what does not fit; a poll that finds no news in the one it got goes on waiting
// (service/history/events/notifier.go and service/history/api/get_workflow_util.go of go.temporal.io/server 1.32.1).
// Two that come before the poll runs again, the first of them stale or, for a poll of the closing event alone, any
// other event's, and the second is lost: the poll returns when it expires, 20 s later. A new poll looks at the history
// before it waits. So a poll that has brought nothing for a moment is asked again, with twice the patience each
// time: what is lost costs no more than the quiet before it, and a quiet workflow eight calls.
type feed struct {
	svc         workflowservice.WorkflowServiceClient
	namespace   string
	workflowID  string
	runID       string
	first, last time.Duration // pause after the first failure, doubled up to last
	again       time.Duration // until a poll that brings nothing is asked again, doubled each time
}

// feed is a reader of a run's history on a connection.
func (s *Service) feed(svc workflowservice.WorkflowServiceClient, namespace, workflowID, runID string) *feed {
	return &feed{svc: svc, namespace: namespace, workflowID: workflowID, runID: runID, first: s.beat.retry, last: s.beat.retryMax, again: s.beat.again}
}

// batch is what a feed has to tell. Exactly one of its fields is set.
type batch struct {
	events []*historypb.HistoryEvent
	lost   error  // a call failed; the feed tries again until its context ends
	back   bool   // the first answer after lost
	gone   error  // the workflow is not there (any more): the feed has ended
	run    string // the workflow goes on in this run; event ids begin again
}

const (
	// serverPoll is after how long the server answers an idle long poll.
	serverPoll = 20 * time.Second
	// pollTimeout is how long one long poll may take.
	pollTimeout = 75 * time.Second
)

// read sends batches until the workflow has closed, is gone, or ctx ends; then it closes out.
func (f *feed) read(ctx context.Context, out chan<- batch) {
	defer close(out)
	send := func(b batch) bool {
		select {
		case out <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	var (
		token   []byte
		seen    int64
		pause   = f.first
		quiet   = f.again
		failing bool
	)
	for ctx.Err() == nil {
		began := time.Now()
		resp, err := f.poll(ctx, token, quiet)
		if err == errQuiet {
			quiet *= 2
			continue
		}
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			var missing *serviceerror.NotFound
			var noSpace *serviceerror.NamespaceNotFound
			if errors.As(err, &missing) || errors.As(err, &noSpace) {
				send(batch{gone: err})
				return
			}
			var bad *serviceerror.InvalidArgument
			if errors.As(err, &bad) { // a token of a server that was replaced: read again from the start
				token = nil
			}
			failing = true
			if !send(batch{lost: err}) || !sleep(ctx, pause) {
				return
			}
			pause = min(2*pause, f.last)
			continue
		}
		if failing {
			failing, pause = false, f.first
			if !send(batch{back: true}) {
				return
			}
		}
		fresh := after(resp.GetHistory().GetEvents(), seen)
		if len(fresh) > 0 {
			quiet = f.again
			seen = fresh[len(fresh)-1].GetEventId()
			if !send(batch{events: fresh}) {
				return
			}
			if closed, next := closing(fresh[len(fresh)-1]); closed {
				if next == "" {
					return
				}
				f.runID, token, seen = next, nil, 0
				if !send(batch{run: next}) {
					return
				}
				continue
			}
		}
		token = resp.GetNextPageToken()
		if len(fresh) == 0 && time.Since(began) < f.first && !sleep(ctx, f.first) { // an empty answer at once must not make a busy loop
			return
		}
	}
}

// errQuiet: a poll brought nothing for as long as it was given.
var errQuiet = errors.New("no news")

// poll asks for what comes after a token and waits for it, at most for quiet or, where that is longer, as long as
// the server lets it.
func (f *feed) poll(ctx context.Context, token []byte, quiet time.Duration) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	if quiet < serverPoll {
		// Not by a deadline: the server answers before it, a second early, and would answer a short one at once.
		timer := time.AfterFunc(quiet, cancel)
		defer timer.Stop()
	}
	resp, err := f.svc.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: f.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: f.workflowID, RunId: f.runID}, NextPageToken: token, WaitNewEvent: true, SkipArchival: true,
		HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
	})
	if err != nil && errors.Is(ctx.Err(), context.Canceled) { // where the caller's context ended, read sees that
		return nil, errQuiet
	}
	return resp, err
}

// after returns the events with an id greater than seen.
func after(events []*historypb.HistoryEvent, seen int64) []*historypb.HistoryEvent {
	for len(events) > 0 && events[0].GetEventId() <= seen {
		events = events[1:]
	}
	return events
}

// closing reports whether an event ends a run, and in which run the workflow goes on.
func closing(h *historypb.HistoryEvent) (closed bool, next string) {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		next = h.GetWorkflowExecutionCompletedEventAttributes().GetNewExecutionRunId()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		next = h.GetWorkflowExecutionFailedEventAttributes().GetNewExecutionRunId()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		next = h.GetWorkflowExecutionTimedOutEventAttributes().GetNewExecutionRunId()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		next = h.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	}
	return closings[h.GetEventType().String()] != "", next
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
