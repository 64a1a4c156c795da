-- Version 25: how many exports this catalog has begun, so that an older copy of it is known by those that it did not make.

-- Of the repository's era; counted before the export is put. Null where nothing was counted yet.
ALTER TABLE repository ADD COLUMN exports_begun bigint;
