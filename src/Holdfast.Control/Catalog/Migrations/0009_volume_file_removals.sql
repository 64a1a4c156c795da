-- Version 9: files of volumes that were deleted.

-- A file that the service made and whose volume was deleted. Written down in the transaction in which the volume's row goes, gone once the
-- file is: a file system is never called in a transaction, and what a crash leaves, upkeep finishes.
CREATE TABLE volume_file_removal (
  path        text PRIMARY KEY,
  ordered_at  bigint NOT NULL
);
