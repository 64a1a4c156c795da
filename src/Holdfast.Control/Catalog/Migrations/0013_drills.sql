-- Version 13: restore drills and their evidence.

-- A volume's turn to be proven restorable: ordered, run, and kept as what was found. It names volume and backup and outlives both.
CREATE TABLE drill (
  id              text PRIMARY KEY,
  project_id      text NOT NULL,
  volume_id       text NOT NULL,
  volume_name     text NOT NULL,          -- as it was called when the turn was ordered
  state           integer NOT NULL,       -- DrillState: 1 ordered, 2 running, 3 proven, 4 damaged, 5 rejected, 6 failed
  by_hand         integer NOT NULL,
  job_id          text,                   -- who ran it last
  ordered_at      bigint NOT NULL,
  began_at        bigint,
  ended_at        bigint,
  backup_id       text,
  backup_number   bigint,
  choice          integer,                -- DrillChoice: 1 the newest, 2 an older one
  choices         bigint,                 -- how many restore points it was chosen from
  root            text,                   -- of the map that was verified to, 64 hex digits
  bytes_verified  bigint,
  bytes_zero      bigint,
  bytes_read      bigint,
  packs           bigint,
  took_ms         bigint,
  command         text,                   -- as it was set; null for none
  exit_code       integer,
  output          text,                   -- its last lines
  reason          text,                   -- why it is not proven
  CHECK (state BETWEEN 1 AND 6),
  CHECK (by_hand IN (0, 1)),
  CHECK (choice BETWEEN 1 AND 2),
  CHECK ((ended_at IS NOT NULL) = (state >= 3)),
  CHECK (state NOT IN (2, 3, 4, 5) OR (backup_id IS NOT NULL AND began_at IS NOT NULL)),
  CHECK (state <> 3 OR (root IS NOT NULL AND bytes_verified IS NOT NULL AND reason IS NULL)),
  CHECK (state NOT IN (4, 5, 6) OR reason IS NOT NULL)
);
CREATE INDEX drill_by_project ON drill (project_id, id);
CREATE INDEX drill_by_volume ON drill (volume_id, id);
CREATE INDEX drill_open ON drill (by_hand, id) WHERE state IN (1, 2);
CREATE INDEX drill_ended ON drill (ended_at) WHERE state >= 3;

-- The last restore of the volume that was proven; the evidence may be older than it is kept.
ALTER TABLE volume ADD COLUMN proven_at bigint;
ALTER TABLE volume ADD COLUMN proven_backup_id text;
