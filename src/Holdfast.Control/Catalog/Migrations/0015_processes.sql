-- Version 15: the processes that work on this catalog, as each says of itself.

CREATE TABLE process (
  id        text PRIMARY KEY,            -- of one run of one process
  host      text NOT NULL,               -- the machine and the number the process has there
  began_at  bigint NOT NULL,             -- both by the database's clock, which is one for all of them
  seen_at   bigint NOT NULL
);
