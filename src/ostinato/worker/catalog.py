"""The workflows and activities that a process serves, by their types. A value: nothing is registered globally."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any, cast

from ostinato.errors import UsageError
from ostinato.model.structures import ActivityType, WorkflowType
from ostinato.replay.definitions import Activity, Definition, Workflow

_SCHEDULE = WorkflowType(name="ostinato.schedule", version="1")
_KEEPER = WorkflowType(name="ostinato.schedule.keeper", version="1")


@dataclass(frozen=True)
class Catalog:
    """Workflows and activities by type, and the task lists that they name."""

    workflows: Mapping[WorkflowType, Workflow[..., Any]]
    activities: Mapping[ActivityType, Activity[..., Any]]
    decision_task_lists: frozenset[str]
    activity_task_lists: frozenset[str]

    def workflow(self, workflow_type: WorkflowType) -> Workflow[..., Any] | None:
        """The workflow of that type: one of these, or one of those behind schedules, which every decider knows."""
        found = self.workflows.get(workflow_type)
        if found is None and workflow_type in {_SCHEDULE, _KEEPER}:
            from ostinato.schedules.schedule import Schedule, keep  # noqa: PLC0415  (few need it)

            found = cast("Workflow[..., Any]", Schedule) if workflow_type == _SCHEDULE else keep
        return found

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """All of them."""
        return (*self.workflows.values(), *self.activities.values())


def catalog_of(definitions: Iterable[Definition]) -> Catalog:
    """The catalog of these definitions. Of several with one type and one function (made by `options`) the first counts.

    Raises:
        UsageError: two functions claim the same type.
    """
    workflows: dict[WorkflowType, Workflow[..., Any]] = {}
    activities: dict[ActivityType, Activity[..., Any]] = {}
    decision_lists: set[str] = set()
    activity_lists: set[str] = set()
    for definition in definitions:
        if isinstance(definition, Workflow):
            _refuse_rival(workflows.setdefault(definition.workflow_type, definition), definition)
            decision_lists.add(definition.task_list)
        else:
            _refuse_rival(activities.setdefault(definition.activity_type, definition), definition)
            activity_lists.add(definition.task_list)
    return Catalog(
        MappingProxyType(workflows), MappingProxyType(activities), frozenset(decision_lists), frozenset(activity_lists)
    )


def _refuse_rival(first: Definition, second: Definition) -> None:
    if first.function is second.function:
        return
    kind = "workflows" if isinstance(first, Workflow) else "activities"
    raise UsageError(
        where=f"{kind} {first.name!r}, version {first.version!r}",
        found=f"there are two: {place_of(first)} and {place_of(second)}",
        hint="Give one of them another name or version",
    )


def place_of(definition: Definition) -> str:
    """The file and line where the definition's function is written."""
    code = getattr(definition.function, "__code__", None)
    if code is None:
        return f"{definition.function.__module__}.{definition.function.__qualname__}"
    return f"{code.co_filename}:{code.co_firstlineno}"


def definitions_of(named: Iterable[Definition | ModuleType]) -> Iterator[Definition]:
    """The definitions, and in place of each module all that code in it can name."""
    for each in named:
        if isinstance(each, ModuleType):
            yield from definitions_in(each)
        else:
            yield each


def definitions_in(module: ModuleType) -> Iterator[Definition]:
    """The definitions that code in the module can name.

    They are those in its namespace, those in the modules that it names (`tasks.increment` after `import tasks`), and so
    on from the modules where these were written.
    """
    waiting = [module]
    seen: set[int] = set()
    while waiting:
        here = waiting.pop(0)
        if id(here) in seen:
            continue
        seen.add(id(here))
        for found in _named_in(here):
            yield found
            written_in = sys.modules.get(found.function.__module__)
            if written_in is not None:
                waiting.append(written_in)


def _named_in(module: ModuleType) -> Iterator[Definition]:
    values = list(vars(module).values())
    yield from (value for value in values if isinstance(value, Workflow | Activity))
    for value in values:
        if isinstance(value, ModuleType):
            yield from (inner for inner in list(vars(value).values()) if isinstance(inner, Workflow | Activity))
