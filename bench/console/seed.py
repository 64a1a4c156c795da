#!/usr/bin/env python3
"""Fills a new SQLite catalog as years of use would: 10,000 volumes in 20 policies, 100,000 backups, 1,000,000 tasks, 300,000 jobs."""
import sqlite3
import sys
import time

VOLUMES, POLICIES, BACKUPS_EACH, TASKS, JOBS = 10_000, 20, 10, 1_000_000, 300_000
DAY = 86_400_000
now = int(time.time() * 1000)


def uuid(number, kind):
    """A version 7 UUID that is the same for the same number and kind."""
    return f"01a00000-{number & 0xFFFF:04x}-7{kind:03x}-8000-{number:012x}"


def hexid(number, kind):
    return uuid(number, kind).replace("-", "")


db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA synchronous = off")
project = db.execute("SELECT id FROM project WHERE name = 'default'").fetchone()[0]
policies = [uuid(i, 1) for i in range(POLICIES)]
volumes = [uuid(i, 2) for i in range(VOLUMES)]
for i, policy in enumerate(policies):
    db.execute(
        "INSERT INTO policy (id, project_id, name, is_default, enabled, start_time, frequency, retention_count, keep_first_of_month,"
        " next_fire_at, created_at, updated_at) VALUES (?, ?, ?, 0, 1, '22:00', 1, 14, 0, ?, ?, ?)",
        (policy, project, f"policy-{i}", now + DAY, now - 400 * DAY, now),
    )
    db.executemany(
        "INSERT INTO task_counter VALUES (?, ?, ?)", [(policy, s, TASKS // POLICIES if s == 3 else 0) for s in range(1, 7)]
    )
db.executemany(
    "INSERT INTO volume (id, project_id, name, source, size_bytes, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
    [(v, project, f"volume-{i:05d}", f"file:///srv/{i}.img", 1 << 33, now - 400 * DAY, now) for i, v in enumerate(volumes)],
)
db.executemany(
    "INSERT INTO policy_volume VALUES (?, ?, ?)", [(v, policies[i % POLICIES], now - 100 * DAY) for i, v in enumerate(volumes)]
)
db.executemany("INSERT INTO volume_outcome (volume_id, job_id, ended_at, failures) VALUES (?, '', ?, 0)", [(v, now) for v in volumes])
db.executemany(
    "INSERT INTO backup (id, project_id, volume_id, name, status, volume_bytes, policy_id, created_at, updated_at, available_at,"
    " bytes_read, bytes_new, bytes_stored, number) VALUES (?, ?, ?, ?, 2, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    (
        (
            uuid(i * BACKUPS_EACH + k, 3), project, v, f"autobk_{i:04x}", 1 << 33, policies[i % POLICIES],
            *(now - (BACKUPS_EACH - k) * DAY + i * 100 + later for later in (0, 60_000, 60_000)), 1 << 30, 1 << 26, 1 << 25, k + 1,
        )
        for i, v in enumerate(volumes)
        for k in range(BACKUPS_EACH)
    ),
)
db.executemany(
    "INSERT INTO task (id, policy_id, project_id, volume_id, status, origin, slot_at, created_at, finished_at, backup_name, job_id)"
    " VALUES (?, ?, ?, ?, 3, 1, ?, ?, ?, ?, ?)",
    (
        (uuid(n, 4), policies[n % POLICIES], project, volumes[n % VOLUMES], at, at, at + 60_000, f"autobk_{n & 0xFFFF:04x}", hexid(n, 5))
        for n in range(TASKS)
        for at in (now - n // VOLUMES * DAY - n % VOLUMES * 50,)
    ),
)
db.executemany(
    "INSERT INTO job (id, project_id, kind, state, volume_id, arguments, created_at, run_after, begin_at, finished_at, attempt)"
    " VALUES (?, ?, 1, 3, ?, '{}', ?, ?, ?, ?, 1)",
    (
        (hexid(n, 5), project, volumes[n % VOLUMES], at, at, at, at + 60_000)
        for n in range(JOBS)
        for at in (now - n // VOLUMES * DAY - n % VOLUMES * 50,)
    ),
)
for days in range(30):
    db.execute(
        "INSERT OR REPLACE INTO day_figure VALUES (?, ?, ?, 0, ?, ?, ?)",
        (project, now // DAY - days, VOLUMES, 1 << 43, 1 << 39, 1 << 38),
    )
db.commit()
print(policies[3], volumes[777], hexid(777, 5), uuid(777, 3))
