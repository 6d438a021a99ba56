//go:build !lean

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	nspb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/namespace"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"onramp/fault"
)

// retain sets how many days closed workflows stay.
func (s *server) retain(ctx context.Context, name string, days int) error {
	_, err := s.workflow.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{Namespace: name,
		Config: &nspb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(time.Duration(days) * 24 * time.Hour)}})
	return err
}

// addAttributes gives a namespace custom search attributes, by name and type ("Keyword"), and waits until they can be
// used. SQLite has room for fewer than Temporal Cloud: ten Keyword, three of each other type; the fault says so.
func (s *server) addAttributes(ctx context.Context, name string, types map[string]string) error {
	if len(types) == 0 {
		return nil
	}
	req := &operatorservice.AddSearchAttributesRequest{Namespace: name, SearchAttributes: map[string]enums.IndexedValueType{}}
	for attribute, word := range types {
		kind, err := enums.IndexedValueTypeFromString(word)
		if err != nil {
			return err
		}
		req.SearchAttributes[attribute] = kind
	}
	_, err := operatorservice.NewOperatorServiceClient(s.internal).AddSearchAttributes(ctx, req)
	var full *serviceerror.InvalidArgument
	if errors.As(serviceerror.FromStatus(status.Convert(err)), &full) {
		return fault.Wrap(err, fault.Invalid, noRoom, fewer)
	} else if err != nil {
		return err
	}
	for attribute := range types {
		if err := s.knowsAttribute(ctx, name, attribute); err != nil {
			return err
		}
	}
	return nil
}

// renameAttribute gives a search attribute of a namespace another name.
func (s *server) renameAttribute(ctx context.Context, name, from, to string) error {
	now, err := s.workflow.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	if err != nil {
		return err
	}
	field := ""
	for f, alias := range now.GetConfig().GetCustomSearchAttributeAliases() {
		if alias == from {
			field = f
		}
	}
	if field == "" {
		return fmt.Errorf("namespace %s has no search attribute %s", name, from)
	}
	for _, alias := range []string{"", to} { // a field that has a name gets no other one: it loses the old one first
		if _, err := s.workflow.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{Namespace: name,
			Config: &nspb.NamespaceConfig{CustomSearchAttributeAliases: map[string]string{field: alias}}}); err != nil {
			return err
		}
	}
	return s.knowsAttribute(ctx, name, to)
}

// knowsAttribute waits until every service knows a namespace's search attribute: each keeps its own list.
func (s *server) knowsAttribute(ctx context.Context, name, attribute string) error {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for _, r := range slices.Clone(s.parts.registries) {
		for {
			if known, err := r.GetNamespace(namespace.Name(name)); err == nil {
				mapper := known.CustomSearchAttributesMapper()
				if _, err := mapper.GetFieldName(attribute, name); err == nil {
					break
				}
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
