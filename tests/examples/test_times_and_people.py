"""Examples in which others have a say: clocks, people, Lambda, relatives, the guard, a debugger."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from ostinato.engine.engine import open_engine
from ostinato.errors import WorkflowCanceled
from ostinato.model.enums import ExecutionStatus
from ostinato.model.events import ActivityTaskCompleted, WorkflowExecutionCanceled
from ostinato.worker.guard import Guard, GuardMode
from ostinato.worker.notices import DecisionDropped
from ostinato.worker.targets import load_target
from tests.contract.conftest import serving
from tests.examples.conftest import EXAMPLES, SECONDS

if TYPE_CHECKING:
    from ostinato.worker.notices import Notice
    from tests.examples.conftest import Stage


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the example did to the world, as soon as that is something."""
    file = tmp_path / "ledger.txt"
    monkeypatch.setenv("LEDGER", str(file))

    def read() -> list[str]:
        deadline = time.monotonic() + SECONDS
        while not (file.exists() and file.read_text().endswith("\n")) and time.monotonic() < deadline:
            time.sleep(0.01)
        return file.read_text().splitlines()

    return read


def function_of(target: str, name: str) -> Callable[..., Any]:
    """Another function of an example's module."""
    module = sys.modules[load_target(f"{EXAMPLES}/{target}").workflow.function.__module__]
    found: Callable[..., Any] = vars(module)[name]
    return found


def test_a_digest_every_morning(stage: "Stage") -> None:
    """At seven o'clock in Berlin, on days that follow each other."""
    every_morning = function_of("digest.py:digest", "every_morning")
    with stage.engine.time_held():
        stage.serve("digest.py:digest")
        stage.engine.advance(time.time() - stage.clock.now())  # a schedule begins today, also here
        schedule = every_morning(stage.client, "ada")
    deadline = time.monotonic() + SECONDS
    while (schedule.show() or {"started": 0})["started"] < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with stage.engine.time_held():
        schedule.delete()
        assert schedule.execution.result(timeout=SECONDS)["started"] >= 3
        digests = sorted(info.execution.workflow_id for info in stage.client.list(workflow="digest.digest"))
    assert all(re.fullmatch(r"digest-\d{4}-\d\d-\d\dT0[56]\.00\.00Z", each) for each in digests)
    assert len(set(digests)) == len(digests) >= 3


def test_a_permit_is_given_by_whoever_has_the_token(stage: "Stage", ledger: Callable[[], list[str]]) -> None:
    """The activity has left long ago."""
    with stage.engine.time_held():
        handle = stage.start("permit.py:permit", "a fence")
        [letter] = ledger()
        function_of("permit.py:permit", "on_answer")(stage.client, letter.rpartition(" ")[2], "granted")
        assert handle.result(timeout=SECONDS) == "a fence: granted"


def test_silence_is_consent(stage: "Stage", ledger: Callable[[], list[str]]) -> None:
    """Two weeks pass, in which nobody holds a thread."""
    handle = stage.start("permit.py:permit", "a hedge")
    assert len(ledger()) == 1

    stage.engine.advance(15 * 24 * 3600)  # time does not skip by itself while an activity is open

    assert handle.result(timeout=SECONDS) == "a hedge: nobody minds"


def test_pictures_are_shrunk_elsewhere(stage: "Stage") -> None:
    """By what stands in for Amazon's function."""
    assert stage.run("thumbnails.py:album", ["sea.jpg", "hill.jpg"]) == ["small-sea.jpg", "small-hill.jpg"]


def test_a_recall_reaches_every_shop(stage: "Stage") -> None:
    """One signal, by way of the regions; each shop acts once."""
    assert stage.run("recall.py:recall", "kettle", {"north": 1, "south": 2}) == [
        "kettle taken off the shelf at north-1",
        "kettle taken off the shelf at south-1",
        "kettle taken off the shelf at south-2",
    ]


def test_a_canceled_holiday_gives_its_room_back_first(stage: "Stage") -> None:
    """The parent is closed after its child has cleaned up."""
    assert stage.run("holiday.py:holiday", "Bern", 7) == "7 days in Bern"

    with stage.engine.time_held():
        handle = stage.start("holiday.py:holiday", "Rome", 7)
        deadline = time.monotonic() + SECONDS
        while stage.client.find("stay-in-Rome") is None or not any(
            isinstance(event, ActivityTaskCompleted) for event in stage.client.handle("stay-in-Rome").history()
        ):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        handle.cancel()
        with pytest.raises(WorkflowCanceled):
            handle.result(timeout=SECONDS)
        history = list(stage.client.handle("stay-in-Rome").history())
    assert isinstance(history[-1], WorkflowExecutionCanceled)
    assert [event.result for event in history if isinstance(event, ActivityTaskCompleted)] == [
        '"a room in Rome booked"',
        '"a room in Rome given back"',
    ]


def test_a_careless_draw_is_caught_and_a_careful_one_is_not(stage: "Stage") -> None:
    """The decision is dropped, with the line; nothing is lost, and the execution may go on when its code is mended."""
    told: SimpleQueue[Notice] = SimpleQueue()
    guard = Guard(GuardMode.ERROR)
    careless = stage.serve("lottery.py:careless", guard=guard, watch=told.put).workflow
    draw = load_target(f"{EXAMPLES}/lottery.py:draw").workflow
    people = ["Ada", "Grace", "Mary"]

    assert stage.client.start(draw, people).result(timeout=SECONDS).split(" won on ")[0] in people
    with stage.engine.time_held():
        handle = stage.client.start(careless, people)
        while not isinstance(notice := told.get(timeout=SECONDS), DecisionDropped):
            pass
        assert re.search(r"lottery\.py\", line \d+, in careless: workflow code uses chance", str(notice.error))
        assert handle.describe().execution_info.execution_status is ExecutionStatus.OPEN
        handle.terminate()


@pytest.fixture(params=["memory", "sqlite", "http"])
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An engine of each kind, for a program."""
    with ExitStack() as stack:
        match request.param:
            case "memory":
                yield "memory:"
            case "sqlite":
                yield f"sqlite:{tmp_path / 'serial.db'}"
            case _:
                yield stack.enter_context(serving(stack.enter_context(open_engine(":memory:"))))


def test_all_in_one_thread(engine_url: str, ledger: Callable[[], list[str]]) -> None:
    """In the order in which it is written."""
    command = [sys.executable, "-m", "ostinato", "run", "--serial", "--quiet", "--engine", engine_url]

    done = subprocess.run(
        [*command, f"{EXAMPLES}/interest.py:grow", "--input", "[1000, 3]"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, "1045.65\n"), done.stderr
    assert ledger() == [f"{year} in MainThread" for year in range(3)]
