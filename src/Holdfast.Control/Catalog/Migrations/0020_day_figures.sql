-- Version 20: what a project's backups came to, day by day, so that a month can be shown without counting its backups.

CREATE TABLE day_figure (
  project_id    text NOT NULL,
  day           integer NOT NULL,        -- since 1970, UTC; of the end of the order
  succeeded     bigint NOT NULL,         -- orders to back a volume up, by hand or by a policy
  failed        bigint NOT NULL,
  bytes_read    bigint NOT NULL,
  bytes_new     bigint NOT NULL,
  bytes_stored  bigint NOT NULL,
  PRIMARY KEY (project_id, day)
);

-- Of what is there still.
INSERT INTO day_figure (project_id, day, succeeded, failed, bytes_read, bytes_new, bytes_stored)
SELECT b.project_id, CAST(coalesce(b.available_at, b.updated_at) / 86400000 AS integer),
  sum(CASE WHEN b.available_at IS NULL THEN 0 ELSE 1 END), sum(CASE WHEN b.available_at IS NULL THEN 1 ELSE 0 END),
  CAST(coalesce(sum(b.bytes_read), 0) AS bigint), CAST(coalesce(sum(b.bytes_new), 0) AS bigint),
  CAST(coalesce(sum(b.bytes_stored), 0) AS bigint)
FROM backup b
WHERE b.available_at IS NOT NULL OR b.status = 5
GROUP BY b.project_id, CAST(coalesce(b.available_at, b.updated_at) / 86400000 AS integer);

-- Lists of backups in one state: those in error are few among many.
CREATE INDEX backup_by_status ON backup (project_id, status, created_at, id);
