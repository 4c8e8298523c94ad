"""OpenTelemetry: one trace from who starts an execution through its decisions, activities and children; and metrics.

An extra, `ostinato[otel]`, over OpenTelemetry's API; its SDK, and where all goes, is the program's choice. The context
of the trace travels beside the arguments, as the W3C writes it. Replay knows nothing of this: a span is made where a
decision is made, an attempt is run or an execution is started, so that replaying history makes none.
"""

import hashlib
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

import msgspec
from opentelemetry import metrics, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ostinato.client.middleware import Starting
from ostinato.model.decisions import (
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    DecisionAttributes,
    FailWorkflowExecution,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
)
from ostinato.model.operations import (
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
)
from ostinato.model.results import ActivityTask
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.along import send_along, sent_along
from ostinato.schedules.schedule import NAME as SCHEDULE
from ostinato.worker.middleware import Deciding, Decisions, Report, carried
from ostinato.worker.notices import CallFailed, Notice, ReplayBegun, ReplayContinued

_NAME = "ostinato"
_W3C = TraceContextTextMapPropagator()
_CARRIERS = (ScheduleActivityTask, StartChildWorkflowExecution, ContinueAsNewWorkflowExecution)
_CLOSES: Mapping[type, str] = {
    CompleteWorkflowExecution: "completed",
    FailWorkflowExecution: "failed",
    CancelWorkflowExecution: "canceled",
    ContinueAsNewWorkflowExecution: "continued as new",
}


class Telemetry:
    """Spans and metrics, as middleware: `around_start`, `around_decision`, `around_activity`; and as `watch`.

    The module has functions of these names, too, for the providers that are set globally.

    Args:
        tracer_provider: makes spans; the global one, unless given.
        meter_provider: takes measurements; the global one, unless given.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        self._starts = meter.create_counter("ostinato.starts", "{execution}", "Executions that were started.")
        self._decisions = meter.create_histogram(
            "ostinato.decision.duration", "s", "How long it took to make a decision, or to find that none can be made."
        )
        self._activities = meter.create_histogram("ostinato.activity.duration", "s", "How long an attempt ran.")
        self._running = meter.create_up_down_counter("ostinato.activities", "{attempt}", "Attempts that run.")
        self._replays = meter.create_counter(
            "ostinato.replays", "{replay}", "Replays that were begun, or went on, in order to decide or to check."
        )
        self._failures = meter.create_counter(
            "ostinato.call.failures", "{call}", "Calls to SWF that failed and were made again."
        )

    def around_start(self, starting: Starting, start: Callable[[Starting], WorkflowExecution]) -> WorkflowExecution:
        """Around a start: the span under which the execution will be."""
        kind = starting.workflow.workflow_type
        attributes = {"ostinato.workflow.type": kind.name, "ostinato.workflow.version": kind.version}
        with self._tracer.start_as_current_span(
            f"start {kind.name}",
            kind=SpanKind.PRODUCER,
            attributes={**attributes, "ostinato.workflow.id": starting.workflow_id},
        ) as span:
            execution = start(replace(starting, input=send_along(starting.input, _injected())))
            span.set_attribute("ostinato.run.id", execution.run_id)
        self._starts.add(1, attributes)
        return execution

    def around_decision(self, deciding: Deciding, decide: Callable[[], Decisions]) -> Decisions:
        """Around a decision: a span under that of the start; what is decided will be under it.

        It is current while the decision is made, and ends when SWF has taken it, or has not.
        """
        kind = deciding.task.workflow_type
        attributes = {"ostinato.workflow.type": kind.name, "ostinato.workflow.version": kind.version}
        execution = deciding.task.workflow_execution
        span = self._begun(f"decide {kind.name}", deciding.started.input, execution, attributes)
        begun, outcome = time.perf_counter(), "dropped"

        def answered(failure: BaseException | None) -> None:
            refused = outcome if failure is None or outcome == "dropped" else "refused"
            _end(span, refused, failure)

        deciding.answered.append(answered)
        try:
            with _current(span):
                decisions = decide()
                outcome = _close(decisions) or "made"
                span.set_attribute("ostinato.decisions", len(decisions))
                # A schedule may go on for years: what it starts has traces of its own.
                return decisions if kind.name == SCHEDULE else tuple(map(_carrying, decisions))
        finally:
            self._decisions.record(time.perf_counter() - begun, {**attributes, "ostinato.outcome": outcome})

    def around_activity(self, task: ActivityTask) -> Generator[None, Report | None]:
        """Around an attempt: a span under that of the decision which asked for it."""
        kind = task.activity_type
        attributes = {"ostinato.activity.type": kind.name, "ostinato.activity.version": kind.version}
        span = self._begun(f"run {kind.name}", task.input, task.workflow_execution, attributes)
        span.set_attributes(
            {"ostinato.activity.id": task.activity_id, "ostinato.attempt": sent_along(task.input).attempt}
        )
        begun, outcome, failure = time.perf_counter(), "failed", None
        self._running.add(1, attributes)
        try:
            with _current(span):
                sent = carried.set(_injected())
                try:
                    report = yield
                finally:
                    carried.reset(sent)
            outcome = _outcome(report)
            if isinstance(report, RespondActivityTaskFailed):
                span.set_status(Status(StatusCode.ERROR, report.reason))
        except BaseException as error:
            failure = error
            raise
        finally:
            self._running.add(-1, attributes)
            _end(span, outcome, failure)
            self._activities.record(time.perf_counter() - begun, {**attributes, "ostinato.outcome": outcome})

    def watch(self, notice: Notice) -> None:
        """Count what deciders and workers tell of replays and of calls that failed."""
        match notice:
            case ReplayContinued():
                self._replays.add(1, {"ostinato.replay": "continued"})
            case ReplayBegun(is_check=is_check):
                self._replays.add(1, {"ostinato.replay": "check" if is_check else "full"})
            case CallFailed(operation=operation, error=error):
                self._failures.add(1, {"ostinato.operation": operation, "error.type": type(error).__name__})
            case _:
                pass

    def _begun(self, name: str, text: str | None, execution: WorkflowExecution, attributes: dict[str, str]) -> Span:
        ids = {"ostinato.workflow.id": execution.workflow_id, "ostinato.run.id": execution.run_id}
        parent = _parent(text, execution)
        return self._tracer.start_span(name, parent, SpanKind.CONSUMER, {**attributes, **ids})


def _current(span: Span) -> AbstractContextManager[Span]:
    return trace.use_span(span, record_exception=False, set_status_on_exception=False)


def _end(span: Span, outcome: str, failure: BaseException | None) -> None:
    span.set_attribute("ostinato.outcome", outcome)
    if failure is not None:
        span.record_exception(failure)
        span.set_status(Status(StatusCode.ERROR, f"{type(failure).__name__}: {failure}"))
    span.end()


def within_attempt(task: ActivityTask, attempt: Callable[[], Report | None]) -> Report | None:
    """In the process of an isolated activity: what its code makes spans of is under the span of its attempt."""
    token = attach(_parent(task.input, task.workflow_execution))
    try:
        return attempt()
    finally:
        detach(token)


def _injected() -> dict[str, str | int]:
    """The current context, to be sent along."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return {**carrier}


