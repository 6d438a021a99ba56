-- A person whose provider of sign-ins tells of no group that has a role here is out, which an owner did not decide.

ALTER TABLE accounts ADD COLUMN no_group INTEGER NOT NULL DEFAULT 0; -- since when; 0: one of its groups has a role
