-- Every query of the log, each with a name and a sentence.
--
-- Where there is a choice of indexes, the query says which, for SQLite keeps no statistics here and would guess.

-- name: create
-- Give a new log its secret.
INSERT INTO log (id, secret, epoch) VALUES (1, :secret, 0);

-- name: open
-- Count one more opening, and tell which it is.
UPDATE log SET epoch = epoch + 1 RETURNING epoch, secret;

-- name: next_execution_key
-- The first key after all that were ever given.
SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'executions';

-- name: write_domain
-- Register a domain, or replace what is known of it.
INSERT OR REPLACE INTO domains (name, status, retention, description, tags) VALUES (?, ?, ?, ?, ?);

-- name: domains
-- All domains, by name.
SELECT name, status, retention, description, tags FROM domains ORDER BY name;

-- name: delete_type
-- Delete a type.
DELETE FROM types WHERE kind = ? AND domain = ? AND name = ? AND version = ?;

-- name: write_type
-- Register a type, or replace what is known of it.
INSERT OR REPLACE INTO types
(kind, domain, name, version, status, creation_date, deprecation_date, description, configuration)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: types
-- All types, by kind, domain, name and version.
SELECT kind, domain, name, version, status, creation_date, deprecation_date, description, configuration
FROM types
ORDER BY kind, domain, name, version;

-- name: write_change
-- Write a change of a batch; see `writing.sql`.
INSERT INTO batch VALUES (?, ?, ?, ?, ?);

-- name: find_run
-- The execution with this run id, if its domain and workflow id are these.
SELECT * FROM executions WHERE run_id = :run_id AND domain = :domain AND workflow_id = :workflow_id;

-- name: find_newest
-- The newest execution with this workflow id.
SELECT * FROM executions WHERE domain = :domain AND workflow_id = :workflow_id ORDER BY key DESC LIMIT 1;

-- name: open_keys
-- The keys of all open executions, and how many events each has.
SELECT e.key, coalesce((SELECT max(v.event_id) FROM events AS v WHERE v.execution_key = e.key), 0)
FROM executions AS e INDEXED BY open_by_start
WHERE e.close_timestamp IS NULL
ORDER BY e.key;

-- name: executions_of
-- The executions with these keys.
SELECT e.* FROM json_each(:keys) AS k CROSS JOIN executions AS e ON e.key = k.value ORDER BY e.key;

-- name: recorded_events_of
-- The histories of these executions, with who was handed what.
SELECT v.execution_key, v.handed_by, v.event
FROM json_each(:keys) AS k
CROSS JOIN events AS v ON v.execution_key = k.value
ORDER BY v.execution_key, v.event_id;

-- name: heartbeats_of
-- The signs of life of these executions' activity tasks.
SELECT h.*
FROM json_each(:keys) AS k
CROSS JOIN heartbeats AS h ON h.execution_key = k.value
ORDER BY h.execution_key, h.scheduled_event_id;

-- name: events
-- A stretch of an execution's history, oldest first.
SELECT event FROM events
WHERE execution_key = :key AND event_id BETWEEN :first AND :last
ORDER BY event_id
LIMIT :limit;

-- name: events_reversed
-- A stretch of an execution's history, newest first.
SELECT event FROM events
WHERE execution_key = :key AND event_id BETWEEN :first AND :last
ORDER BY event_id DESC
LIMIT :limit;

-- name: executions
-- The beginning of a search among executions; `visibility` adds the conditions, on `v`.
SELECT v.* FROM executions AS v INDEXED BY {index} WHERE v.domain = :domain

-- name: tagged_executions
-- The beginning of a search among the executions that have a tag; `visibility` adds the conditions, on `v`.
SELECT e.* FROM execution_tags AS v INDEXED BY {index}
CROSS JOIN executions AS e ON e.key = v.key
WHERE v.domain = :domain AND v.tag = :tag

-- name: counted_executions
-- The beginning of a count of executions.
SELECT 1 FROM executions AS v INDEXED BY {index} WHERE v.domain = :domain

-- name: counted_tagged_executions
-- The beginning of a count of the executions that have a tag.
SELECT 1 FROM execution_tags AS v INDEXED BY {index} WHERE v.domain = :domain AND v.tag = :tag

-- name: count
-- How many rows a search gives, up to its limit.
SELECT count(*) FROM ({search} LIMIT :limit);

-- name: expired
-- The closed executions that the retention period of their domain no longer covers.
SELECT e.key FROM domains AS d
CROSS JOIN executions AS e INDEXED BY closed_by_close
ON e.domain = d.name
AND e.close_timestamp IS NOT NULL
AND e.close_timestamp <= :now - CAST(d.retention AS INTEGER) * 86400.0
LIMIT :limit;
