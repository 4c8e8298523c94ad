"""`Environment`: an engine in memory whose time skips whatever is waited for, with deciders and workers in threads."""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import ModuleType, TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from ostinato.client.client import Client
from ostinato.client.handle import Handle
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.errors import UsageError
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.replay.definitions import Activity, Definition, Workflow
from ostinato.worker.catalog import Catalog, catalog_of, definitions_of
from ostinato.worker.local import LocalWorker
from ostinato.worker.notices import ActivityReported, Notice

P = ParamSpec("P")
R = TypeVar("R")

DOMAIN = "test"
_JOIN_SECONDS = 10.0


class Environment:
    """Runs workflows for tests: all of SWF, in memory, and a month of waiting takes a millisecond.

    It is a context manager. Its time stands still while anything can move, then skips to the next timer or time-out.
    All activities run in threads of this process, also those that want a process of their own.

    Args:
        definitions: workflows and activities to serve, or modules. What else the modules of workflows can name is
            served too.
        replacing: functions to run in place of activities, with the same arguments.
        payloads: how values travel; as JSON in history, unless given.
    """

    def __init__(
        self,
        *definitions: Definition | ModuleType,
        replacing: Mapping[Activity[..., Any], Callable[..., Any]] | None = None,
        payloads: Payloads = PLAIN,
    ) -> None:
        self._catalog = _catalog(definitions, replacing or {})
        self._payloads = payloads
        self._stack = ExitStack()
        self._clock = ManualClock()
        self._begin = self._clock.now()
        self._engine: Engine | None = None
        self._worker: LocalWorker | None = None
        self.activities: list[str] = []
        """The names of the functions of activities that have ended, in order, one for each attempt."""

    def __enter__(self) -> Self:
        self._engine = self._stack.enter_context(open_engine(":memory:", clock=self._clock))
        worker = LocalWorker(
            self._engine.local(), domain=DOMAIN, catalog=self._catalog, payloads=self._payloads, watch=self._note
        )
        self._stack.enter_context(worker)
        self._worker = worker
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if self._worker is not None:
            self._worker.join(_JOIN_SECONDS)

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            UsageError: the environment is not entered.
        """
        if self._engine is None:
            raise UsageError(
                found="an Environment that is not entered", expected="with Environment(...) as environment:"
            )
        return self._engine

    @property
    def client(self) -> Client:
        """A client, for all that an environment has no method for."""
        return Client(self.engine, domain=DOMAIN, payloads=self._payloads)

    def run(self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an execution to its end, and give its result.

        Raises:
            WorkflowError: it did not complete.
        """
        return self.client.run(workflow, *args, **kwargs)

    def start(self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Handle[R]:
        """Start an execution. Time goes on at once; to do something to it first, hold the time."""
        return self.client.start(workflow, *args, **kwargs)

    # Time.

    @property
    def elapsed(self) -> float:
        """Seconds that have passed in it since it was made."""
        return self._clock.now() - self._begin

    def advance(self, seconds: float) -> None:
        """Let so much time pass, and everything happen that is due meanwhile, when it is due."""
        self.engine.advance(seconds)

    @contextmanager
    def time_held(self) -> Generator[None]:
        """Time does not skip by itself meanwhile, however idle all may be."""
        with self.engine.time_held():
            yield

    def _note(self, notice: Notice) -> None:
        if isinstance(notice, ActivityReported):
            self.activities.append(notice.task.activity_type.name.rpartition(".")[2])


def _catalog(
    definitions: tuple[Definition | ModuleType, ...], replacing: Mapping[Activity[..., Any], Callable[..., Any]]
) -> Catalog:
    """What replaces counts most, then what was given, then what modules can name."""
    found: dict[object, Definition] = {
        original.activity_type: replace(original, function=function, declared=None, isolation="thread")
        for original, function in replacing.items()
    }
    for definition in _all(definitions):
        kind = definition.workflow_type if isinstance(definition, Workflow) else definition.activity_type
        found.setdefault(kind, definition if isinstance(definition, Workflow) else _in_a_thread(definition))
    return catalog_of(found.values())


def _in_a_thread(activity: Activity[..., Any]) -> Activity[..., Any]:
    """A process would not have what a test has set up in this one."""
    return activity if activity.isolation == "thread" else replace(activity, isolation="thread")


def _all(definitions: tuple[Definition | ModuleType, ...]) -> Iterator[Definition]:
    given = [each for each in definitions if not isinstance(each, ModuleType)]
    modules = [each for each in definitions if isinstance(each, ModuleType)]
    homes = [sys.modules.get(each.function.__module__) for each in given if isinstance(each, Workflow)]
    return definitions_of((*given, *modules, *(home for home in homes if home is not None)))
