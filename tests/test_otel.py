"""One trace through starts, decisions, activities and children; and what is measured."""

import asyncio
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from ostinato import Client, Retry, activity, activity_info, continue_as_new, sleep, submit, workflow
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.errors import ConnectionLostError, ThrottlingException, WorkflowFailed, WorkflowTerminated
from ostinato.model.enums import CloseStatus
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.otel import Telemetry
from ostinato.schedules import schedule as schedules
from ostinato.schedules.schedule import Overlap
from ostinato.schedules.schedules import Schedules
from ostinato.schedules.times import Times
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker
from ostinato.worker.notices import CallFailed, DecisionMade, Notice, ReplayBegun, all_of

DOMAIN = "d"


@activity(name="add")
def add(x: int) -> int:
    with trace.get_tracer("program").start_as_current_span("within add"):
        return x + 1


@activity(name="add_async")
async def add_async(x: int) -> int:
    await asyncio.sleep(0)
    return x + (1 if trace.get_current_span().get_span_context().is_valid else 1000)


@activity(name="flaky", retry=Retry(max_attempts=2, interval=0))
def flaky() -> str:
    if activity_info().attempt == 1:
        raise ConnectionError("once")
    return "done"


@workflow(name="child")
def child(x: int) -> int:
    return submit(add, x).result()


@workflow(name="parent")
def parent(x: int) -> list[Any]:
    sleep(1)
    return [submit(child, x).result(), submit(add_async, x).result(), submit(flaky).result()]


@workflow(name="again")
def again(left: int) -> int:
    if left:
        continue_as_new(left - 1)
    return submit(add, left).result()


STARTED: SimpleQueue[Any] = SimpleQueue()


@workflow(name="closing")
def closing() -> None:
    # As somebody else would: the decision that is being made comes too late.
    STARTED.get(timeout=60).terminate()


@workflow(name="undurable")
async def undurable() -> None:
    await asyncio.to_thread(print)


class Told(list[Any]):
    """A list that tells of what is added."""

    def __init__(self, tell: Callable[[Any], None]) -> None:
        super().__init__()
        self.tell = tell

    def append(self, value: Any) -> None:
        """Add it."""
        super().append(value)
        self.tell(value)


@workflow(name="wrong")
def wrong() -> None:
    raise ValueError("wrong")


class Lab:
    """An engine in memory with a worker and a client that are traced."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.telemetry = Telemetry(provider, MeterProvider([self.reader]))
        self.notices: list[Notice] = []

    def run(self, use: Callable[[Client], object], *, is_started_traced: bool = True) -> list[ReadableSpan]:
        """The spans there were when what was done with the client was done."""
        catalog = catalog_of([add, add_async, flaky, child, parent, again, wrong, closing, undurable])
        with open_engine(":memory:", clock=ManualClock()) as engine:
            with LocalWorker(
                engine.local(),
                domain=DOMAIN,
                catalog=catalog,
                activity_middleware=[self.telemetry.around_activity],
                decision_middleware=[self.telemetry.around_decision],
                watch=all_of([self.notices.append, self.telemetry.watch]),
            ) as worker:
                middleware = [self.telemetry.around_start] if is_started_traced else []
                use(Client(engine, domain=DOMAIN, middleware=middleware))
            engine.close()
            assert worker.join(10)
        return list(self.exporter.get_finished_spans())

    def measured(self) -> dict[str, dict[tuple[str, ...], int]]:
        """How often each thing was measured: by its name, and by the values of its attributes."""
        data = self.reader.get_metrics_data()
        assert data is not None
        told: dict[str, dict[tuple[str, ...], int]] = {}
        for metric in data.resource_metrics[0].scope_metrics[0].metrics:
            for point in metric.data.data_points:
                key = tuple(str(value) for value in (point.attributes or {}).values())
                told.setdefault(metric.name, {})[key] = getattr(point, "count", getattr(point, "value", -1))
        return told


@pytest.fixture
def lab() -> Lab:
    """See `Lab`."""
    return Lab()


def tree(spans: list[ReadableSpan]) -> dict[str, set[str]]:
    """The names of the spans under each, by name; what has no span above it is under `""`."""
    names = {span.context.span_id: span.name for span in spans}
    below: dict[str, set[str]] = {}
    for span in spans:
        above = "" if span.parent is None else names.get(span.parent.span_id, "elsewhere")
        below.setdefault(above, set()).add(span.name)
    return below


def traces(spans: list[ReadableSpan]) -> list[list[ReadableSpan]]:
    """The spans of each trace, in the order in which the traces' first spans ended."""
    found: dict[int, list[ReadableSpan]] = {}
    for span in spans:
        found.setdefault(span.context.trace_id, []).append(span)
    return list(found.values())


