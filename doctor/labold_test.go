package doctor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// operator is the laboratory's operator service: it tells the search attributes of svc.
type operator struct {
	operatorservice.UnimplementedOperatorServiceServer
	svc *temporal
}

func (o *operator) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	if o.svc.attributes == nil {
		return nil, status.Error(codes.PermissionDenied, "Request unauthorized.")
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: o.svc.attributes}, nil
}

// besideLocal is the healthy target with old as the local server, which has the namespace default.
func (l *lab) besideLocal(old *temporal) Target {
	if old.namespaces == nil {
		old.namespaces = map[string]error{"default": nil}
	}
	t := l.target(l.serve(l.mtls()))
	t.LocalAddress = (&lab{t: l.t, svc: old}).serve(nil)
	return t
}

// TestBesideTheLocalNamespace: what the local namespace has and this one lacks is found, what is no loss is no
// alarm, and what a side does not tell is said and not guessed.
func TestBesideTheLocalNamespace(t *testing.T) {
	const keyword, text = enums.INDEXED_VALUE_TYPE_KEYWORD, enums.INDEXED_VALUE_TYPE_TEXT
	type attributes = map[string]enums.IndexedValueType
	for _, tt := range []struct {
		name      string
		here      attributes
		old       *temporal
		status    Status
		missing   []string
		notTold   string // in not_checked
		differing int
	}{
		{name: "all is there", here: attributes{"CustomerId": keyword, "More": text}, old: &temporal{attributes: attributes{"CustomerId": keyword}}, status: Pass},
		{name: "a longer retention is no loss", here: attributes{}, old: &temporal{retention: time.Hour, attributes: attributes{}}, status: Pass},
		{name: "a shorter one is", here: attributes{}, old: &temporal{retention: 73 * time.Hour, attributes: attributes{}}, status: Warn, differing: 1},
		{name: "missing, and of another type", here: attributes{"Region": text}, old: &temporal{attributes: attributes{"CustomerId": keyword, "Region": keyword}},
			status: Warn, missing: []string{"CustomerId=Keyword", "Region=Keyword (here it is Text)"}, differing: 1},
		{name: "samples of a set-up script", here: attributes{}, old: &temporal{attributes: attributes{"CustomKeywordField": keyword}}, status: Pass},
		{name: "this side does not tell", old: &temporal{attributes: attributes{"CustomerId": keyword}}, status: Pass, notTold: "CustomerId, and this one does not tell its own: Request unauthorized."},
		{name: "this side does not tell, and nothing is asked of it", old: &temporal{attributes: attributes{}}, status: Pass},
		{name: "the old side does not tell", here: attributes{}, old: &temporal{}, status: Pass, notTold: "the local server does not tell"},
		{name: "no such namespace there", here: attributes{}, old: &temporal{namespaces: map[string]error{"other": nil}}, status: Pass, notTold: "the namespace default at 127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			l.svc.attributes = tt.here
			r := check(t, l.besideLocal(tt.old))
			s := r.Stages[8]
			if r.Verdict.Code != OK || s.Status != tt.status {
				t.Errorf("%s, namespace %s: %s", r.Verdict.Code, s.Status, s.Summary)
			}
			missing, _ := s.Evidence["search_attributes_missing"].([]string)
			differ, _ := s.Evidence["differs_from_local"].([]string)
			if !cmp.Equal(missing, tt.missing) || len(differ) != tt.differing {
				t.Errorf("missing %q, differs %q", missing, differ)
			}
			all := strings.Join(r.NotChecked, "\n")
			if told := !strings.Contains(all, "what the local namespace has"); told != (tt.notTold == "") || !strings.Contains(all, tt.notTold) {
				t.Errorf("not checked: %s", all)
			}
		})
	}
	l := newLab(t)
	target := l.target(l.serve(l.mtls()))
	target.LocalAddress = closedPort(t)
	if r := check(t, target); r.Verdict.Code != OK || !strings.Contains(strings.Join(r.NotChecked, "\n"), "what the local namespace has") {
		t.Errorf("a local server that is down: %s, %q", r.Verdict.Code, r.NotChecked)
	}
}
