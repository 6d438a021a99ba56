-- What the search over everything looks in, derived as lists are; nothing here is the only place of anything.

-- The words of each migration's name and namespace. named numbers the rows of names, which bear the number with a minus: the newest
-- comes first, and a search for few of many stops early.
CREATE TABLE named (
  nr           INTEGER NOT NULL PRIMARY KEY,
  migration_id TEXT    NOT NULL UNIQUE REFERENCES migrations (id)
) STRICT;
CREATE VIRTUAL TABLE names USING fts5 (name, namespace, prefix = '1 2 3');

-- Every certificate that a migration's facts tell of: facts are never taken back, so this only grows.
CREATE TABLE certificates (
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  sha256       TEXT    NOT NULL,
  serial       TEXT    NOT NULL, -- hex in lower case without leading zeros; '' where only the fingerprint is known
  subject      TEXT    NOT NULL,
  is_ca        INTEGER NOT NULL,
  PRIMARY KEY (migration_id, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX certificates_sha256 ON certificates (sha256);
CREATE INDEX certificates_serial ON certificates (serial) WHERE serial <> '';

CREATE INDEX runs_number ON runs (number, kind, nr);
ALTER TABLE runs ADD COLUMN workflow_id TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(request) THEN request ->> '$.workflow_id' END) VIRTUAL;
CREATE INDEX runs_workflow ON runs (workflow_id) WHERE workflow_id IS NOT NULL;

-- Step code is done by a worker of the reader's alone, besides: what lists show is derived again.
UPDATE migrations SET derived = 0;
