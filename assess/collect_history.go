package assess

import (
	"context"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// What is read of one history at most.
const (
	maxHistoryPages = 12
	maxHistoryBytes = 24 << 20
	historyPage     = 250
)

// history reads a run's history and keeps sizes, encodings, counts and names.
func (w *workflows) history(ctx context.Context, s *Sample) *History {
	h := &History{Encodings: map[string]int{}}
	r := reading{h: h, own: w.n.Name}
	var token []byte
	for range maxHistoryPages {
		page, err := w.c.wf.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: w.n.Name,
			Execution:       &commonpb.WorkflowExecution{WorkflowId: s.WorkflowID, RunId: s.RunID},
			MaximumPageSize: historyPage, NextPageToken: token}, most)
		h.Read = outcomeOf(err)
		if err != nil {
			return h
		}
		for _, e := range page.GetHistory().GetEvents() {
			r.event(e)
		}
		token = page.GetNextPageToken()
		if len(token) == 0 {
			h.Whole = true
			break
		}
		if h.Bytes > maxHistoryBytes || len(page.GetHistory().GetEvents()) == 0 {
			break
		}
	}
	r.end()
	return h
}

// reading folds events into a History.
type reading struct {
	h       *History
	own     string // the namespace
	task    int64  // the workflow task whose commands are being summed
	batch   int64
	markers map[int64]bool // workflow tasks that recorded a marker
}

func (r *reading) event(e *historypb.HistoryEvent) {
	h, size := r.h, int64(proto.Size(e))
	h.Events++
	h.Bytes += size
	kind := e.GetEventType()
	r.payloads(e.ProtoReflect(), kind)
	if task := taskOf(e); task != 0 && task == r.task {
		r.batch += size
	} else {
		r.task, r.batch = task, 0
		if task != 0 {
			r.batch = size
		}
	}
	h.Batch = max(h.Batch, r.batch)
	r.bill(e)
	switch kind {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		r.started(e.GetWorkflowExecutionStartedEventAttributes())
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		h.Signals++
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		h.Updates++
	case enums.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		if e.GetWorkflowTaskFailedEventAttributes().GetCause() == enums.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW {
			h.Resets++
		}
	case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		if m := e.GetWorkflowTaskCompletedEventAttributes().GetSdkMetadata(); m.GetSdkName() != "" {
			h.SDKName, h.SDKVersion = bound(m.GetSdkName()), bound(m.GetSdkVersion())
		}
	case enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		r.foreign(e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetNamespace())
	case enums.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
		r.foreign(e.GetRequestCancelExternalWorkflowExecutionInitiatedEventAttributes().GetNamespace())
	case enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
		if a := e.GetSignalExternalWorkflowExecutionInitiatedEventAttributes(); !r.foreign(a.GetNamespace()) && !a.GetChildWorkflowOnly() {
			h.External++
		}
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		q := bound(e.GetActivityTaskScheduledEventAttributes().GetTaskQueue().GetName())
		if q != "" && len(h.Queues) < 20 && !slices.Contains(h.Queues, q) {
			h.Queues = append(h.Queues, q)
		}
	}
}

func (r *reading) end() { r.h.MarkerTasks += len(r.markers) }

func (r *reading) started(a *historypb.WorkflowExecutionStartedEventAttributes) {
	h := r.h
	h.Identity = bound(a.GetIdentity())
	h.Cron = a.GetCronSchedule() != ""
	h.Continued = a.GetContinuedExecutionRunId() != ""
	if h.Continued {
		h.Initiator = strings.ToLower(a.GetInitiator().String())
	}
	h.ByParent = a.GetParentWorkflowExecution() != nil
	if p := a.GetParentWorkflowNamespace(); h.ByParent && p != "" {
		r.foreign(p)
	}
	_, h.BySchedule = a.GetSearchAttributes().GetIndexedFields()["TemporalScheduledById"]
}

// foreign notes a namespace that is not the workflow's own; "" is its own.
func (r *reading) foreign(namespace string) bool {
	if namespace == "" || namespace == r.own {
		return false
	}
	if n := bound(namespace); len(r.h.Foreign) < 20 && !slices.Contains(r.h.Foreign, n) {
		r.h.Foreign = append(r.h.Foreign, n)
	}
	return true
}

// payloads sizes every payload of an event and counts its encoding. It reads no data.
func (r *reading) payloads(m protoreflect.Message, kind enums.EventType) {
	switch p := m.Interface().(type) {
	case *commonpb.Payloads: // what the server's blob limit is asked of
		r.size(int64(proto.Size(p)), kind)
		for _, one := range p.GetPayloads() {
			r.encoding(one)
		}
		return
	case *commonpb.Payload:
		r.size(int64(proto.Size(p)), kind)
		r.encoding(p)
		return
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap():
			if fd.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					r.payloads(v.Message(), kind)
					return true
				})
			}
		case fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				r.payloads(v.List().Get(i).Message(), kind)
			}
		case fd.Name() == "search_attributes": // the server's own, never encoded and never large
		default:
			r.payloads(v.Message(), kind)
		}
		return true
	})
}

func (r *reading) size(n int64, kind enums.EventType) {
	if n > r.h.Payload {
		r.h.Payload, r.h.PayloadIn = n, kind.String()
	}
}

// encoding counts a payload's encoding. What is not the name of one is "other": a name is short and has no blanks.
func (r *reading) encoding(p *commonpb.Payload) {
	name := string(p.GetMetadata()["encoding"])
	switch {
	case name == "":
		name = "none"
	case len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/+._-") != "":
		name = "other"
	}
	if _, known := r.h.Encodings[name]; known || len(r.h.Encodings) < 12 {
		r.h.Encodings[name]++
	}
}

// taskOf is the workflow task whose completion wrote an event, 0 for none.
func taskOf(e *historypb.HistoryEvent) int64 {
	m := e.ProtoReflect()
	fd := m.WhichOneof(m.Descriptor().Oneofs().ByName("attributes"))
	if fd == nil {
		return 0
	}
	a := m.Get(fd).Message()
	f := a.Descriptor().Fields().ByName("workflow_task_completed_event_id")
	if f == nil {
		return 0
	}
	return a.Get(f).Int()
}
