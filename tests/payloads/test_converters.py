"""MessagePack, pickles, and protobuf's messages."""

import dataclasses
import math
import pickle
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
from google.protobuf import any_pb2, json_format, struct_pb2, timestamp_pb2, type_pb2

from ostinato import MsgpackConverter, Payloads, PickleConverter, activity, submit, workflow
from ostinato.errors import PayloadError, WorkflowFailed
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads.along import send_along, sent_along
from ostinato.payloads.converter import Converter, JsonConverter
from ostinato.payloads.wrapping import unwrap, wrap
from ostinato.testing.environment import Environment

MSGPACK = MsgpackConverter()
PICKLE = PickleConverter()
JSON = JsonConverter()
OTHERS: list[Converter] = [MSGPACK, PICKLE]


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    names: frozenset[str] = frozenset()


class Plain:
    """Nothing but pickle holds it."""

    def __init__(self, x: int) -> None:
        self.x = x


class Odd:
    def __reduce__(self) -> Any:
        raise RuntimeError("never")


def takes(point: Point, *more: float, by: dict[int, str] | None = None, **rest: datetime) -> None: ...


MOMENT = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("converter", OTHERS)
def test_arguments_come_back(converter: Converter) -> None:
    """By their annotations, whatever their place; what travels beside them has its place too."""
    text = converter.dump_arguments([Point(1, frozenset("ab")), math.inf], {"by": {1: "a"}, "at": MOMENT})

    loaded = converter.load_arguments(send_along(text, {"attempt": 3}), takes)

    assert loaded.args == (Point(1, frozenset("ab")), math.inf)
    assert loaded.kwargs == {"by": {1: "a"}, "at": MOMENT}
    assert sent_along(send_along(text, {"attempt": 3})).attempt == 3


@pytest.mark.parametrize("converter", OTHERS)
@pytest.mark.parametrize(
    ("value", "as_type"),
    [
        (None, Any),
        (0, int),
        ("", str),
        ([], list[int]),
        (b"\x00\xff", Any),
        ({1: b"a"}, Any),
        (-math.inf, float),
        (Point(2), Point),
        ([Point(2), "x"], list[Point | str]),
    ],
)
def test_values_come_back(converter: Converter, value: object, as_type: Any) -> None:
    """Falsy ones too, and what JSON does not hold."""
    assert converter.load(converter.dump(value), as_type) == value
    assert converter.load(None, as_type) is None


@pytest.mark.parametrize("converter", OTHERS)
def test_json_is_read_too(converter: Converter) -> None:
    """Of tools, and of former times; failures are JSON always."""
    failure = converter.dump_failure(ValueError("no"))

    assert converter.load("[1]", list[int]) == [1]
    assert converter.load_arguments('{"args":[{"x":1}]}', takes).args == (Point(1),)
    assert converter.load_arguments(None, lambda: None).args == ()
    assert failure.details[:1] == "{"
    assert converter.load_failure(failure.reason, failure.details).message == "no"


@pytest.mark.parametrize("converter", OTHERS)
def test_a_call_that_does_not_fit_is_refused(converter: Converter) -> None:
    """As with JSON."""
    with pytest.raises(PayloadError, match="no value for point"):
        converter.load_arguments(converter.dump_arguments([], {}), takes)


@pytest.mark.parametrize("converter", OTHERS)
@pytest.mark.parametrize("body", ['"!"', "7", '"', '"aGVsbG8="'])
def test_damage_is_told(converter: Converter, body: str) -> None:
    """Base64 that is none, and bytes that are none of its own."""
    name = converter.dump(1).partition(":")[0]

    with pytest.raises(PayloadError):
        converter.load(f"{name}:{body}}}", int)
    with pytest.raises(PayloadError):
        converter.load_arguments(f"{name}:{body}}}", takes)


def test_msgpack_is_the_same_in_every_process() -> None:
    """Sets and dicts are sorted."""
    assert MSGPACK.dump({"b": 1, "a": {"x", "y"}}) == MSGPACK.dump({"a": {"y", "x"}, "b": 1})


def test_msgpack_says_what_does_not_fit() -> None:
    """What cannot be written, what is of another type, and a type that nothing is read as."""
    with pytest.raises(PayloadError, match="what MessagePack can hold"):
        MSGPACK.dump(Plain(1))
    with pytest.raises(PayloadError, match="expected `int`"):
        MSGPACK.load(MSGPACK.dump("x"), int)
    with pytest.raises(PayloadError, match=r"takes\(\), parameter point"):
        MSGPACK.load_arguments(MSGPACK.dump_arguments([7], {}), takes)
    with pytest.raises(PayloadError, match="can be read from MessagePack"):
        MSGPACK.load(MSGPACK.dump(1), NoReturn)
    with pytest.raises(PayloadError, match="not supported between"):
        MSGPACK.dump({1, "a"})
    with pytest.raises(PayloadError, match="no MessagePack"):
        MSGPACK.load_arguments(wrap("__msgpack", b"\xc1"), takes)


