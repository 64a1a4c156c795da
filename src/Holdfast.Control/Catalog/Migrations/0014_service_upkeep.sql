-- Version 14: the service's own upkeep: which share of the repository is checked next, what the second copy is, limits that an admin has
-- set, requests that jobs have sent to stores.

-- The turn of the next check (CheckShare.Turn). No clock says it.
CREATE TABLE check_turn (
  one   integer PRIMARY KEY,
  turn  bigint NOT NULL,
  CHECK (one = 1)
);

-- Where the second copy was made: from then on it must be there.
CREATE TABLE second_copy (
  one      integer PRIMARY KEY,
  address  text NOT NULL,                -- holds no secret
  made_at  bigint NOT NULL,
  CHECK (one = 1)
);

-- What the second copy holds and the repository does not have any more.
CREATE TABLE copy_absence (
  object    text PRIMARY KEY,            -- its key, e.g. data/3f/3f0c…
  first_at  bigint NOT NULL,             -- first seen to be absent
  last_at   bigint NOT NULL,             -- the last time that was counted
  seen      integer NOT NULL             -- how often, half a day apart at least: what one jump of a clock does not bring about
);

-- Bytes a second, as an admin set them for all processes. Without the row the settings hold.
CREATE TABLE rate_limit (
  one          integer PRIMARY KEY,
  volume_read  bigint NOT NULL,          -- 0 for no limit, of each of the three
  store_write  bigint NOT NULL,
  store_read   bigint NOT NULL,
  hours        text,                     -- HH:MM-HH:MM, UTC; null for always
  CHECK (one = 1),
  CHECK (volume_read >= 0 AND store_write >= 0 AND store_read >= 0)
);

ALTER TABLE job ADD COLUMN requests text;   -- JSON, StoreRequests: of all attempts whose end was written; null where none was sent