def _parent(text: str | None, execution: WorkflowExecution) -> Context:
    """The context that came with an input; if none did, one that all of the execution's spans have in common."""
    along = sent_along(text)
    if along.traceparent is not None:
        carrier = {"traceparent": along.traceparent, "tracestate": along.tracestate or ""}
        context = _W3C.extract(carrier, Context())
        if trace.get_current_span(context).get_span_context().is_valid:
            return context
    digest = hashlib.sha256(execution.run_id.encode()).digest()
    unknown = SpanContext(
        trace_id=int.from_bytes(digest[:16], "big"),
        span_id=int.from_bytes(digest[16:24], "big"),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(NonRecordingSpan(unknown), Context())


def _carrying(decision: DecisionAttributes) -> DecisionAttributes:
    """The decision, with the current context sent along if something will run because of it."""
    if not isinstance(decision, _CARRIERS) or decision.input is None:
        return decision
    return msgspec.structs.replace(decision, input=send_along(decision.input, _injected()))


def _close(decisions: Decisions) -> str | None:
    """How the decisions end the execution; None if they do not."""
    return _CLOSES.get(type(decisions[-1])) if decisions else None


def _outcome(report: Report | None) -> str:
    match report:
        case RespondActivityTaskCompleted():
            return "completed"
        case RespondActivityTaskFailed():
            return "failed"
        case RespondActivityTaskCanceled():
            return "canceled"
        case None:
            return "abandoned"


_GLOBAL = Telemetry()

around_start = _GLOBAL.around_start
around_decision = _GLOBAL.around_decision
around_activity = _GLOBAL.around_activity
watch = _GLOBAL.watch
