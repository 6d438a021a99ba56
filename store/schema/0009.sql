-- The board: what it sorts and counts by, and checks of many migrations at once.

ALTER TABLE migrations ADD COLUMN who     TEXT    NOT NULL DEFAULT ''; -- whom it waits for
ALTER TABLE migrations ADD COLUMN since   INTEGER NOT NULL DEFAULT 0;  -- since when
ALTER TABLE migrations ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;  -- the first end of its present chain
ALTER TABLE migrations ADD COLUMN checked INTEGER NOT NULL DEFAULT 0;  -- the end of its last check
CREATE INDEX migrations_who     ON migrations (away, who, failing, turn, created);
CREATE INDEX migrations_since   ON migrations (away, since = 0, since);
CREATE INDEX migrations_expires ON migrations (away, expires = 0, expires);
CREATE INDEX migrations_checked ON migrations (away, checked);

DROP TRIGGER migrations_more;
DROP TRIGGER migrations_fewer;
DROP TRIGGER migrations_moved;
DROP TRIGGER migration_counts_none;
DROP TABLE migration_counts;
CREATE TABLE migration_counts (
  team_id TEXT    NOT NULL,
  away    INTEGER NOT NULL,
  mode    TEXT    NOT NULL,
  turn    INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  failing INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (team_id, away, mode, turn, who, failing)
) STRICT, WITHOUT ROWID;
INSERT INTO migration_counts SELECT team_id, away, mode, turn, who, failing, COUNT(*) FROM migrations GROUP BY team_id, away, mode, turn, who, failing;
CREATE TRIGGER migrations_more AFTER INSERT ON migrations BEGIN
  INSERT INTO migration_counts VALUES (NEW.team_id, NEW.archived <> 0, NEW.mode, NEW.turn, NEW.who, NEW.failing, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER migrations_fewer AFTER DELETE ON migrations BEGIN
  UPDATE migration_counts SET n = n - 1
  WHERE team_id = OLD.team_id AND away = (OLD.archived <> 0) AND mode = OLD.mode AND turn = OLD.turn AND who = OLD.who AND failing = OLD.failing;
END;
CREATE TRIGGER migrations_moved AFTER UPDATE OF archived, mode, turn, who, failing, team_id ON migrations
WHEN OLD.archived <> NEW.archived OR OLD.mode <> NEW.mode OR OLD.turn <> NEW.turn OR OLD.who <> NEW.who OR OLD.failing <> NEW.failing OR OLD.team_id <> NEW.team_id BEGIN
  UPDATE migration_counts SET n = n - 1
  WHERE team_id = OLD.team_id AND away = (OLD.archived <> 0) AND mode = OLD.mode AND turn = OLD.turn AND who = OLD.who AND failing = OLD.failing;
  INSERT INTO migration_counts VALUES (NEW.team_id, NEW.archived <> 0, NEW.mode, NEW.turn, NEW.who, NEW.failing, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER migration_counts_none AFTER UPDATE OF n ON migration_counts WHEN NEW.n = 0 BEGIN
  DELETE FROM migration_counts
  WHERE team_id = NEW.team_id AND away = NEW.away AND mode = NEW.mode AND turn = NEW.turn AND who = NEW.who AND failing = NEW.failing;
END;

-- How many migrations of a team, archived ones aside, have a chain that ends on a day.
CREATE TABLE migration_ends (
  team_id TEXT    NOT NULL,
  day     INTEGER NOT NULL, -- since 1970, UTC
  n       INTEGER NOT NULL,
  PRIMARY KEY (team_id, day)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER migration_ends_fewer AFTER DELETE ON migrations WHEN OLD.archived = 0 AND OLD.expires <> 0 BEGIN
  UPDATE migration_ends SET n = n - 1 WHERE team_id = OLD.team_id AND day = OLD.expires / 86400000000000;
END;
CREATE TRIGGER migration_ends_moved AFTER UPDATE OF archived, expires, team_id ON migrations
WHEN OLD.archived <> NEW.archived OR OLD.expires <> NEW.expires OR OLD.team_id <> NEW.team_id BEGIN
  UPDATE migration_ends SET n = n - 1 WHERE OLD.archived = 0 AND OLD.expires <> 0 AND team_id = OLD.team_id AND day = OLD.expires / 86400000000000;
  INSERT INTO migration_ends SELECT NEW.team_id, NEW.expires / 86400000000000, 1 WHERE NEW.archived = 0 AND NEW.expires <> 0 ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER migration_ends_none AFTER UPDATE OF n ON migration_ends WHEN NEW.n = 0 BEGIN
  DELETE FROM migration_ends WHERE team_id = NEW.team_id AND day = NEW.day;
END;

-- Checks of many migrations that a person asked for together. A row's run stands in runs.
CREATE TABLE bulks (
  id      TEXT    NOT NULL PRIMARY KEY,
  nr      INTEGER NOT NULL UNIQUE, -- order of insertion
  person  TEXT    NOT NULL,
  by_whom TEXT    NOT NULL,
  state   TEXT    NOT NULL,
  started INTEGER NOT NULL,
  ended   INTEGER NOT NULL
) STRICT;
CREATE INDEX bulks_of ON bulks (person, nr);
CREATE INDEX bulks_unfinished ON bulks (nr) WHERE state = 'running';
CREATE TRIGGER bulks_end_once BEFORE UPDATE ON bulks WHEN OLD.state <> 'running'
BEGIN SELECT RAISE(ABORT, 'the checks have ended'); END;
CREATE TABLE bulk_rows (
  bulk_id      TEXT    NOT NULL REFERENCES bulks (id),
  nr           INTEGER NOT NULL,
  migration_id TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  title        TEXT    NOT NULL,
  run_id       TEXT    NOT NULL,
  ended        INTEGER NOT NULL,
  PRIMARY KEY (bulk_id, nr)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_rows_of ON bulk_rows (migration_id);

-- What lists show is derived again: whose turn, since when, the last check, the first end.
UPDATE migrations SET derived = 0;
