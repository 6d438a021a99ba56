//go:build !lean

package rehearsal

import (
	"errors"
	"net"
	"slices"
	"sync"

	otelsdktrace "go.opentelemetry.io/otel/sdk/trace"
	sdkclient "go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/server/chasm"
	"go.temporal.io/server/common"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
	"go.temporal.io/server/common/namespace"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/resource"
	"go.temporal.io/server/common/sdk"
	"go.temporal.io/server/service/frontend"
	"go.temporal.io/server/service/history"
	"go.temporal.io/server/service/history/replication"
	"go.temporal.io/server/service/matching"
	"go.temporal.io/server/service/worker"
	"go.temporal.io/server/temporal"
	"go.uber.org/fx"
	"google.golang.org/grpc"
)

// services are those of one node, in the order of their start.
var services = []primitives.ServiceName{primitives.MatchingService, primitives.HistoryService,
	primitives.InternalFrontendService, primitives.FrontendService, primitives.WorkerService}

// assembly puts the server together from its own parts as temporal.TopLevelModule does, with three
// differences: each service listens where we say (the frontend at our door, which outlives the server),
// what dials is remembered so that a stop can end it (the server leaves its connections open, which is
// fine for a process that ends and not for ours), and no pprof listener, tracing or phoning home.
type assembly struct {
	listeners map[primitives.ServiceName]net.Listener
	limits    *limits // of callers at the door

	registries []namespace.Registry // each service's own list of the namespaces

	mu      sync.Mutex
	conns   map[*grpc.ClientConn]struct{}
	clients []*clientFactory
	over    bool // hangUp was called: what comes late is closed at once
}

// module is what temporal.NewServerFx takes.
func (a *assembly) module() fx.Option {
	return fx.Options(
		fx.Provide(
			temporal.NewServerFxImpl,
			temporal.ServerOptionsProvider,
			temporal.TaskCategoryRegistryProvider,
			temporal.ApplyClusterMetadataConfigProvider,
			resource.ArchivalMetadataProvider,
			a.service(primitives.HistoryService, history.QueueModule, history.Module, replication.Module),
			a.service(primitives.MatchingService, matching.Module),
			a.service(primitives.WorkerService, worker.Module),
			a.frontend(primitives.FrontendService),
			a.frontend(primitives.InternalFrontendService),
			func() []otelsdktrace.SpanExporter { return nil },
		),
		dynamicconfig.Module,
		chasm.Module,
		serialization.Module,
		temporal.FxLogAdapter,
		fx.Invoke(temporal.ServerLifetimeHooks),
	)
}

// service provides one of the server's services.
func (a *assembly) service(name primitives.ServiceName, parts ...fx.Option) any {
	return func(p temporal.ServiceProviderParamsCommon) (temporal.ServicesGroupOut, error) {
		return a.build(name, p, parts...)
	}
}

// frontend provides the frontend or the internal frontend: the system's own workers call the latter and
// are let in as administrators, everybody else goes through the gate.
func (a *assembly) frontend(name primitives.ServiceName) any {
	return func(p temporal.ServiceProviderParamsCommon) (temporal.ServicesGroupOut, error) {
		mapper, more := p.ClaimMapper, []grpc.UnaryServerInterceptor{a.limits.intercept}
		if name == primitives.InternalFrontendService {
			mapper, more = authorization.NewInternalClaimMapper(), nil
		}
		return a.build(name, p,
			fx.Supply(more),
			fx.Decorate(func() authorization.ClaimMapper { return mapper }),
			fx.Decorate(func() log.SnTaggedLogger { return log.With(p.Logger, tag.Service(name)) }),
			frontend.Module)
	}
}

func (a *assembly) build(name primitives.ServiceName, p temporal.ServiceProviderParamsCommon, parts ...fx.Option) (temporal.ServicesGroupOut, error) {
	app := fx.New(
		p.GetCommonServiceOptions(name),
		fx.Options(parts...),
		fx.Decorate(func() net.Listener { return a.listeners[name] }),
		fx.Decorate(func(f common.RPCFactory) common.RPCFactory { return &rpcFactory{f, a} }),
		fx.Invoke(func(r namespace.Registry) { a.registries = append(a.registries, r) }),
		fx.Decorate(func(f sdk.ClientFactory) sdk.ClientFactory { return a.remember(f) }),
	)
	return temporal.NewService(app, name, p.Logger), app.Err()
}

