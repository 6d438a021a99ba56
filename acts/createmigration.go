package acts

import (
	"context"
	"fmt"
	"strings"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Create makes a migration. A taken name is a Conflict fault that names the existing one; Invalid faults (several
// joined) carry their field: name, lang, mode, auth.
func (m Migrations) Create(ctx context.Context, by Actor, name, lang string, mode migration.Mode, auth string) (made migration.Migration, err error) {
	defer unchanged(&err)
	var errs []error
	if no := m.NoRehearsal(); no != "" && mode == migration.Rehearsal {
		errs = append(errs, fault.New(fault.Invalid, "There is no rehearsal cloud here", no).In("mode"))
	}
	made, err = migration.New(name, lang, mode, auth, m.now())
	if err := join(append(errs, err)...); err != nil {
		return migration.Migration{}, err
	}
	err = m.store.AddMigration(ctx, made, m.stamped(by, note(made.ID, custody.Created, made.Name))...)
	if fault.Is(err, fault.Conflict) {
		if have, e := m.store.Migration(ctx, made.ID); e == nil {
			f := fault.Wrap(err, fault.Conflict, fmt.Sprintf("There is already a migration named %q", have.Name),
				"Continue with that one, or choose another name.").In("name")
			f.Cause = fmt.Sprintf("Its address is /m/%s, and this name would give the same.", have.ID)
			return migration.Migration{}, f
		}
	}
	if err != nil {
		return migration.Migration{}, err
	}
	m.changes.Wake(made.ID)
	return made, nil
}

// CreateNamed is Create with the first of name, "name 2", "name 3" … that is free.
func (m Migrations) CreateNamed(ctx context.Context, by Actor, name, lang string, mode migration.Mode, auth string) (migration.Migration, error) {
	m.naming.Lock()
	defer m.naming.Unlock()
	for n := 1; ; n++ {
		numbered := name
		if n > 1 {
			numbered = fmt.Sprintf("%s %d", name, n)
		}
		_, err := m.store.Migration(ctx, migration.Slug(strings.TrimSpace(numbered)))
		if err == nil && n < 10_000 {
			continue
		}
		made, err := m.Create(ctx, by, numbered, lang, mode, auth)
		if fault.Is(err, fault.Conflict) && n < 10_000 {
			continue
		}
		return made, err
	}
}
