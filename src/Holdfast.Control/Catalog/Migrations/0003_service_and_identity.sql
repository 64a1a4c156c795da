-- Version 3: whose catalog this is, and what users, projects and tokens say of themselves.

-- One row from the moment the first start was finished: from then on no start makes an admin, a project or a repository again.
CREATE TABLE service (
  one             integer PRIMARY KEY,
  repository_id   text NOT NULL,         -- 32 hex digits; the service opens no other
  initialised_at  bigint NOT NULL,
  CHECK (one = 1)
);

ALTER TABLE account ADD COLUMN email text;
ALTER TABLE account ADD COLUMN description text;
ALTER TABLE project ADD COLUMN description text NOT NULL DEFAULT '';

-- How its bearer once showed who they are: "password", or "token,password" for one that was made from another.
ALTER TABLE token ADD COLUMN methods text NOT NULL DEFAULT 'password';
CREATE INDEX token_by_account ON token (account_id);
CREATE INDEX token_by_project ON token (project_id);
