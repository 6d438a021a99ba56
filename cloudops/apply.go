package cloudops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// Apply makes a planned change and waits for its end. The operation is in the journal before the request is sent and
// leaves it when its end is known.
func (c *Client) Apply(ctx context.Context, p cloud.Plan, progress func(cloud.Operation)) (cloud.Applied, error) {
	if err := c.o.Journal.put(c.o.Server, p); err != nil {
		return cloud.Applied{}, err
	}
	op, err := c.send(ctx, p)
	if err != nil && passes(err) && !nothingToChange(err) && !maybeStale(err) { // it may have arrived
		op, err = lost(ctx, c, p, err, progress)
	}
	switch {
	case err == nil:
	case nothingToChange(err), p.Kind == kindKeyDelete && status.Code(err) == codes.NotFound: // deleted meanwhile
		return unchanged(ctx, c, p)
	case maybeStale(err) && p.Kind == kindKeyDelete:
		c.o.Journal.drop(p.Operation)
		return cloud.Applied{}, keyChanged(c, err)
	case maybeStale(err):
		c.o.Journal.drop(p.Operation)
		return cloud.Applied{}, c.conflict(ctx, p, err)
	case passes(err): // the journal keeps it for Resume
		return cloud.Applied{}, c.refusal(err, doing(p))
	default:
		c.o.Journal.drop(p.Operation)
		return cloud.Applied{}, c.refusal(err, doing(p))
	}
	return c.await(ctx, p, op, progress)
}

// doing is what a plan does, after "may not".
func doing(p cloud.Plan) string {
	switch p.Kind {
	case kindCreate:
		return "create namespaces"
	case kindKeyDelete:
		return "delete this API key"
	}
	return "change the namespace " + p.Namespace.String()
}

// lost finds out what became of a request whose answer was lost, by the operation's own ID, and sends one that never arrived
// again: with the same ID and version it cannot be made twice. The error is that of the last try.
func lost(ctx context.Context, c *Client, p cloud.Plan, last error, progress func(cloud.Operation)) (*opspb.AsyncOperation, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Patience)
	defer cancel()
	for sent, wait := 1, c.o.Pause; ; wait = min(2*wait, 15*time.Second) {
		if progress != nil {
			progress(cloud.Operation{ID: p.Operation, State: cloud.Running})
		}
		if !pause(ctx, wait) {
			return nil, last
		}
		op, err := c.look(ctx, p.Operation)
		if status.Code(err) == codes.NotFound && sent < 3 {
			sent++
			op, err = c.send(ctx, p)
		}
		switch {
		case err == nil:
			return op, nil
		case status.Code(err) == codes.NotFound: // sent three times, and never there
			return nil, last
		case !passes(err) || maybeStale(err) || nothingToChange(err):
			return nil, err
		}
		if ctx.Err() == nil {
			last = err
		}
	}
}

// send sends the request of a plan.
func (c *Client) send(ctx context.Context, p cloud.Plan) (*opspb.AsyncOperation, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	switch p.Kind {
	case kindCreate:
		var req cloudservice.CreateNamespaceRequest
		if err := proto.Unmarshal(p.Request, &req); err != nil {
			return nil, err
		}
		out, err := c.api.CreateNamespace(ctx, &req)
		return out.GetAsyncOperation(), err
	case kindKeyDelete:
		var req cloudservice.DeleteApiKeyRequest
		if err := proto.Unmarshal(p.Request, &req); err != nil {
			return nil, err
		}
		out, err := c.api.DeleteApiKey(ctx, &req)
		return out.GetAsyncOperation(), err
	}
	var req cloudservice.UpdateNamespaceRequest
	if err := proto.Unmarshal(p.Request, &req); err != nil {
		return nil, err
	}
	out, err := c.api.UpdateNamespace(ctx, &req)
	return out.GetAsyncOperation(), err
}

// unchanged is the end of a change that Temporal Cloud says is made already.
func unchanged(ctx context.Context, c *Client, p cloud.Plan) (cloud.Applied, error) {
	c.o.Journal.drop(p.Operation)
	d, err := c.Look(ctx, p.Namespace)
	return cloud.Applied{Operation: cloud.Operation{ID: p.Operation, State: cloud.Fulfilled}, Detail: d}, err
}

