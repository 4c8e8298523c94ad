"""What authors declare."""

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from ostinato import INHERIT, ChildPolicy, Payloads, Retry, Workflow, activity, submit, workflow
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


def test_classes_need_their_method() -> None:
    """An activity's is `execute`, a workflow's `run`."""

    class Idle: ...

    with pytest.raises(UsageError, match=r"has no method execute; expected def execute\(self\)"):
        activity(Idle)
    with pytest.raises(UsageError, match=r"has no method run; expected def run\(self, ...\)"):
        workflow(cast("Any", Idle))


@pytest.mark.parametrize(
    ("what", "settings", "said"),
    [
        (activity, {"start_to_close_timeuot": 3}, "no setting 'start_to_close_timeuot'. Did you mean start_to_close_t"),
        (activity, {"basket": "7"}, "an activity has no setting 'basket'. What the function takes is given to submit"),
        (workflow, {"function": len}, "a workflow has no setting 'function'"),
        (activity, {"retry": 3}, "retry=3; expected a Retry or None: Retry"),
        (activity, {"task_list": 5}, "task_list=5; expected a text"),
        (activity, {"name": None}, "name=None; expected a text"),
        (activity, {"control": 5}, "control=5; expected a text or None"),
        (activity, {"on_failure": "retry"}, "on_failure='retry'; expected a function or None"),
        (activity, {"activity_id": 7}, "activity_id=7; expected a text, a function or None"),
        (activity, {"task_priority": "1"}, "task_priority='1'; expected a whole number or None"),
        (activity, {"idempotent": None}, "idempotent=None; expected True or False"),
        (activity, {"isolation": "fork"}, "isolation='fork'; expected 'thread' or 'process'"),
        (activity, {"payloads": dict}, "expected a Payloads or None"),
        (workflow, {"child_policy": "ABANDON"}, "child_policy='ABANDON'; expected a ChildPolicy"),
        (workflow, {"tag_list": "shop"}, "tag_list='shop'; expected a list of texts, or INHERIT"),
        (workflow, {"tag_list": [1]}, "expected a list of texts, or INHERIT"),
    ],
)
def test_settings_that_are_none_are_refused(what: Any, settings: dict[str, Any], said: str) -> None:
    """Where they are said, with what they should be: a wrong one would be found late, or never."""

    class Both:
        def run(self) -> None: ...

        def execute(self) -> None: ...

    with pytest.raises(UsageError) as declared:
        what(**settings)
    with pytest.raises(UsageError) as called:
        what(Both).options(**settings)

    assert said in str(declared.value)
    assert str(called.value) == str(declared.value)


def test_what_settings_may_be() -> None:
    """Each kind is taken."""

    @activity(on_failure=lambda _: None, activity_id=lambda: "a", task_priority=1, isolation="process", retry=Retry())
    def work() -> None: ...

    @workflow(tag_list=INHERIT, lambda_role="r", payloads=Payloads(), child_policy=ChildPolicy.ABANDON)
    def flow() -> None: ...

    assert work.options(retry=None, control="c", activity_id="b").retry is None
    assert flow.options(tag_list=["a"], on_task_failure=None).tags() == ("a",)


def test_generators_are_refused() -> None:
    """Nobody would go through them."""

    def steps() -> Iterator[int]:
        yield 1

    async def more_steps() -> AsyncIterator[int]:
        yield 1

    class Steps:
        def run(self) -> Iterator[int]:
            yield 1

    for code in (steps, more_steps, Steps):
        with pytest.raises(UsageError, match="has a yield; expected a plain function, or an `async def`"):
            workflow(cast("Any", code))
    with pytest.raises(UsageError, match="has a yield"):
        activity(steps)


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
