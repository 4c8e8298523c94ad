"""Tasks whose ids follow from their arguments, and tasks that are one for the same arguments."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.payloads.converter import JsonConverter
from ostinato.replay.definitions import Activity, Definition, own_id
from ostinato.replay.execution import Execution
from ostinato.replay.futures import Future, hand_on
from ostinato.replay.inputs import when_ready
from ostinato.replay.submission import Submission
from ostinato.replay.submitted_activities import SubmittedActivity, activity_id
from ostinato.replay.submitted_children import SubmittedChild, child_id

_JSON = JsonConverter()
"""Whatever an execution writes its payloads with, which may differ each time: ids are made of this."""


class SharedTask:
    """A task that was asked for once or more, with a future for each who asked. It is canceled when all gave it up."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self._holders = 0

    def hold(self, holder: Future[Any]) -> None:
        """Let this future end as the task does."""
        self._holders += 1

        def give_up() -> None:
            self._holders -= 1
            if not self._holders:
                self.submission.future.cancel()

        hand_on(self.submission.future, holder)
        holder.on_cancel = give_up


def begin_identified(
    execution: Execution, what: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Future[Any]:
    """Begin the task when its arguments are there; if it is idempotent, join the one that has its id.

    Raises:
        PayloadError: an argument cannot become text.
        LimitExceededError: the arguments are longer than SWF takes.
    """
    holder: Future[Any] = Future(loop=execution.loop, label=what.name)

    def begin(args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        key = f"{type(what).__name__} {_task_id(execution, what, args, kwargs)}"
        known = execution.shared_tasks.get(key) if what.idempotent else None
        if known is None or known.submission.future.cancelled():
            submission = submission_of(execution, what, task_id=key.partition(" ")[2])
            submission.start(args, kwargs)
            known = SharedTask(submission)
            if what.idempotent:
                execution.shared_tasks[key] = known
        holder.label = known.submission.label
        known.hold(holder)

    when_ready(args, kwargs, holder, begin)
    return holder


def submission_of(execution: Execution, what: Definition, task_id: str | None = None) -> Submission:
    """The submission of an activity or a child, with that id, or one made of its name and of how many there were."""
    if isinstance(what, Activity):
        return SubmittedActivity(execution, what, task_id)
    return SubmittedChild(execution, what, task_id)


def _task_id(execution: Execution, what: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    own = own_id(what, args, kwargs)
    if own is not None:
        return own
    digest = _digest(args, kwargs)
    if isinstance(what, Activity):
        return activity_id(what.name, digest)
    return child_id(execution, what.name, digest)


def _digest(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """What stands for arguments in ids, as simpleflow makes it: MD5 of their JSON, compact, with sorted keys."""
    value = json.loads(_JSON.dump_arguments(args, kwargs))
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
