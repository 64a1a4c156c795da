-- Version 12: quotas of volumes.

-- What a project may have besides backups. NULL is what the settings say; -1 is any number. There are no snapshots and no groups: their
-- limits are kept for whoever sets and reads them, and are held because nothing is ever made.
ALTER TABLE project_quota ADD COLUMN volumes bigint CHECK (volumes >= -1);
ALTER TABLE project_quota ADD COLUMN gigabytes bigint CHECK (gigabytes >= -1);
ALTER TABLE project_quota ADD COLUMN per_volume_gigabytes bigint CHECK (per_volume_gigabytes >= -1);
ALTER TABLE project_quota ADD COLUMN snapshots bigint CHECK (snapshots >= -1);
ALTER TABLE project_quota ADD COLUMN volume_groups bigint CHECK (volume_groups >= -1);
