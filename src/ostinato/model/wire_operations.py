"""Operations, answers and faults as the service's JSON has them, both ways: what servers and clients share.

It knows no HTTP. Requests are read leniently where the service is (an unknown member is passed over, null is absent),
and refused in its words; their bounds are left to who carries them out.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args

import msgspec

from ostinato.errors import SerializationException, SwfFault, UnknownOperationException
from ostinato.model import decisions as d
from ostinato.model import operations as o
from ostinato.model.fields import BoundedTaskToken, Data, DurationInSecondsOptional, EventId, PageToken
from ostinato.model.operations import Operation
from ostinato.model.results import ActivityTask, DecisionTask, History
from ostinato.model.structures import TaskList, WorkflowExecution, WorkflowType
from ostinato.model.wire import attributes_key, decision_to_wire, encode_event, events_from_wire
from ostinato.model.wire_requests import read_request

Answer = TypeVar("Answer")

_KINDS = cast("list[type[Operation[Any]]]", Operation.__subclasses__())
OPERATIONS: Mapping[str, type[Operation[Any]]] = {kind.__name__: kind for kind in _KINDS}
"""The 39 operations by their names."""

_EMPTY_POLLS: Mapping[type[Operation[Any]], bytes] = {
    o.PollForDecisionTask: b'{"previousStartedEventId":0,"startedEventId":0}',
    o.PollForActivityTask: b'{"startedEventId":0}',
}
"""As recorded: without a token, which some clients would take for a task."""

# Requests.


def decode_operation(name: str, body: bytes) -> Operation[Any]:
    """The operation of that name that JSON in the service's shape says. Its members may be out of bounds.

    Raises:
        UnknownOperationException: there is no operation of that name.
        SerializationException: it is not JSON, or a member has the wrong type.
        ValidationException: a required member is missing, or a word is none of its set.
    """
    kind = OPERATIONS.get(name)
    if kind is None:
        raise UnknownOperationException(f"Unknown operation {name}" if name else "No operation given")
    try:
        return _request_decoder(kind)(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
        return read_request(kind, _parse(body))


def encode_operation(operation: Operation[Any]) -> bytes:
    """The operation as JSON in the service's shape."""
    if type(operation) is o.RespondDecisionTaskCompleted and operation.decisions:
        decisions = b",".join(map(_encode_decision, operation.decisions))
        rest = msgspec.json.encode(msgspec.structs.replace(operation, decisions=None))
        return b'{"decisions":[%b],%b' % (decisions, rest[1:])
    return msgspec.json.encode(operation)


