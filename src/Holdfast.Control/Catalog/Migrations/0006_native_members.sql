-- Version 6: what clients of the native API say of volumes and backups is kept, and shown again.

-- Type and zone as they were asked for; null where nobody asked, which shows as the service's own. Whose request made the volume.
ALTER TABLE volume ADD COLUMN volume_type text;
ALTER TABLE volume ADD COLUMN zone text;
ALTER TABLE volume ADD COLUMN user_id text;

-- A backup's own metadata and container, and whether it was ordered as an incremental one: 1, 0, or null where nobody said.
ALTER TABLE backup ADD COLUMN metadata text NOT NULL DEFAULT '{}';
ALTER TABLE backup ADD COLUMN container text;
ALTER TABLE backup ADD COLUMN incremental integer;

-- What the volume had when the backup was ordered: a restore to a new volume gives it these.
ALTER TABLE backup ADD COLUMN volume_type text;
ALTER TABLE backup ADD COLUMN zone text;
ALTER TABLE backup ADD COLUMN volume_metadata text NOT NULL DEFAULT '{}';
