-- Version 16: whether volumes are protected.

-- How the last order to back a volume up ended, by hand or by a policy. No clock says which was the last: each end writes over the one
-- before. A table of its own, because who ends a job must not wait for whoever holds the volume.
CREATE TABLE volume_outcome (
  volume_id    text PRIMARY KEY,
  job_id       text NOT NULL,
  ended_at     bigint NOT NULL,
  failures     integer NOT NULL,       -- in a row; 0 after one that succeeded
  fail_code    text,
  fail_reason  text,
  CHECK (failures >= 0),
  CHECK ((failures > 0) = (fail_code IS NOT NULL)),
  CHECK ((fail_reason IS NOT NULL) = (fail_code IS NOT NULL))
);

-- Of each volume that was backed up before: as its newest backup is.
INSERT INTO volume_outcome (volume_id, job_id, ended_at, failures, fail_code, fail_reason)
SELECT b.volume_id, '', b.updated_at, CASE WHEN b.status = 5 THEN 1 ELSE 0 END,
  CASE WHEN b.status = 5 THEN b.fail_code END, CASE WHEN b.status = 5 THEN b.fail_reason END
FROM backup b
WHERE b.status IN (2, 5)
  AND b.number = (SELECT max(c.number) FROM backup c WHERE c.volume_id = b.volume_id AND c.status IN (2, 5));

CREATE INDEX backup_damaged ON backup (volume_id) WHERE verdict_ok = 0 AND status = 2;
