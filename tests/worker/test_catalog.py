import types

import pytest

from ostinato import activity, workflow
from ostinato.errors import UsageError
from ostinato.worker.catalog import catalog_of, definitions_in


@activity(task_list="steel")
def press() -> None: ...


@workflow(task_list="offices")
def produce() -> None: ...


def test_a_catalog_finds_definitions_by_type() -> None:
    """Workflows and activities are found by the type that SWF names."""
    catalog = catalog_of([press, produce])

    assert catalog.activities[press.activity_type] is press
    assert catalog.workflows[produce.workflow_type] is produce


def test_options_add_a_task_list_and_no_type() -> None:
    """A definition with other options is served on its task list too, and the first one of its type counts."""
    elsewhere = press.options(task_list="copper")

    catalog = catalog_of([press, elsewhere])

    assert catalog.activities[press.activity_type] is press
    assert catalog.activity_task_lists == {"steel", "copper"}


def test_two_functions_of_one_type_are_refused_with_their_places() -> None:
    """Which of them to run cannot be known, so both places are told."""

    @activity(name=press.name)
    def other() -> None: ...

    with pytest.raises(UsageError, match=r"test_catalog.py:\d+ and .*test_catalog.py:\d+"):
        catalog_of([press, other])


def test_definitions_are_found_through_modules_and_through_workflows() -> None:
    """What a module names, what the modules that it names have, and what belongs to the workflows that it imported."""
    tasks = types.ModuleType("tasks")
    tasks.press = press  # type: ignore[attr-defined]
    flows = types.ModuleType("flows")
    flows.tasks = tasks  # type: ignore[attr-defined]
    main = types.ModuleType("main")
    main.produce = produce  # type: ignore[attr-defined]

    # Each was written in this module, which names the other one as well.
    assert set(definitions_in(flows)) == {press, produce}
    assert set(definitions_in(main)) == {press, produce}
