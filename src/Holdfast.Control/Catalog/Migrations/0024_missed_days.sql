-- Version 24: days on which turns of a policy were due and did not come, so that a month can be shown with them.

-- Written when it is found out, by the schedule and for the volumes that the policy has then: whatever becomes of it later, this stays.
CREATE TABLE missed_day (
  project_id  text NOT NULL,
  policy_id   text NOT NULL,             -- may be gone
  day         integer NOT NULL,          -- since 1970, UTC; of the turn that was due
  volumes     bigint NOT NULL,
  PRIMARY KEY (project_id, policy_id, day)
);

-- Of the turns that were written down one by one. What was taken back has a job.
INSERT INTO missed_day (project_id, policy_id, day, volumes)
SELECT t.project_id, t.policy_id, CAST(t.slot_at / 86400000 AS integer), count(DISTINCT t.volume_id)
FROM task t
WHERE t.status = 6 AND t.code = 'AutoBackup.1700' AND t.job_id IS NULL AND t.slot_at IS NOT NULL
GROUP BY t.project_id, t.policy_id, CAST(t.slot_at / 86400000 AS integer);
