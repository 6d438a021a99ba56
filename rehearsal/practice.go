//go:build !lean

package rehearsal

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/certsvc"
	"onramp/cloud"
)

// practice is the two CAs from which the switches of "break it on purpose" make what is wrong. They are new
// at each start; their keys never leave memory.
type practice struct {
	ca       certsvc.Issued // trusted by a namespace whose worker gets a certificate of it
	stranger certsvc.Issued // a CA that no worker has a certificate of
}

const practiceDay = 24 * time.Hour

func newPractice(now time.Time) (*practice, error) {
	past := certsvc.New(certsvc.Options{Now: func() time.Time { return now.Add(-100 * practiceDay) }})
	spec := certsvc.CASpec{CommonName: "Practice CA", Organization: "Onramp practice", Days: 3650, KeyType: certsvc.ECP256}
	ca, err := past.CA(spec)
	if err != nil {
		return nil, err
	}
	spec.CommonName = "Somebody else's CA"
	stranger, err := past.CA(spec)
	return &practice{ca, stranger}, err
}

// leaf makes a client certificate for 90 days as a machine would whose clock says begin.
func (p *practice) leaf(begin time.Time) (certsvc.Issued, error) {
	return certsvc.New(certsvc.Options{Now: func() time.Time { return begin }}).Leaf(p.ca,
		certsvc.LeafSpec{CommonName: "practice-worker", Organization: "Onramp practice", Days: 90, KeyType: certsvc.ECP256})
}

// polledQueue is what the worker of the switch wrong-queue polls, instead of cloud.PracticeQueue.
const polledQueue = "practice-transfers"

// strangersFilter lets in only certificates that no worker of a rehearsal has.
var strangersFilter = certsvc.Filters{{CommonName: "another-worker"}}

// trusted is what the namespace trusts under the switches that are on.
func (s *space) trusted(p *practice) []*x509.Certificate {
	switch {
	case s.is("wrong-ca"):
		return []*x509.Certificate{p.stranger.Cert}
	case slices.ContainsFunc([]string{"ca-key", "other-key", "expired-leaf", "clock"}, s.is):
		return append(slices.Clone(s.cas), p.ca.Cert)
	}
	return s.cas
}

// longPoll is how long a worker waits for a task before it asks again, as the SDKs do.
const longPoll = 70 * time.Second

// pollerWithin is how long the server may take to count a worker.
const pollerWithin = 10 * time.Second

// startPoller lets a worker poll polledQueue in a namespace, past the door, until the returned func is
// called. It waits until the server counts the worker.
func (s *server) startPoller(ctx context.Context, namespace string) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, pollerWithin)
	defer cancel()
	life, end := context.WithCancel(context.Background())
	var w sync.WaitGroup
	queue := &taskqueue.TaskQueue{Name: polledQueue, Kind: enums.TASK_QUEUE_KIND_NORMAL}
	w.Go(func() {
		for life.Err() == nil {
			poll, done := context.WithTimeout(life, longPoll) // the server wants a time
			_, err := s.workflow.PollWorkflowTaskQueue(poll, &workflowservice.PollWorkflowTaskQueueRequest{Namespace: namespace, TaskQueue: queue, Identity: cloud.PracticeWorker})
			done()
			if err != nil { // a server under way: not at once again
				select {
				case <-life.Done():
				case <-time.After(200 * time.Millisecond):
				}
			}
		}
	})
	stop := func() { end(); w.Wait() }
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		res, err := s.workflow.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: namespace, TaskQueue: queue, TaskQueueType: enums.TASK_QUEUE_TYPE_WORKFLOW})
		if err == nil && len(res.GetPollers()) > 0 {
			return stop, nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			stop()
			return nil, errors.Join(context.Cause(ctx), err)
		}
	}
}
