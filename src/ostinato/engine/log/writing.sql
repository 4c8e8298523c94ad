-- How a batch is written: each of its changes is inserted as a row into the view `batch`, whose triggers do what it says.
-- So a batch is one statement, however many tables it touches. The view and its triggers are the writing connection's
-- own, and stand in no file. Rows without a kind do nothing.

CREATE TEMP VIEW batch (kind, key, a, b, c) AS SELECT NULL, NULL, NULL, NULL, NULL;

-- The next event of an execution: its id, who was handed the task that it starts, its text.
CREATE TEMP TRIGGER event_written INSTEAD OF INSERT ON batch WHEN new.kind = 'event' BEGIN
    INSERT INTO events (execution_key, event_id, handed_by, event) VALUES (new.key, new.a, new.b, new.c);
END;

-- An execution begins: its times, and a JSON array of the rest, of which nothing holds a NUL, as JSON ends there here.
CREATE TEMP TRIGGER execution_written INSTEAD OF INSERT ON batch WHEN new.kind = 'execution' BEGIN
    INSERT INTO executions
    (key, start_timestamp, close_timestamp, domain, workflow_id, run_id, type_name, type_version, close_status,
     tag_list, parent_workflow_id, parent_run_id)
    VALUES
    (new.key, new.a, new.b, json_extract(new.c, '$[0]'), json_extract(new.c, '$[1]'), json_extract(new.c, '$[2]'),
     json_extract(new.c, '$[3]'), json_extract(new.c, '$[4]'), json_extract(new.c, '$[5]'),
     json_extract(new.c, '$[6]'), json_extract(new.c, '$[7]'), json_extract(new.c, '$[8]'));
END;

-- An execution that began in this batch has a tag; it may be given twice.
CREATE TEMP TRIGGER tag_written INSTEAD OF INSERT ON batch WHEN new.kind = 'tag' BEGIN
    INSERT OR IGNORE INTO execution_tags (key, tag, domain, start_timestamp, close_timestamp)
    SELECT key, new.a, domain, start_timestamp, close_timestamp FROM executions WHERE key = new.key;
END;

-- An execution closes: when, and how.
CREATE TEMP TRIGGER close_written INSTEAD OF INSERT ON batch WHEN new.kind = 'close' BEGIN
    UPDATE executions SET close_timestamp = new.a, close_status = new.b WHERE key = new.key;
    UPDATE execution_tags SET close_timestamp = new.a WHERE key = new.key;
    DELETE FROM heartbeats WHERE execution_key = new.key;
END;

-- A task that an event started has another holder now.
CREATE TEMP TRIGGER holder_written INSTEAD OF INSERT ON batch WHEN new.kind = 'holder' BEGIN
    UPDATE events SET handed_by = new.b WHERE execution_key = new.key AND event_id = new.a;
END;

-- A sign of life of an activity task: when, and its details.
CREATE TEMP TRIGGER heartbeat_written INSTEAD OF INSERT ON batch WHEN new.kind = 'heartbeat' BEGIN
    INSERT OR REPLACE INTO heartbeats (execution_key, scheduled_event_id, timestamp, details)
    VALUES (new.key, new.a, new.b, new.c);
END;

-- An execution is forgotten, and its history.
CREATE TEMP TRIGGER execution_forgotten INSTEAD OF INSERT ON batch WHEN new.kind = 'forget' BEGIN
    DELETE FROM executions WHERE key = new.key;
    DELETE FROM execution_tags WHERE key = new.key;
    DELETE FROM events WHERE execution_key = new.key;
    DELETE FROM heartbeats WHERE execution_key = new.key;
END;
