-- What people are told of, one row an event: certificates that expire, hand-offs that wait, checks that turned red. How
-- far the webhook was told of it stands with it.
DROP TRIGGER notices_sent_once;
DROP INDEX notices_tried;
DROP INDEX notices_unsent;
ALTER TABLE notices RENAME TO notices_before;
CREATE TABLE notices (
  nr           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never used again: mails are told up to one
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  kind         TEXT    NOT NULL,
  about        TEXT    NOT NULL, -- the certificate's SHA-256, when a wait began, the check's ID, what an answer is told apart by
  rung         INTEGER NOT NULL,
  at           INTEGER NOT NULL, -- when it was noticed
  said         TEXT    NOT NULL, -- of an answer
  attempts     INTEGER NOT NULL DEFAULT 0,
  tried        INTEGER NOT NULL DEFAULT 0,
  next         INTEGER NOT NULL DEFAULT 0,
  sent         INTEGER NOT NULL DEFAULT 0, -- 0 until one attempt succeeded
  error        TEXT    NOT NULL DEFAULT '',
  UNIQUE (migration_id, kind, about, rung)
) STRICT;
INSERT INTO notices (migration_id, kind, about, rung, at, said, attempts, tried, next, sent, error)
  SELECT migration_id, 'expiry', sha256, rung, tried, '', attempts, tried, next, sent, error FROM notices_before ORDER BY tried, sha256, rung;
DROP TABLE notices_before;
CREATE INDEX notices_tried  ON notices (tried DESC, nr) WHERE attempts > 0;
CREATE INDEX notices_unsent ON notices (next, nr) WHERE sent = 0;
CREATE TRIGGER notices_sent_once BEFORE UPDATE ON notices WHEN OLD.sent <> 0
BEGIN SELECT RAISE(ABORT, 'the notice was sent'); END;

-- What is looked for in them.
CREATE INDEX migrations_waits ON migrations (since) WHERE who = 'cloud-admin';
CREATE INDEX facts_answers ON facts (at) WHERE kind IN ('handoff.done', 'handoff.not-me');
CREATE INDEX runs_red ON runs (ended) WHERE kind = 'check' AND state = 'failed';

-- Who gets mails, when, and how far each has come. Who has chosen nothing has no row.
CREATE TABLE subscriptions (
  account_id TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id),
  every      TEXT    NOT NULL CHECK (every IN ('off', 'daily', 'weekly')),
  hour       INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
  day        INTEGER NOT NULL CHECK (day BETWEEN 0 AND 6), -- Sunday is 0
  due        INTEGER NOT NULL, -- when the next mail is due; 0: never
  up_to      INTEGER NOT NULL, -- the last notice that a mail has told of
  until      INTEGER NOT NULL, -- the last that the mail under way tells of; 0: none is
  attempts   INTEGER NOT NULL,
  next       INTEGER NOT NULL, -- of the mail under way
  sent       INTEGER NOT NULL,
  error      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_due ON subscriptions (due) WHERE every <> 'off';

-- The address of a person's calendar: one each.
CREATE TABLE calendars (
  account_id TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id),
  hash       TEXT    NOT NULL UNIQUE, -- SHA-256 of the token
  created    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
