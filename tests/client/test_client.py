"""Starting executions, and ending activities from elsewhere."""

import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from ostinato import Client, activity, submit, wait_signal, workflow
from ostinato.client.executions import find_open
from ostinato.engine.engine import Engine
from ostinato.errors import (
    ActivityFailed,
    LimitExceededError,
    PayloadError,
    TypeDeprecatedFault,
    UnknownResourceFault,
    UsageError,
    WorkflowExecutionAlreadyStartedFault,
    WorkflowFailed,
)
from ostinato.model.enums import CloseStatus
from ostinato.model.events import ActivityTaskCanceled, WorkflowExecutionStarted
from ostinato.model.operations import (
    DescribeDomain,
    PollForActivityTask,
)
from ostinato.model.results import ActivityTask
from ostinato.model.structures import TaskList
from tests.client.conftest import DOMAIN, Serve

if TYPE_CHECKING:
    from ostinato.engine.task_lists import Delivery


@activity
def increment(x: int) -> int:
    return x + 1


@workflow
def plus_two(x: int) -> int:
    return submit(increment, submit(increment, x)).result()


@activity(task_list="nobody")
def elsewhere(question: str) -> str:
    raise AssertionError("no worker of ours runs it")


@workflow
def ask(question: str) -> str:
    return submit(elsewhere, question).result()


def test_run_gives_the_result(client: Client, serve: Serve) -> None:
    """Start and wait, in one call."""
    serve(plus_two, increment)

    assert client.run(plus_two, 40) == 42


def test_start_gives_a_handle_at_once(client: Client, serve: Serve) -> None:
    """With the id that options give, and the arguments by place or name."""
    client.register(plus_two, increment)

    handle = client.start(plus_two.options(workflow_id="p", tag_list=["a"]), x=1)

    assert handle.workflow_id == "p"
    assert find_open(client.swf, DOMAIN, "p") is not None
    first = next(handle.history())
    assert isinstance(first, WorkflowExecutionStarted)
    assert first.tag_list == ("a",)
    serve(plus_two, increment)
    assert handle.result(10) == 3


def test_an_id_is_made_up_if_there_is_none(client: Client) -> None:
    """It begins with the workflow's name, and no two are the same."""
    client.register(plus_two)

    one, other = client.start(plus_two, 1), client.start(plus_two, 1)

    assert one.workflow_id.startswith(f"{plus_two.name}-")
    assert one.workflow_id != other.workflow_id


def test_an_id_that_is_open_is_refused(client: Client) -> None:
    """As SWF does."""
    client.register(plus_two)
    once = plus_two.options(workflow_id="p")
    client.start(once, 1)

    with pytest.raises(WorkflowExecutionAlreadyStartedFault):
        client.start(once, 1)


def test_a_type_that_is_not_registered_is_told(client: Client) -> None:
    """By the service's own fault."""
    with pytest.raises(UnknownResourceFault, match="Unknown type: WorkflowType"):
        client.start(plus_two, 1)


def test_arguments_that_do_not_fit_are_refused_before_anything_starts(client: Client) -> None:
    """Neither what cannot become text nor what is too long reaches SWF."""
    client.register(ask)

    with pytest.raises(PayloadError):
        client.start(ask, object())  # type: ignore[arg-type]
    with pytest.raises(LimitExceededError):
        client.start(ask, "x" * 40_000)
    assert client.count().count == 0


def test_a_handle_is_found_by_its_id(client: Client, serve: Serve) -> None:
    """The open execution, or the one that started last; its result is read as the workflow says."""
    serve(plus_two, increment)
    client.run(plus_two.options(workflow_id="p"), 1)
    client.run(plus_two.options(workflow_id="p"), 2)

    assert client.handle("p").result() == 4
    assert client.handle("p", workflow=plus_two).result() == 4
    found = client.find("p")
    assert found is not None
    assert found.close_status is CloseStatus.COMPLETED
    assert client.handle("p", found.execution.run_id).run_id == found.execution.run_id


def test_a_handle_of_nothing_is_refused(client: Client) -> None:
    """In the service's words."""
    assert client.find("nothing") is None
    with pytest.raises(UnknownResourceFault, match="Unknown execution, workflowId = nothing"):
        client.handle("nothing")


class Elsewhere:
    """Polls where `elsewhere` runs, from now on: earlier than the worker, which does as soon as that shows."""

    def __init__(self, engine: Engine) -> None:
        self._deliveries: SimpleQueue[Delivery] = SimpleQueue()
        poll = PollForActivityTask(domain=DOMAIN, task_list=TaskList(name="nobody"))
        self._poll = engine.begin_poll(poll, self._deliveries.put)

    def task(self) -> ActivityTask:
        """The task that came."""
        task = self._poll.answer(self._deliveries.get(timeout=60))
        assert isinstance(task, ActivityTask)
        return task


