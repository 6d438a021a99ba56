package assess

import (
	"context"
	"time"

	"go.temporal.io/api/enums/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// schedules lists the schedules, when they are due, and describes some of them.
func (w *workflows) schedules(ctx context.Context) {
	s := &w.n.Schedules
	n, err := w.c.wf.CountSchedules(ctx, &workflowservice.CountSchedulesRequest{Namespace: w.n.Name}, most)
	s.Count = counted(n.GetCount(), err)
	due := map[int64]int{}
	var ids []string
	var token []byte
	for {
		page, err := w.c.wf.ListSchedules(ctx, &workflowservice.ListSchedulesRequest{Namespace: w.n.Name, MaximumPageSize: pageSize, NextPageToken: token}, most)
		s.Listed = outcomeOf(err)
		if err != nil {
			break
		}
		for _, e := range page.GetSchedules() {
			s.N++
			if e.GetInfo().GetPaused() {
				s.Paused++
			} else {
				for _, at := range e.GetInfo().GetFutureActionTimes() {
					if at.IsValid() && len(due) < 100000 {
						due[at.GetSeconds()]++
					}
				}
			}
			if len(ids) < maxDescribed {
				ids = append(ids, e.GetScheduleId())
			}
		}
		token = page.GetNextPageToken()
		if len(token) == 0 {
			break
		}
		if s.N >= maxSchedules || len(page.GetSchedules()) == 0 {
			s.More = true
			break
		}
	}
	for at, n := range due {
		if n > s.Burst || n == s.Burst && at < s.BurstAt.Unix() {
			s.Burst, s.BurstAt = n, time.Unix(at, 0).UTC()
		}
	}
	for _, id := range ids {
		d, err := w.c.wf.DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: w.n.Name, ScheduleId: id}, most)
		one := Schedule{ID: bound(id), Read: outcomeOf(err)}
		if err == nil {
			one.describe(d)
			if q := w.queue(one.Queue); q != nil {
				q.Scheduled = true
			}
			w.typeOf(one.Type)
		}
		s.Described = append(s.Described, one)
	}
}

func (s *Schedule) describe(d *workflowservice.DescribeScheduleResponse) {
	p, st := d.GetSchedule().GetPolicies(), d.GetSchedule().GetState()
	s.Overlap, s.Catchup, s.KeepID = overlap(p), p.GetCatchupWindow().AsDuration(), p.GetKeepOriginalWorkflowId()
	s.Limited, s.Remaining, s.Paused = st.GetLimitedActions(), st.GetRemainingActions(), st.GetPaused()
	s.Running, s.Buffered = len(d.GetInfo().GetRunningWorkflows()), d.GetInfo().GetBufferSize()
	start := d.GetSchedule().GetAction().GetStartWorkflow()
	s.Type, s.Queue = bound(start.GetWorkflowType().GetName()), bound(start.GetTaskQueue().GetName())
}

func overlap(p *schedulepb.SchedulePolicies) string {
	switch p.GetOverlapPolicy() {
	case enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE:
		return "BUFFER_ONE"
	case enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL:
		return "BUFFER_ALL"
	case enums.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER:
		return "CANCEL_OTHER"
	case enums.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER:
		return "TERMINATE_OTHER"
	case enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL:
		return "ALLOW_ALL"
	}
	return "SKIP"
}

// pollers looks who polls the task queues that are known.
func (w *workflows) pollers(ctx context.Context) {
	for _, name := range sortedKeys(w.queues) {
		q := w.queues[name]
		q.Workflows = w.pollersOf(ctx, q, enums.TASK_QUEUE_TYPE_WORKFLOW)
		q.Activities = w.pollersOf(ctx, q, enums.TASK_QUEUE_TYPE_ACTIVITY)
	}
}

