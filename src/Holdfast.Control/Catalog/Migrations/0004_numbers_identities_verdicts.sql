-- Version 4: an order of a volume's backups that no clock makes, what identifies a volume, and what is known of a backup's bytes.

-- What identified the device when the volume was registered (DeviceIdentity, JSON). Null for one of an earlier version until its device is
-- first seen.
ALTER TABLE volume ADD COLUMN identity text;
-- The highest number that a backup of the volume was given. Only grows: no number is given twice, whatever is deleted. A table of its own,
-- because who gives a number must not wait for whoever holds the volume.
CREATE TABLE volume_number (volume_id text PRIMARY KEY, last_number bigint NOT NULL);
ALTER TABLE volume RENAME COLUMN managed TO owned;   -- 1: its file is the service's own and goes with it

ALTER TABLE backup ADD COLUMN number bigint NOT NULL DEFAULT 0;   -- rises from each backup of a volume to the next, from 1
ALTER TABLE backup ADD COLUMN consistency text;                   -- as its manifest says: at-rest, live; null until it is available
-- What was last found out about its bytes: when, by what (VerdictBy), whether they are whole, and if not, what and where.
ALTER TABLE backup ADD COLUMN verdict_at bigint;
ALTER TABLE backup ADD COLUMN verdict_by integer;
ALTER TABLE backup ADD COLUMN verdict_ok integer;
ALTER TABLE backup ADD COLUMN verdict_reason text;

UPDATE backup SET number = (
  SELECT count(*) FROM backup b
  WHERE b.volume_id = backup.volume_id
    AND (b.created_at < backup.created_at OR (b.created_at = backup.created_at AND b.id <= backup.id)));
INSERT INTO volume_number (volume_id, last_number) SELECT volume_id, max(number) FROM backup GROUP BY volume_id;
CREATE UNIQUE INDEX backup_by_number ON backup (volume_id, number);

-- "Restoring" (3) and "found damaged by a restore" (6) are states no more: the one is told by the jobs that have not ended, the other is a
-- verdict.
UPDATE backup SET status = 2, verdict_at = updated_at, verdict_by = 2, verdict_ok = 0, verdict_reason = fail_reason,
  fail_code = NULL, fail_reason = NULL
WHERE status = 6;
UPDATE backup SET status = 2, fail_code = NULL, fail_reason = NULL WHERE status = 3;

-- Which restores hold a backup.
CREATE INDEX job_open_by_backup ON job (backup_id) WHERE state IN (1, 2);
-- What the job's bytes touch, written before the first of them (RestoreMark, JSON): a later attempt knows them for its own.
ALTER TABLE job ADD COLUMN mark text;

-- Was written and never read.
DROP TABLE retention_decision;
