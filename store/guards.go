package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
)

// wantedGuards are the triggers that the schema files make, by name.
var wantedGuards = sync.OnceValues(func() (map[string]string, error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	if err := migrate(ctx, db, migrations); err != nil {
		return nil, err
	}
	return guardsOf(ctx, db)
})

func guardsOf(ctx context.Context, q queryer) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, "SELECT name, tbl_name || ': ' || sql FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, rows.Err()
}

// cutGuard parts what guardsOf says of a trigger into its table and its text.
func cutGuard(guard string) (table, text string, ok bool) { return strings.Cut(guard, ": ") }
