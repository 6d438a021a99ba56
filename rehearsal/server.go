//go:build !lean

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/namespace"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	clusterName = "rehearsal"
	storeName   = "sqlite"
	// retention is how long a closed workflow stays: three days, so that a rehearsal can be looked at after
	// a weekend. Cloud's is 1 to 90 days (docs.temporal.io/cloud/limits).
	retention = 72 * time.Hour
)

// server is one run of the Temporal server: all services on loopback, one database, our door in front.
type server struct {
	parts    *assembly
	temporal temporal.Server
	db       *database
	door     *doorway
	internal *grpc.ClientConn
	workflow workflowservice.WorkflowServiceClient // as administrator, past the gate
}

// startServer starts a server on db that takes its callers from door and lets gate judge them. It takes
// over db and door: they are closed when it returns an error.
func startServer(ctx context.Context, db *database, door *doorway, g *gate, l serverLog, o Options) (s *server, err error) {
	s = &server{db: db, door: door, parts: &assembly{limits: newLimits(o.Limits), listeners: map[primitives.ServiceName]net.Listener{primitives.FrontendService: door}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	conf, hosts, err := s.listen()
	if err != nil {
		return s, err
	}
	s.temporal, err = temporal.NewServerFx(s.parts.module(),
		temporal.WithConfig(conf),
		temporal.ForServices(names(services)),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(l),
		temporal.WithDynamicConfigClient(settingsOf(o)),
		temporal.WithTLSConfigFactory(g),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return g }),
		temporal.WithAuthorizer(g),
	)
	if err != nil {
		return s, err
	}
	if err := s.temporal.Start(); err != nil {
		return s, err
	}
	s.internal, err = grpc.NewClient("passthrough:///"+hosts[primitives.InternalFrontendService].Self,
		grpc.WithTransportCredentials(credentials.NewTLS(g.inside.client.Clone())), grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
	if err != nil {
		return s, err
	}
	s.workflow = workflowservice.NewWorkflowServiceClient(s.internal)
	if err := s.knows(ctx, primitives.SystemLocalNamespace, ""); err != nil {
		return s, err
	}
	return s, s.answers(ctx)
}

// settings are the server's dynamic configuration where its defaults do not suit one node on a desk.
var settings = dynamicconfig.StaticClient{
	dynamicconfig.EnableServerVersionCheck.Key(): false, // nothing leaves this machine
	dynamicconfig.ExposeAuthorizerErrors.Key():   true,  // the gate answers itself for a namespace that is not there
	// Namespaces may come in bulk: a restart or a board of a hundred asks for all at once.
	dynamicconfig.FrontendNamespaceReplicationInducingAPIsRPS.Key(): 10_000,
	// One partition a task queue: a poller and a task cannot miss each other on one node.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
	dynamicconfig.WorkerHeartbeatsEnabled.Key():             true,
	// Timers fire on time: the default allows for the clocks of a cluster, up to a second.
	dynamicconfig.TimerProcessorMaxTimeShift.Key(): time.Millisecond,
	// A worker that stops takes no task with it: in a rehearsal workers come and go.
	dynamicconfig.EnableCancelWorkerPollsOnShutdown.Key(): true,
	// One new execution a second and workflow ID, judged after the look for duplicates: docs.temporal.io/cloud/limits. It
	// tells of a burst allowance and not of how much, so there is none here. (history.businessIDReuseRate counts duplicates.)
	dynamicconfig.EnableWorkflowIdReuseStartTimeValidation.Key(): true,
	dynamicconfig.WorkflowIdReuseMinimalInterval.Key():           time.Second,
	// limits counts these by itself.
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100_000,
	// Housekeeping for clusters that live for years.
	dynamicconfig.TaskQueueScannerEnabled.Key():  false,
	dynamicconfig.HistoryScannerEnabled.Key():    false,
	dynamicconfig.ExecutionsScannerEnabled.Key(): false,
	dynamicconfig.BuildIdScavengerEnabled.Key():  false,
}

// settingsOf are settings with what a test asks for.
func settingsOf(o Options) dynamicconfig.StaticClient {
	s := maps.Clone(settings)
	s[dynamicconfig.SchedulerNamespaceStartWorkflowRPS.Key()] = 1e6
	if l := limitsOf(o.Limits); l.Schedules >= 0 {
		s[dynamicconfig.SchedulerNamespaceStartWorkflowRPS.Key()] = float64(l.Schedules)
	}
	if o.renew > 0 {
		s[dynamicconfig.KeepAliveMaxConnectionAge.Key()] = o.renew
	}
	if o.poll > 0 {
		s[dynamicconfig.MatchingLongPollExpirationInterval.Key()] = o.poll
	}
	return s
}

// listen opens a port on loopback for every service but the frontend, whose callers come through the
// door (what others may say at these ports: internode), and writes the server's configuration for them.
func (s *server) listen() (*config.Config, map[primitives.ServiceName]static.Hosts, error) {
	c := &config.Config{Services: map[string]config.Service{}}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range services {
		l := s.parts.listeners[name]
		if l == nil {
			var err error
			if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				return nil, nil, fmt.Errorf("no port for the %s service: %w", name, err)
			}
			s.parts.listeners[name] = l
		}
		var svc config.Service
		svc.RPC.GRPCPort, svc.RPC.BindOnIP = l.Addr().(*net.TCPAddr).Port, "127.0.0.1"
		c.Services[string(name)] = svc
		hosts[name] = static.SingleLocalHost(l.Addr().String())
	}
	c.Persistence.DefaultStore, c.Persistence.VisibilityStore, c.Persistence.NumHistoryShards = storeName, storeName, 1
	c.Persistence.DataStores = map[string]config.DataStore{storeName: {SQL: &s.db.config}}
	c.ClusterMetadata = &cluster.Config{FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {Enabled: true, InitialFailoverVersion: 1,
			RPCAddress: hosts[primitives.FrontendService].Self}}}
	c.DCRedirectionPolicy.Policy = "noop"
	for _, state := range []*string{&c.Archival.History.State, &c.Archival.Visibility.State,
		&c.NamespaceDefaults.Archival.History.State, &c.NamespaceDefaults.Archival.Visibility.State} {
		*state = "disabled"
	}
	return c, hosts, nil
}

