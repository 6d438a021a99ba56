package acts

import (
	"context"
	"fmt"
	"strings"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// practiceAccount is the account of the namespaces that a rehearsal suggests: the tutorial's example.
const practiceAccount = "a2dd6"

// longestName is how many characters of a migration's address go into the name of its namespace: 39 are allowed
// (namespace.ParseID), and a number may follow.
const longestName = 34

// FreeNamespace is a Namespace ID of its own for a new rehearsal, after its name: no other rehearsal has chosen it, and
// it is not in the rehearsal cloud, as far as that answers already. It changes nothing.
func (m Migrations) FreeNamespace(ctx context.Context, v migration.View) (namespace.ID, error) {
	var there cloud.Namespaces
	if m.State().Phase == cloud.Ready {
		there = m.Of(migration.Rehearsal).Namespaces
	}
	base := namespaceName(v.Migration.ID)
	for n := 1; ; n++ {
		id := namespace.ID{Name: base, Account: practiceAccount}
		if n > 1 {
			id.Name = fmt.Sprintf("%s-%d", base, n)
		}
		free, err := m.isFree(ctx, there, v.Migration.ID, id)
		if err != nil || free || n >= 1000 {
			return id, err
		}
	}
}

// isFree reports whether nobody but a migration has chosen a namespace, and a place (nil: not asked) has none of that
// name.
func (m Migrations) isFree(ctx context.Context, there cloud.Namespaces, migrationID string, id namespace.ID) (bool, error) {
	others, err := m.InNamespace(ctx, migration.Rehearsal, id.String())
	if err != nil {
		return false, err
	}
	for _, o := range others {
		if o.Migration.ID != migrationID {
			return false, nil
		}
	}
	if there == nil {
		return true, nil
	}
	_, err = there.Namespace(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	return false, err
}

// namespaceName is a migration's address as the name of a namespace: a letter first, and not too long.
func namespaceName(id string) string {
	if id == "" || id[0] < 'a' || id[0] > 'z' {
		id = "app-" + id
	}
	if len(id) > longestName {
		id = id[:longestName]
	}
	if id = strings.TrimRight(id, "-"); len(id) < 2 {
		id += "-app"
	}
	return id
}
