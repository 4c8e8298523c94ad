import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ostinato import Client
from ostinato.errors import WorkflowFailed
from ostinato.model.events import ActivityTaskCompleted, ActivityTaskScheduled, WorkflowExecutionStarted

if TYPE_CHECKING:
    from tests.examples.conftest import Stage

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the example did to the world."""
    monkeypatch.setenv("LEDGER", str(tmp_path / "ledger.txt"))
    return lambda: (tmp_path / "ledger.txt").read_text().splitlines()


def test_an_order_is_fulfilled(stage: "Stage", ledger: Callable[[], list[str]]) -> None:
    """Every step is done once, and packing comes after payment and approval."""
    receipt = stage.run("orders.py:fulfil", order={"id": "7", "items": ["tea", "cup"]})

    done = [line.removeprefix("done ") for line in ledger() if line.startswith("done ")]
    assert (receipt.order_id, receipt.approved_by, receipt.parcels) == ("7", "Ada", ["pack tea", "pack cup"])
    assert sorted(done[:4]) == ["charge 20 for 7", "look over 7", "reserve cup for 7", "reserve tea for 7"]
    assert done[4:] == ["pack tea", "pack cup", "hand over 2 parcels"]


@pytest.mark.parametrize(
    ("amount", "answer"),
    [
        (120, ["Grace says yes to train", "paid 120"]),
        (900, ["Grace says no to train"]),
    ],
)
def test_the_first_reviewer_decides_a_claim(stage: "Stage", amount: int, answer: list[str]) -> None:
    """The one who answers sooner counts; the other one is canceled."""
    assert stage.run("expenses.py:claim", what="train", amount=amount) == answer


def test_weather_of_the_stations_that_could_be_read(stage: "Stage") -> None:
    """One of four fails, and is tolerated."""
    stations = ["Bern", "Oslo", "Atlantis", "Rome"]

    assert stage.run("weather.py:report", stations=stations) == {"Bern": 70.7, "Oslo": 57.2, "Rome": 86.9}


def test_what_several_parts_need_is_built_once(stage: "Stage") -> None:
    """Three parts, of which one is needed twice: three tasks."""
    handle = stage.start("makefile.py:build", needs={"app": ["ui", "core"], "ui": ["core"]}, part="app")

    assert handle.result(timeout=20) == "app(ui(core) core)"
    scheduled = [event for event in handle.history() if isinstance(event, ActivityTaskScheduled)]
    assert len({event.activity_id for event in scheduled}) == len(scheduled) == 3


def test_a_census_of_many_numbers(stage: "Stage") -> None:
    """A root with children; what failed is told, and the rest is counted."""
    handle = stage.start("census.py:primes", {"start": 0, "stop": 200})

    result = handle.result(timeout=20)

    assert (result.value, result.done, result.failed) == (46, 199, 1)
    assert [failure.index for failure in result.failures] == [57]
    assert handle.describe().latest_execution_context == '{"done":199,"failed":1,"of":200}'


def test_a_meter_is_read_by_several_runs(stage: "Stage") -> None:
    """Sixty readings are several runs, which carry the sum; each has a short history."""
    handle = stage.start("meter.py:read_meter", readings=60)

    assert handle.result(timeout=20) == sum(200 + minute for minute in range(60))
    history = list(handle.history())
    assert isinstance(history[0], WorkflowExecutionStarted)
    assert history[0].continued_execution_run_id
    assert len(history) < 120


def test_deliveries_outlive_the_one_who_began_them(stage: "Stage") -> None:
    """It ends at once; they end hours later."""
    assert stage.run("newsletter.py:publish", readers=["ada", "grace"]) == 2

    client = Client(stage.swf)
    results = [client.handle(f"deliver-{reader}").result(timeout=20) for reader in ("ada", "grace")]
    assert results == ["sent to ada", "sent to grace"]


def test_a_trip_is_booked_or_undone(stage: "Stage") -> None:
    """A busy desk is asked again; what cannot be had has all undone, last first."""
    assert stage.run("trip.py:trip", things=["room in Rome", "car"]) == ["room in Rome booked", "car booked"]

    handle = stage.start("trip.py:trip", things=["car", "flying carpet"])
    with pytest.raises(WorkflowFailed, match="the trip is off"):
        handle.result(timeout=20)
    undone = [event.input for event in handle.history() if isinstance(event, ActivityTaskScheduled)][2:]
    assert undone == ['{"args":["flying carpet"],"kwargs":{}}', '{"args":["car"],"kwargs":{}}']


def test_the_demo_shows_what_it_promises() -> None:
    """scripts/demo checks itself, and takes under a minute."""
    began = time.monotonic()

    demo = subprocess.run([ROOT / "scripts" / "demo"], capture_output=True, text=True, timeout=120, check=False)

    assert demo.returncode == 0, demo.stderr
    assert "Each of the 9 activities was done once" in demo.stdout
    assert time.monotonic() - began < 60


def test_scans_pass_through_a_workflow_and_not_through_history(
    stage: "Stage", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images of half a megabyte go from activity to activity; in history stands where they lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    handle = stage.start("scans.py:read_scans", pages=3)

    assert handle.result(timeout=20) == [0, 1, 2]
    history = Client(stage.swf).handle(handle.workflow_id).history()
    results = [event.result or "" for event in history if isinstance(event, ActivityTaskCompleted)]
    assert all(text.startswith("ostinato+payload:1 deflate,aes-gcm ") for text in results)
    assert sum(" drawer://scans/" in text for text in results) == 3
    assert len(results) == 6
