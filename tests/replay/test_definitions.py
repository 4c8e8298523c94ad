"""What authors declare."""

import sys
from typing import Any

import pytest

from ostinato import Workflow, activity, submit, workflow
from ostinato.errors import NotDurableError, UsageError
from ostinato.testing.rehearsal import Rehearsal


def declared_in_a_script() -> Workflow[[], None]:
    """A workflow of the program that runs."""

    def order() -> None: ...

    order.__module__ = "__main__"
    order.__qualname__ = "order"
    return workflow(order)


def test_coroutine_functions() -> None:
    """An activity knows whether its function is an `async def`, and calls it outside of workflows."""

    @activity
    async def later(x: int) -> int:
        return x

    @activity
    def now(x: int) -> int:
        return x

    assert later.is_async
    assert not now.is_async
    assert now(3) == 3


def test_a_script_is_named_after_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names do not change when the file is run instead of imported; without a file, the module's name stays."""
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "/shop/orders.py", raising=False)
    assert declared_in_a_script().name == "orders.order"

    monkeypatch.delattr(sys.modules["__main__"], "__file__")
    assert declared_in_a_script().name == "__main__.order"


def test_workflows_without_limits() -> None:
    """A time-out that is None is no limit."""

    @workflow(execution_start_to_close_timeout=None, task_start_to_close_timeout=None)
    def endless() -> None: ...

    assert endless.execution_start_to_close_timeout is None


def test_too_many_tags() -> None:
    """SWF takes five."""
    with pytest.raises(UsageError, match="6 tags; expected at most 5"):
        workflow(tag_list=list("abcdef"))(lambda: None)


def test_a_workflow_is_not_called() -> None:
    """Calling a workflow as a function says what to do instead, outside of workflows and in them."""

    @workflow(name="shop.order")
    def order() -> int:
        return 1

    @workflow
    def parent() -> Any:
        return order()

    @workflow
    def right() -> int:
        return submit(order).result()

    with pytest.raises(UsageError, match=r"the workflow shop\.order was called.*Client\.run\(order, \.\.\.\)"):
        order()
    with pytest.raises(NotDurableError, match=r"in workflow code.*submit\(order, "), Rehearsal(parent):
        pass
    with Rehearsal(right) as r:
        assert r.close is None
