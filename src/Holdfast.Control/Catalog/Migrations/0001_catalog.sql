-- The catalog, version 1. One SQL for SQLite and PostgreSQL: times are UTC milliseconds (bigint), ids are text, booleans 0/1,
-- states numbers that are written out in the enum of the same name and only ever grow.

CREATE TABLE project (
  id          text PRIMARY KEY,          -- 32 hex digits
  name        text NOT NULL UNIQUE,
  enabled     integer NOT NULL,
  created_at  bigint NOT NULL
);

CREATE TABLE account (
  id             text PRIMARY KEY,       -- 32 hex digits
  name           text NOT NULL UNIQUE,
  password_hash  text NOT NULL,          -- Argon2id, as libsodium writes it
  enabled        integer NOT NULL,
  created_at     bigint NOT NULL
);

CREATE TABLE account_role (
  account_id  text NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  project_id  text NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  role        integer NOT NULL,          -- Role
  PRIMARY KEY (account_id, project_id, role)
);

CREATE TABLE token (
  digest      text PRIMARY KEY,          -- hex SHA-256 of the token; the token itself is never stored
  account_id  text NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  project_id  text REFERENCES project (id) ON DELETE CASCADE,
  issued_at   bigint NOT NULL,
  expires_at  bigint NOT NULL
);
CREATE INDEX token_by_expiry ON token (expires_at);

CREATE TABLE volume (
  id          text PRIMARY KEY,
  project_id  text NOT NULL REFERENCES project (id),
  name        text NOT NULL,
  source      text NOT NULL UNIQUE,      -- canonical address of the device
  size_bytes  bigint NOT NULL,
  status      integer NOT NULL,          -- VolumeStatus
  created_at  bigint NOT NULL,
  updated_at  bigint NOT NULL
);
CREATE INDEX volume_by_project ON volume (project_id, created_at, id);

CREATE TABLE policy (
  id               text PRIMARY KEY,
  project_id       text NOT NULL REFERENCES project (id),
  name             text NOT NULL,
  is_default       integer NOT NULL,
  enabled          integer NOT NULL,
  start_time       text NOT NULL,        -- as given, e.g. 22:00,00:00
  frequency        integer,              -- days, 1 to 30
  week_frequency   text,                 -- as given, e.g. MON,WED
  retention_count  integer,              -- 2 to 99
  retention_days   integer,              -- 2 to 99999
  keep_first_of_month integer NOT NULL,
  time_zone        text,                 -- as given, e.g. UTC+08:00
  next_fire_at     bigint,               -- null while disabled
  created_at       bigint NOT NULL,
  updated_at       bigint NOT NULL,
  CHECK ((frequency IS NULL) <> (week_frequency IS NULL)),
  CHECK ((retention_count IS NULL) <> (retention_days IS NULL)),
  CHECK ((enabled = 1) = (next_fire_at IS NOT NULL))
);
CREATE INDEX policy_by_project ON policy (project_id, created_at, id);
CREATE INDEX policy_due ON policy (next_fire_at);
CREATE UNIQUE INDEX policy_default ON policy (project_id) WHERE is_default = 1;

CREATE TABLE policy_volume (
  volume_id   text PRIMARY KEY REFERENCES volume (id) ON DELETE CASCADE,
  policy_id   text NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
  added_at    bigint NOT NULL
);
CREATE INDEX policy_volume_by_policy ON policy_volume (policy_id, added_at, volume_id);

CREATE TABLE policy_tag (
  policy_id  text NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
  key        text NOT NULL,
  value      text NOT NULL,
  PRIMARY KEY (policy_id, key)
);

-- The newest slot that a policy was fired for, or that was recorded as missed: no slot is fired again, whatever the clock does.
CREATE TABLE policy_firing (
  policy_id     text PRIMARY KEY REFERENCES policy (id) ON DELETE CASCADE,
  last_slot_at  bigint NOT NULL
);

-- One volume's turn in one firing of a policy. Outlives the volume; goes with its policy and with its history window.
CREATE TABLE task (
  id           text PRIMARY KEY,         -- version 7 UUID: the API's job_id
  policy_id    text NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
  project_id   text NOT NULL,
  volume_id    text NOT NULL,
  status       integer NOT NULL,         -- BackupTaskStatus
  origin       integer NOT NULL,         -- TaskOrigin
  slot_at      bigint,                   -- the due time; null for "execute now"
  created_at   bigint NOT NULL,
  finished_at  bigint,
  backup_name  text,
  backup_id    text,
  job_id       text,                     -- the API's vbs_job_id, 32 hex digits
  code         text,
  message      text,
  CHECK (status BETWEEN 1 AND 6),
  CHECK (origin IN (1, 2)),
  CHECK ((slot_at IS NULL) = (origin = 2)),
  CHECK ((finished_at IS NOT NULL) = (status IN (3, 4, 5, 6))),
  CHECK ((code IS NOT NULL) = (status IN (4, 5, 6))),
  CHECK ((message IS NOT NULL) = (status IN (4, 5, 6)))
);
CREATE INDEX task_by_policy ON task (policy_id, created_at, id);
CREATE INDEX task_by_policy_status ON task (policy_id, status, created_at, id);
CREATE INDEX task_open_by_volume ON task (volume_id) WHERE status IN (1, 2);
-- For the removal of history. Partial, so that no list of tasks can be planned along it: a rare status would then be looked for through
-- all of them.
CREATE INDEX task_by_age ON task (created_at) WHERE finished_at IS NOT NULL;