def test_one_trace_from_the_start_to_the_last_activity(lab: Lab) -> None:
    """Decisions are under the start, activities and children under the decision that asked for them."""
    spans = lab.run(lambda client: client.run(parent, 1))

    assert len({span.context.trace_id for span in spans}) == 1
    assert tree(spans) == {
        "": {"start parent"},
        "start parent": {"decide parent"},
        "decide parent": {"decide child", "run add_async", "run flaky"},
        "decide child": {"run add"},
    }


def test_replay_makes_no_spans(lab: Lab) -> None:
    """There is one for each start, decision and attempt that history has, however often it was replayed."""
    histories: list[Any] = []

    def use(client: Client) -> None:
        handle = client.start(parent, 1)
        assert handle.result() == [2, 2, "done"]
        histories.extend(handle.history())

    spans = lab.run(use)

    decided = [event for event in histories if type(event).__name__ == "DecisionTaskCompleted"]
    assert sum(span.name == "decide parent" for span in spans) == len(decided) > 4
    assert sum(span.name.startswith("start ") for span in spans) == 1
    assert sorted((span.name, span.attributes["ostinato.attempt"]) for span in spans if span.name == "run flaky") == [  # type: ignore[index]
        ("run flaky", 1),
        ("run flaky", 2),
    ]


def test_failures_show(lab: Lab) -> None:
    """An attempt that failed is an error with its reason; a workflow that failed was well decided."""

    def use(client: Client) -> None:
        client.run(parent, 1)
        with pytest.raises(WorkflowFailed):
            client.run(wrong)

    spans = lab.run(use)

    first, second = (span for span in spans if span.name == "run flaky")
    assert first.status.status_code is StatusCode.ERROR
    assert first.status.description == "ConnectionError: once"
    assert second.status.status_code is StatusCode.UNSET
    assert [span.attributes["ostinato.outcome"] for span in spans if span.name == "decide wrong"] == ["failed"]  # type: ignore[index]


def test_a_new_run_is_in_the_trace_of_the_former(lab: Lab) -> None:
    """As are its activities."""
    spans = lab.run(lambda client: client.run(again, 2))

    assert len({span.context.trace_id for span in spans}) == 1
    assert len({span.attributes["ostinato.run.id"] for span in spans}) == 3  # type: ignore[index]


def test_what_is_started_again_is_in_a_trace_of_its_own(lab: Lab) -> None:
    """Under the span of that start, not in the trace of the run that it repairs."""

    def use(client: Client) -> None:
        with pytest.raises(WorkflowFailed):
            client.run(wrong.options(workflow_id="w"))
        with pytest.raises(WorkflowFailed):
            client.rerun("w").result()

    spans = lab.run(use)

    assert tree(spans) == {"": {"start wrong"}, "start wrong": {"decide wrong"}}
    assert [len(each) for each in traces(spans)] == [2, 2]


