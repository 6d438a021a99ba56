package custody_test

import (
	"testing"
	"time"

	"onramp/custody"
)

// TestLookedTwice: who has no sign-in never needs a second look; who has one needs it 15 minutes after the last proof of who
// they are, and where nobody knows of such a proof.
func TestLookedTwice(t *testing.T) {
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		by   custody.Actor
		want bool
	}{
		{"one machine", custody.Actor{Person: custody.Local}, true},
		{"a command", custody.Actor{Person: "command", Via: "command"}, true},
		{"just proved", custody.Actor{Session: "s", SignedIn: now}, true},
		{"15 minutes ago", custody.Actor{Session: "s", SignedIn: now.Add(-custody.SecondLook)}, true},
		{"later", custody.Actor{Session: "s", SignedIn: now.Add(-custody.SecondLook - 1)}, false},
		{"a session without a proof", custody.Actor{Session: "s"}, false},
	} {
		if got := tt.by.LookedTwice(now); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}
