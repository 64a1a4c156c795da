-- Version 18: who changed what.

-- Rows are only ever added, one after the other: each holds the hash of the one before. See docs/decisions/0033-the-audit-log.md.
CREATE TABLE audit_event (
  number      bigint PRIMARY KEY,     -- 1, 2, 3, …: the order of writing, whatever clocks say
  at          bigint NOT NULL,
  kind        integer NOT NULL,       -- 1 begun, 2 ended, 3 done: told in one row
  began       bigint,                 -- of an end, the number of its beginning
  actor_id    text,                   -- null for the service itself, and for who did not get in
  actor_name  text NOT NULL,
  source      text,                   -- the address that it came from
  project_id  text,
  action      text NOT NULL,
  object      text,
  status      integer,
  code        text,
  details     text,
  previous    text NOT NULL,
  hash        text NOT NULL,
  CHECK (kind IN (1, 2, 3)),
  CHECK ((kind = 2) = (began IS NOT NULL))
);
CREATE UNIQUE INDEX audit_event_began ON audit_event (began) WHERE began IS NOT NULL;
CREATE INDEX audit_event_actor ON audit_event (actor_name, number);
CREATE INDEX audit_event_project ON audit_event (project_id, number);

-- The last of them. Whoever adds one holds this row to the end of the transaction, so there is one chain, however many write.
CREATE TABLE audit_head (
  one     integer PRIMARY KEY CHECK (one = 1),
  number  bigint NOT NULL,
  hash    text NOT NULL
);
INSERT INTO audit_head (one, number, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');
