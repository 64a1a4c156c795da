-- Version 10: who writes to the repository, what counts in it, what is on its way out of it. Spec: docs/format/prune.md.

-- One row, from the first start with this version on. The epoch only grows: each condemnation raises it.
CREATE TABLE repository (
  one    integer PRIMARY KEY,
  era    integer NOT NULL,               -- config's, when this catalog became the repository's
  epoch  bigint NOT NULL,
  CHECK (one = 1)
);

-- A running job's place among those that write, read or prune. Lives exactly as long as the job's lease is the same holder's: who takes a
-- job from its holder deletes the row in the same transaction, and so does every end. So who can renew the lease has its session.
CREATE TABLE session (
  job_id    text PRIMARY KEY,
  kind      integer NOT NULL,            -- SessionKind: 1 writes, 2 reads, 3 prunes
  epoch     bigint NOT NULL,             -- the repository's when it began
  began_at  bigint NOT NULL,
  CHECK (kind BETWEEN 1 AND 3)
);
CREATE UNIQUE INDEX session_prune ON session (kind) WHERE kind = 3;   -- one prune at a time

-- Maps that a session needs, whatever becomes of the backups that they were found by.
CREATE TABLE session_root (
  job_id  text NOT NULL REFERENCES session (job_id) ON DELETE CASCADE,
  root    text NOT NULL,                 -- 64 hex digits
  levels  integer NOT NULL,
  PRIMARY KEY (job_id, root)
);

-- The index objects that count. What lies in the store beside them counts for no writer.
CREATE TABLE index_object (
  id      text PRIMARY KEY,              -- 32 hex digits, the object's name
  items   bigint NOT NULL,
  bytes   bigint NOT NULL,
  job_id  text                           -- who registered it; null for those that were there before
);

-- Packs and index objects on their way out. Never back from 2.
CREATE TABLE fate (
  object   text PRIMARY KEY,             -- the object's key, e.g. data/3f/3f0c…
  bytes    bigint NOT NULL,
  state    integer NOT NULL,             -- 1 condemned, 2 being deleted
  reason   integer NOT NULL,             -- FateReason: 1 nothing lives in it, 2 what lived was moved, 3 no registered index object names it
  epoch    bigint NOT NULL,              -- sessions that began before it may count on the object
  run_id   text NOT NULL,
  CHECK (state IN (1, 2)),
  CHECK (reason BETWEEN 1 AND 3)
);
CREATE INDEX fate_by_state ON fate (state, epoch);

-- Backups that are committed and whose manifest is not yet known to be in the store: the very bytes to put.
CREATE TABLE manifest_due (
  backup_id  text PRIMARY KEY REFERENCES backup (id) ON DELETE CASCADE,
  sealed     text NOT NULL               -- base64
);

CREATE TABLE prune_run (
  id        text PRIMARY KEY,            -- 32 hex digits; its mark in the store is prune/<id>
  era       integer NOT NULL,
  began_at  bigint NOT NULL,
  ended_at  bigint,
  figures   text NOT NULL                -- JSON, PruneFigures
);

ALTER TABLE backup ADD COLUMN root text;                       -- of the map, 64 hex digits; null before the commit and for older rows
ALTER TABLE backup ADD COLUMN levels integer;                  -- of the map; null as root is
ALTER TABLE backup ADD COLUMN unsettled integer NOT NULL DEFAULT 0;   -- 1: a request for its manifest may still arrive
ALTER TABLE backup ADD COLUMN kept_until bigint;               -- set exactly while it is deleted and can be brought back (status 3)
CREATE INDEX backup_kept ON backup (kept_until) WHERE status = 3;

-- Jobs of the service's own upkeep: more kinds, no project, and what came of them.
CREATE TABLE job_10 (
  id            text PRIMARY KEY,
  project_id    text NOT NULL,           -- '' for the service's own
  kind          integer NOT NULL,        -- JobKind
  state         integer NOT NULL,        -- JobState
  volume_id     text,
  backup_id     text,
  task_id       text,
  arguments     text NOT NULL,
  created_at    bigint NOT NULL,
  run_after     bigint NOT NULL,
  begin_at      bigint,
  finished_at   bigint,
  attempt       integer NOT NULL,
  lease_owner   text,
  lease_until   bigint,
  error_code    text,
  fail_reason   text,
  mark          text,
  figures       text,                    -- JSON, by kind: what it did; null where a kind tells nothing
  CHECK (kind BETWEEN 1 AND 9),
  CHECK (state BETWEEN 1 AND 4),
  CHECK (attempt >= 0),
  CHECK (state = 1 OR state = 4 OR begin_at IS NOT NULL),
  CHECK ((finished_at IS NOT NULL) = (state IN (3, 4))),
  CHECK ((lease_owner IS NOT NULL) = (state = 2)),
  CHECK ((lease_until IS NOT NULL) = (state = 2)),
  CHECK ((error_code IS NOT NULL) = (state = 4)),
  CHECK ((fail_reason IS NOT NULL) = (state = 4))
);
INSERT INTO job_10 (id, project_id, kind, state, volume_id, backup_id, task_id, arguments, created_at, run_after, begin_at, finished_at,
  attempt, lease_owner, lease_until, error_code, fail_reason, mark)
SELECT id, project_id, kind, state, volume_id, backup_id, task_id, arguments, created_at, run_after, begin_at, finished_at,
  attempt, lease_owner, lease_until, error_code, fail_reason, mark
FROM job;
DROP TABLE job;
ALTER TABLE job_10 RENAME TO job;
CREATE INDEX job_queued ON job (run_after, id) WHERE state = 1;
CREATE INDEX job_running ON job (lease_until) WHERE state = 2;
CREATE UNIQUE INDEX job_running_volume ON job (volume_id) WHERE state = 2;
CREATE INDEX job_finished ON job (finished_at) WHERE state IN (3, 4);
CREATE INDEX job_open_by_volume ON job (volume_id) WHERE state IN (1, 2);
CREATE INDEX job_open_by_backup ON job (backup_id) WHERE state IN (1, 2);
-- Of the service's own kinds one is open at a time.
CREATE UNIQUE INDEX job_open_upkeep ON job (kind) WHERE state IN (1, 2) AND kind >= 4;
CREATE INDEX job_by_kind ON job (kind, created_at);
CREATE INDEX job_by_project ON job (project_id, created_at, id);
