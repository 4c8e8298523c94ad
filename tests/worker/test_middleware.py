from collections.abc import Callable, Generator
from contextlib import suppress
from contextvars import ContextVar

import pytest

from ostinato import otel
from ostinato.errors import TargetError
from ostinato.model.fields import EventId, RunId, TaskToken
from ostinato.model.operations import RespondActivityTaskCompleted, RespondActivityTaskFailed
from ostinato.model.results import ActivityTask
from ostinato.model.structures import ActivityType, WorkflowExecution
from ostinato.worker.middleware import (
    ACTIVITY_GROUP,
    DECISION_GROUP,
    START_GROUP,
    WATCH_GROUP,
    Report,
    Surrounded,
    around_activity,
    check_parts,
    load_middleware,
    load_parts,
    names_with_part,
)

TASK = ActivityTask(
    task_token=TaskToken("t"),
    activity_id="a",
    started_event_id=EventId(6),
    workflow_execution=WorkflowExecution(workflow_id="w", run_id=RunId("r")),
    activity_type=ActivityType(name="n", version="1"),
)

DONE = RespondActivityTaskCompleted(task_token=TASK.task_token, result="1")


def test_the_first_is_outermost() -> None:
    """Each sees the task and what those within it gave."""
    told: list[str] = []

    def named(name: str) -> Callable[[ActivityTask, Callable[[], Report | None]], Report | None]:
        def layer(task: ActivityTask, attempt: Callable[[], Report | None]) -> Report | None:
            told.append(f"{name} begins {task.activity_id}")
            report = attempt()
            told.append(f"{name} ends")
            return report

        return layer

    report = around_activity([named("outer"), named("inner")], TASK, lambda: DONE)

    assert report is DONE
    assert told == ["outer begins a", "inner begins a", "inner ends", "outer ends"]


def test_a_generator_function_is_a_middleware_too() -> None:
    """Beside others, and in their order; it is given the report."""
    told: list[object] = []

    def calling(_task: ActivityTask, attempt: Callable[[], Report | None]) -> Report | None:
        told.append("calling begins")
        report = attempt()
        told.append("calling ends")
        return report

    def yielding(task: ActivityTask) -> Generator[None, Report | None]:
        told.append(f"yielding begins {task.activity_id}")
        told.append((yield))

    report = around_activity([yielding, calling, yielding], TASK, lambda: DONE)

    assert report is DONE
    assert told == ["yielding begins a", "calling begins", "yielding begins a", DONE, "calling ends", DONE]


CONTEXT: ContextVar[str] = ContextVar("context", default="")


