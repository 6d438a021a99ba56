-- What Onramp signed and what was done with a CA key it keeps. Only ever appended to.
CREATE TABLE audit (
  id           INTEGER NOT NULL PRIMARY KEY,
  at           INTEGER NOT NULL,
  migration_id TEXT    NOT NULL, -- '' when it is about no migration
  verb         TEXT    NOT NULL,
  subject      TEXT    NOT NULL,
  sha256       TEXT    NOT NULL,
  ca_sha256    TEXT    NOT NULL,
  days         INTEGER NOT NULL,
  lane         TEXT    NOT NULL,
  note         TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_of ON audit (migration_id, id);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- CA keys that people asked Onramp to keep, encrypted by age under a passphrase that is nowhere here.
CREATE TABLE sealed_keys (
  migration_id TEXT    NOT NULL PRIMARY KEY REFERENCES migrations (id),
  ca_sha256    TEXT    NOT NULL,
  ca_subject   TEXT    NOT NULL,
  ca_pem       TEXT    NOT NULL,
  box          BLOB    NOT NULL,
  at           INTEGER NOT NULL,
  CHECK (substr(box, 1, 18) = CAST('age-encryption.org' AS BLOB))
) STRICT;

-- Deliveries of the webhook: one row a certificate and rung of the ladder.
CREATE TABLE notices (
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  sha256       TEXT    NOT NULL, -- of the client certificate
  rung         INTEGER NOT NULL, -- days before the end; -1 once it has ended
  attempts     INTEGER NOT NULL,
  tried        INTEGER NOT NULL,
  next         INTEGER NOT NULL,
  sent         INTEGER NOT NULL, -- 0 until one attempt succeeded
  error        TEXT    NOT NULL,
  PRIMARY KEY (migration_id, sha256, rung)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER notices_sent_once BEFORE UPDATE ON notices WHEN OLD.sent <> 0
BEGIN SELECT RAISE(ABORT, 'the notice was sent'); END;
