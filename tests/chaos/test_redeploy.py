"""New code is rolled out while executions run: right or wrong, it harms none of them."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from string import Template
from typing import Self

from ostinato import Client, Handle, workflow
from ostinato.model.enums import ExecutionStatus
from tests.chaos.town import PATIENCE_SECONDS, Town, insist

PROGRAM = Template("""
from ostinato import activity, patched, submit, wait_signal, workflow


@activity(name="step")
def step(x: int) -> int:
    return x + 1


@activity(name="other")
def other(x: int) -> int:
    return x


@workflow(name="order", task_start_to_close_timeout=1)
def order(x: int) -> list:
    $code


@workflow(name="load", task_start_to_close_timeout=2)
def load(x: int) -> int:
    for _ in range(3):
        x = submit(step, x).result()
    return x
""")
OLD = """x = submit(step, x).result()
    wait_signal("pay").result()
    return ["old", submit(step, x).result()]"""
WRONG = """x = submit(other, x).result()
    wait_signal("pay").result()
    return ["wrong", x]"""
NEW = """x = submit(step, x).result()
    if patched("discount"):
        return ["new", submit(other, x).result()]
    wait_signal("pay").result()
    return ["old", submit(step, x).result()]"""

ORDERS = 40


@workflow(name="order", task_start_to_close_timeout=1)
def order(x: int) -> list[object]:
    raise AssertionError("the program's is run")


@workflow(name="load", task_start_to_close_timeout=2)
def load(x: int) -> int:
    raise AssertionError("the program's is run")


def test_code_is_rolled_out_under_load(tmp_path: Path) -> None:
    """Old executions end as the old code says, new ones as the new; wrong code in between is told, and fails none."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.substitute(code=OLD))
    with ExitStack() as stack:
        town = Town(tmp_path, stack, program)
        client = stack.enter_context(Client(town.url))
        insist(lambda: client.register(order, load))
        loaded = stack.enter_context(Load(client))
        olds = [client.start(order, n) for n in range(ORDERS)]
        await_that(lambda: all(map(waits, olds)))

        deploy(town, program, WRONG)
        await_that(lambda: is_refused(olds, tmp_path / "decider.log"))
        assert client.count(workflow=order, status=ExecutionStatus.OPEN).count == ORDERS

        deploy(town, program, NEW)
        for handle in olds:
            handle.signal("pay")
        assert [handle.result(PATIENCE_SECONDS) for handle in olds] == [["old", n + 2] for n in range(ORDERS)]
        assert client.start(order, 0).result(PATIENCE_SECONDS) == ["new", 1]
        loaded.end()

    said = (tmp_path / "decider.log").read_text()
    assert "step" in said.partition("NondeterminismError")[2]
    assert loaded.failures == []
    assert loaded.count > 0


def waits(order: Handle[list[object]]) -> bool:
    """Whether the code has come to where it waits: a decision was made that saw the step's result."""
    types = [type(event).__name__ for event in order.history()]
    _, _, after = " ".join(types).partition("ActivityTaskCompleted")
    return "DecisionTaskCompleted" in after


class Load:
    """Executions that the new code does not touch, one after the other, all the time."""

    def __init__(self, client: Client) -> None:
        self.count = 0
        self.failures: list[object] = []
        self._client = client
        self._is_ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._is_ended.is_set():
            try:
                result = self._client.start(load, self.count).result(PATIENCE_SECONDS)
                if result != self.count + 3:
                    self.failures.append(result)
            except Exception as error:  # noqa: BLE001  # the test tells
                self.failures.append(error)
            self.count += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def end(self) -> None:
        """No more."""
        self._is_ended.set()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.end()


def deploy(town: Town, program: Path, code: str) -> None:
    """Give the deciders other code."""
    program.write_text(PROGRAM.substitute(code=code))
    town.processes["decider"].send_signal(signal.SIGHUP)


def is_refused(handles: Sequence[Handle[object]], log: Path) -> bool:
    """Whether a decider has found that its code does not fit: each look asks for decisions."""
    for handle in handles:
        handle.signal("look")
    return "NondeterminismError" in log.read_text()


def await_that(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
