package acts

import (
	"context"
	"fmt"

	"onramp/fault"
	"onramp/migration"
)

// CreateNamed is Create with the first of name, "name 2", "name 3" … that is free.
func (m Migrations) CreateNamed(ctx context.Context, by Actor, name, lang string, mode migration.Mode, auth string) (migration.Migration, error) {
	m.naming.Lock()
	defer m.naming.Unlock()
	for n := 1; ; n++ {
		numbered := name
		if n > 1 {
			numbered = fmt.Sprintf("%s %d", name, n)
		}
		have, err := m.store.Migration(ctx, migration.Slug(numbered)) // most are found so, without reading every name
		if err == nil && migration.SameName(have.Name, numbered) && n < mostNumbers {
			continue
		}
		made, err := m.Create(ctx, by, numbered, lang, mode, auth)
		if fault.Is(err, fault.Conflict) && n < mostNumbers {
			continue
		}
		return made, err
	}
}