def test_pickles_hold_what_nothing_else_does() -> None:
    """Objects of any class; what cannot be pickled, or raises when it is, is told."""
    loaded = PICKLE.load(PICKLE.dump(Plain(7)), Any)

    assert (type(loaded), loaded.x) == (Plain, 7)
    for value in (lambda: None, Odd()):
        with pytest.raises(PayloadError, match="cannot be pickled"):
            PICKLE.dump(value)


class Bomb:
    """What an attacker would write."""

    exploded = False

    def __reduce__(self) -> Any:
        return explode, ()


def explode() -> str:
    Bomb.exploded = True
    return "exploded"


def test_no_pickle_is_read_unless_asked_for() -> None:
    """What a text says of itself brings nothing about: to all other converters a pickle is an object with a string."""
    text = wrap("__pickle", pickle.dumps(Bomb()))

    for converter in (JSON, MSGPACK, Payloads(), Payloads(converter=MSGPACK)):
        assert converter.load(text, Any).keys() == {"__pickle"}
        converter.load_arguments(text, lambda **_: None)
        assert not Bomb.exploded
    assert PICKLE.load(text, Any) == "exploded"


def test_bytes_as_text() -> None:
    """Only what begins so is meant."""
    assert unwrap("__a", wrap("__a", b"\x00")) == b"\x00"
    assert unwrap("__a", wrap("__b", b"\x00")) is None
    assert len(wrap("__msgpack", b"x" * 24_000)) < DATA_CHARACTERS


@activity
def move(point: Point, by: float) -> Point:
    return dataclasses.replace(point, x=point.x + (1 if by == math.inf else 0))


@activity
def fail() -> None:
    raise LookupError("nobody")


@workflow
def moves(point: Point) -> Point:
    return submit(move, submit(move, point, math.inf).result(), by=math.inf).result()


@workflow
def fails() -> None:
    submit(fail).result()


@pytest.mark.parametrize("converter", OTHERS)
def test_workflows_run_with_it(converter: Converter) -> None:
    """From the start to the result, and to the failure."""
    with Environment(moves, fails, payloads=Payloads(converter=converter)) as lab:
        assert lab.run(moves, Point(1, frozenset("ab"))) == Point(3, frozenset("ab"))
        with pytest.raises(WorkflowFailed, match="nobody"):
            lab.run(fails)


# protobuf.


@dataclasses.dataclass
class Holder:
    moment: timestamp_pb2.Timestamp
    fields: list[type_pb2.Field]


@pytest.mark.parametrize("converter", [JSON, *OTHERS])
def test_messages_travel_by_annotation(converter: Converter) -> None:
    """Alone, and within other types; also those that are no objects in JSON."""
    moment = timestamp_pb2.Timestamp(seconds=1_700_000_000)
    field = type_pb2.Field(name="a", number=2, type_url="x")
    held = Holder(moment, [field, type_pb2.Field()])

    assert converter.load(converter.dump(field), type_pb2.Field) == field
    assert converter.load(converter.dump(moment), timestamp_pb2.Timestamp) == moment
    assert converter.load(converter.dump(held), Holder) == held


def test_messages_are_written_as_protobuf_does() -> None:
    """In its own mapping to JSON, whose keys are sorted."""
    message = type_pb2.Field(type_url="x", json_name="a", default_value="7")
    struct = struct_pb2.Struct()
    struct.update({"b": 1, "a": {"d": 2, "c": 3}})

    assert JSON.dump(message) == '{"defaultValue":"7","jsonName":"a","typeUrl":"x"}'
    assert JSON.load(JSON.dump(message), dict[str, str]) == json_format.MessageToDict(message)
    assert JSON.dump(struct) == '{"a":{"c":3.0,"d":2.0},"b":1.0}'


def test_what_is_no_such_message_is_told() -> None:
    """With protobuf's words; and a message that it cannot write."""
    for text in ('{"nothing":1}', "[]", "7", '{"number":"x"}'):
        with pytest.raises(PayloadError, match=r"google.protobuf.Field"):
            JSON.load(text, type_pb2.Field)
    late = timestamp_pb2.Timestamp(seconds=10**15)
    held, unknown = any_pb2.Any(), any_pb2.Any(type_url="x/y.Z", value=b"1")
    held.Pack(late)
    for message in (late, type_pb2.Option(name="o", value=held), unknown):
        with pytest.raises(PayloadError, match=r"JSON can hold"):
            JSON.dump(message)