// conflict says what was changed meanwhile.
func (c *Client) conflict(ctx context.Context, p cloud.Plan, cause error) error {
	f := fault.New(fault.Conflict, "The namespace was changed meanwhile, and nothing of this change was made", "Look at the difference again: plan the change anew.")
	f.Err = cause
	n, err := c.fetch(ctx, p.Namespace)
	switch {
	case err != nil:
		f.Cause = "What was changed could not be read."
	case n.GetAsyncOperationId() != "" && stateWord(n) != "active":
		f.Cause = "Another change is under way: operation " + n.GetAsyncOperationId() + "."
	default:
		if lines := Difference(p.Before, settingsOf(n.GetSpec())); len(lines) > 0 {
			f.Cause = "Since the plan: " + strings.Join(lines, "; ") + "."
		} else {
			f.Cause = "What was changed is nothing that Onramp shows. Temporal Cloud said: " + c.key.scrub(status.Convert(cause).Message())
		}
	}
	return at(cloud.AtConflict, f)
}

// operationOf is an operation. One that is not known counts as under way.
func operationOf(op *opspb.AsyncOperation) cloud.Operation {
	words := map[opspb.AsyncOperation_State]string{opspb.AsyncOperation_STATE_FULFILLED: cloud.Fulfilled, opspb.AsyncOperation_STATE_FAILED: cloud.OpFailed,
		opspb.AsyncOperation_STATE_REJECTED: cloud.OpRejected, opspb.AsyncOperation_STATE_CANCELLED: cloud.OpCancelled}
	out := cloud.Operation{ID: op.GetId(), State: words[op.GetState()], Why: op.GetFailureReason()}
	if out.State == "" {
		out.State = cloud.Running
	}
	return out
}

// Operation looks at one operation.
func (c *Client) Operation(ctx context.Context, id string) (cloud.Operation, error) {
	op, err := c.look(ctx, id)
	if err != nil {
		return cloud.Operation{}, c.refusal(err, "see operations")
	}
	return operationOf(op), nil
}

func (c *Client) look(ctx context.Context, id string) (*opspb.AsyncOperation, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	out, err := c.api.GetAsyncOperation(ctx, &cloudservice.GetAsyncOperationRequest{AsyncOperationId: id})
	return out.GetAsyncOperation(), err
}

// end waits until an operation is over. A server that does not answer for a while is asked again.
func (c *Client) end(ctx context.Context, op *opspb.AsyncOperation, progress func(cloud.Operation)) (cloud.Operation, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Patience)
	defer cancel()
	id := op.GetId()
	var last error
	for {
		now := operationOf(op)
		now.Why = c.key.scrub(now.Why)
		if progress != nil {
			progress(now)
		}
		if now.Over() {
			return now, nil
		}
		// check_duration is how long Temporal Cloud advises to wait; a rehearsal's test says a shorter one.
		wait := min(max(op.GetCheckDuration().AsDuration(), c.o.Pause), 15*time.Second)
		if !pause(ctx, wait) {
			f := fault.New(fault.Unavailable, "The change is still under way", "Look again later: onramp cloud operation "+id+". Running the same command again picks it up.")
			f.Err = last
			return now, at(cloud.AtChange, f)
		}
		next, err := c.look(ctx, id)
		switch {
		case err == nil:
			op, last = next, nil
		case passes(err):
			last = err
		default:
			return now, c.refusal(err, "see operations")
		}
	}
}

