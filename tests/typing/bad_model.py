"""Mistakes with the model, which the checkers find."""

from typing import assert_never

from ostinato.model.decisions import StartTimer
from ostinato.model.enums import ChildPolicy
from ostinato.model.events import TimerCanceled, TimerFired, TimerStarted
from ostinato.model.operations import DescribeDomain, StartWorkflowExecution
from ostinato.model.results import Run
from ostinato.model.structures import WorkflowType
from ostinato.swf import Swf

StartTimer(timer_id="t")  # error: mypy[call-arg] pyright[reportCallIssue]
StartTimer(timer_id="t", start_to_fire_timeout=5)  # error: mypy[arg-type] pyright[reportArgumentType]
WorkflowType("fulfil", "1")  # error: mypy[call-arg] pyright[reportCallIssue]


def answer_of_another(swf: Swf) -> Run:
    return swf.call(DescribeDomain(name="shop"))  # error: mypy[return-value] pyright[reportReturnType]


def misspelt(policy: ChildPolicy) -> bool:
    return policy == "TERMINATED"  # error: mypy[comparison-overlap] pyright[reportUnnecessaryComparison]


def change(operation: StartWorkflowExecution) -> None:
    operation.workflow_id = "other"  # error: mypy[misc] pyright[reportAttributeAccessIssue]


def forgotten(event: TimerStarted | TimerFired | TimerCanceled) -> str:
    match event:
        case TimerFired():
            return "fired"
        case TimerCanceled():
            return "canceled"
        case _:
            assert_never(event)  # error: mypy[arg-type] pyright[reportArgumentType]