def _parse(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SerializationException(f"The request is not JSON: {error}") from None
    except RecursionError:
        raise SerializationException("The request is nested too deeply") from None


@cache
def _request_decoder(kind: type[Operation[Any]]) -> Callable[[bytes], Operation[Any]]:
    if kind is o.RespondDecisionTaskCompleted:
        decode = msgspec.json.Decoder(_CompletedDecisionTask).decode
        return lambda body: decode(body).operation()
    return msgspec.json.Decoder(kind).decode


class _WireDecision(msgspec.Struct, rename="camel"):
    """A decision as it is on the wire: its attributes beside its type, under a name made of that."""

    decision_type: str
    schedule_activity_task_decision_attributes: d.ScheduleActivityTask | None = None
    request_cancel_activity_task_decision_attributes: d.RequestCancelActivityTask | None = None
    complete_workflow_execution_decision_attributes: d.CompleteWorkflowExecution | None = None
    fail_workflow_execution_decision_attributes: d.FailWorkflowExecution | None = None
    cancel_workflow_execution_decision_attributes: d.CancelWorkflowExecution | None = None
    continue_as_new_workflow_execution_decision_attributes: d.ContinueAsNewWorkflowExecution | None = None
    record_marker_decision_attributes: d.RecordMarker | None = None
    start_timer_decision_attributes: d.StartTimer | None = None
    cancel_timer_decision_attributes: d.CancelTimer | None = None
    signal_external_workflow_execution_decision_attributes: d.SignalExternalWorkflowExecution | None = None
    request_cancel_external_workflow_execution_decision_attributes: d.RequestCancelExternalWorkflowExecution | None = (
        None
    )
    start_child_workflow_execution_decision_attributes: d.StartChildWorkflowExecution | None = None
    schedule_lambda_function_decision_attributes: d.ScheduleLambdaFunction | None = None

    def decision(self) -> d.DecisionAttributes:
        """The attributes that belong to the type.

        Raises:
            KeyError: there is no such type, or its attributes are missing.
        """
        attributes: d.DecisionAttributes | None = getattr(self, _ATTRIBUTES_OF[self.decision_type])
        if attributes is None:
            raise KeyError(self.decision_type)
        return attributes


_ATTRIBUTES_OF: Mapping[str, str] = {
    get_args(field.type)[0].__name__: field.name
    for field in msgspec.structs.fields(_WireDecision)
    if field.name != "decision_type"
}


class _CompletedDecisionTask(msgspec.Struct, rename="camel"):
    """RespondDecisionTaskCompleted as it is on the wire."""

    task_token: BoundedTaskToken
    decisions: list[_WireDecision] | None = None
    execution_context: Data | None = None
    task_list: TaskList | None = None
    task_list_schedule_to_start_timeout: DurationInSecondsOptional | None = None

    def operation(self) -> o.RespondDecisionTaskCompleted:
        decisions = self.decisions
        return o.RespondDecisionTaskCompleted(
            task_token=self.task_token,
            decisions=None if decisions is None else tuple(decision.decision() for decision in decisions),
            execution_context=self.execution_context,
            task_list=self.task_list,
            task_list_schedule_to_start_timeout=self.task_list_schedule_to_start_timeout,
        )


def _encode_decision(decision: d.DecisionAttributes) -> bytes:
    text = msgspec.json.encode(decision)
    head, key, start = _decision_head(type(decision))
    # The type stands first; what follows its comma are the attributes.
    return b"%b%b{%b}}" % (head, key, text[start:-1])


@cache
def _decision_head(kind: type[d.DecisionAttributes]) -> tuple[bytes, bytes, int]:
    head = f'{{"decisionType":"{kind.__name__}",'
    return head.encode(), f'"{attributes_key(kind.__name__, "DecisionAttributes")}":'.encode(), len(head)


# Answers.


def encode_answer(operation: Operation[Answer], answer: Answer) -> bytes:
    """The answer to the operation as JSON in the service's shape; nothing at all if the operation has none."""
    if answer is None:
        return _EMPTY_POLLS.get(type(operation), b"")
    if isinstance(answer, DecisionTask | History):
        events = b",".join(map(encode_event, answer.events))
        rest = msgspec.json.encode(msgspec.structs.replace(answer, events=()))
        return rest.replace(b'"events":[]', b'"events":[%b]' % events, 1)
    return msgspec.json.encode(answer)


def decode_answer(operation: Operation[Answer], body: bytes) -> Answer:
    """The answer to the operation that JSON in the service's shape says.

    Raises:
        msgspec.DecodeError: it is no answer to that operation.
    """
    answer: Answer = _answer_decoder(type(operation))(body)
    return answer


class _DecisionTask(msgspec.Struct, rename="camel"):
    """A decision task as it is on the wire."""

    task_token: BoundedTaskToken
    started_event_id: EventId
    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    events: list[dict[str, Any]]
    next_page_token: PageToken | None = None
    previous_started_event_id: EventId | None = None


class _History(msgspec.Struct, rename="camel"):
    """A page of history as it is on the wire."""

    events: list[dict[str, Any]]
    next_page_token: PageToken | None = None


class _EmptyPoll(msgspec.Struct, rename="camel"):
    """All that says of a poll's answer whether there is a task."""

    task_token: str | None = None


@cache
def _answer_decoder(kind: type[Operation[Any]]) -> Callable[[bytes], Any]:
    if kind is o.PollForDecisionTask:
        return _task_decoder(_decode_decision_task)
    if kind is o.GetWorkflowExecutionHistory:
        return _decode_history
    answer = _answer_type(kind)
    if answer is None:
        return lambda _: None
    decode = cast("Callable[[bytes], Any]", msgspec.json.Decoder(answer).decode)
    return _task_decoder(decode) if kind is o.PollForActivityTask else decode


def _task_decoder(decode: Callable[[bytes], Answer]) -> Callable[[bytes], Answer | None]:
    def decode_task(body: bytes) -> Answer | None:
        try:
            return decode(body)
        except msgspec.ValidationError:
            # Amazon leaves the token out where there is no task; others leave it empty.
            if not _decode_empty_poll(body).task_token:
                return None
            raise

    return decode_task


_decode_empty_poll = msgspec.json.Decoder(_EmptyPoll).decode
_decode_wire_task = msgspec.json.Decoder(_DecisionTask).decode
_decode_wire_history = msgspec.json.Decoder(_History).decode


def _decode_decision_task(body: bytes) -> DecisionTask:
    task = _decode_wire_task(body)
    return DecisionTask(
        task_token=task.task_token,
        started_event_id=task.started_event_id,
        workflow_execution=task.workflow_execution,
        workflow_type=task.workflow_type,
        events=events_from_wire(task.events),
        next_page_token=task.next_page_token,
        previous_started_event_id=task.previous_started_event_id,
    )


def _decode_history(body: bytes) -> History:
    page = _decode_wire_history(body)
    return History(events=events_from_wire(page.events), next_page_token=page.next_page_token)


# The same as JSON objects, for who has a client of its own that makes text of them.


def operation_to_wire(operation: Operation[Any]) -> dict[str, Any]:
    """The operation as a JSON object in the service's shape; times are numbers."""
    value: dict[str, Any] = msgspec.to_builtins(operation)
    if isinstance(operation, o.RespondDecisionTaskCompleted) and operation.decisions is not None:
        value["decisions"] = [decision_to_wire(decision) for decision in operation.decisions]
    return value


def answer_from_wire(operation: Operation[Answer], value: Mapping[str, Any]) -> Answer:
    """The answer to the operation that a JSON object in the service's shape says; times are numbers.

    Raises:
        msgspec.ValidationError: it is no answer to that operation.
    """
    kind = _answer_type(type(operation))
    answer: Any = None
    if kind is DecisionTask or kind is History:
        if kind is History or value.get("taskToken"):
            rest = msgspec.convert({**value, "events": ()}, kind)
            answer = msgspec.structs.replace(rest, events=events_from_wire(value.get("events", ())))
    elif kind is not None and (kind is not ActivityTask or value.get("taskToken")):
        answer = msgspec.convert(value, kind)
    return cast("Answer", answer)


@cache
def _answer_type(kind: type[Operation[Any]]) -> type[msgspec.Struct] | None:
    """What the operation answers; None if nothing. A poll answers a task, or nothing."""
    (answer,) = get_args(cast("Any", kind).__orig_bases__[0])
    kinds = [each for each in get_args(answer) or (answer,) if each is not type(None)]
    return kinds[0] if kinds else None


# Faults.


class _Fault(msgspec.Struct):
    """A fault as it is on the wire; the framework's own say their text with a capital letter."""

    type_name: str = msgspec.field(default="", name="__type")
    message: str | None = None
    Message: str | None = None


_NAMESPACES: Mapping[str, str] = {
    "ValidationException": "com.amazon.coral.validate",
    "ThrottlingException": "com.amazon.coral.availability",
}
_SWF_NAMESPACE = "com.amazonaws.swf.base.model"
_FRAMEWORK_NAMESPACE = "com.amazon.coral.service"
"""Where the faults are at home that every service of Amazon's has."""

_FAULTS: Mapping[str, type[SwfFault]] = {kind.code: kind for kind in SwfFault.__subclasses__()}


def fault_type(fault: SwfFault) -> str:
    """The fault's name on the wire, with its namespace."""
    is_swfs = fault.code.endswith("Fault")
    namespace = _SWF_NAMESPACE if is_swfs else _NAMESPACES.get(fault.code, _FRAMEWORK_NAMESPACE)
    return f"{namespace}#{fault.code}"


def fault_from(type_name: str, message: str) -> SwfFault:
    """The fault of that name, with or without its namespace; one that is unknown here keeps its name in its message."""
    code = type_name.rpartition("#")[2].partition(":")[0]
    kind = _FAULTS.get(code)
    return kind(message) if kind is not None else SwfFault(f"{code}: {message}" if message else code)


def encode_fault(fault: SwfFault) -> bytes:
    """The fault as JSON in the service's shape."""
    return msgspec.json.encode(_Fault(type_name=fault_type(fault), message=fault.message))


def decode_fault(body: bytes) -> SwfFault:
    """The fault that JSON in the service's shape says.

    Raises:
        msgspec.DecodeError: it is no fault.
    """
    fault = _decode_fault(body)
    if not fault.type_name:
        raise msgspec.ValidationError("Object missing required field `__type`")
    return fault_from(fault.type_name, fault.message or fault.Message or "")


_decode_fault = msgspec.json.Decoder(_Fault).decode
