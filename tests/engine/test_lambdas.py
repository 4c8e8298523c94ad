"""Lambda functions, played by Python functions."""

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ostinato.model import decisions as d
from ostinato.model import events as e

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import Scenario


def _call(name: str, **settings: str) -> d.ScheduleLambdaFunction:
    return d.ScheduleLambdaFunction(id="1", name=name, **settings)


def _ended(scenario: "Scenario") -> e.HistoryEvent:
    """The event that ended the function, once it is there."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        events = scenario.history()
        if isinstance(events[-1], e.DecisionTaskScheduled):
            return events[-2]
    raise AssertionError(scenario.kinds())


def test_a_function_is_called_with_its_input(open_scenario: "Callable[..., Scenario]") -> None:
    """Scheduled, Started, Completed with the text it gave, and a decision task."""
    scenario = open_scenario(lambda_functions={"upper": lambda text: (text or "").upper()})
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("upper", input="abc"))

    completed = _ended(scenario)
    assert isinstance(completed, e.LambdaFunctionCompleted)
    assert (completed.result, completed.scheduled_event_id, completed.started_event_id) == ("ABC", 5, 6)
    assert scenario.kinds()[4:6] == ["LambdaFunctionScheduled", "LambdaFunctionStarted"]


def test_what_json_can_say_is_a_result(open_scenario: "Callable[..., Scenario]") -> None:
    """A result that is no text is written as JSON; a function's ARN names it too."""
    scenario = open_scenario(lambda_functions={"f": lambda _: {"a": [1]}})
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("arn:aws:lambda:eu-west-1:0:function:f"))

    completed = _ended(scenario)
    assert isinstance(completed, e.LambdaFunctionCompleted)
    assert completed.result == '{"a":[1]}'


def test_an_exception_fails_the_function(open_scenario: "Callable[..., Scenario]") -> None:
    """LambdaFunctionFailed has the exception's class, text and stack, as Amazon's has."""

    def fail(_: str | None) -> str:
        raise ValueError("no")

    scenario = open_scenario(lambda_functions={"fail": fail})
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("fail"))

    failed = _ended(scenario)
    assert isinstance(failed, e.LambdaFunctionFailed)
    assert failed.reason == "ValueError"
    assert json.loads(failed.details or "")["errorMessage"] == "no"


def test_a_function_that_is_not_there_fails(open_scenario: "Callable[..., Scenario]") -> None:
    """A name without a function is Amazon's ResourceNotFoundException."""
    scenario = open_scenario()
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("none"))

    failed = _ended(scenario)
    assert isinstance(failed, e.LambdaFunctionFailed)
    assert failed.reason == "ResourceNotFoundException"


def test_without_a_role_no_function_is_called(scenario: "Scenario") -> None:
    """StartLambdaFunctionFailed ASSUME_ROLE_FAILED, with the recorded message."""
    scenario.start()
    scenario.decide(_call("f"))

    failed = _ended(scenario)
    assert isinstance(failed, e.StartLambdaFunctionFailed)
    assert failed.message == "No IAM role is attached to the current workflow execution."
    assert failed.cause is not None
    assert failed.cause.value == "ASSUME_ROLE_FAILED"


def test_a_slow_function_times_out(open_scenario: "Callable[..., Scenario]") -> None:
    """LambdaFunctionTimedOut after its start-to-close time-out; what it gives later is nobody's."""
    may_end = threading.Event()
    scenario = open_scenario(lambda_functions={"slow": lambda _: str(may_end.wait(10))})
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("slow", start_to_close_timeout="5"))
    scenario.advance(5)
    may_end.set()

    assert isinstance(_ended(scenario), e.LambdaFunctionTimedOut)


def test_a_function_whose_process_died_is_called_again(
    open_scenario: "Callable[..., Scenario]", tmp_path: "Path"
) -> None:
    """At the next start a function that was started and did not end is invoked anew; it is written once."""
    is_called = threading.Event()

    def never(_: str | None) -> str:
        is_called.set()
        return str(threading.Event().wait(0.2))

    before = open_scenario(tmp_path / "db", lambda_functions={"f": never})
    before.register()
    before.start(lambda_role="role")
    before.decide(_call("f"))
    assert is_called.wait(10)
    before.engine.close()
    after = open_scenario(tmp_path / "db", before.clock, lambda_functions={"f": lambda _: "again"})
    after.runs = before.runs

    completed = _ended(after)
    assert isinstance(completed, e.LambdaFunctionCompleted)
    assert completed.result == "again"
    assert after.kinds().count("LambdaFunctionStarted") == 1


class _Mute(Exception):
    """An exception that cannot be told."""

    def __str__(self) -> str:
        """Fail."""
        raise ValueError


@pytest.mark.parametrize(("error", "reason"), [(SystemExit(3), "SystemExit"), (_Mute(), "_Mute")])
def test_whatever_a_function_raises_fails_it(
    error: BaseException, reason: str, open_scenario: "Callable[..., Scenario]"
) -> None:
    """Also what is no Exception, or cannot be written down."""

    def fail(_: str | None) -> None:
        raise error

    scenario = open_scenario(lambda_functions={"f": fail})
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("f"))

    ended = _ended(scenario)
    assert isinstance(ended, e.LambdaFunctionFailed)
    assert ended.reason == reason


def test_a_failure_that_is_too_long_loses_its_stack(open_scenario: "Callable[..., Scenario]") -> None:
    """What is left is still JSON with the class and the beginning of the text."""

    def fail(_: str | None) -> None:
        raise ValueError("\U0001f600" * 40_000)

    scenario = open_scenario(lambda_functions={"f": fail})
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("f"))

    ended = _ended(scenario)
    assert isinstance(ended, e.LambdaFunctionFailed)
    told = json.loads(ended.details or "")
    assert (told["errorType"], set(told["errorMessage"]), told["stackTrace"]) == ("ValueError", {"\U0001f600"}, [])


def test_a_result_that_is_no_text_fails_the_function(open_scenario: "Callable[..., Scenario]") -> None:
    """Half a surrogate pair cannot be kept: it must not spoil the commit of others."""
    scenario = open_scenario(lambda_functions={"f": lambda _: "\ud800"})
    scenario.register()
    scenario.start(lambda_role="role")
    scenario.decide(_call("f"))

    ended = _ended(scenario)
    assert isinstance(ended, e.LambdaFunctionFailed)
    assert ended.reason == "MalformedResult"
