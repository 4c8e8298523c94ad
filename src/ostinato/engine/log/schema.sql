-- The schema as it is now: what all migrations, one after the other, make of an empty file. A new file begins with it.

-- What the log knows of itself: the key of its tokens, and how often it was opened.
CREATE TABLE log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;

-- Retention is in days; "NONE" counts as 0. Tags are a JSON list.
CREATE TABLE domains (
    name TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    retention TEXT NOT NULL,
    description TEXT,
    tags TEXT
) STRICT, WITHOUT ROWID;

-- The types of activities and of workflows; their defaults are a JSON object.
CREATE TABLE types (
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    creation_date REAL NOT NULL,
    deprecation_date REAL,
    description TEXT,
    configuration TEXT NOT NULL,
    PRIMARY KEY (kind, domain, name, version)
) STRICT, WITHOUT ROWID;

-- One row for each execution: what lists and searches need. AUTOINCREMENT: a key is never given again.
CREATE TABLE executions (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL UNIQUE,
    type_name TEXT NOT NULL,
    type_version TEXT NOT NULL,
    start_timestamp REAL NOT NULL,
    close_timestamp REAL,
    close_status TEXT,
    tag_list TEXT,
    parent_workflow_id TEXT,
    parent_run_id TEXT
) STRICT;

CREATE INDEX executions_by_workflow_id ON executions (domain, workflow_id);

CREATE INDEX open_by_start ON executions (domain, start_timestamp) WHERE close_timestamp IS NULL;

CREATE INDEX open_by_type ON executions (domain, type_name, start_timestamp, key, type_version)
WHERE close_timestamp IS NULL;

CREATE INDEX closed_by_start ON executions (domain, start_timestamp) WHERE close_timestamp IS NOT NULL;

CREATE INDEX closed_by_close ON executions (domain, close_timestamp) WHERE close_timestamp IS NOT NULL;

CREATE INDEX closed_by_type_and_start ON executions (domain, type_name, start_timestamp, key, type_version)
WHERE close_timestamp IS NOT NULL;

CREATE INDEX closed_by_type_and_close ON executions (domain, type_name, close_timestamp, key, type_version)
WHERE close_timestamp IS NOT NULL;

CREATE INDEX closed_by_status_and_start ON executions (domain, close_status, start_timestamp)
WHERE close_timestamp IS NOT NULL;

CREATE INDEX closed_by_status_and_close ON executions (domain, close_status, close_timestamp)
WHERE close_timestamp IS NOT NULL;

-- One row for each tag of an execution; its times stand here too, so that a tag's executions are found in order.
CREATE TABLE execution_tags (
    key INTEGER NOT NULL,
    tag TEXT NOT NULL,
    domain TEXT NOT NULL,
    start_timestamp REAL NOT NULL,
    close_timestamp REAL,
    PRIMARY KEY (key, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX open_by_tag ON execution_tags (domain, tag, start_timestamp) WHERE close_timestamp IS NULL;

CREATE INDEX closed_by_tag_and_start ON execution_tags (domain, tag, start_timestamp)
WHERE close_timestamp IS NOT NULL;

CREATE INDEX closed_by_tag_and_close ON execution_tags (domain, tag, close_timestamp)
WHERE close_timestamp IS NOT NULL;

-- The truth: the events, each as JSON text. handed_by is the epoch of the process whose own poller took the task,
-- or 0, or -1 if it was taken back and nobody has it.
CREATE TABLE events (
    execution_key INTEGER NOT NULL,
    event_id INTEGER NOT NULL,
    handed_by INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (execution_key, event_id)
) STRICT, WITHOUT ROWID;

-- The last sign of life of each started activity task of the open executions.
CREATE TABLE heartbeats (
    execution_key INTEGER NOT NULL,
    scheduled_event_id INTEGER NOT NULL,
    timestamp REAL NOT NULL,
    details TEXT,
    PRIMARY KEY (execution_key, scheduled_event_id)
) STRICT, WITHOUT ROWID;
