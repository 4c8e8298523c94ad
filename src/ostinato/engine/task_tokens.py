"""What a poller answers its task with, and which of those answers still count.

A token says execution, scheduling and start; all of that comes back after a restart. After a commit that failed,
though, the same event ids may be given to another start of the task: tokens made since then are marked, and lost ones
remembered.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ostinato.engine.tokens import Signer, TaskKind, TaskReference
from ostinato.errors import ValidationException
from ostinato.model.fields import EventId, TaskToken

_MARK = "."


class StartedTask(NamedTuple):
    """One start of a task."""

    execution_key: int
    scheduled_event_id: EventId
    started_event_id: EventId


class TaskTokens:
    """Makes task tokens and reads them.

    Args:
        signer: signs them.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._generation = 0
        self._lost: dict[StartedTask, int] = {}
        """The generation up to which tokens of the task count no more."""

    @property
    def generation(self) -> int:
        """How often something was lost so far."""
        return self._generation

    def sign(self, kind: TaskKind, task: StartedTask, generation: int) -> TaskToken:
        """A token for the task, which was handed out in that generation."""
        token = self._signer.sign_task(
            TaskReference(
                kind=kind,
                execution_key=task.execution_key,
                scheduled_event_id=task.scheduled_event_id,
                started_event_id=task.started_event_id,
            )
        )
        return TaskToken(f"{token}{_MARK}{generation}") if generation else token

    def is_lost(self, task: StartedTask, generation: int) -> bool:
        """Whether the task was lost after it was handed out in that generation."""
        return bool(self._lost) and generation <= self._lost.get(task, -1)

    def read(self, kind: TaskKind, token: TaskToken) -> StartedTask | None:
        """The task of the token; None if its start was lost.

        Raises:
            ValidationException: no such token was ever made for a task of that kind.
        """
        signed, _, mark = token.partition(_MARK)
        reference = self._signer.read_task(TaskToken(signed))
        if reference.kind is not kind or (mark and not mark.isdecimal()):
            raise ValidationException("Invalid token")
        task = StartedTask(reference.execution_key, reference.scheduled_event_id, reference.started_event_id)
        return None if self.is_lost(task, int(mark or 0)) else task

    def lose(self, tasks: Iterable[StartedTask]) -> None:
        """Let these tasks' tokens count no more; the same starts may be given out anew."""
        self._lost.update(dict.fromkeys(tasks, self._generation))
        self._generation += 1
