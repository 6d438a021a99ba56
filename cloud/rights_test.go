package cloud

import (
	"testing"

	"onramp/namespace"
)

// TestRights: a role tells what is certain and no more.
func TestRights(t *testing.T) {
	id, other := namespace.ID{Name: "payments", Account: "a1b2c"}, namespace.ID{Name: "orders", Account: "a1b2c"}
	see, change, create := Rights[1], Rights[2], Rights[4]
	for _, tt := range []struct {
		name                string
		who                 Identity
		id                  namespace.ID
		see, change, create Chance
	}{
		{"owner", Identity{Role: "owner"}, id, May, May, May},
		{"global admin", Identity{Role: "admin"}, id, May, May, May},
		{"developer", Identity{Role: "developer"}, id, Unknown, Unknown, May},
		{"read", Identity{Role: "read"}, id, Unknown, Unknown, MayNot},
		{"admin of this namespace", Identity{Scope: "payments.a1b2c admin"}, id, May, May, MayNot},
		{"write in this namespace", Identity{Scope: "payments.a1b2c write"}, id, May, MayNot, MayNot},
		{"admin of another", Identity{Scope: "orders.a1b2c admin"}, id, MayNot, MayNot, MayNot},
		{"admin of this, seen there", Identity{Scope: "orders.a1b2c admin"}, other, May, May, MayNot},
		{"nothing told", Identity{}, id, Unknown, Unknown, Unknown},
	} {
		if a, b, c := see.Of(tt.who, tt.id), change.Of(tt.who, tt.id), create.Of(tt.who, tt.id); a != tt.see || b != tt.change || c != tt.create {
			t.Errorf("%s: see %s, change %s, create %s", tt.name, a, b, c)
		}
	}
}
