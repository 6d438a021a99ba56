package migration

import "context"

// DefaultTeam is the ID of the team that is there from the start: it has every migration that no other team has.
const DefaultTeam = "default"

// withinKey carries the teams of who asks.
type withinKey struct{}

// Within returns a context in which only the migrations of some teams are there: stores answer as if there were no
// others. It holds for lists, counts and for a single migration alike, so that no page can forget it. Empty teams see
// none.
func Within(ctx context.Context, teams []string) context.Context {
	return context.WithValue(ctx, withinKey{}, append([]string{}, teams...))
}

// Everywhere takes Within back: for what a link leads to, whoever else its reader has signed in as.
func Everywhere(ctx context.Context) context.Context { return context.WithValue(ctx, withinKey{}, nil) }

// Teams are those that Within left; all is true when it was not asked.
func Teams(ctx context.Context) (teams []string, all bool) {
	teams, ok := ctx.Value(withinKey{}).([]string)
	return teams, !ok
}
