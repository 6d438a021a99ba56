-- Times are nanoseconds since 1970 in UTC, 0 for none. JSON is text. Nothing here holds a private key.

CREATE TABLE migrations (
  id      TEXT    NOT NULL PRIMARY KEY,
  name    TEXT    NOT NULL,
  lang    TEXT    NOT NULL,
  mode    TEXT    NOT NULL,
  auth    TEXT    NOT NULL,
  created INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE facts (
  id           INTEGER NOT NULL PRIMARY KEY,
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  kind         TEXT    NOT NULL,
  input_hash   TEXT    NOT NULL,
  data         TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  by_whom      TEXT    NOT NULL
) STRICT;
CREATE INDEX facts_of ON facts (migration_id, id);

CREATE TABLE runs (
  nr              INTEGER NOT NULL PRIMARY KEY, -- order of insertion
  id              TEXT    NOT NULL UNIQUE,
  migration_id    TEXT    NOT NULL REFERENCES migrations (id),
  kind            TEXT    NOT NULL,
  number          INTEGER NOT NULL,
  state           TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  code            TEXT    NOT NULL,
  input_hash      TEXT    NOT NULL,
  request         TEXT    NOT NULL,
  result          TEXT    NOT NULL,
  started         INTEGER NOT NULL,
  ended           INTEGER NOT NULL,
  idempotency_key TEXT    NOT NULL,
  UNIQUE (migration_id, kind, number)
) STRICT;
CREATE UNIQUE INDEX runs_by_key ON runs (migration_id, kind, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX runs_about ON runs (migration_id, kind, input_hash, state, ended);
CREATE INDEX runs_unfinished ON runs (nr) WHERE state = 'running';

CREATE TABLE entries (
  run_id TEXT    NOT NULL REFERENCES runs (id),
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  kind   TEXT    NOT NULL,
  data   TEXT    NOT NULL,
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- What was observed stays as it was observed.
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_while_running BEFORE INSERT ON entries
WHEN (SELECT state FROM runs WHERE id = NEW.run_id) <> 'running'
BEGIN SELECT RAISE(ABORT, 'the run has ended'); END;

-- A run changes once, when it ends.
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'runs are kept'); END;
CREATE TRIGGER runs_end_once BEFORE UPDATE ON runs WHEN OLD.state <> 'running'
BEGIN SELECT RAISE(ABORT, 'the run has ended'); END;
CREATE TRIGGER runs_keep_request BEFORE UPDATE OF nr, id, migration_id, kind, number, input_hash, request, started, idempotency_key ON runs
BEGIN SELECT RAISE(ABORT, 'what was asked of a run never changes'); END;
