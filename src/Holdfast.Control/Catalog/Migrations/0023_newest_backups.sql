-- Version 23: what the console asks of every volume and every backup, found in an index alone.

-- The newest backup of a volume that is available and was not found damaged, and when it was begun.
CREATE INDEX backup_newest ON backup (volume_id, number, created_at) WHERE status = 2 AND coalesce(verdict_ok, 1) = 1;

-- Volumes in the order in which they are listed.
CREATE INDEX volume_by_name ON volume (project_id, name, id);

-- As before, and what a list of backups is looked through for.
DROP INDEX backup_by_project;
CREATE INDEX backup_by_project ON backup (project_id, created_at, id, status, name);