func names(services []primitives.ServiceName) []string {
	var out []string
	for _, s := range services {
		out = append(out, string(s))
	}
	return out
}

// register makes a namespace (it exists already: nil) and waits until workflows can start in it.
func (s *server) register(ctx context.Context, name string) error {
	_, err := s.workflow.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{Namespace: name,
		WorkflowExecutionRetentionPeriod: durationpb.New(retention)})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(serviceerror.FromStatus(status.Convert(err)), &exists) {
		return err
	}
	made, err := s.workflow.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	if err != nil {
		return err
	}
	return s.knows(ctx, name, made.GetNamespaceInfo().GetId())
}

// forget deletes a namespace with its workflows: its name is free at once, the rest goes in the background. One that
// is not there: nil.
func (s *server) forget(ctx context.Context, name string) error {
	_, err := operatorservice.NewOperatorServiceClient(s.internal).DeleteNamespace(ctx, &operatorservice.DeleteNamespaceRequest{Namespace: name})
	var missing *serviceerror.NamespaceNotFound
	if err != nil && !errors.As(serviceerror.FromStatus(status.Convert(err)), &missing) {
		return err
	}
	return nil
}

// knows waits until every service knows a namespace by its ID ("": any): each keeps its own list. Who asked for the name before
// it existed may have been told to ask again later, and who knew a deleted namespace of that name would go on there.
func (s *server) knows(ctx context.Context, name, id string) error {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for _, r := range s.parts.registries {
		for {
			if known, err := r.GetNamespace(namespace.Name(name)); err == nil && (id == "" || known.ID().String() == id) {
				break
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-poll.C:
			}
		}
	}
	return nil
}

// answers waits until history and matching answer.
func (s *server) answers(ctx context.Context) error {
	_, err := s.workflow.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: primitives.SystemLocalNamespace,
		Execution: &common.WorkflowExecution{WorkflowId: "onramp-is-anybody-there"}})
	if status.Code(err) != codes.NotFound {
		return fmt.Errorf("history does not answer: %w", err)
	}
	_, err = s.workflow.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: primitives.SystemLocalNamespace,
		TaskQueue: &taskqueue.TaskQueue{Name: "onramp-is-anybody-there"}, TaskQueueType: enums.TASK_QUEUE_TYPE_WORKFLOW})
	if err != nil {
		return fmt.Errorf("matching does not answer: %w", err)
	}
	return nil
}

// close ends the server: first its callers, then its services, then what they left open.
func (s *server) close() error {
	var errs []error
	s.door.hangUp()
	if s.internal != nil {
		errs = append(errs, s.internal.Close())
	}
	s.parts.stopWorkers()
	if s.temporal != nil {
		errs = append(errs, s.temporal.Stop())
	}
	s.parts.stopWorkers() // those that came meanwhile
	s.parts.hangUp()
	for _, l := range s.parts.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, s.db.close())...)
}
