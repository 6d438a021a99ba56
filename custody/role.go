package custody

import (
	"errors"
	"slices"
	"time"

	"onramp/fault"
)

// Role is what an account may do; a higher one may do all that a lower one may.
type Role int

// The roles. Nobody is the zero Role: whoever has not signed in.
const (
	Nobody     Role = iota
	Viewer          // sees what its teams do
	Developer       // works on the migrations of its teams
	CloudAdmin      // works on every migration, and on what Temporal Cloud's admins do
	Owner           // besides, decides who else may, and deletes
)

// Roles are those that an account can have, the lowest first.
var Roles = []Role{Viewer, Developer, CloudAdmin, Owner}

var roleTexts = [...]string{"", "viewer", "developer", "cloud-admin", "owner"}

// String is the role as flags, forms and the database have it.
func (r Role) String() string {
	if r < Nobody || r > Owner {
		return ""
	}
	return roleTexts[r]
}

// Title is the role as people read it.
func (r Role) Title() string {
	switch r {
	case Viewer:
		return "Viewer"
	case Developer:
		return "Developer"
	case CloudAdmin:
		return "Cloud admin"
	case Owner:
		return "Owner"
	}
	return "Nobody"
}

// ParseRole reads what String writes; false for anything else.
func ParseRole(s string) (Role, bool) {
	i := slices.Index(roleTexts[:], s)
	return Role(max(i, 0)), i > 0
}

// SeesAll reports whether the actor sees the migrations of every team.
func (a Actor) SeesAll() bool { return a.Role >= CloudAdmin }

// Sees reports whether the actor sees what a team has.
func (a Actor) Sees(team string) bool {
	return a.SeesAll() || a.Role >= Viewer && slices.Contains(a.Teams, team)
}

// WorksOn reports whether the actor may work on the migrations of a team: a developer of it, a cloud admin, an owner.
func (a Actor) WorksOn(team string) bool { return a.Role >= Developer && a.Sees(team) }

// SecondLook is how long somebody who has signed in may do what needs a second look: open or use a kept CA key, export,
// change roles. Later they sign in again first.
const SecondLook = 15 * time.Minute

// ErrLookAgain is the Denied fault of whoever needs a second look first.
var ErrLookAgain error = &fault.Fault{Kind: fault.Denied, Title: "Confirm that it is you", Unchanged: true,
	Cause: "You last proved who you are more than 15 minutes ago, and this needs a fresh sign-in.", Fix: "Sign in again, then send it once more.", Err: errLook}

var errLook = errors.New("a second look is needed")

// NeedsLook reports an error that is ErrLookAgain, whatever an act has added to it.
func NeedsLook(err error) bool { return errors.Is(err, errLook) }

// LookedTwice reports whether the actor has signed in recently enough at now for what needs a second look. Who has no
// sign-in, at a portal for one person, never needs one; who has one of which nobody knows when its person last proved who
// they are always does.
func (a Actor) LookedTwice(now time.Time) bool {
	if a.SignedIn.IsZero() {
		return a.Session == ""
	}
	return now.Sub(a.SignedIn) <= SecondLook
}
