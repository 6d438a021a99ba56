-- A person behind every act; runs with an owner and what lists show of them; lists that cost what they show;
-- migrations that are put away, renamed and deleted.

ALTER TABLE migrations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0; -- when; 0: it is not
ALTER TABLE migrations ADD COLUMN deleted  INTEGER NOT NULL DEFAULT 0; -- set for the length of its deletion
ALTER TABLE migrations ADD COLUMN away INTEGER NOT NULL GENERATED ALWAYS AS (archived <> 0) VIRTUAL;
-- What lists show and sort by, derived from facts and runs: right while derived = version and now < derive_at.
ALTER TABLE migrations ADD COLUMN derived   INTEGER NOT NULL DEFAULT 0; -- the version it was derived at
ALTER TABLE migrations ADD COLUMN derive_at INTEGER NOT NULL DEFAULT 0; -- when time alone changes it; 0: never
ALTER TABLE migrations ADD COLUMN turn      INTEGER NOT NULL DEFAULT 0; -- whose turn it is, the reader's highest
ALTER TABLE migrations ADD COLUMN failing   INTEGER NOT NULL DEFAULT 0; -- 1: a step is
ALTER TABLE migrations ADD COLUMN namespace TEXT    NOT NULL DEFAULT '';
ALTER TABLE migrations ADD COLUMN ca_sha256 TEXT    NOT NULL DEFAULT ''; -- of its present certificate
ALTER TABLE migrations ADD COLUMN sha256    TEXT    NOT NULL DEFAULT '';
ALTER TABLE migrations ADD COLUMN summary   TEXT    NOT NULL DEFAULT ''; -- JSON
CREATE INDEX migrations_stale   ON migrations (id) WHERE derived <> version;
CREATE INDEX migrations_due     ON migrations (derive_at) WHERE derive_at <> 0;
CREATE INDEX migrations_turn    ON migrations (away, turn, created);
CREATE INDEX migrations_failing ON migrations (away, failing, turn, created);
CREATE INDEX migrations_newest  ON migrations (away, created);
CREATE INDEX migrations_name    ON migrations (away, name COLLATE NOCASE);
CREATE INDEX migrations_mode    ON migrations (mode, away, created);
CREATE INDEX migrations_in      ON migrations (namespace);
CREATE INDEX migrations_ca      ON migrations (ca_sha256);
CREATE INDEX migrations_leaf    ON migrations (sha256);

-- When the client certificates of a migration stop working, derived as above.
CREATE TABLE endings (
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  nr           INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  active       INTEGER NOT NULL, -- 1: nothing has taken its place
  mode         TEXT    NOT NULL, -- the migration's
  sha256       TEXT    NOT NULL, -- of the client certificate
  data         TEXT    NOT NULL, -- JSON
  PRIMARY KEY (migration_id, nr)
) STRICT, WITHOUT ROWID;
CREATE INDEX endings_at     ON endings (at, migration_id, sha256, mode, active);
CREATE INDEX endings_active ON endings (at, migration_id, sha256, mode) WHERE active = 1;
CREATE INDEX endings_of     ON endings (migration_id, sha256);
CREATE INDEX notices_tried  ON notices (tried DESC, sha256, rung);
CREATE INDEX notices_unsent ON notices (migration_id, sha256) WHERE sent = 0;

