-- Version 19: who is told what went wrong. See docs/decisions/0034-notifications.md.

-- Who is told.
CREATE TABLE notify_target (
  id          text PRIMARY KEY,
  project_id  text NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name        text NOT NULL,
  kind        integer NOT NULL,           -- NotifyKind: 1 webhook, 2 e-mail
  address     text NOT NULL,              -- a URL, or addresses with commas between
  secret      text,                       -- what a webhook's messages are signed with, sealed with a key of the repository
  created_at  bigint NOT NULL,
  UNIQUE (project_id, name),
  CHECK (kind BETWEEN 1 AND 2),
  CHECK ((secret IS NOT NULL) = (kind = 1))
);

-- What a target is told. One that has no rule is told what is usual.
CREATE TABLE notify_rule (
  id              text PRIMARY KEY,
  project_id      text NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  target_id       text NOT NULL REFERENCES notify_target (id) ON DELETE CASCADE,
  events          text,                   -- numbers of NotifyEvent, commas between; null for the usual ones
  least_severity  integer NOT NULL,       -- NotifySeverity
  created_at      bigint NOT NULL,
  CHECK (least_severity BETWEEN 1 AND 3)
);
CREATE INDEX notify_rule_by_project ON notify_rule (project_id, created_at, id);

-- Something that is, or was, wrong. One row a cause as long as it lasts, so that it is told once, whoever looks and however often.
CREATE TABLE notify_incident (
  id           text PRIMARY KEY,
  project_id   text NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  cause        text NOT NULL,             -- the event's name and of what, e.g. volume_failed/<volume>
  event        integer NOT NULL,          -- NotifyEvent
  severity     integer NOT NULL,          -- NotifySeverity
  volume_id    text,
  what         text NOT NULL,             -- as it was seen last
  since        bigint NOT NULL,
  told         integer NOT NULL,          -- whether somebody was told, and so is told of its end
  times        bigint NOT NULL,           -- failures in a row
  quiet        bigint NOT NULL,           -- checks since that found nothing; of damage alone
  resolved_at  bigint,
  CHECK (severity BETWEEN 1 AND 3),
  CHECK (told IN (0, 1)),
  CHECK (times >= 1 AND quiet >= 0)
);
CREATE UNIQUE INDEX notify_incident_open ON notify_incident (project_id, cause) WHERE resolved_at IS NULL;
CREATE INDEX notify_incident_resolved ON notify_incident (resolved_at) WHERE resolved_at IS NOT NULL;

-- Ended drills and checks that were taken into account. No clock says which came last; each counts when it is first seen.
CREATE TABLE notify_seen (
  project_id  text NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  id          text NOT NULL,              -- of a drill or job
  PRIMARY KEY (project_id, id)
);

-- The time of day for which a project's last digest was made.
CREATE TABLE notify_digest (
  project_id  text PRIMARY KEY REFERENCES project (id) ON DELETE CASCADE,
  slot        bigint NOT NULL
);

-- Messages, written in the transaction that found their cause, and what came of each.
CREATE TABLE notify_delivery (
  id           text PRIMARY KEY,
  number       bigint NOT NULL,           -- their order, whatever clocks say
  project_id   text NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  target_id    text NOT NULL REFERENCES notify_target (id) ON DELETE CASCADE,
  event        integer NOT NULL,
  severity     integer NOT NULL,
  what         text NOT NULL,
  payload      text NOT NULL,             -- JSON, as it is signed and sent
  state        integer NOT NULL,          -- NotifyState: 1 waiting, 2 delivered, 3 given up
  attempts     integer NOT NULL,
  created_at   bigint NOT NULL,
  tried_at     bigint NOT NULL,           -- when it was made, or claimed last
  next_try_at  bigint NOT NULL,
  lease_owner  text,
  lease_until  bigint,
  ended_at     bigint,
  last_status  integer,                   -- of HTTP or SMTP; null where nothing was answered
  last_answer  text,                      -- at most 200 characters of what was answered, or of what went wrong
  CHECK (severity BETWEEN 1 AND 3),
  CHECK (state BETWEEN 1 AND 3),
  CHECK (attempts >= 0),
  CHECK ((lease_owner IS NOT NULL) = (lease_until IS NOT NULL)),
  CHECK ((ended_at IS NOT NULL) = (state >= 2))
);
CREATE INDEX notify_delivery_waiting ON notify_delivery (next_try_at, number) WHERE state = 1;
CREATE INDEX notify_delivery_ended ON notify_delivery (ended_at) WHERE state >= 2;
CREATE INDEX notify_delivery_by_project ON notify_delivery (project_id, number);
CREATE INDEX notify_delivery_by_target ON notify_delivery (target_id, number);
CREATE INDEX notify_delivery_number ON notify_delivery (number);
