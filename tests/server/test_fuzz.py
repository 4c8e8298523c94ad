"""Requests made at random from Amazon's own model of the API: no fault of ours, no hang, nothing half done."""

import json
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.model import ListShape, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.engine.clock import ManualClock
from tests.server.conftest import Serve, Served, Wire, poll

MODEL = botocore.session.get_session().get_service_model("swf")
POLLS = ("PollForDecisionTask", "PollForActivityTask")

ODD_TEXTS = st.sampled_from(["", "a:b", "x" * 300, "x" * 33_000, "NONE", "-1", "1e9", "\x00", "é😀", "arn:x"])
KNOWN_TEXTS = st.sampled_from(["d", "w", "a", "1", "x", "y", "deciders", "workers", "10", "NONE", "0", "REGISTERED"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NUMBERS = st.integers(-5, 2_000) | st.floats(allow_nan=False) | st.sampled_from([2**63, -(2**63), 1e308, 1.5])


class Requests:
    """Strategies for what the model's shapes say, with now and then something else."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self._tokens = tokens
        self._made: dict[str, st.SearchStrategy[Any]] = {}

    def of(self, shape: Shape) -> st.SearchStrategy[Any]:
        """Values of the shape, one in some thirty not."""
        known = self._made.get(shape.name)
        if known is None:
            known = self._made[shape.name] = st.integers(0, 30).flatmap(
                lambda number: ANYTHING if number == 0 else self._right(shape)
            )
        return known

    def _right(self, shape: Shape) -> st.SearchStrategy[Any]:
        if isinstance(shape, StructureShape):
            return self._structure(shape)
        if isinstance(shape, ListShape):
            return st.lists(self.of(shape.member), max_size=3)
        if shape.name in {"TaskToken", "PageToken"}:
            return st.sampled_from(["", "nonsense", *self._tokens]).map(lambda name: self._tokens.get(name, name))
        if shape.type_name == "string":
            enum = getattr(shape, "enum", None)
            return st.sampled_from(enum) if enum else KNOWN_TEXTS | ODD_TEXTS
        if shape.type_name == "boolean":
            return st.booleans()
        return NUMBERS

    def _structure(self, shape: StructureShape) -> st.SearchStrategy[Any]:
        members = {name: self.of(member) for name, member in shape.members.items()}
        if shape.name == "Decision":
            return st.sampled_from(shape.members["decisionType"].enum).flatmap(lambda kind: self._decision(shape, kind))
        required = {name: members[name] for name in shape.required_members}
        optional = {name: strategy for name, strategy in members.items() if name not in required}
        return st.integers(0, 30).flatmap(
            lambda number: (
                st.fixed_dictionaries({}, optional={**required, **optional})
                if number == 0
                else st.fixed_dictionaries(required, optional=optional)
            )
        )

    def _decision(self, shape: StructureShape, kind: str) -> st.SearchStrategy[Any]:
        key = f"{kind[0].lower()}{kind[1:]}DecisionAttributes"
        return st.fixed_dictionaries({"decisionType": st.just(kind), key: self.of(shape.members[key])})


def world(serve: Serve) -> tuple[Served, Wire, dict[str, str]]:
    """A server whose time stands still, with an execution, and the tokens of its tasks."""
    clock = ManualClock()
    served = serve(clock=clock, poll_seconds=0.0)
    served.engine.time_held().__enter__()  # until the end
    served.register()
    served.start("x")
    wire = served.wire()
    schedule = {"activityType": {"name": "a", "version": "1"}, "activityId": "1"}
    decision = {"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": schedule}
    token = wire.call("PollForDecisionTask", poll()).value["taskToken"]
    wire.call("RespondDecisionTaskCompleted", {"taskToken": token, "decisions": [decision]})
    tokens = {"activity": wire.call("PollForActivityTask", poll("workers")).value["taskToken"]}
    wire.call("SignalWorkflowExecution", {"domain": "d", "workflowId": "x", "signalName": "s"})
    tokens["decision"] = wire.call("PollForDecisionTask", poll()).value["taskToken"]
    served.start("y")
    return served, wire, tokens


def check(served: Served, wire: Wire, operation: str, body: bytes) -> None:
    """One request: 200, or a fault after which nothing is different."""
    commits, size = served.engine._commits, len(served.engine._ledger.executions)
    before = commits.durable

    answer = wire.call(operation, body)

    assert answer.status in {200, 400}, (operation, body, answer)
    if answer.status == 400:
        assert answer.fault != "InternalFailure"
        assert commits.open.is_empty
        assert (commits.durable, len(served.engine._ledger.executions)) == (before, size), (operation, body, answer)


def rounds(serve: Serve, make: Callable[[dict[str, str]], st.SearchStrategy[Any]], examples: int) -> None:
    """Check many requests, one after the other, against one server."""
    served, wire, tokens = world(serve)

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(make(tokens))
    def fuzz(request: tuple[str, Any]) -> None:
        operation, value = request
        try:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
        except ValueError:
            return
        check(served, wire, operation, body)

    fuzz()
    assert wire.call("DescribeDomain", {"name": "d"}).status == 200


def test_requests_of_the_model(serve: Serve) -> None:
    """Every operation, with members right and wrong."""

    def make(tokens: dict[str, str]) -> st.SearchStrategy[Any]:
        requests = Requests(tokens)
        return st.sampled_from(MODEL.operation_names).flatmap(
            lambda name: st.tuples(st.just(name), requests.of(MODEL.operation_model(name).input_shape))
        )

    rounds(serve, make, 400)


def test_decisions_of_the_model(serve: Serve) -> None:
    """Decisions of every kind, right and wrong, in one answer: all are taken in, or none."""

    def make(tokens: dict[str, str]) -> st.SearchStrategy[Any]:
        shape = MODEL.operation_model("RespondDecisionTaskCompleted").input_shape
        assert isinstance(shape, StructureShape)
        decisions = Requests(tokens).of(shape.members["decisions"])
        return decisions.map(
            lambda made: ("RespondDecisionTaskCompleted", {"taskToken": tokens["decision"], "decisions": made})
        )

    rounds(serve, make, 200)


def test_bodies_of_raw_bytes(serve: Serve) -> None:
    """Any bytes as a body, and right requests with a byte changed."""

    def make(_: dict[str, str]) -> st.SearchStrategy[Any]:
        right = json.dumps({"domain": "d", "workflowId": "z", "workflowType": {"name": "w", "version": "1"}}).encode()
        changed = st.tuples(st.integers(0, len(right) - 1), st.binary(max_size=2)).map(
            lambda change: right[: change[0]] + change[1] + right[change[0] + 1 :]
        )
        return st.tuples(st.sampled_from(MODEL.operation_names), st.binary(max_size=60) | changed)

    rounds(serve, make, 300)
