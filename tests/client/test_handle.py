"""An execution, as those see it who started it."""

import asyncio
import threading
from typing import Any

import pytest

from ostinato import (
    ChildPolicy,
    Client,
    continue_as_new,
    marker,
    markers,
    now,
    patched,
    run_once,
    sleep,
    submit,
    wait_signal,
    workflow,
)
from ostinato.engine.engine import Engine
from ostinato.errors import (
    PayloadError,
    UnknownResourceFault,
    WorkflowCanceled,
    WorkflowFailed,
    WorkflowTerminated,
    WorkflowTimedOut,
)
from ostinato.model.enums import ExecutionStatus
from ostinato.model.events import (
    ChildWorkflowExecutionStarted,
    DecisionTaskCompleted,
    WorkflowExecutionSignaled,
    WorkflowExecutionTerminated,
)
from tests.client.conftest import DOMAIN, Serve


@workflow
def echo() -> Any:
    return wait_signal("go").result()


@workflow
def rounds(left: int) -> str:
    word = wait_signal("go").result()
    if left:
        continue_as_new(left - 1)
    return f"last {word}"


@workflow
def broken() -> None:
    raise LookupError("nothing there")


@workflow
def patient() -> None:
    sleep(3600)


def test_a_failure_keeps_type_message_and_traceback(client: Client, serve: Serve) -> None:
    """Of the exception that the workflow's code raised."""
    serve(broken)

    with pytest.raises(WorkflowFailed) as failed:
        client.run(broken)

    assert failed.value.error_type == "LookupError"
    assert failed.value.error_message == "nothing there"
    assert any("nothing there" in line for line in failed.value.error_traceback)
    assert "LookupError" in str(failed.value)


@workflow
def noting() -> str:
    before = now()
    marker("bare")
    marker("step", {"done": 1})
    run_once(len, "abc")
    if patched("newer"):
        marker("step", "half way")
    assert [note.recorded_at for note in markers()] == [before] * 3
    wait_signal("go").result()
    marker("step", [2])
    return "noted"


def test_notes_are_read_from_outside(client: Client, serve: Serve) -> None:
    """As soon as they are recorded, decoded; those that Ostinato leaves for itself only if they are asked for."""
    serve(noting)
    handle = client.start(noting)
    while not any(isinstance(event, DecisionTaskCompleted) for event in handle.history()):
        handle.describe()

    early = handle.markers()
    handle.signal("go")
    handle.result()

    assert [(note.name, note.details) for note in early] == [
        ("bare", None),
        ("step", {"done": 1}),
        ("step", "half way"),
    ]
    assert [note.details for note in handle.markers("step")] == [{"done": 1}, "half way", [2]]
    assert handle.markers("run_once-len-1")[0].details == {"value": 3}
    assert handle.markers("other") == []
    assert all(note.recorded_at.tzinfo for note in early)


def test_a_result_is_not_waited_for_longer_than_asked(client: Client, serve: Serve) -> None:
    """The execution goes on."""
    serve(patient)
    handle = client.start(patient)

    with pytest.raises(TimeoutError, match="still open"):
        handle.result(timeout=0.05)
    assert handle.describe().execution_info.execution_status is ExecutionStatus.OPEN


@pytest.mark.parametrize(
    ("args", "kwargs", "value"),
    [((), {}, None), ((1,), {}, 1), ((1, "b"), {}, [1, "b"]), ((), {"a": 1}, {"a": 1})],
)
def test_signals_arrive(
    client: Client, serve: Serve, args: tuple[Any, ...], kwargs: dict[str, Any], value: Any
) -> None:
    """Without a value, with one, several or named ones."""
    serve(echo)
    handle = client.start(echo)

    handle.signal("go", *args, **kwargs)

    assert handle.result(10) == value
    assert any(isinstance(event, WorkflowExecutionSignaled) for event in handle.history())


@workflow
def family() -> list[Any]:
    child = submit(echo)
    return [wait_signal("go").result(), child.result()]


@pytest.mark.parametrize(("args", "value"), [((), None), ((7,), 7)])
def test_a_propagated_signal_reaches_the_children(
    client: Client, serve: Serve, args: tuple[Any, ...], value: Any
) -> None:
    """Also one that carries nothing."""
    serve(family, echo)
    handle = client.start(family)
    while not any(isinstance(event, ChildWorkflowExecutionStarted) for event in handle.history()):
        handle.describe()

    handle.signal("go", *args, propagate=True)

    assert handle.result(10) == [value, value]


