"""The tree of exceptions: as drawn, and each with a message that helps."""

import inspect

import pytest

from ostinato import errors


def drawn() -> dict[str, str]:
    """Each exception of the tree in the module's docstring, with the one above it."""
    above: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").split("::", 1)[1].splitlines():
        words = line.lstrip(" │├└─").split()
        if not words or not line.startswith("    ") or words[0] not in vars(errors):
            continue
        depth = len(line) - len(line.lstrip(" │├└─"))
        path = [(column, name) for column, name in path if column < depth]
        above[words[0]] = path[-1][1] if path else "Exception"
        path.append((depth, words[0]))
    return above


def defined() -> dict[str, str]:
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, Exception)]
    return {kind.__name__: kind.__bases__[0].__name__ for kind in kinds}


def test_the_drawn_tree_is_the_real_one() -> None:
    """Every exception is where the docstring draws it; SWF's faults are drawn as one."""
    real = {name: base for name, base in defined().items() if base != "SwfFault"}

    assert drawn() == real


def test_there_are_three_roots() -> None:
    """The caller's fault, the task's, ours."""
    assert [name for name, base in defined().items() if base == "OstinatoError"] == [
        "UsageError",
        "TaskError",
        "InternalError",
    ]


@pytest.mark.parametrize("kind", [kind for kind in vars(errors).values() if inspect.isclass(kind)])
def test_every_exception_says_what_it_means(kind: type) -> None:
    """Each has a docstring of its own."""
    assert kind.__doc__


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.UsageError(found="a"), "a"),
        (errors.UsageError(found="a", expected="b", where="c", hint="d"), "c: a; expected b. d"),
        (errors.OutsideWorkflowError("sleep"), "sleep() was called outside of a workflow"),
        (
            errors.LimitExceededError(field="input", size=40_000, limit=32_768),
            "input has 40,000 characters; expected at most",
        ),
        (
            errors.NondeterminismError(recorded="activity a", requested="timer 1", event_id=7, source="w.py:3"),
            "history recorded activity a (event 7), but the code asked for timer 1, at w.py:3. Bring back",
        ),
        (
            errors.NondeterminismError(recorded=None, requested=None, event_id=None, source=None),
            "history recorded nothing more, but the code asked for nothing. Bring back",
        ),
        (errors.UnknownResourceFault("Unknown domain: x"), "UnknownResourceFault: Unknown domain: x"),
        (errors.UnknownResourceFault(), "UnknownResourceFault"),
        (
            errors.ConnectionLostError(where="http://h", found="cannot be reached", may_be_done=False),
            "http://h: cannot be reached. It was not carried out",
        ),
        (
            errors.ConnectionLostError(where="http://h", found="no answer", may_be_done=True),
            "http://h: no answer. It may have been carried out all the same",
        ),
        (
            errors.ForeignAnswerError(where="http://h", found="HTTP 404", status=404),
            "http://h: HTTP 404; expected an answer of SWF's",
        ),
        (
            errors.ActivityFailed(
                name="f", activity_id="activity-f-1", attempts=3, error_type="ValueError", error_message="no"
            ),
            "activity f (activity-f-1) failed: ValueError: no after 3 attempts",
        ),
        (errors.ActivityFailed(name="f", activity_id="i"), "activity f (i) failed: no reason given"),
        (
            errors.ActivityTimedOut(timeout_type="HEARTBEAT", name="f", activity_id="i"),
            "activity f (i) timed out (HEARTBEAT)",
        ),
        (errors.ActivityCanceled(name="f", activity_id="i"), "activity f (i) was canceled"),
        (errors.ActivityNotScheduled(cause="C", name="f", activity_id="i"), "activity f (i) could not be scheduled: C"),
        (
            errors.ChildWorkflowFailed("failed", name="w", workflow_id="i", attempts=2),
            "child workflow w (i) failed after 2 attempts",
        ),
        (errors.RunOnceFailed(error_type="ValueError", error_message="no"), "ValueError: no"),
        (
            errors.WorkflowFailed("failed", workflow_id="w", run_id="r", reason="why"),
            "workflow execution w failed: why",
        ),
        (
            errors.IllegalTransition(state="S", event_type="E", event_id=1, allowed=["F", "G"]),
            "event 1 is E, which cannot follow S; expected F or G. Please report it",
        ),
    ],
)
def test_messages_say_what_was_found_and_what_to_do(error: errors.OstinatoError, message: str) -> None:
    """The facts that the exception keeps are in its message."""
    assert str(error).startswith(message)