def test_an_activity_is_completed_by_its_token(client: Client, serve: Serve, engine: Engine) -> None:
    """Whoever has the token may answer, with a value that the workflow gets as the activity's annotations say."""
    serve(ask)
    client.register(elsewhere)
    polling = Elsewhere(engine)
    handle = client.start(ask, "what?")

    task = polling.task()
    assert client.heartbeat(task.task_token, {"done": 1}) is False
    client.complete_activity(task.task_token, "that")

    assert handle.result(10) == "that"
    with pytest.raises(UnknownResourceFault):
        client.complete_activity(task.task_token, "that")


@pytest.mark.parametrize("error", [ValueError("no"), "ValueError: no"])
def test_an_activity_is_failed_by_its_token(
    client: Client, serve: Serve, engine: Engine, error: Exception | str
) -> None:
    """With an exception, or a reason."""
    serve(ask)
    client.register(elsewhere)
    polling = Elsewhere(engine)
    handle = client.start(ask, "what?")

    client.fail_activity(polling.task().task_token, error)

    with pytest.raises(WorkflowFailed) as failed:
        handle.result(10)
    assert failed.value.error_type == f"{ActivityFailed.__module__}.{ActivityFailed.__name__}"
    assert "ValueError: no" in failed.value.error_message


def test_an_activity_that_should_stop_is_canceled_by_its_token(client: Client, serve: Serve, engine: Engine) -> None:
    """A heartbeat says that it should."""

    @workflow
    def impatient() -> None:
        future = submit(elsewhere, "what?")
        wait_signal("stop").result()
        future.cancel()
        wait_signal("end").result()

    serve(impatient)
    client.register(elsewhere)
    polling = Elsewhere(engine)
    handle = client.start(impatient)
    task = polling.task()

    handle.signal("stop")
    while not client.heartbeat(task.task_token):
        pass
    client.cancel_activity(task.task_token, details="stopped")

    handle.signal("end")
    assert handle.result(10) is None
    assert [event.details for event in handle.history() if isinstance(event, ActivityTaskCanceled)] == ["stopped"]


def test_types_are_registered_and_deprecated(client: Client) -> None:
    """Once and again without harm; of a deprecated type nothing starts."""
    client.register(plus_two, increment)
    client.register(plus_two, increment)
    client.deprecate(plus_two, increment)
    client.deprecate(plus_two)

    with pytest.raises(TypeDeprecatedFault):
        client.start(plus_two, 1)


def test_defaults_that_differ_between_code_and_swf_are_told(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Each with both values; the registered ones stay. So is a type that is deprecated; what is the same is not."""
    former = activity(name="drifting", start_to_close_timeout=60, task_list="old")(lambda: None)
    later = activity(name="drifting", start_to_close_timeout=90, task_list="new")(lambda: None)
    client.register(former)

    client.register(former)
    assert not caplog.messages
    client.register(later)

    (said,) = caplog.messages
    assert said.startswith("drifting default has other defaults in code than in SWF, and the code's are used: ")
    assert "default_task_list: registered old, in code new" in said
    assert "default_task_start_to_close_timeout: registered 60, in code 90" in said
    client.deprecate(later)
    caplog.clear()
    client.register(former)
    assert caplog.messages == ["drifting default is deprecated in SWF: nothing new of that type can be started"]


def test_a_client_of_a_url_closes_what_it_opened(tmp_path: Path) -> None:
    """The file is free again, and keeps what was started."""
    url = f"sqlite:{tmp_path / 'o.db'}"
    with Client(url, domain=DOMAIN) as first:
        first.register(plus_two)
        first.start(plus_two.options(workflow_id="p"), 1)
    first.close()

    with Client(url, domain=DOMAIN) as second:
        assert second.domain == DOMAIN
        assert second.find("p") is not None


def test_a_client_leaves_open_what_it_was_given(engine: Engine) -> None:
    """The engine is its owner's to close."""
    with Client(engine, domain=DOMAIN) as client:
        client.register()

    assert engine.call(DescribeDomain(name=DOMAIN)).domain_info.name == DOMAIN


def test_a_url_that_names_nothing_is_refused() -> None:
    """With what there is."""
    with pytest.raises(UsageError, match="sqlite:FILE, memory:, http"):
        Client("postgres://x")


def test_importing_the_client_brings_no_engine_and_no_client_library() -> None:
    """They are imported when they are opened."""
    code = (
        "import sys; from ostinato import Client, Handle\n"
        "heavy = {'sqlite3', 'boto3', 'botocore', 'uvicorn', 'starlette', 'ssl', 'http.client', 'ostinato.engine',"
        " 'ostinato.clients', 'ostinato.server'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