class Begins:
    """An attempter without threads: tasks end when the test says so."""

    def __init__(self) -> None:
        self.ends: list[Callable[[Report | None], None]] = []
        self.seen: list[str] = []

    def run(self, task: ActivityTask) -> Report | None:
        """Not here."""
        raise NotImplementedError

    def is_begun(self, task: ActivityTask) -> bool:
        """All are."""
        return task is TASK

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Begin one."""
        self.seen.append(f"{task.activity_id} in {CONTEXT.get()}")
        self.ends.append(done)


def failed(task: ActivityTask, error: BaseException) -> Report:
    return RespondActivityTaskFailed(task_token=task.task_token, reason=f"{type(error).__name__}: {error}")


def named(name: str, told: list[str]) -> Callable[[ActivityTask], Generator[None, Report | None]]:
    """A middleware that tells what it sees, and raises where its name says so."""

    def layer(_task: ActivityTask) -> Generator[None, Report | None]:
        if name == "fails before":
            raise ValueError(name)
        token = CONTEXT.set(CONTEXT.get() + name)
        try:
            report = yield
            told.append(f"{name}: {type(report).__name__}")
        except ValueError as error:
            told.append(f"{name}: raised {error}")
            raise
        finally:
            CONTEXT.reset(token)
        if name == "fails after":
            raise ValueError(name)

    return layer


def test_within_generator_functions_a_task_needs_no_thread() -> None:
    """It is begun in the context that they made, and their second halves come after its end, the outermost last."""
    told: list[str] = []
    reports: list[Report | None] = []
    begins = Begins()
    surrounded = Surrounded(begins, [named("a", told), named("b", told)], failed)

    assert surrounded.is_begun(TASK)
    for _ in range(2):
        surrounded.begin(TASK, reports.append)
    assert (begins.seen, told, CONTEXT.get()) == (["a in ab", "a in ab"], [], "")
    begins.ends[1](DONE)
    assert (reports, told) == ([DONE], ["b: RespondActivityTaskCompleted", "a: RespondActivityTaskCompleted"])
    begins.ends[0](None)
    assert reports == [DONE, None]


@pytest.mark.parametrize(
    ("names", "seen", "said"),
    [
        (["a", "fails before"], 0, ["a: raised fails before"]),
        (["a", "fails after", "b"], 1, [f"{n}: RespondActivityTaskCompleted" for n in ("b", "fails after")]),
    ],
)
def test_one_that_raises_fails_the_task(names: list[str], seen: int, said: list[str]) -> None:
    """Before or after the attempt, with a thread or without; those outside of it are told."""
    for is_begun in (True, False):
        told: list[str] = []
        reports: list[Report | None] = []
        begins = Begins()
        layers = [named(name, told) for name in names]
        if is_begun:
            Surrounded(begins, layers, failed).begin(TASK, reports.append)
            for end in begins.ends:
                end(DONE)
            assert len(begins.seen) == seen
        else:
            with pytest.raises(ValueError, match="fails"):
                around_activity(layers, TASK, lambda: DONE)
            reports = [failed(TASK, ValueError(next(name for name in names if "fails" in name)))]

        (report,) = reports
        assert isinstance(report, RespondActivityTaskFailed)
        assert (report.reason or "").startswith("ValueError: fails")
        assert told[: len(said)] == said


def test_one_yields_once() -> None:
    """Anything else fails the task, with the function's name."""

    def never(_task: ActivityTask) -> Generator[None, Report | None]:
        yield from ()

    def twice(_task: ActivityTask) -> Generator[None, Report | None]:
        yield
        yield

    def stubborn(_task: ActivityTask) -> Generator[None, Report | None]:
        with suppress(ValueError):
            yield

    def fail() -> Report | None:
        raise ValueError("no")

    with pytest.raises(RuntimeError, match=r"never.*does not yield"):
        around_activity([never], TASK, lambda: DONE)
    with pytest.raises(RuntimeError, match=r"twice.*yields twice"):
        around_activity([twice], TASK, lambda: DONE)
    with pytest.raises(ValueError, match="no"):
        around_activity([stubborn], TASK, fail)


class Both:
    """Middleware for two groups."""

    def around_start(self) -> None: ...

    def watch(self) -> None: ...


both = Both()


def test_a_name_may_stand_for_several_middlewares() -> None:
    """An entry point in several groups, or an object; what it has not for a group is passed over where that may be."""
    name = f"{__name__}:both"

    assert load_parts(["otel", name], START_GROUP) == (otel.around_start, both.around_start)
    assert load_parts(["otel", name], DECISION_GROUP) == (otel.around_decision,)
    assert load_middleware([name], DECISION_GROUP) == ()
    assert load_middleware(["otel", name], WATCH_GROUP) == (otel.watch, both.watch)
    assert names_with_part(["otel", name], DECISION_GROUP) == ("otel",)
    assert names_with_part(["otel", name], DECISION_GROUP, WATCH_GROUP) == ("otel", name)
    check_parts(["otel", name])
    for wrong in ("nothing", "math:sqrt"):
        with pytest.raises(TargetError, match=f"{wrong} has none of around_start, around_decision"):
            check_parts([wrong])


def test_middleware_is_found_by_its_dotted_path() -> None:
    """And what cannot be found is told."""
    assert load_middleware(["math:sqrt"], ACTIVITY_GROUP)[0](4) == 2

    for wrong in ("nowhere", "no.such:thing", "math:none", "math:pi"):
        with pytest.raises(TargetError, match=wrong):
            load_middleware([wrong], ACTIVITY_GROUP)