// stopWorkers stops the system's own workers, all at once. The server forgets some of them, and all of
// them hold long polls that would hold up its stop.
func (a *assembly) stopWorkers() {
	a.mu.Lock()
	factories := a.clients
	a.mu.Unlock()
	var all sync.WaitGroup
	for _, f := range factories {
		for _, w := range f.workers() {
			all.Go(w.Stop) // the server may do it again: that waits for this one
		}
	}
	all.Wait()
}

// hangUp ends every connection and client that the server opened to itself and left open.
func (a *assembly) hangUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.clients {
		f.close()
	}
	for c := range a.conns {
		_ = c.Close() // it only fails when it is closed already
	}
	a.clients, a.conns, a.over = nil, nil, true
}

// keep remembers a connection until hangUp.
func (a *assembly) keep(c *grpc.ClientConn) *grpc.ClientConn {
	if c == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		_ = c.Close() // who asked for it is ending too
		return c
	}
	if a.conns == nil {
		a.conns = map[*grpc.ClientConn]struct{}{}
	}
	a.conns[c] = struct{}{}
	return c
}

func (a *assembly) remember(f sdk.ClientFactory) *clientFactory {
	c := &clientFactory{ClientFactory: f, clients: map[sdkclient.Client]struct{}{}}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clients = append(a.clients, c)
	return c
}

// rpcFactory is the server's own, with a memory for the connections it made.
type rpcFactory struct {
	common.RPCFactory
	a *assembly
}

func (f *rpcFactory) CreateRemoteFrontendGRPCConnection(address string) *grpc.ClientConn {
	return f.a.keep(f.RPCFactory.CreateRemoteFrontendGRPCConnection(address))
}

func (f *rpcFactory) CreateLocalFrontendGRPCConnection() *grpc.ClientConn {
	return f.a.keep(f.RPCFactory.CreateLocalFrontendGRPCConnection())
}

func (f *rpcFactory) CreateHistoryGRPCConnection(address string) *grpc.ClientConn {
	return f.a.keep(f.RPCFactory.CreateHistoryGRPCConnection(address))
}

func (f *rpcFactory) CreateMatchingGRPCConnection(address string) *grpc.ClientConn {
	return f.a.keep(f.RPCFactory.CreateMatchingGRPCConnection(address))
}

// clientFactory is the server's own, with a memory for the SDK clients and workers of the system.
type clientFactory struct {
	sdk.ClientFactory

	mu      sync.Mutex
	clients map[sdkclient.Client]struct{}
	made    []*systemWorker
	over    bool // close was called: what comes late is closed at once
}

func (f *clientFactory) NewClient(o sdkclient.Options) sdkclient.Client {
	return f.keep(f.ClientFactory.NewClient(o))
}

func (f *clientFactory) GetSystemClient() sdkclient.Client {
	return f.keep(f.ClientFactory.GetSystemClient())
}

func (f *clientFactory) NewWorker(c sdkclient.Client, queue string, o sdkworker.Options) sdkworker.Worker {
	w := &systemWorker{Worker: f.ClientFactory.NewWorker(c, queue, o)}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.stopped = f.over
	f.made = append(f.made, w)
	return w
}

func (f *clientFactory) keep(c sdkclient.Client) sdkclient.Client {
	if c == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		c.Close()
		return c
	}
	f.clients[c] = struct{}{}
	return c
}

func (f *clientFactory) workers() []*systemWorker {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.made)
}

func (f *clientFactory) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.clients {
		c.Close()
	}
	f.clients, f.made, f.over = nil, nil, true
}

// systemWorker is a worker of the system. It may be stopped at any time, before its start too: that then
// fails, where the SDK's own worker panics.
type systemWorker struct {
	sdkworker.Worker

	mu               sync.Mutex
	started, stopped bool
}

func (w *systemWorker) Start() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return errors.New("the rehearsal cloud is stopping")
	}
	w.started = true
	return w.Worker.Start()
}

func (w *systemWorker) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.started {
		w.Worker.Stop()
	}
}