-- How many there are, so that no page counts rows: kept by the triggers below.
CREATE TABLE ending_days (
  day    INTEGER NOT NULL, -- since 1970, UTC
  mode   TEXT    NOT NULL,
  active INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (day, mode, active)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER endings_more AFTER INSERT ON endings BEGIN
  INSERT INTO ending_days VALUES (NEW.at / 86400000000000, NEW.mode, NEW.active, 1)
  ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER endings_fewer AFTER DELETE ON endings BEGIN
  UPDATE ending_days SET n = n - 1 WHERE day = OLD.at / 86400000000000 AND mode = OLD.mode AND active = OLD.active;
END;
CREATE TRIGGER ending_days_none AFTER UPDATE OF n ON ending_days WHEN NEW.n = 0 BEGIN
  DELETE FROM ending_days WHERE day = NEW.day AND mode = NEW.mode AND active = NEW.active;
END;
CREATE TABLE migration_counts (
  away    INTEGER NOT NULL,
  mode    TEXT    NOT NULL,
  turn    INTEGER NOT NULL,
  failing INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (away, mode, turn, failing)
) STRICT, WITHOUT ROWID;
INSERT INTO migration_counts SELECT away, mode, turn, failing, COUNT(*) FROM migrations GROUP BY away, mode, turn, failing;
CREATE TRIGGER migrations_more AFTER INSERT ON migrations BEGIN
  INSERT INTO migration_counts VALUES (NEW.archived <> 0, NEW.mode, NEW.turn, NEW.failing, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER migrations_fewer AFTER DELETE ON migrations BEGIN
  UPDATE migration_counts SET n = n - 1 WHERE away = (OLD.archived <> 0) AND mode = OLD.mode AND turn = OLD.turn AND failing = OLD.failing;
END;
CREATE TRIGGER migrations_moved AFTER UPDATE OF archived, mode, turn, failing ON migrations
WHEN OLD.archived <> NEW.archived OR OLD.mode <> NEW.mode OR OLD.turn <> NEW.turn OR OLD.failing <> NEW.failing BEGIN
  UPDATE migration_counts SET n = n - 1 WHERE away = (OLD.archived <> 0) AND mode = OLD.mode AND turn = OLD.turn AND failing = OLD.failing;
  INSERT INTO migration_counts VALUES (NEW.archived <> 0, NEW.mode, NEW.turn, NEW.failing, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER migration_counts_none AFTER UPDATE OF n ON migration_counts WHEN NEW.n = 0 BEGIN
  DELETE FROM migration_counts WHERE away = NEW.away AND mode = NEW.mode AND turn = NEW.turn AND failing = NEW.failing;
END;
CREATE TABLE run_counts (
  kind  TEXT    NOT NULL,
  state TEXT    NOT NULL,
  n     INTEGER NOT NULL,
  PRIMARY KEY (kind, state)
) STRICT, WITHOUT ROWID;
INSERT INTO run_counts SELECT kind, state, COUNT(*) FROM runs GROUP BY kind, state;
CREATE TRIGGER runs_more AFTER INSERT ON runs BEGIN
  INSERT INTO run_counts VALUES (NEW.kind, NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER runs_fewer AFTER DELETE ON runs BEGIN
  UPDATE run_counts SET n = n - 1 WHERE kind = OLD.kind AND state = OLD.state;
END;
CREATE TRIGGER runs_moved AFTER UPDATE OF state ON runs WHEN OLD.state <> NEW.state BEGIN
  UPDATE run_counts SET n = n - 1 WHERE kind = OLD.kind AND state = OLD.state;
  INSERT INTO run_counts VALUES (NEW.kind, NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER run_counts_none AFTER UPDATE OF n ON run_counts WHEN NEW.n = 0 BEGIN
  DELETE FROM run_counts WHERE kind = NEW.kind AND state = NEW.state;
END;

ALTER TABLE runs ADD COLUMN by_whom         TEXT    NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN owner           TEXT    NOT NULL DEFAULT ''; -- the process that carries it out
ALTER TABLE runs ADD COLUMN lease           INTEGER NOT NULL DEFAULT 0;  -- until when it is that process's
ALTER TABLE runs ADD COLUMN from_host       TEXT    NOT NULL DEFAULT ''; -- where it was reported from
ALTER TABLE runs ADD COLUMN reporter        TEXT    NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN tested_from     TEXT    NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN took_ms         REAL    NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN task_queue      TEXT    NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN local_address   TEXT    NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN local_namespace TEXT    NOT NULL DEFAULT '';
DROP TRIGGER runs_end_once;
UPDATE runs SET
  from_host       = COALESCE(json_extract(request, '$.reported.host'), ''),
  reporter        = COALESCE(json_extract(request, '$.reported.by'), ''),
  task_queue      = COALESCE(json_extract(request, '$.task_queue'), ''),
  local_address   = COALESCE(json_extract(request, '$.local_address'), ''),
  local_namespace = COALESCE(json_extract(request, '$.local_namespace'), '')
WHERE kind = 'check' AND json_valid(request);
UPDATE runs SET
  tested_from = COALESCE(json_extract(result, '$.tested_from'), ''),
  took_ms     = COALESCE(json_extract(result, '$.took_ms'), 0)
WHERE kind = 'check' AND json_valid(result);
CREATE TRIGGER runs_end_once BEFORE UPDATE ON runs WHEN OLD.state <> 'running'
BEGIN SELECT RAISE(ABORT, 'the run has ended'); END;
CREATE INDEX runs_last ON runs (migration_id, kind, input_hash, ended DESC, number DESC) WHERE state IN ('passed', 'failed');

ALTER TABLE audit ADD COLUMN person    TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN name      TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN session   TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN via       TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN from_addr TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN request   TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN act       TEXT NOT NULL DEFAULT ''; -- random, the same for what was written together
CREATE INDEX audit_verbs ON audit (verb, id);
CREATE INDEX audit_acts ON audit (act) WHERE act <> '';

-- What was observed goes only with its migration, and only in the transaction that deletes that.
DROP TRIGGER facts_no_delete;
DROP TRIGGER entries_no_delete;
DROP TRIGGER runs_no_delete;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts
WHEN (SELECT deleted FROM migrations WHERE id = OLD.migration_id) = 0
BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
WHEN (SELECT deleted FROM migrations WHERE id = OLD.migration_id) = 0
BEGIN SELECT RAISE(ABORT, 'runs are kept'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
WHEN (SELECT deleted FROM migrations WHERE id = (SELECT migration_id FROM runs WHERE id = OLD.run_id)) = 0
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
