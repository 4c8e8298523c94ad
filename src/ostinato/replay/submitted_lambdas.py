"""Lambda functions that workflow code submitted."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never, cast

from ostinato import errors
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import lives
from ostinato.model.durations import to_swf
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads.failures import load_failure
from ostinato.payloads.limits import check_length
from ostinato.replay.definitions import LambdaFunction
from ostinato.replay.execution import Execution, bounded_id
from ostinato.replay.keys import Kind
from ostinato.replay.submission import Submission

_End = (
    e.LambdaFunctionCompleted
    | e.LambdaFunctionFailed
    | e.LambdaFunctionTimedOut
    | e.StartLambdaFunctionFailed
    | e.ScheduleLambdaFunctionFailed
)


class SubmittedLambda(Submission):
    """An invocation of a Lambda function, which SWF cannot cancel."""

    __slots__ = ("function",)

    kind = Kind.LAMBDA

    def __init__(self, execution: Execution, function: LambdaFunction) -> None:
        given = function.id or f"lambda-{function.name}-{execution.number(f'lambda {function.name}')}"
        super().__init__(execution, bounded_id(given), function, execution.converter)
        self.function = function
        self._state = lives.LambdaState.NEW

    def _dump(self, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
        text = self.execution.converter.dump(args[0] if args else dict(kwargs))
        check_length(text, field=f"the input of {self.name}", limit=DATA_CHARACTERS)
        return text

    def _kind_name(self) -> str:
        return self.name

    def _result_type(self) -> Any:
        return Any

    def _decision(self) -> d.ScheduleLambdaFunction:
        self._state = lives.LambdaState.NEW
        timeout = self.function.start_to_close_timeout
        return d.ScheduleLambdaFunction(
            id=self.id,
            name=self.function.name,
            input=self._input,
            start_to_close_timeout=None if timeout is None else to_swf(timeout),
        )

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        self._state = state = lives.advance(lives.LAMBDA, self._state, event)
        if state is lives.LambdaState.CLOSED:
            self._closed()
            self._ended(cast("_End", event))
        elif state is lives.LambdaState.SCHEDULED:
            self._opened(event)
        else:
            self.future.is_running = True

    def _ended(self, event: _End) -> None:
        said = f"Lambda function {self.name} ({self.id})"
        match event:
            case e.LambdaFunctionCompleted(result=result):
                self._completed(result, self._result_type())
            case e.LambdaFunctionFailed(reason=reason, details=details):
                told = load_failure(reason, details)
                self._failed(
                    errors.LambdaFailed(
                        said,
                        reason=reason,
                        details=details,
                        error_type=told.error_type,
                        error_message=told.message,
                        error_traceback=told.traceback,
                    )
                )
            case e.LambdaFunctionTimedOut():
                self._failed(errors.LambdaTimedOut(f"{said} timed out"))
            case e.StartLambdaFunctionFailed(message=message):
                self._failed(errors.LambdaNotStarted(f"{said} could not be invoked: {message}", reason=message))
            case e.ScheduleLambdaFunctionFailed(cause=cause):
                if cause.name in ("OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED", "LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED"):
                    self._refused_for_now()
                else:
                    what = f"{said} could not be scheduled: {cause.name}"
                    self._failed(errors.LambdaNotStarted(what, reason=cause.name))
            case _:
                assert_never(event)
