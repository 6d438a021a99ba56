package assess

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	workflowService = "/temporal.api.workflowservice.v1.WorkflowService/"
	operatorService = "/temporal.api.operatorservice.v1.OperatorService/"
)

// allowed are the only RPCs that a Collector may call. The server classifies each as read-only (go.temporal.io/server,
// common/api/metadata.go), but the last two, which read and are kept for administrators. QueryWorkflow is read-only there
// too and not here: it wakes a worker. A test of the room rehearsal holds the list against that of the server.
var allowed = map[string]bool{
	workflowService + "GetSystemInfo":               true,
	workflowService + "GetClusterInfo":              true,
	workflowService + "ListNamespaces":              true,
	workflowService + "DescribeNamespace":           true,
	workflowService + "CountWorkflowExecutions":     true,
	workflowService + "ListWorkflowExecutions":      true,
	workflowService + "DescribeWorkflowExecution":   true,
	workflowService + "GetWorkflowExecutionHistory": true,
	workflowService + "ListSchedules":               true,
	workflowService + "CountSchedules":              true,
	workflowService + "DescribeSchedule":            true,
	workflowService + "DescribeTaskQueue":           true,
	workflowService + "ListWorkers":                 true,
	workflowService + "ListWorkerDeployments":       true,
	workflowService + "GetWorkerVersioningRules":    true,
	workflowService + "ListBatchOperations":         true,
	workflowService + "CountActivityExecutions":     true,
	operatorService + "ListSearchAttributes":        true,
	operatorService + "ListClusters":                true,
	operatorService + "ListNexusEndpoints":          true,
}

// Allowed are the full names of all RPCs that a Collector may call.
func Allowed() []string { return sorted(maps.Keys(allowed)) }

// Administrators are those of Allowed that the server keeps for administrators; who is refused them goes on without.
func Administrators() []string {
	return []string{operatorService + "ListClusters", operatorService + "ListNexusEndpoints"}
}

// What ends a call before it is made.
var (
	errBudget  = errors.New("the call budget is used up")
	errStopped = errors.New("the server throttles, so Onramp stopped asking")
	errGone    = errors.New("the server stopped answering")
)

// door is the one way to the server: it lets through what is allowed, at a rate, within a budget, and counts.
type door struct {
	conn    grpc.ClientConnInterface
	limiter *rate.Limiter
	patient time.Duration // for one call
	pause   time.Duration // after the server throttled
	onCall  func(done int)

	mu      sync.Mutex
	left    int // calls of the whole run
	share   int // calls of the present part; it falls with left
	calls   map[string]int
	slowed  int // answers that asked for less
	silent  int // calls in a row without an answer
	stopped error
}

const (
	mostSlowed = 3 // answers that ask for less, after which a run asks nothing more
	mostSilent = 3 // calls in a row without an answer, after which the server is taken for gone
)

// Invoke implements grpc.ClientConnInterface.
func (d *door) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	if !allowed[method] {
		return status.Error(codes.PermissionDenied, "onramp does not call "+method) // a mistake of ours: never sent
	}
	for {
		if err := d.book(method); err != nil {
			return err
		}
		if err := d.limiter.Wait(ctx); err != nil {
			return err
		}
		call, cancel := context.WithTimeout(ctx, d.patient)
		err := d.conn.Invoke(call, method, args, reply, opts...)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		again, err := d.learn(err)
		if !again {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d.pause):
		}
	}
}

// NewStream implements grpc.ClientConnInterface: no RPC that may be called streams.
func (d *door) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.PermissionDenied, "onramp opens no stream")
}

// book takes one call out of the budget.
func (d *door) book(method string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.stopped != nil:
		return d.stopped
	case d.left <= 0 || d.share <= 0:
		return errBudget
	}
	d.left--
	d.share--
	d.calls[method[strings.LastIndex(method, "/")+1:]]++
	if d.onCall != nil {
		total := 0
		for _, n := range d.calls {
			total += n
		}
		d.onCall(total)
	}
	return nil
}

// learn judges an answer: a server that throttles is asked at half the rate, and nothing more after mostSlowed times; one
// that does not answer mostSilent times in a row is gone.
func (d *door) learn(err error) (again bool, _ error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch outcomeOf(err) {
	case Throttled:
		d.silent = 0
		d.slowed++
		if d.slowed >= mostSlowed {
			d.stopped = errStopped
			return false, fmt.Errorf("%w: %w", errStopped, err)
		}
		d.limiter.SetLimit(max(d.limiter.Limit()/2, 0.1))
		return true, nil
	case Unanswered:
		d.silent++
		if d.silent >= mostSilent {
			d.stopped = errGone
		}
	default:
		d.silent = 0
	}
	return false, err
}

// leastShare are the calls that a namespace is worth at least: fewer say nothing of it.
const leastShare = 40

// part gives the present part of a run its share of the calls that are left, in equal parts of those that wait.
func (d *door) part(waiting int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.share = max(d.left/max(waiting, 1), leastShare)
}

// over reports that no more calls can be made.
func (d *door) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left <= 0 || d.stopped != nil
}

// counted are the calls by name, and why the run ended early.
func (d *door) counted() (calls map[string]int, stopped error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.calls), d.stopped
}

// Outcome is how a read ended. Only Read has a value that may be judged.
type Outcome string

// The outcomes of a read.
const (
	NotAsked   Outcome = ""
	Read       Outcome = "read"
	Refused    Outcome = "refused"      // the server wants another identity or more rights
	NotServed  Outcome = "not-served"   // this version does not know the call
	Off        Outcome = "switched-off" // the server has it, and has it off in this namespace
	Throttled  Outcome = "throttled"    //
	OverBudget Outcome = "over-budget"  //
	Unanswered Outcome = "unanswered"   // no answer in time, or no connection
	TooLarge   Outcome = "too-large"    // larger than Onramp takes
	NotThere   Outcome = "not-there"    // it has gone since it was listed
	Nonsense   Outcome = "nonsense"     // an answer that cannot be true, such as a negative count
	Failed     Outcome = "failed"       // another error of the server
)

// outcomeOf reads a call's error.
func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Read
	case errors.Is(err, errBudget):
		return OverBudget
	case errors.Is(err, errStopped):
		return Throttled
	case errors.Is(err, errGone), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Unanswered
	}
	switch st := status.Convert(err); st.Code() {
	case codes.PermissionDenied, codes.Unauthenticated:
		// The server says so of what a namespace has off, as worker versioning by rules is today (service/frontend/errors.go).
		if strings.Contains(st.Message(), "disabled on this namespace") {
			return Off
		}
		return Refused
	case codes.Unimplemented:
		return NotServed
	case codes.ResourceExhausted:
		// gRPC itself says so of an answer that is larger than we take.
		if strings.Contains(st.Message(), "larger than max") {
			return TooLarge
		}
		return Throttled
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return Unanswered
	case codes.NotFound:
		return NotThere
	}
	return Failed
}

// because says an outcome in a sentence's end: "could not be read: …".
func (o Outcome) because() string {
	switch o {
	case NotAsked:
		return "Onramp did not ask"
	case Refused:
		return "this identity may not read it"
	case NotServed:
		return "this server's version does not serve the call"
	case Off:
		return "it is switched off in this namespace"
	case Throttled:
		return "the server throttled Onramp"
	case OverBudget:
		return "the call budget was used up"
	case Unanswered:
		return "the server did not answer"
	case TooLarge:
		return "the answer is larger than Onramp reads"
	case NotThere:
		return "it has gone since it was listed"
	case Nonsense:
		return "the server's answer cannot be true"
	}
	return "the server answered with an error"
}