// await waits for the end of a change that was sent, and compares what is there with what was asked for.
func (c *Client) await(ctx context.Context, p cloud.Plan, op *opspb.AsyncOperation, progress func(cloud.Operation)) (cloud.Applied, error) {
	if op.GetId() == "" {
		op = &opspb.AsyncOperation{Id: p.Operation}
	}
	end, err := c.end(ctx, op, progress)
	if err != nil {
		return cloud.Applied{Operation: end}, err
	}
	c.o.Journal.drop(p.Operation)
	if end.State != cloud.Fulfilled {
		f := fault.New(fault.Conflict, fmt.Sprintf("Temporal Cloud ended the change as %s", end.State), "Look at the namespace: onramp cloud show "+p.Namespace.String()+". Then plan the change anew.")
		if f.Cause = "It gave no reason."; end.Why != "" {
			f.Cause = "Its reason: " + end.Why
		}
		return cloud.Applied{Operation: end}, at(cloud.AtChange, f)
	}
	d, err := c.seen(ctx, p.Namespace)
	there := false
	if err == nil && p.Kind == kindKeyDelete {
		there, err = keyThere(ctx, c, p)
	}
	if err != nil {
		return cloud.Applied{Changed: true, Operation: end}, err
	}
	if there {
		return cloud.Applied{Changed: true, Operation: end, Detail: d}, at(cloud.AtChange, fault.New(fault.Conflict, "The deletion ended well, and the API key is there still",
			"Look at the list of API keys in a minute, then plan the deletion anew."))
	}
	if lines := missing(p, d.Settings); len(lines) > 0 {
		return cloud.Applied{Changed: true, Operation: end, Detail: d}, at(cloud.AtChange, &fault.Fault{Kind: fault.Conflict, Title: "The change ended well, and the namespace is not what was asked for",
			Cause: "Against what was asked for: " + strings.Join(lines, "; ") + ".", Fix: "Somebody may have changed it right after. Look at it, then plan the change anew."})
	}
	return cloud.Applied{Changed: true, Operation: end, Detail: d}, nil
}

// freshFor is for how long a namespace that was just made may answer that it may not be seen
// (temporalio/terraform-provider-temporalcloud#391).
const freshFor = 2 * time.Minute

// seen is Look, patient with a namespace that was just made.
func (c *Client) seen(ctx context.Context, id namespace.ID) (cloud.Detail, error) {
	ctx, cancel := context.WithTimeout(ctx, freshFor)
	defer cancel()
	for {
		one, stop := within(ctx)
		out, err := c.api.GetNamespace(one, &cloudservice.GetNamespaceRequest{Namespace: id.String()})
		stop()
		if err == nil {
			return detailOf(out.GetNamespace(), c.o.Now()), nil
		}
		if code := status.Code(err); code != codes.PermissionDenied && code != codes.NotFound && !passes(err) || !pause(ctx, 3*c.o.Pause) {
			return cloud.Detail{}, c.refusal(err, "see the namespace "+id.String())
		}
	}
}

// missing is what a plan changes and the namespace does not have.
func missing(p cloud.Plan, now cloud.Settings) []string {
	var changed []string
	for _, line := range Difference(now, p.After) {
		if slices.Contains(p.Diff, line) {
			changed = append(changed, line)
		}
	}
	return changed
}

// Resume brings the change that the journal holds for a namespace to its end. An operation that Temporal Cloud does not
// know never arrived: it is dropped, and a new plan is right.
func (c *Client) Resume(ctx context.Context, id namespace.ID, progress func(cloud.Operation)) (cloud.Applied, bool, error) {
	p, there, err := c.o.Journal.of(c.o.Server, id, kindUpdate, kindCreate, kindKeyDelete)
	if err != nil || !there {
		return cloud.Applied{}, false, err
	}
	op, err := c.look(ctx, p.Operation)
	if status.Code(err) == codes.NotFound {
		c.o.Journal.drop(p.Operation)
		return cloud.Applied{}, false, nil
	}
	if err != nil {
		return cloud.Applied{}, true, c.refusal(err, "see operations")
	}
	a, err := c.await(ctx, p, op, progress)
	return a, true, err
}

// Pending is the oldest change of a namespace that was sent for something (cloud.Plan.For) and whose end nobody saw.
func (c *Client) Pending(what string) (cloud.Plan, bool) {
	p, there, err := c.o.Journal.find(func(e entry) bool {
		return e.Server == c.o.Server && e.Plan.For == what && what != "" && slices.Contains([]string{kindUpdate, kindCreate, kindKeyDelete}, e.Plan.Kind)
	})
	return p, there && err == nil
}
