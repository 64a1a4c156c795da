-- Version 7: what clients of the identity API say of users and projects is kept, and shown again.

-- The project that a token is for when its request names none: an id, or null. It may be of a project that is no more.
ALTER TABLE account ADD COLUMN default_project text;

-- A JSON object of the members that have no column: free ones, and the object "options".
ALTER TABLE account ADD COLUMN attributes text NOT NULL DEFAULT '{}';
ALTER TABLE project ADD COLUMN attributes text NOT NULL DEFAULT '{}';

-- Tags, which hold no commas, with a comma between each two; empty for none.
ALTER TABLE project ADD COLUMN tags text NOT NULL DEFAULT '';
