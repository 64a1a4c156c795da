-- Version 2: signing keys, tokens for the domain, shares of backups, quotas, and volumes that the service made itself.

-- A pair of access key and secret with which requests are signed. The secret is needed in the clear to check a signature, so it is
-- sealed with a key that the catalog does not hold: who reads the catalog alone cannot sign.
CREATE TABLE access_key (
  id           text PRIMARY KEY,         -- the access key: 20 characters of A-Z and 0-9
  account_id   text NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  secret       text NOT NULL,            -- sealed, base64
  description  text,
  created_at   bigint NOT NULL
);
CREATE INDEX access_key_by_account ON access_key (account_id, created_at, id);

-- 1 for a token whose scope is the domain; it then has no project.
ALTER TABLE token ADD COLUMN domain integer NOT NULL DEFAULT 0;

-- The right of another project to see a backup and to make volumes from it. Ends with the backup.
CREATE TABLE share (
  id               text PRIMARY KEY,     -- version 7 UUID
  backup_id        text NOT NULL REFERENCES backup (id) ON DELETE CASCADE,
  from_project_id  text NOT NULL REFERENCES project (id),
  to_project_id    text NOT NULL,        -- may be a project that this service has not met yet
  created_at       bigint NOT NULL,
  UNIQUE (backup_id, to_project_id)
);
CREATE INDEX share_from ON share (from_project_id, created_at, id);
CREATE INDEX share_to ON share (to_project_id, created_at, id);

-- What a project may have where that is not the setting's default; -1 is "as much as it likes".
CREATE TABLE project_quota (
  project_id        text PRIMARY KEY REFERENCES project (id) ON DELETE CASCADE,
  backups           bigint NOT NULL,
  backup_gigabytes  bigint NOT NULL,
  CHECK (backups >= -1 AND backup_gigabytes >= -1)
);

ALTER TABLE volume ADD COLUMN description text;
ALTER TABLE volume ADD COLUMN metadata text NOT NULL DEFAULT '{}';   -- a JSON object of strings
ALTER TABLE volume ADD COLUMN managed integer NOT NULL DEFAULT 0;    -- 1: its file is the service's own and goes with it
