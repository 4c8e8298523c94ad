"""An operation knows the type of its answer; events narrow by their class."""

from typing import assert_never, assert_type

from ostinato.model.events import TimerCanceled, TimerFired
from ostinato.model.operations import PollForDecisionTask, StartWorkflowExecution, TerminateWorkflowExecution
from ostinato.model.results import DecisionTask, Run
from ostinato.model.structures import TaskList, WorkflowType
from ostinato.swf import Swf


def start(swf: Swf) -> None:
    answer = swf.call(
        StartWorkflowExecution(
            domain="shop", workflow_id="order-7", workflow_type=WorkflowType(name="fulfil", version="1")
        )
    )
    assert_type(answer, Run)


def poll(swf: Swf) -> None:
    task = swf.call(PollForDecisionTask(domain="shop", task_list=TaskList(name="fulfil")))
    assert_type(task, DecisionTask | None)


def terminate(swf: Swf) -> None:
    swf.call(TerminateWorkflowExecution(domain="shop", workflow_id="order-7"))


def ended(event: TimerFired | TimerCanceled) -> str:
    match event:
        case TimerFired():
            return "fired"
        case TimerCanceled():
            return "canceled"
        case _:
            assert_never(event)
