//go:build !lean

package rehearsal

import (
	"context"

	"go.temporal.io/api/nexus/v1"
	"go.temporal.io/api/operatorservice/v1"

	"onramp/fault"
	"onramp/rehearsal/control"
)

func (s spaces) PutEndpoint(ctx context.Context, was string, e control.Endpoint) error {
	return s.c.change(ctx, func(srv *server) error {
		operator := operatorOf(srv)
		spec := &nexus.EndpointSpec{Name: e.Name, Target: &nexus.EndpointTarget{Variant: &nexus.EndpointTarget_Worker_{
			Worker: &nexus.EndpointTarget_Worker{Namespace: e.Namespace, TaskQueue: e.TaskQueue}}}}
		if was == "" {
			_, err := operator.CreateNexusEndpoint(ctx, &operatorservice.CreateNexusEndpointRequest{Spec: spec})
			return err
		}
		now, err := endpointNamed(ctx, operator, was)
		if err == nil && now == nil {
			return fault.New(fault.Conflict, "The Nexus endpoint "+was+" is gone", "Look at the list again.")
		} else if err != nil {
			return err
		}
		_, err = operator.UpdateNexusEndpoint(ctx, &operatorservice.UpdateNexusEndpointRequest{Id: now.GetId(), Version: now.GetVersion(), Spec: spec})
		return err
	})
}

func (s spaces) DeleteEndpoint(ctx context.Context, name string) error {
	return s.c.change(ctx, func(srv *server) error {
		operator := operatorOf(srv)
		now, err := endpointNamed(ctx, operator, name)
		if err != nil || now == nil {
			return err
		}
		_, err = operator.DeleteNexusEndpoint(ctx, &operatorservice.DeleteNexusEndpointRequest{Id: now.GetId(), Version: now.GetVersion()})
		return err
	})
}

func operatorOf(s *server) operatorservice.OperatorServiceClient {
	return operatorservice.NewOperatorServiceClient(s.internal)
}

// endpointNamed is an endpoint of the server, nil for none.
func endpointNamed(ctx context.Context, operator operatorservice.OperatorServiceClient, name string) (*nexus.Endpoint, error) {
	found, err := operator.ListNexusEndpoints(ctx, &operatorservice.ListNexusEndpointsRequest{Name: name})
	for _, e := range found.GetEndpoints() {
		if e.GetSpec().GetName() == name {
			return e, err
		}
	}
	return nil, err
}
