package control

import (
	"strings"
	"testing"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestRenameIsJudged: a search attribute gets no name by a rename that it could not be made with.
func TestRenameIsJudged(t *testing.T) {
	w := newWorld(t, Options{})
	id := w.made("payments").GetNamespace()
	w.shelf.mu.Lock()
	sp := w.shelf.all[id]
	sp.Attributes = map[string]string{"Customer": "Keyword"}
	w.shelf.all[id] = sp
	w.shelf.mu.Unlock()
	for to, want := range map[string]codes.Code{"": codes.InvalidArgument, "a\nb": codes.InvalidArgument, "a`b": codes.InvalidArgument, strings.Repeat("a", 65): codes.InvalidArgument, "CustomerId": codes.OK} {
		out, err := w.owner.RenameCustomSearchAttribute(t.Context(), &cloudservice.RenameCustomSearchAttributeRequest{Namespace: id,
			ExistingCustomSearchAttributeName: "Customer", NewCustomSearchAttributeName: to, ResourceVersion: w.get(id).GetResourceVersion()})
		if status.Code(err) != want {
			t.Errorf("to %q: %v", to, err)
		}
		if err == nil {
			w.ends(out.GetAsyncOperation())
			w.shelf.mu.Lock()
			sp := w.shelf.all[id]
			sp.Attributes = map[string]string{"Customer": "Keyword"} // for the next
			w.shelf.all[id] = sp
			w.shelf.mu.Unlock()
		}
	}
}
