-- Version 21: how far a job is, and who wants it stopped.

-- Of the attempt that runs, or ran last: null where its kind tells nothing, or nothing yet.
ALTER TABLE job ADD COLUMN bytes_done bigint;
ALTER TABLE job ADD COLUMN bytes_total bigint;
ALTER TABLE job ADD COLUMN bytes_per_second bigint;

-- Name of who asked for its end; who carries the job out looks for it.
ALTER TABLE job ADD COLUMN cancel_by text;
