-- Version 17: the logs of jobs.

-- What a job did and met. Goes with its job.
CREATE TABLE job_log (
  job_id   text NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  number   bigint NOT NULL,       -- from 1; rises over all attempts; lines that were left out leave a gap
  at       bigint NOT NULL,
  level    integer NOT NULL,      -- 1 information, 2 warning, 3 error
  attempt  integer NOT NULL,
  message  text NOT NULL,
  fields   text,                  -- a JSON object of numbers, words and truths, or none
  PRIMARY KEY (job_id, number),
  CHECK (number > 0),
  CHECK (level IN (1, 2, 3))
);
