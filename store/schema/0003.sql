-- A person behind every act; runs with an owner and what lists show of them; lists that cost what they show;
-- migrations that are put away, renamed and deleted.

ALTER TABLE migrations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0; -- when; 0: it is not
ALTER TABLE migrations ADD COLUMN deleted  INTEGER NOT NULL DEFAULT 0; -- set for the length of its deletion
-- What lists show and sort by, derived from facts and runs: right while derived = version and now < derive_at.
ALTER TABLE migrations ADD COLUMN derived   INTEGER NOT NULL DEFAULT 0; -- the version it was derived at
ALTER TABLE migrations ADD COLUMN derive_at INTEGER NOT NULL DEFAULT 0; -- when time alone changes it; 0: never
ALTER TABLE migrations ADD COLUMN turn      INTEGER NOT NULL DEFAULT 0; -- order of whose turn it is
ALTER TABLE migrations ADD COLUMN namespace TEXT    NOT NULL DEFAULT '';
ALTER TABLE migrations ADD COLUMN summary   TEXT    NOT NULL DEFAULT ''; -- JSON
CREATE INDEX migrations_stale ON migrations (id) WHERE derived <> version;
CREATE INDEX migrations_due   ON migrations (derive_at) WHERE derive_at <> 0;
CREATE INDEX migrations_list  ON migrations (archived, turn, created DESC);
CREATE INDEX migrations_in    ON migrations (namespace);

-- When the client certificates of a migration stop working, derived as above.
CREATE TABLE endings (
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  nr           INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  active       INTEGER NOT NULL, -- 1: nothing has taken its place
  hide         INTEGER NOT NULL, -- when it leaves the board; 0: never
  mode         TEXT    NOT NULL,
  data         TEXT    NOT NULL, -- JSON
  PRIMARY KEY (migration_id, nr)
) STRICT, WITHOUT ROWID;
CREATE INDEX endings_at ON endings (at, migration_id, nr, active, hide);

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
CREATE INDEX runs_started ON runs (migration_id, kind, number DESC);

ALTER TABLE audit ADD COLUMN person    TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN name      TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN session   TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN via       TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN from_addr TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN request   TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN act       TEXT NOT NULL DEFAULT ''; -- random, the same for what was written together
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
