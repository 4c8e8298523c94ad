"""What a repair takes of the run that it repairs."""

from typing import Any

import msgspec
import pytest

from ostinato import LambdaFunction, activity, marker, random, run_once, submit, uuid4, workflow
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.replay import Replay
from ostinato.replay.reuse import Repairs, Reuse, digest_of, repairs_in, reusable, with_repairs
from ostinato.testing.rehearsal import Rehearsal
from ostinato.testing.script import Script


@activity(name="first")
def first(x: int) -> int:
    return x


@activity(name="second")
def second(x: int) -> int | None:
    return x


@workflow(name="child")
def child(x: int) -> int:
    return x


class Repairing:
    """A workflow played over the beginning of a repair of a run that was rehearsed."""

    def __init__(self, former: Rehearsal, program: Any = None, **options: Any) -> None:
        former.happened()
        run = former.script.execution
        self.repairs = Repairs(workflow_id=run.workflow_id, run_id=run.run_id, seed=run.run_id, **options)
        self.reuse = reusable(former.script.events, self.repairs)
        self.program = program or former.workflow
        text = with_repairs(former.converter.dump_arguments((), {}), self.repairs)
        self.script = Script(text, workflow_type=self.program.workflow_type)
        self.replay = self.fresh(self.reuse)
        self.decisions = self.replay.feed(self.script.events)

    def fresh(self, reuse: Reuse | None) -> Replay:
        return Replay(self.program, execution=self.script.execution, converter=JsonConverter(), reuse=reuse)

    def names(self) -> list[str]:
        return [x.marker_name if isinstance(x, d.RecordMarker) else type(x).__name__ for x in self.decisions]

    def without_the_former_run(self) -> tuple[d.DecisionAttributes, ...]:
        """What a fresh replay decides after that, of which the former run's history is gone."""
        self.script.decide(*self.decisions)
        self.script.signaled("go on", None)
        self.script.decision_task()
        return self.fresh(None).feed(self.script.events)


@workflow(name="w")
def program() -> int | None:
    x = submit(first, 1).result()
    marker("half way")
    return submit(second, x).result()


def failed_at_the_second() -> Rehearsal:
    former = Rehearsal(program)
    former.complete("activity-first-1", 10)
    former.fail("activity-second-1", ValueError("no"))
    return former


def test_what_ended_well_is_recorded_and_not_done_again() -> None:
    """The result is a marker; what had failed is scheduled; the former run's history is not needed any more."""
    repair = Repairing(failed_at_the_second())

    assert repair.names() == ["reused-activity-first-1", "half way", "ScheduleActivityTask"]
    assert repair.without_the_former_run() == ()


def test_another_input_is_another_task() -> None:
    """A changed workflow that asks for something else gets that done."""

    @workflow(name="w")
    def other() -> Any:
        return submit(first, 2).result()

    assert Repairing(failed_at_the_second(), other).names() == ["ScheduleActivityTask"]


def test_another_type_is_another_task() -> None:
    """Also if the id is the same."""

    @workflow(name="w")
    def other() -> Any:
        return submit(first.options(version="2"), 1).result()

    assert Repairing(failed_at_the_second(), other).names() == ["ScheduleActivityTask"]


@pytest.mark.parametrize("options", [{"force": "first"}, {"before": 6}])
def test_what_is_forced_or_later_is_done_again(options: dict[str, Any]) -> None:
    """By a regular expression on its id, or as it ended after the event."""
    assert Repairing(failed_at_the_second(), **options).names() == ["ScheduleActivityTask"]


def test_a_result_of_none_is_a_result() -> None:
    """And so are other falsy ones."""

    @workflow(name="w")
    def falsy() -> Any:
        return [submit(second, 1).result(), submit(first, 0).result()]

    former = Rehearsal(falsy)
    former.complete("activity-second-1", None)
    former.complete("activity-first-1", 0)
    repair = Repairing(former)

    assert repair.names()[:2] == ["reused-activity-second-1", "reused-activity-first-1"]
    assert repair.decisions[-1] == d.CompleteWorkflowExecution(result="[null,0]")


def test_an_activity_that_gave_no_text() -> None:
    """Foreign workers may complete a task without a result."""
    former = Rehearsal(program)
    former.happened().activity_completed("activity-first-1", None)
    former.play()

    details = Repairing(former).decisions[0]

    assert isinstance(details, d.RecordMarker)
    assert details.details == digest_of("first default", former.converter.dump_arguments((1,), {}))


def test_children_and_lambda_functions_are_reused() -> None:
    """A child's made-up id has its parent's run in it, and is the same thing in another run."""

    @workflow(name="w")
    def both() -> Any:
        return [submit(child, 1).result(), submit(child.options(workflow_id="own"), 2).result(),
                submit(LambdaFunction("f"), 3).result()]  # fmt: skip

    former = Rehearsal(both)
    for started in ("workflow-child-", "own"):
        script = former.happened()
        workflow_id = next(
            x.workflow_id for x in former.decisions
            if isinstance(x, d.StartChildWorkflowExecution) and x.workflow_id.startswith(started)
        )  # fmt: skip
        script.child_event(e.ChildWorkflowExecutionStarted, workflow_id)
        script.child_event(e.ChildWorkflowExecutionCompleted, workflow_id, result="7")
        former.play()
    former.happened().lambda_event(e.LambdaFunctionStarted, "lambda-f-1")
    former.script.lambda_event(e.LambdaFunctionCompleted, "lambda-f-1", result="8")
    former.play()
    repair = Repairing(former)

    assert repair.names() == ["reused-child--1", "reused-own", "reused-lambda-f-1", "CompleteWorkflowExecution"]
    assert repair.decisions[-1] == d.CompleteWorkflowExecution(result="[7,7,8]")