func (w *workflows) pollersOf(ctx context.Context, q *Queue, kind enums.TaskQueueType) Pollers {
	d, err := w.c.wf.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: w.n.Name,
		TaskQueue: &taskqueuepb.TaskQueue{Name: q.Name, Kind: enums.TASK_QUEUE_KIND_NORMAL}, TaskQueueType: kind, ReportConfig: true}, most)
	p := Pollers{Read: outcomeOf(err), N: len(d.GetPollers())}
	for _, one := range d.GetPollers()[:min(len(d.GetPollers()), 3)] {
		p.Identities = append(p.Identities, bound(one.GetIdentity()))
	}
	if d.GetEffectiveRateLimit().GetRateLimitSource() == enums.RATE_LIMIT_SOURCE_API {
		q.Limit = float64(d.GetEffectiveRateLimit().GetRequestsPerSecond())
	}
	if d.GetConfig().GetFairnessKeysRateLimitDefault() != nil || len(d.GetConfig().GetFairnessWeightOverrides()) > 0 {
		q.Fairness = true
	}
	return p
}

// others reads what a namespace has besides: workers, deployments, versioning rules, batch jobs, standalone activities.
func (w *workflows) others(ctx context.Context) {
	name := w.n.Name
	sdks := map[[2]string]*SDK{}
	note := func(sdk, version string, sampled bool) {
		key := [2]string{bound(sdk), bound(version)}
		if key[0] == "" || len(sdks) >= 100 {
			return
		}
		if sdks[key] == nil {
			sdks[key] = &SDK{Name: key[0], Version: key[1], Sampled: sampled}
		}
		sdks[key].N++
	}
	workers, err := w.c.wf.ListWorkers(ctx, &workflowservice.ListWorkersRequest{Namespace: name, PageSize: 1000}, most)
	w.n.Workers.Listed = outcomeOf(err)
	for _, k := range workers.GetWorkers() {
		note(k.GetSdkName(), k.GetSdkVersion(), false)
	}
	if len(workers.GetWorkers()) == 0 {
		//lint:ignore SA1019 servers before the short form have this one alone
		for _, k := range workers.GetWorkersInfo() {
			note(k.GetWorkerHeartbeat().GetSdkName(), k.GetWorkerHeartbeat().GetSdkVersion(), false)
		}
	}
	seen := len(sdks) > 0
	for _, s := range w.n.Samples {
		if !seen && s.History != nil {
			note(s.History.SDKName, s.History.SDKVersion, true)
		}
	}
	w.n.Workers.SDKs = []SDK{}
	for _, k := range sdks {
		w.n.Workers.SDKs = append(w.n.Workers.SDKs, *k)
	}
	sortSDKs(w.n.Workers.SDKs)

	deployments, err := w.c.wf.ListWorkerDeployments(ctx, &workflowservice.ListWorkerDeploymentsRequest{Namespace: name, PageSize: 100}, most)
	w.n.Deployments = counted(int64(len(deployments.GetWorkerDeployments())), err)
	w.n.Rules = Count{Read: Read}
	for i, q := range sortedKeys(w.queues) {
		if i >= 10 {
			break
		}
		r, err := w.c.wf.GetWorkerVersioningRules(ctx, &workflowservice.GetWorkerVersioningRulesRequest{Namespace: name, TaskQueue: q}, most)
		if o := outcomeOf(err); o != Read {
			w.n.Rules.Read = o
			break
		}
		w.n.Rules.N += int64(len(r.GetAssignmentRules()) + len(r.GetCompatibleRedirectRules()))
	}
	batches, err := w.c.wf.ListBatchOperations(ctx, &workflowservice.ListBatchOperationsRequest{Namespace: name, PageSize: 100}, most)
	w.n.Batches = counted(0, err)
	for _, b := range batches.GetOperationInfo() {
		if b.GetState() == enums.BATCH_OPERATION_STATE_RUNNING {
			w.n.Batches.N++
		}
	}
	if w.n.Standalone {
		a, err := w.c.wf.CountActivityExecutions(ctx, &workflowservice.CountActivityExecutionsRequest{Namespace: name}, most)
		w.n.Activities = counted(a.GetCount(), err)
	}
	w.n.Reported = w.c.count(ctx, name, running+" AND TemporalReportedProblems IS NOT NULL")
}