def test_a_signal_that_cannot_become_text_is_refused(client: Client) -> None:
    """Before it is sent."""
    client.register(echo)
    handle = client.start(echo)

    with pytest.raises(PayloadError):
        handle.signal("go", object())


def test_a_handle_goes_along_with_continue_as_new(client: Client, serve: Serve) -> None:
    """Signals reach the run that is open, and the result is the last one's."""
    serve(rounds)
    handle = client.start(rounds, 2)
    first = handle.run_id

    for word in "abc":
        handle.signal("go", word)
        if word != "c":
            while client.handle(handle.workflow_id).run_id == handle.run_id:
                pass

    assert handle.result(10) == "last c"
    assert handle.run_id != first
    assert handle.first_execution.run_id == first


def test_cancel_asks_the_code(client: Client, serve: Serve) -> None:
    """Which by default agrees."""
    serve(patient)
    handle = client.start(patient)

    handle.cancel()

    with pytest.raises(WorkflowCanceled):
        handle.result(10)


def test_terminate_closes_at_once(client: Client) -> None:
    """Without a decider; reason, details and policy are kept."""
    client.register(patient)
    handle = client.start(patient)

    handle.terminate(reason="enough", details="really", child_policy=ChildPolicy.ABANDON)

    with pytest.raises(WorkflowTerminated, match="enough") as terminated:
        handle.result()
    assert terminated.value.details == "really"
    *_, last = handle.history()
    assert isinstance(last, WorkflowExecutionTerminated)
    assert last.child_policy is ChildPolicy.ABANDON


def test_what_is_closed_takes_nothing_any_more(client: Client) -> None:
    """The service's own fault."""
    client.register(patient)
    handle = client.start(patient)
    handle.terminate()

    for attempt in (handle.cancel, handle.terminate, lambda: handle.signal("go")):
        with pytest.raises(UnknownResourceFault):
            attempt()


def test_a_time_out_is_told(client: Client) -> None:
    """Nobody decides, and the execution may last no longer than nothing."""
    client.register(patient)

    with pytest.raises(WorkflowTimedOut):
        client.run(patient.options(execution_start_to_close_timeout=0))


def test_handles_of_one_execution_are_equal(client: Client) -> None:
    """And say in short what they are."""
    client.register(patient)
    handle = client.start(patient.options(workflow_id="p"))

    assert client.handle("p") == handle
    assert {client.handle("p"), handle} == {handle}
    assert handle != client.start(patient)
    assert repr(handle).startswith("Handle('p', '22")


def test_waiting_is_not_looking(engine: Engine, client: Client, serve: Serve) -> None:
    """An engine of this process wakes who waits; few reads of history are made however long it takes."""
    serve(echo)
    reads = 0

    class Counting:
        def __init__(self) -> None:
            self.local = engine.local()

        def call(self, operation: Any, /) -> Any:
            nonlocal reads
            reads += type(operation).__name__ == "GetWorkflowExecutionHistory"
            return self.local.call(operation)

        def await_close(self, *args: Any) -> Any:
            return self.local.await_close(*args)  # type: ignore[attr-defined]

    watching = Client(Counting(), domain=DOMAIN)
    handle = watching.handle(client.start(echo).workflow_id)
    threading.Timer(0.5, handle.signal, ["go", 1]).start()

    assert handle.result(10) == 1
    assert not reads


def test_a_handle_can_be_awaited(client: Client, serve: Serve) -> None:
    """Many at once, without a thread for each."""
    serve(echo)

    async def run() -> list[Any]:
        handles = [client.start(echo) for _ in range(50)]
        waiting = asyncio.gather(*(handle.async_result() for handle in handles))
        for place, handle in enumerate(handles):
            handle.signal("go", place)
        return await waiting

    assert asyncio.run(run()) == list(range(50))


def test_awaiting_follows_continue_as_new(client: Client, serve: Serve) -> None:
    """As `result` does."""

    @workflow
    def countdown(left: int) -> str:
        if left:
            continue_as_new(left - 1)
        return "done"

    serve(countdown)

    assert asyncio.run(client.start(countdown, 3).async_result()) == "done"