-- How many tasks a policy has in each status; kept by the transaction that changes the tasks, so a list never counts.
CREATE TABLE task_counter (
  policy_id  text NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
  status     integer NOT NULL,
  tasks      bigint NOT NULL,
  PRIMARY KEY (policy_id, status),
  CHECK (status BETWEEN 1 AND 6),
  CHECK (tasks >= 0)
);

CREATE TABLE job (
  id            text PRIMARY KEY,        -- 32 hex digits of a version 7 UUID
  project_id    text NOT NULL,
  kind          integer NOT NULL,        -- JobKind
  state         integer NOT NULL,        -- JobState
  volume_id     text,
  backup_id     text,
  task_id       text,
  arguments     text NOT NULL,           -- JSON, by kind
  created_at    bigint NOT NULL,
  run_after     bigint NOT NULL,
  begin_at      bigint,
  finished_at   bigint,
  attempt       integer NOT NULL,
  lease_owner   text,
  lease_until   bigint,
  error_code    text,
  fail_reason   text,
  CHECK (kind BETWEEN 1 AND 3),
  CHECK (state BETWEEN 1 AND 4),
  CHECK (attempt >= 0),
  CHECK (state = 1 OR state = 4 OR begin_at IS NOT NULL),
  CHECK ((finished_at IS NOT NULL) = (state IN (3, 4))),
  CHECK ((lease_owner IS NOT NULL) = (state = 2)),
  CHECK ((lease_until IS NOT NULL) = (state = 2)),
  CHECK ((error_code IS NOT NULL) = (state = 4)),
  CHECK ((fail_reason IS NOT NULL) = (state = 4))
);
CREATE INDEX job_queued ON job (run_after, id) WHERE state = 1;
CREATE INDEX job_running ON job (lease_until) WHERE state = 2;
CREATE UNIQUE INDEX job_running_volume ON job (volume_id) WHERE state = 2;  -- two jobs of one volume never run at once
CREATE INDEX job_finished ON job (finished_at) WHERE state IN (3, 4);
CREATE INDEX job_open_by_volume ON job (volume_id) WHERE state IN (1, 2);

CREATE TABLE backup (
  id             text PRIMARY KEY,       -- version 7 UUID, the manifest's name
  project_id     text NOT NULL REFERENCES project (id),
  volume_id      text NOT NULL,          -- may be gone
  name           text,
  description    text,
  status         integer NOT NULL,       -- BackupStatus
  volume_bytes   bigint NOT NULL,
  policy_id      text,                   -- the policy that made it; may be gone
  parent_id      text,                   -- what it was compared with; null for a full one
  created_at     bigint NOT NULL,
  updated_at     bigint NOT NULL,
  available_at   bigint,
  bytes_read     bigint,
  bytes_new      bigint,
  bytes_stored   bigint,
  fail_code      text,
  fail_reason    text,
  CHECK (status BETWEEN 1 AND 7),
  CHECK (available_at IS NOT NULL OR status NOT IN (2, 3, 6)),
  CHECK (fail_code IS NOT NULL OR status NOT IN (5, 6, 7)),
  CHECK ((fail_reason IS NOT NULL) = (fail_code IS NOT NULL))
);
CREATE INDEX backup_by_project ON backup (project_id, created_at, id);
CREATE INDEX backup_by_volume ON backup (volume_id, created_at, id);
CREATE INDEX backup_by_policy ON backup (policy_id, volume_id, created_at, id);

CREATE TABLE backup_tag (
  backup_id  text NOT NULL REFERENCES backup (id) ON DELETE CASCADE,
  key        text NOT NULL,
  value      text NOT NULL,
  PRIMARY KEY (backup_id, key)
);

-- What the last evaluation of a policy's retention said of each of its backups. A dropped backup's line stays when the backup is gone.
CREATE TABLE retention_decision (
  backup_id    text PRIMARY KEY,
  backup_name  text,
  policy_id    text NOT NULL,
  volume_id    text NOT NULL,
  kept         integer NOT NULL,
  reason       text NOT NULL,
  decided_at   bigint NOT NULL
);
CREATE INDEX retention_decision_by_policy ON retention_decision (policy_id, volume_id, decided_at);
CREATE INDEX retention_decision_by_age ON retention_decision (decided_at) WHERE kept = 0;
