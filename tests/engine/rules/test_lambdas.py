"""What invocations of Lambda functions write."""

from ostinato.engine.rules.lambdas import schedule
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.decisions import ScheduleLambdaFunction
from ostinato.model.enums import ChildPolicy
from ostinato.model.fields import EventId, RunId
from ostinato.model.limits import OPEN_LAMBDA_FUNCTIONS
from ostinato.model.structures import TaskList, WorkflowType


def test_a_thousand_may_be_open() -> None:
    """The 1,001st open invocation is refused, until another has closed."""
    execution = Execution(key=1, domain="d", workflow_id="w", run_id=RunId("r"))
    execution.apply(
        e.WorkflowExecutionStarted(
            event_id=EventId(1),
            event_timestamp=0.0,
            child_policy=ChildPolicy.ABANDON,
            task_list=TaskList(name="l"),
            workflow_type=WorkflowType(name="w", version="1"),
        )
    )
    for number in range(OPEN_LAMBDA_FUNCTIONS):
        event = schedule(execution, ScheduleLambdaFunction(id=str(number), name="f"), EventId(1), 1.0)
        assert isinstance(event, e.LambdaFunctionScheduled)
        execution.apply(event)

    refused = schedule(execution, ScheduleLambdaFunction(id="more", name="f"), EventId(1), 1.0)

    assert isinstance(refused, e.ScheduleLambdaFunctionFailed)
    assert refused.cause.name == "OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED"
