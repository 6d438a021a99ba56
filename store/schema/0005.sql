-- Several people: accounts, teams and what they own, sessions, one-time links, wrong passwords.

CREATE TABLE settings (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE teams (
  id      TEXT    NOT NULL PRIMARY KEY,
  name    TEXT    NOT NULL COLLATE NOCASE UNIQUE,
  created INTEGER NOT NULL
) STRICT;
INSERT INTO teams VALUES ('default', 'Default team', 0);

CREATE TABLE accounts (
  id       TEXT    NOT NULL PRIMARY KEY,
  email    TEXT    NOT NULL UNIQUE, -- in lower case
  name     TEXT    NOT NULL,
  role     TEXT    NOT NULL CHECK (role IN ('viewer', 'developer', 'cloud-admin', 'owner')),
  password TEXT    NOT NULL CHECK (password = '' OR substr(password, 1, 10) = '$argon2id$'),
  issuer   TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  created  INTEGER NOT NULL,
  disabled INTEGER NOT NULL -- when; 0: it may sign in
) STRICT;
CREATE UNIQUE INDEX accounts_subject ON accounts (issuer, subject) WHERE subject <> '';

CREATE TABLE members (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  team_id    TEXT NOT NULL REFERENCES teams (id),
  PRIMARY KEY (account_id, team_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  hash       TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the token
  handle     TEXT    NOT NULL UNIQUE,
  account_id TEXT    NOT NULL REFERENCES accounts (id),
  created    INTEGER NOT NULL,
  seen       INTEGER NOT NULL,
  proved     INTEGER NOT NULL,
  from_addr  TEXT    NOT NULL,
  agent      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of ON sessions (account_id, created);

CREATE TABLE links (
  hash       TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the token
  kind       TEXT    NOT NULL,
  account_id TEXT    NOT NULL, -- '' for the first owner's
  created    INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  used       INTEGER NOT NULL -- 0: not yet
) STRICT, WITHOUT ROWID;
CREATE INDEX links_of ON links (kind, account_id);
CREATE TRIGGER links_used_once BEFORE UPDATE ON links WHEN OLD.used <> 0
BEGIN SELECT RAISE(ABORT, 'the link was used'); END;

CREATE TABLE guesses (
  key     TEXT    NOT NULL PRIMARY KEY, -- a hash of what was typed
  wrong   INTEGER NOT NULL,
  first   INTEGER NOT NULL,
  last    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX guesses_last ON guesses (last);

-- Who owns a migration, and what is counted of it.
ALTER TABLE migrations ADD COLUMN team_id TEXT NOT NULL DEFAULT 'default';
CREATE INDEX migrations_team ON migrations (team_id, away, created);

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
  failing INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (team_id, away, mode, turn, failing)
) STRICT, WITHOUT ROWID;
INSERT INTO migration_counts SELECT team_id, away, mode, turn, failing, COUNT(*) FROM migrations GROUP BY team_id, away, mode, turn, failing;
CREATE TRIGGER migrations_more AFTER INSERT ON migrations BEGIN
  INSERT INTO migration_counts VALUES (NEW.team_id, NEW.archived <> 0, NEW.mode, NEW.turn, NEW.failing, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER migrations_fewer AFTER DELETE ON migrations BEGIN
  UPDATE migration_counts SET n = n - 1 WHERE team_id = OLD.team_id AND away = (OLD.archived <> 0) AND mode = OLD.mode AND turn = OLD.turn AND failing = OLD.failing;
END;
CREATE TRIGGER migrations_moved AFTER UPDATE OF archived, mode, turn, failing, team_id ON migrations
WHEN OLD.archived <> NEW.archived OR OLD.mode <> NEW.mode OR OLD.turn <> NEW.turn OR OLD.failing <> NEW.failing OR OLD.team_id <> NEW.team_id BEGIN
  UPDATE migration_counts SET n = n - 1 WHERE team_id = OLD.team_id AND away = (OLD.archived <> 0) AND mode = OLD.mode AND turn = OLD.turn AND failing = OLD.failing;
  INSERT INTO migration_counts VALUES (NEW.team_id, NEW.archived <> 0, NEW.mode, NEW.turn, NEW.failing, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER migration_counts_none AFTER UPDATE OF n ON migration_counts WHEN NEW.n = 0 BEGIN
  DELETE FROM migration_counts WHERE team_id = NEW.team_id AND away = NEW.away AND mode = NEW.mode AND turn = NEW.turn AND failing = NEW.failing;
END;

ALTER TABLE endings ADD COLUMN team_id TEXT NOT NULL DEFAULT 'default'; -- the migration's
CREATE INDEX endings_team ON endings (team_id, at, migration_id, sha256, mode, active);
DROP TRIGGER endings_more;
DROP TRIGGER endings_fewer;
DROP TRIGGER ending_days_none;
DROP TABLE ending_days;
CREATE TABLE ending_days (
  team_id TEXT    NOT NULL,
  day     INTEGER NOT NULL, -- since 1970, UTC
  mode    TEXT    NOT NULL,
  active  INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (team_id, day, mode, active)
) STRICT, WITHOUT ROWID;
INSERT INTO ending_days SELECT team_id, at / 86400000000000, mode, active, COUNT(*) FROM endings GROUP BY 1, 2, 3, 4;
CREATE TRIGGER endings_more AFTER INSERT ON endings BEGIN
  INSERT INTO ending_days VALUES (NEW.team_id, NEW.at / 86400000000000, NEW.mode, NEW.active, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER endings_fewer AFTER DELETE ON endings BEGIN
  UPDATE ending_days SET n = n - 1 WHERE team_id = OLD.team_id AND day = OLD.at / 86400000000000 AND mode = OLD.mode AND active = OLD.active;
END;
CREATE TRIGGER ending_days_none AFTER UPDATE OF n ON ending_days WHEN NEW.n = 0 BEGIN
  DELETE FROM ending_days WHERE team_id = NEW.team_id AND day = NEW.day AND mode = NEW.mode AND active = NEW.active;
END;
