-- The audit shows that it was changed: each record's MAC covers all records before it (custody.Chain). The key is in a
-- file beside the database, the last MAC in another. What is here already is chained when this file is applied.
CREATE TABLE audit_chain (
  id  INTEGER NOT NULL PRIMARY KEY REFERENCES audit (id),
  mac BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT;
CREATE TRIGGER audit_chain_no_update BEFORE UPDATE ON audit_chain BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_chain_at_the_end AFTER INSERT ON audit_chain WHEN NEW.id < (SELECT MAX(id) FROM audit_chain)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_at_the_end AFTER INSERT ON audit WHEN NEW.id < 1 OR NEW.id < (SELECT MAX(id) FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- Wrong passphrases of kept keys: counts of their own, for the audit may fill with anything.
CREATE TABLE passphrase_misses (
  migration_id TEXT    NOT NULL REFERENCES migrations (id),
  person       TEXT    NOT NULL,
  at           INTEGER NOT NULL
) STRICT;
CREATE INDEX passphrase_misses_of ON passphrase_misses (migration_id, at);

-- What Derive says of stored facts changed: a rehearsal that is done with Onramp's own worker is rehearsed.
UPDATE migrations SET derived = 0;
