"""What `ostinato replay` does."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ostinato.cli.columns import Column, Rows
from ostinato.cli.complaints import author_traceback, say
from ostinato.cli.formats import write_rows
from ostinato.client.histories import read_history
from ostinato.client.saved import SavedHistory, saved_histories
from ostinato.client.search import Search, list_executions
from ostinato.errors import NondeterminismError, OstinatoError, UsageError
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.policy import Payloads
from ostinato.testing.replayer import Replayer, Verdict
from ostinato.worker.targets import load_catalog, load_payloads

if TYPE_CHECKING:
    from ostinato.cli.output_options import Output
    from ostinato.client.client import Client

DISAGREES = 1


def _of_mismatch(member: str) -> Callable[[Verdict], Any]:
    return lambda verdict: getattr(verdict.error, member) if isinstance(verdict.error, NondeterminismError) else None


def _result(verdict: Verdict) -> str:
    return "agrees" if verdict.agrees else "differs" if isinstance(verdict.error, NondeterminismError) else "fails"


def _style(result: str) -> str:
    return {"agrees": "green"}.get(result, "bold red")


COLUMNS: tuple[Column[Verdict], ...] = (
    Column("history", lambda verdict: verdict.history.source),
    Column("type", lambda verdict: verdict.workflow_type.name),
    Column("version", lambda verdict: verdict.workflow_type.version, is_shown=False),
    Column("events", lambda verdict: len(verdict.history.events), is_whole=True),
    Column("verdict", _result, is_whole=True, style=_style),
    Column("event", _of_mismatch("event_id"), is_whole=True),
    Column("recorded", _of_mismatch("recorded")),
    Column("requested", _of_mismatch("requested")),
    Column("source", _of_mismatch("source")),
    Column("error", lambda verdict: None if verdict.agrees else str(verdict.error), is_shown=False),
)
"""`verdict` is agrees, differs (see `recorded`, `requested` and `source`) or fails (see `error`)."""


@dataclass(frozen=True, kw_only=True)
class Replaying:
    """What was asked for."""

    target: str
    histories: tuple[str, ...]
    execution: tuple[str, str] | None
    output: "Output"

    @staticmethod
    def is_filtered(search: Search) -> bool:
        """Whether the search keeps anything out."""
        return search != Search()

    def replay_files(self, data: TextIO, payloads: str) -> int:
        """Replay histories in files, and give the exit code. How values travel: see `load_payloads`."""
        found = [history for each in self.histories for history in saved_histories(Path(each))]
        if self.execution is not None:
            if len(found) != 1:
                raise UsageError(where="--execution", found=f"{len(found)} histories", expected="one")
            workflow_id, run_id = self.execution
            execution = WorkflowExecution(workflow_id=workflow_id, run_id=RunId(run_id))
            found = [replace(found[0], execution=execution)]
        return self._replay(found, data, load_payloads(payloads))

    def replay_executions(self, client: "Client", search: Search, data: TextIO) -> int:
        """Replay the executions that are meant, and give the exit code."""

        def fetched() -> Iterator[SavedHistory]:
            for info in list_executions(client.swf, client.domain, search):
                events = tuple(read_history(client.swf.call, client.domain, info.execution))
                source = f"{info.execution.workflow_id} {info.execution.run_id}"
                yield SavedHistory(source, events, info.execution, client.domain)

        return self._replay(fetched(), data, client.payloads)

    def _replay(self, histories: Iterable[SavedHistory], data: TextIO, payloads: Payloads) -> int:
        replayer = Replayer(*load_catalog([self.target]).workflows.values(), converter=payloads)
        counts = {True: 0, False: 0}

        def verdicts() -> Iterator[Verdict]:
            for history in histories:
                verdict = replayer.verdict(history)
                counts[verdict.agrees] += 1
                if verdict.error is not None:
                    _tell(verdict.history.source, verdict.error)
                yield verdict

        write_rows(Rows(COLUMNS, verdicts()), self.output, data)
        data.flush()
        say(f"{counts[True] + counts[False]} replayed, {counts[False]} of them do not agree with the code")
        return DISAGREES if counts[False] else 0


def _tell(source: str, error: BaseException) -> None:
    if not isinstance(error, OstinatoError):
        for line in author_traceback(error):
            say(line)
    elif error.__cause__ is not None:
        for line in author_traceback(error.__cause__):
            say(line)
    say(f"{source}: {type(error).__name__}: {error}")
    for note in getattr(error, "__notes__", ()):
        say(f"{source}: {note}")
