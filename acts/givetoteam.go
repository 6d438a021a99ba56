package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// GiveToTeam makes another team the owner of a migration: whoever belongs to the old one alone does not see it any more.
// Only teams that the actor sees: an Invalid fault of field team.
func (m Migrations) GiveToTeam(ctx context.Context, by Actor, id, team string) (made migration.Migration, err error) {
	defer unchanged(&err)
	if !by.Sees(team) {
		return migration.Migration{}, fault.New(fault.Invalid, "You do not belong to this team", "Choose one of your teams.").In("team")
	}
	defer m.writing.lock(id)()
	have, err := m.store.Migration(ctx, id)
	if err != nil || have.Team == team {
		return have, err
	}
	if err := sawText(ctx, have.Team, "Another team has it meanwhile."); err != nil {
		return have, err
	}
	have.Team = team
	if err := m.store.ChangeMigration(ctx, have, m.stamped(by, note(id, custody.TeamGiven, team))...); err != nil {
		return have, fault.Rename(err, map[string]string{"name": "team"})
	}
	m.changes.Wake(id)
	if now, err := m.store.Migration(ctx, id); err == nil {
		return now, nil
	}
	return have, nil // it is given, though it could not be read again
}
