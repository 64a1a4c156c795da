-- Version 22: what a job's spans belong to.

-- The W3C traceparent of the request that ordered it; null where no span of that was kept.
ALTER TABLE job ADD COLUMN trace text;
