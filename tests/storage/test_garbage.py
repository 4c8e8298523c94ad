"""What histories do not name is garbage, with care for what they do not name yet."""

from ostinato.model.events import (
    ActivityTaskCompleted,
    ActivityTaskStarted,
    HistoryEvent,
    WorkflowExecutionSignaled,
)
from ostinato.model.fields import EventId
from ostinato.payloads.references import Stored, write_stored
from ostinato.storage.garbage import YOUNGEST, Entry, Past, garbage

NAMED, UNNAMED, YOUNG = (f"0000000{n}-0000-4000-8000-000000000000" for n in range(3))
NOW = 1_000_000.0
HOUR = 3600.0
KEPT = [
    Entry(key=NAMED, size=1, changed=NOW - 9 * HOUR),
    Entry(key=UNNAMED, size=2, changed=NOW - 3 * HOUR),
    Entry(key=YOUNG, size=3, changed=NOW),
    Entry(key=f".{NAMED}.{'a' * 32}", size=4, changed=NOW - 3 * HOUR),
    Entry(key="somebody-elses", size=5, changed=NOW - 9 * HOUR),
]
REFERENCE = write_stored(Stored(location=f"file:///other/name/{NAMED}", size=1, digest="d"))
SIGNALED = WorkflowExecutionSignaled(
    event_id=EventId(1), event_timestamp=NOW, signal_name="s", input=REFERENCE, external_initiated_event_id=EventId(0)
)
STARTED = ActivityTaskStarted(event_id=EventId(6), event_timestamp=NOW - 2 * HOUR, scheduled_event_id=EventId(5))
COMPLETED = ActivityTaskCompleted(
    event_id=EventId(7), event_timestamp=NOW, scheduled_event_id=EventId(5), started_event_id=EventId(6)
)


def removed(*events: HistoryEvent, is_open: bool = True) -> list[int]:
    """The sizes of what is garbage if these events are all that there are."""
    found = garbage(
        {"a": KEPT}, before=NOW - HOUR, histories=lambda: [Past(is_open=is_open, events=[SIGNALED, *events])]
    )
    assert {each.store for each in found} <= {"a"}
    return [each.entry.size for each in found]


def test_garbage_is_old_ours_and_not_named() -> None:
    """A key that is named, by whatever name of its store, is kept; so is what is young, and what no payload has."""
    assert removed() == [2, 4]
    assert [each.entry.size for each in garbage({"a": KEPT}, before=NOW - HOUR, histories=list)] == [1, 2, 4]


def test_what_a_running_activity_may_have_put_there_is_kept() -> None:
    """Its last heartbeat stands in no history. One that has ended, or whose execution has, protects nothing."""
    since = STARTED.event_timestamp - YOUNGEST
    assert KEPT[1].changed < since

    assert removed(STARTED) == [2, 4]
    early = ActivityTaskStarted(event_id=EventId(6), event_timestamp=NOW - 4 * HOUR, scheduled_event_id=EventId(5))
    assert not removed(early)
    assert removed(early, COMPLETED) == [2, 4]
    assert removed(early, is_open=False) == [2, 4]


def test_no_history_is_read_for_nothing() -> None:
    """Where nothing is old, nothing is asked."""
    assert not garbage({"a": KEPT}, before=0.0, histories=lambda: 1 / 0)  # type: ignore[arg-type,return-value]
