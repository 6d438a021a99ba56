-- Links by which one person without an account does one task. What became of them are facts of the migration.

CREATE TABLE handoffs (
  hash         TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the token
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  number       INTEGER NOT NULL,
  UNIQUE (migration_id, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER handoffs_no_update BEFORE UPDATE ON handoffs BEGIN SELECT RAISE(ABORT, 'a link leads where it led'); END;

-- What lists show says whose turn it is since when.
UPDATE migrations SET derived = 0;