def test_what_a_schedule_starts_has_a_trace_of_its_own(lab: Lab) -> None:
    """The schedule goes on for years: one trace of all that would be of no use."""

    def use(client: Client) -> None:
        schedule = Schedules(client).create("s", child, 1, times=Times(every=3600))
        for _ in range(2):
            schedule.trigger(overlap=Overlap.ALLOW_ALL)
        while client.count(workflow=child, close_status=CloseStatus.COMPLETED).count < 2:
            time.sleep(0.01)
        schedule.delete()
        schedule.execution.result()

    spans = lab.run(use)

    assert {span.name for span in traces(spans)[0]} == {f"start {schedules.NAME}", f"decide {schedules.NAME}"}
    of_children = [each for each in traces(spans) if "decide child" in {span.name for span in each}]
    assert len(of_children) >= 2
    assert {frozenset(span.name for span in each) for each in of_children} == {frozenset({"decide child", "run add"})}


def test_an_execution_that_was_started_without_a_trace_has_one_of_its_own(lab: Lab) -> None:
    """One for all its spans."""
    spans = lab.run(lambda client: (client.run(child, 1), client.run(child, 2)), is_started_traced=False)

    assert len(spans) == 6
    assert len({span.context.trace_id for span in spans}) == 2


def test_what_is_measured(lab: Lab) -> None:
    """Starts, decisions and attempts, by type and outcome."""
    lab.run(lambda client: client.run(parent, 1))

    measured = lab.measured()

    assert measured["ostinato.starts"] == {("parent", "default"): 1}
    assert measured["ostinato.decision.duration"]["parent", "default", "completed"] == 1
    assert measured["ostinato.decision.duration"]["parent", "default", "made"] > 3
    assert measured["ostinato.activity.duration"] == {
        ("add", "default", "completed"): 1,
        ("add_async", "default", "completed"): 1,
        ("flaky", "default", "failed"): 1,
        ("flaky", "default", "completed"): 1,
    }
    assert set(measured["ostinato.activities"].values()) == {0}
    decisions = sum(measured["ostinato.decision.duration"].values())
    assert measured["ostinato.replays"] == {("full",): 2, ("continued",): decisions - 2}


def test_checks_and_calls_that_failed_are_measured(lab: Lab) -> None:
    """By what was called, and by what went wrong."""
    execution = WorkflowExecution(workflow_id="w", run_id=RunId("r"))
    lost = ConnectionLostError(where="http://x", found="gone", may_be_done=True)
    for notice in (
        ReplayBegun(execution, (), is_check=True),
        CallFailed("PollForDecisionTask", ThrottlingException("Rate exceeded")),
        CallFailed("PollForDecisionTask", lost),
        CallFailed("PollForDecisionTask", lost),
    ):
        lab.telemetry.watch(notice)

    measured = lab.measured()

    assert measured["ostinato.replays"] == {("check",): 1}
    assert measured["ostinato.call.failures"] == {
        ("PollForDecisionTask", "ThrottlingException"): 1,
        ("PollForDecisionTask", "ConnectionLostError"): 2,
    }


def test_the_span_of_a_decision_ends_with_swfs_answer(lab: Lab) -> None:
    """What SWF does not take is an error with the reason, and so is what could not be decided."""
    ended: list[set[str]] = []

    def watch(notice: Notice) -> None:
        if isinstance(notice, DecisionMade):
            ended.append({span.name for span in lab.exporter.get_finished_spans()})

    lab.notices = Told(watch)

    def use(client: Client) -> None:
        handle = client.start(closing)
        STARTED.put(handle)
        with pytest.raises(WorkflowTerminated):
            handle.result()
        client.start(undurable)
        assert client.run(child, 1) == 2

    spans = lab.run(use, is_started_traced=False)

    told = {
        (span.name, span.attributes["ostinato.outcome"], span.status.status_code, (span.status.description or "")[:22])  # type: ignore[index]
        for span in spans
        if span.name.startswith("decide")
    }
    assert told == {
        ("decide closing", "refused", StatusCode.ERROR, "UnknownResourceFault: "),
        ("decide undurable", "dropped", StatusCode.ERROR, "NotDurableError: workfl"[:22]),
        ("decide child", "made", StatusCode.UNSET, ""),
        ("decide child", "completed", StatusCode.UNSET, ""),
    }
    # When SWF has taken the first decision on the child, its span is still open.
    assert "decide child" not in ended[0]
    assert "decide child" in ended[1]
