package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// mostNumbers is how many migrations may share the beginning of a name or an address.
const mostNumbers = 10_000

// Create makes a migration. A name that another one of its team has (migration.SameName) is a Conflict fault of field name that
// says which; Invalid faults (several joined) carry their field: name, lang, mode, auth. Its ID, and with it its
// address, is the slug of its name, with something behind it that makes it free.
func (m Migrations) Create(ctx context.Context, by Actor, name, lang string, mode migration.Mode, auth string) (made migration.Migration, err error) {
	defer unchanged(&err)
	var errs []error
	if no := m.NoRehearsal(); no != "" && mode == migration.Rehearsal {
		errs = append(errs, fault.New(fault.Invalid, "No rehearsal cloud is running here", no).In("mode"))
	}
	made, err = migration.New(name, lang, mode, auth, m.now())
	if err := join(append(errs, err)...); err != nil {
		return migration.Migration{}, err
	}
	if made.Team, err = home(by); err != nil {
		return migration.Migration{}, err
	}
	slug := made.ID
	for n := 2; ; n++ {
		err = m.store.AddMigration(ctx, made, m.stamped(by, note(made.ID, custody.Created, made.Name))...)
		if f := fault.From(err); f == nil || f.Kind != fault.Conflict || f.Field != "id" || n > mostNumbers {
			break
		}
		made.ID = anotherID(by, slug, n)
	}
	if err != nil {
		return migration.Migration{}, err
	}
	m.changes.Wake(made.ID)
	return made, nil
}

// Home is the team that gets what an actor makes, as home.
func Home(by Actor) (string, error) { return home(by) }

// home is the team that gets what an actor makes: the one that it chose among its own, or its first.
func home(by Actor) (string, error) {
	switch {
	case by.Team != "" && !by.Sees(by.Team):
		return "", fault.New(fault.Invalid, "You do not belong to this team", "Choose one of your teams.").In("team")
	case by.Team != "":
		return by.Team, nil
	case len(by.Teams) > 0:
		return by.Teams[0], nil
	case by.Role == custody.Viewer || by.Role == custody.Developer:
		return "", fault.New(fault.Denied, "You belong to no team", "Ask an owner to add you to one: each migration belongs to a team.")
	}
	return migration.DefaultTeam, nil
}