def test_facts_are_what_they_were() -> None:
    """What run_once recorded is recorded again, and chance comes from the first run, also in a repair of a repair."""

    @workflow(name="w")
    def facts() -> Any:
        return [run_once(object.__hash__, object()), random(), str(uuid4())]

    former = Rehearsal(facts, is_compared=False)
    repair = Repairing(former)
    again = with_repairs(None, repair.repairs)

    assert repair.decisions == former.decisions
    assert repairs_in(again) == repair.repairs


def test_a_repair_of_a_repair_takes_what_that_took() -> None:
    """The markers hold what is needed."""
    repair = Repairing(failed_at_the_second())
    repair.script.decide(*repair.decisions)

    found = reusable(repair.script.events, repair.repairs)
    forced = reusable(repair.script.events, msgspec.structs.replace(repair.repairs, force="first"))

    assert found.results["reused-activity-first-1"].result == "10"
    assert not forced.results


def test_a_repair_whose_former_run_is_gone_does_all_again() -> None:
    """It is an execution like any other."""
    repair = Repairing(failed_at_the_second())

    decisions = repair.fresh(None).feed(repair.script.events)

    assert [type(x) for x in decisions] == [d.ScheduleActivityTask]


def test_more_results_than_one_decision_holds() -> None:
    """What is not recorded yet is taken again by a fresh replay, which then has to have the former run."""

    @workflow(name="w")
    def many() -> Any:
        return sum(f.result() for f in [submit(first, n) for n in range(150)])

    former = Rehearsal(many, is_compared=False)
    while sum(isinstance(x, d.ScheduleActivityTask) for x in former.decisions):
        former.happened()
        for x in former.decisions:
            if isinstance(x, d.ScheduleActivityTask):
                former.script.activity_completed(x.activity_id, "1")
        wake_up = [x for x in former.decisions if isinstance(x, d.StartTimer)]
        for started in wake_up:
            former.script.timer_fired(started.timer_id)
        former.play()
    repair = Repairing(former)
    script = repair.script
    script.decide(*repair.decisions)
    timer = repair.decisions[-1]
    assert isinstance(timer, d.StartTimer)
    script.timer_fired(timer.timer_id)
    script.decision_task()

    decisions = repair.fresh(repair.reuse).feed(script.events)

    assert decisions[-1] == d.CompleteWorkflowExecution(result="150")


def test_a_result_as_long_as_history_takes_is_not_reused() -> None:
    """Its marker has no room for what it was asked for with."""

    @workflow(name="w")
    def program() -> Any:
        return submit(first, 1).result()

    former = Rehearsal(program)
    former.happened().activity_completed("activity-first-1", "1" + " " * 32_767)
    former.play()

    assert Repairing(former).names() == ["ScheduleActivityTask"]


def test_later_attempts_are_the_same_task() -> None:
    """What only one attempt was told does not count."""
    assert digest_of("t 1", '{"args":[1],"kwargs":{},"__ostinato":{"attempt":2}}') == digest_of(
        "t 1", '{"args":[1],"kwargs":{}}'
    )


@pytest.mark.parametrize(
    ("text", "args", "kwargs"),
    [
        (None, [], {}),
        ("", [], {}),
        ("[1]", [1], {}),
        ('{"x":1}', [], {"x": 1}),
        ('{"args":[1]}', [1], None),
        ("7", [7], {}),
        ("no json", ["no json"], {}),
    ],
)
def test_inputs_of_any_form_name_the_run(text: str | None, args: Any, kwargs: Any) -> None:
    """The arguments stay what they were."""
    repairs = Repairs(workflow_id="w", run_id="r", seed="s", before=5, force="x")

    made = with_repairs(text, repairs)

    read = msgspec.json.decode(made)
    assert (read["args"], read.get("kwargs")) == (args, kwargs)
    assert repairs_in(made) == repairs


@pytest.mark.parametrize("text", [None, '{"args":[]}', '{"__ostinato":3}', '{"__ostinato":{}}', '{"__ostinato":null}'])
def test_other_inputs_repair_nothing(text: str | None) -> None:
    """Whatever they hold."""
    assert repairs_in(text) is None


def test_a_fact_that_is_forced_is_found_out_again() -> None:
    """Its marker's name is its id."""

    @workflow(name="w")
    def fact() -> Any:
        return run_once(int, 1)

    former = Rehearsal(fact, is_compared=False)

    assert Repairing(former).reuse.recorded == {"run_once-int-1": '{"value":1}'}
    assert not Repairing(former, force="run_once-int").reuse.recorded
