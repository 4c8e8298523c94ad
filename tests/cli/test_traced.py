"""Traces through the processes of `ostinato decider` and `ostinato worker`."""

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ostinato import Client, workflow
from ostinato.model.events import DecisionTaskCompleted, WorkflowExecutionStarted
from ostinato.otel import Telemetry
from tests.cli.conftest import Shell, started

PROGRAM = """
import os

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from ostinato import activity, submit, workflow

provider = TracerProvider()
out = open(f"spans-{os.getpid()}.jsonl", "w", buffering=1)
provider.add_span_processor(
    SimpleSpanProcessor(ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + "\\n"))
)
trace.set_tracer_provider(provider)


class Counted:
    def note(self, what):
        with open("counted.txt", "a") as file:
            file.write(f"{what}\\n")

    def around_start(self, starting, start):
        self.note("start")
        return start(starting)

    def around_decision(self, deciding, decide):
        self.note("decision")
        return decide()

    def around_activity(self, task):
        self.note("activity")
        yield

    def watch(self, notice):
        self.note(type(notice).__name__)


counted = Counted()


@activity
def work(x: int) -> int:
    with trace.get_tracer("program").start_as_current_span("within"):
        return x + 1


@activity(isolation="process")
def apart(x: int) -> int:
    with trace.get_tracer("program").start_as_current_span("within apart"):
        return x + 1


@workflow(name="child")
def child(x: int) -> int:
    return submit(work, x).result()


@workflow(name="flow")
def flow(x: int) -> int:
    return submit(apart, submit(child, submit(work, x))).result()
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a directory with the program `traced.py`."""
    (tmp_path / "traced.py").write_text(PROGRAM)
    return Shell(tmp_path)


@workflow(name="flow")
def flow(x: int) -> int:
    raise AssertionError("the program's is run")


def test_one_trace_through_all_processes(shell: Shell, url: str) -> None:
    """Also where each decision replays the whole history; what an activity's own code adds is in it."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    serve = ["traced.py", "--engine", url, "--middleware", "otel"]
    with (
        started(shell, "decider", *serve, "--processes", "2", "--kept-replays", "0"),
        started(shell, "worker", *serve),
        Client(url, middleware=[Telemetry(provider).around_start]) as client,
    ):
        client.register(flow)
        handle = client.start(flow, 1)
        assert handle.result() == 4
        decided = sum(isinstance(event, DecisionTaskCompleted) for event in handle.history())

    found = spans(shell)
    assert sum(span["name"] == "decide flow" for span in found) == decided
    (start,) = exporter.get_finished_spans()
    assert {span["context"]["trace_id"] for span in found} == {f"{start.context.trace_id:#034x}"}
    ids = {span["context"]["span_id"]: span["name"] for span in found}
    ids[f"{start.context.span_id:#018x}"] = start.name
    above = {(span["name"].rpartition(".")[2], ids[span["parent_id"]].rpartition(".")[2]) for span in found}
    assert above == {
        ("decide flow", "start flow"),
        ("work", "decide flow"),
        ("within", "work"),
        ("decide child", "decide flow"),
        ("work", "decide child"),
        ("apart", "decide flow"),
        ("within apart", "apart"),
    }


@pytest.mark.parametrize("command", ["run", "standalone"])
def test_commands_that_do_all_are_traced_from_their_start(shell: Shell, command: str) -> None:
    """In one trace, in as many processes as there are; so is what an object of the program's own is around."""
    ended = shell(
        *(command, "traced.py:flow", "--input", "1", "--engine", "memory:"),
        *("--middleware", "otel", "--middleware", "traced:counted"),
    )

    assert (ended.code, ended.out) == (0, "4\n"), ended.err
    found = spans(shell)
    assert len({span["context"]["trace_id"] for span in found}) == 1
    names = {span["name"].rpartition(".")[2] for span in found}
    assert {"start flow", "decide flow", "decide child", "work", "within"} <= names
    (start,) = (span for span in found if span["name"] == "start flow")
    assert start["parent_id"] is None
    told = set((shell.directory / "counted.txt").read_text().split())
    assert {"start", "decision", "activity", "ReplayBegun", "ReplayContinued", "ActivityReported"} <= told


def test_a_start_is_traced(shell: Shell, url: str) -> None:
    """Of a target, and of a type that is registered, whose code is not imported."""
    first = shell("start", "traced.py:flow", "--input", "1", "--id", "a", "--engine", url, "--middleware", "otel")
    assert first.code == 0, first.err
    second = shell(
        *("start", "flow@default", "--input", "1", "--id", "b", "--engine", url),
        *("--middleware", "traced:counted", "--middleware", "otel"),
        PYTHONPATH=str(shell.directory),
    )
    assert second.code == 0, second.err

    found = {span["attributes"]["ostinato.workflow.id"]: span for span in spans(shell)}
    with Client(url) as client:
        for workflow_id in ("a", "b"):
            handle = client.handle(workflow_id)
            started = next(iter(handle.history()))
            assert isinstance(started, WorkflowExecutionStarted)
            context = found[workflow_id]["context"]
            traceparent = f"00-{context['trace_id'][2:]}-{context['span_id'][2:]}-"
            assert traceparent in (started.input or "")
            assert found[workflow_id]["attributes"]["ostinato.run.id"] == handle.run_id


def test_what_is_started_again_and_schedules_are_traced(shell: Shell, url: str) -> None:
    """The span is under nothing, and what is started under it."""
    middleware = ("--engine", url, "--middleware", "traced:counted", "--middleware", "otel")
    shell("start", "traced.py:flow", "--input", "1", "--id", "r", "--engine", url)
    shell("terminate", "r", "--engine", url)

    again = shell("rerun", "r", *middleware, PYTHONPATH=str(shell.directory))
    made = shell(
        *("schedule", "create", "yearly", "traced.py:flow", "--every", "365d", "--input", "1", *middleware),
        PYTHONPATH=str(shell.directory),
    )

    assert (again.code, made.code) == (0, 0), again.err + made.err
    assert (shell.directory / "counted.txt").read_text() == "start\nstart\n"
    found = {span["attributes"]["ostinato.workflow.id"]: span for span in spans(shell)}
    assert {workflow_id: span["parent_id"] for workflow_id, span in found.items()} == {"r": None, "yearly": None}
    with Client(url) as client:
        for workflow_id, span in found.items():
            begun = next(iter(client.handle(workflow_id).history()))
            assert isinstance(begun, WorkflowExecutionStarted)
            assert span["context"]["trace_id"][2:] in (begun.input or "")


@pytest.mark.parametrize("name", ["nothing", "traced:work"])
def test_middleware_that_is_none_is_told(shell: Shell, name: str) -> None:
    """Exit code 2: of a mere function nobody knows what it is to be around."""
    ended = shell("run", "traced.py:flow", "--input", "1", "--engine", "memory:", "--middleware", name)

    assert ended.code == 2
    assert f"--middleware: {name} has none of around_start" in ended.err


def spans(shell: Shell) -> list[dict[str, Any]]:
    """What the processes have written."""
    lines = (line for path in shell.directory.glob("spans-*.jsonl") for line in path.read_text().splitlines())
    return [json.loads(line) for line in lines]
