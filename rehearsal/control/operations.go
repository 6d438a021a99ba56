package control

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/fault"
)

// maxInFlight is how many changes an account may have under way (docs.temporal.io/ops).
const maxInFlight = 10

// operation is one change under way, or its end.
type operation struct {
	account string
	about   string // the namespace, or the id of what else is changed
	request []byte // hash of the request that began it
	shown   *opspb.AsyncOperation
}

func (o *operation) over() bool {
	st := o.shown.GetState()
	return st != opspb.AsyncOperation_STATE_PENDING && st != opspb.AsyncOperation_STATE_IN_PROGRESS
}

// change is a change that a request asks for.
type change struct {
	id    string // chosen by the client, "" for none
	kind  string
	about string
	req   proto.Message
	// apply makes the change; ended is called with s.mu held when the operation is over, with the reason of a failure.
	apply func(ctx context.Context) error
	ended func(ok bool)
}

// hashOf is the hash of a request, so that one sent again is known.
func hashOf(kind string, req proto.Message) []byte {
	wire, _ := proto.MarshalOptions{Deterministic: true}.Marshal(req) // what came over the wire goes back
	sum := sha256.Sum256(append([]byte(kind+"\x00"), wire...))
	return sum[:]
}

// again is the operation that a request began before, nil for a new one. The id makes a request that is sent again
// safe: it is answered what it was answered the first time. s.mu is held.
func (s *Server) again(who caller, kind, id string, req proto.Message) (*operation, error) {
	op := s.ops[who.account+"/"+id]
	if id == "" || op == nil {
		return nil, nil
	}
	if !bytes.Equal(op.request, hashOf(kind, req)) {
		return nil, ours(codes.InvalidArgument, "async_operation_id %s belongs to another request", id)
	}
	return op, nil
}

// begin starts a change; s.mu is held.
func (s *Server) begin(who caller, c change) (*operation, error) {
	running := 0
	for _, op := range s.ops {
		if op.account == who.account && !op.over() {
			running++
		}
	}
	if running >= maxInFlight {
		return nil, ours(codes.ResourceExhausted, "%d changes are under way in this account, which is the most", running)
	}
	id := c.id
	if id == "" {
		id = newID()
	}
	input, _ := anypb.New(c.req) // a known message: cannot fail
	op := &operation{account: who.account, about: c.about, request: hashOf(c.kind, c.req), shown: &opspb.AsyncOperation{Id: id, State: opspb.AsyncOperation_STATE_PENDING,
		CheckDuration: durationpb.New(min(time.Second, s.o.Delay)), OperationType: c.kind, OperationInput: input, StartedTime: timestamppb.New(s.o.Now())}}
	s.ops[who.account+"/"+id] = op
	if err := s.save(); err != nil {
		delete(s.ops, who.account+"/"+id)
		return nil, ours(codes.Internal, "the state could not be saved")
	}
	s.tasks.Go(func() { s.carryOut(op, c) })
	return op, nil
}

// carryOut waits and makes the change, or ends it as Options.Outcome says.
func (s *Server) carryOut(op *operation, c change) {
	if !s.pause(s.o.Delay / 4) {
		return
	}
	s.mu.Lock()
	op.shown.State = opspb.AsyncOperation_STATE_IN_PROGRESS
	s.mu.Unlock()
	if !s.pause(s.o.Delay - s.o.Delay/4) {
		return
	}
	state, why := opspb.AsyncOperation_STATE_FULFILLED, ""
	switch s.o.Outcome {
	case Failed:
		state, why = opspb.AsyncOperation_STATE_FAILED, "the rehearsal was told to let every operation fail"
	case Rejected:
		state, why = opspb.AsyncOperation_STATE_REJECTED, "the rehearsal was told to reject every operation"
	case Cancelled:
		state = opspb.AsyncOperation_STATE_CANCELLED
	default:
		if err := c.apply(s.life); err != nil {
			if s.life.Err() != nil {
				return
			}
			s.o.Log.Warn("an operation of the rehearsal's control plane failed", "operation", op.shown.GetId(), "cause", err)
			state, why = opspb.AsyncOperation_STATE_FAILED, fault.From(err).Title
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	op.shown.State, op.shown.FailureReason, op.shown.FinishedTime = state, why, timestamppb.New(s.o.Now())
	c.ended(state == opspb.AsyncOperation_STATE_FULFILLED)
	if err := s.save(); err != nil {
		s.o.Log.Error("the state of the rehearsal's control plane was not saved", "cause", err)
	}
}

func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.life.Done():
		return false
	}
}

// under is the operation that changes something now, nil for none; s.mu is held.
func (s *Server) under(account, about string) *operation {
	for _, op := range s.ops {
		if op.account == account && op.about == about && !op.over() {
			return op
		}
	}
	return nil
}

// show is an operation as an answer holds it; s.mu is held.
func (o *operation) show() *opspb.AsyncOperation { return proto.CloneOf(o.shown) }

// GetAsyncOperation is a change under way or its end.
func (n changes) GetAsyncOperation(ctx context.Context, req *cloudservice.GetAsyncOperationRequest) (*cloudservice.GetAsyncOperationResponse, error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	op := n.s.ops[callerOf(ctx).account+"/"+req.GetAsyncOperationId()]
	if op == nil {
		return nil, ours(codes.NotFound, "no operation %q", req.GetAsyncOperationId())
	}
	return &cloudservice.GetAsyncOperationResponse{AsyncOperation: op.show()}, nil
}
