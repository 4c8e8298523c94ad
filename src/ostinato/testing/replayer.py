"""Old histories and today's code: whether they agree.

A history is replayed as a decider would: nothing is sent anywhere, and no activity runs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ostinato.client.handle import Handle
from ostinato.client.saved import SavedHistory, saved_histories
from ostinato.errors import NondeterminismError, TargetError, UsageError
from ostinato.model.decisions import DecisionAttributes
from ostinato.model.events import HistoryEvent
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution, WorkflowType
from ostinato.payloads.converter import Converter, JsonConverter
from ostinato.payloads.policy import as_payloads
from ostinato.replay.definitions import Workflow
from ostinato.replay.replay import Replay
from ostinato.storage.sealed import open_history, travel_of
from ostinato.worker.catalog import catalog_of, definitions_in

NOBODY = WorkflowExecution(workflow_id="unknown", run_id=RunId("unknown"))
"""Whose history it is, if that is not known."""

Histories = str | Path | Handle[Any] | SavedHistory | Sequence[HistoryEvent]
"""A file or a directory of histories, an execution, or the events of one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of replaying a history.

    Args:
        history: the history.
        workflow_type: the type of its workflow.
        error: why no decision could be made; None if code and history agree.
        decisions: what the code decides beyond the history.
    """

    history: SavedHistory
    workflow_type: WorkflowType
    error: BaseException | None
    decisions: tuple[DecisionAttributes, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether code and history agree."""
        return self.error is None

    def require(self) -> None:
        """Do nothing if they agree.

        Raises:
            NondeterminismError: the code does not do what its history says; or what else kept it from deciding.
        """
        if self.error is not None:
            raise self.error


class Replayer:
    """Replays histories with these workflows.

    Args:
        workflows: the workflows, or modules, for all workflows that their code can name.
        converter: reads and writes payloads; JSON, unless given.

    Raises:
        UsageError: two functions claim the same type.
    """

    def __init__(self, *workflows: Workflow[..., Any] | ModuleType, converter: Converter | None = None) -> None:
        named = (definitions_in(each) if isinstance(each, ModuleType) else (each,) for each in workflows)
        catalog = catalog_of(definition for definitions in named for definition in definitions)
        self._workflows = catalog.workflows
        self._converter = as_payloads(converter or JsonConverter())
        self._travel = travel_of(self._converter, self._workflows.values())

    def replay(self, histories: Histories) -> Iterator[Verdict]:
        """Replay one history after the other.

        Raises:
            UsageError: there is no such file, or it is no history.
        """
        for history in _histories(histories):
            yield self.verdict(history)

    def verdict(self, history: SavedHistory) -> Verdict:
        """What comes of replaying this history.

        Raises:
            UsageError: it does not begin with its start.
        """
        workflow_type = history.started.workflow_type
        workflow = self._workflows.get(workflow_type)
        if workflow is None:
            return Verdict(history, workflow_type, _unknown(workflow_type, self._workflows))
        replay = Replay(
            workflow, execution=history.execution or NOBODY, converter=self._converter, domain=history.domain
        )
        try:
            decisions = replay.feed(open_history(history.events, self._travel))
        except Exception as error:  # noqa: BLE001  # whatever it is, no decider could go on with this execution
            return Verdict(history, workflow_type, _explained(error, history))
        finally:
            replay.evict()
        return Verdict(history, workflow_type, None, decisions)


def replay_history(
    histories: Histories, *workflows: Workflow[..., Any] | ModuleType, converter: Converter | None = None
) -> int:
    """Replay histories with today's code; gives how many there were.

    Args:
        histories: a file or a directory of histories, a `Handle`, or events.
        workflows: the workflows, or modules, for all workflows that their code can name.
        converter: reads and writes payloads; JSON, unless given.

    Raises:
        NondeterminismError: the code does not do what a history says.
        UsageError: there is no such file or it is no history, or none of the workflows has its type.
    """
    count = 0
    for verdict in Replayer(*workflows, converter=converter).replay(histories):
        verdict.require()
        count += 1
    return count


def histories_test(
    folder: str | Path, *workflows: Workflow[..., Any] | ModuleType, converter: Converter | None = None
) -> Callable[..., None]:
    """A test for pytest, to be kept in a module under a name that begins with `test`: each history of a folder is one.

    Raises:
        UsageError: there are none, or one is no history.
    """
    import pytest  # noqa: PLC0415  # only tests need it

    replayer = Replayer(*workflows, converter=converter)
    found = list(saved_histories(Path(folder)))

    @pytest.mark.parametrize("history", found, ids=[Path(each.source).name for each in found])
    def test(history: SavedHistory) -> None:
        replayer.verdict(history).require()

    return test


def _histories(histories: Histories) -> Iterable[SavedHistory]:
    match histories:
        case str() | Path():
            return saved_histories(Path(histories))
        case SavedHistory():
            return [histories]
        case Handle():
            execution = WorkflowExecution(workflow_id=histories.workflow_id, run_id=histories.run_id)
            events = tuple(histories.history())
            return [SavedHistory(f"{execution.workflow_id} {execution.run_id}", events, execution, histories.domain)]
        case _:
            return [SavedHistory("the history", histories)]


def _explained(error: Exception, history: SavedHistory) -> Exception:
    """The error, with what may be the reason if it is not known whose history it is."""
    if isinstance(error, NondeterminismError) and history.execution is None:
        error.add_note(
            "It is not known whose history it is. The ids of children are made of that, and info() tells it."
        )
    return error


def _unknown(workflow_type: WorkflowType, known: Iterable[WorkflowType]) -> UsageError:
    there = ", ".join(f"{each.name} {each.version}" for each in known) or "none"
    return TargetError(
        found=f"there is no workflow {workflow_type.name!r}, version {workflow_type.version!r}",
        hint=f"Workflows there: {there}",
    )
