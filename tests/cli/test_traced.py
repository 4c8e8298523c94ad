"""Traces through the processes of `ostinato decider` and `ostinato worker`."""

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ostinato import Client, workflow
from ostinato.model.events import DecisionTaskCompleted
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


def spans(shell: Shell) -> list[dict[str, Any]]:
    """What the processes have written."""
    lines = (line for path in shell.directory.glob("spans-*.jsonl") for line in path.read_text().splitlines())
    return [json.loads(line) for line in lines]
