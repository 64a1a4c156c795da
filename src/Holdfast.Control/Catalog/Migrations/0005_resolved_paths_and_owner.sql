-- Version 5: where volumes lead, and who owns the repository.

-- The path that the volume's address led to when it was last asked, links followed. A file system is asked before a transaction, never in
-- one; where it does not answer, this is what is compared. Null for volumes that are older than this.
ALTER TABLE volume ADD COLUMN resolved_path text;

-- What this catalog's service calls itself; the same is in the config of its repository. Written before the repository is made, so that a
-- first start that died knows its own again. A catalog that is older than this writes down what it finds there.
CREATE TABLE service_owner (
  one    integer PRIMARY KEY,
  owner  text NOT NULL,
  CHECK (one = 1)
);
