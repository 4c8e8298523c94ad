"""The round trip of arguments, results and failures through JSON."""

import dataclasses
import enum
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Generic, Literal, NamedTuple, TypedDict, TypeVar
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import PayloadError
from ostinato.payloads.converter import Arguments, Converter, JsonConverter

CONVERTER: Converter = JsonConverter()
T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 0
    HIGH = 1


@dataclasses.dataclass(frozen=True)
class Item:
    name: str
    price: Decimal = Decimal(0)
    colors: frozenset[Color] = frozenset()
    more: "Item | None" = None


class Order(msgspec.Struct, frozen=True, rename="camel", tag=True):
    order_id: UUID
    placed_at: datetime
    items: tuple[Item, ...] = ()
    labels: frozenset[str] = frozenset()


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Options(TypedDict, total=False):
    color: Color
    wait: timedelta


class Customer(pydantic.BaseModel):
    name: str
    born: date | None = None
    tags: list[str] = []


@attrs.frozen
class Parcel:
    weight: float
    _secret: int = 0


@dataclasses.dataclass(frozen=True)
class Box(Generic[T]):
    content: T


WHOLE_MINUTES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ITEMS = st.builds(Item, TEXT, st.decimals(allow_nan=False), st.frozensets(st.sampled_from(Color)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)

TYPED: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (Any, JSON),
    (object, JSON),
    (str, TEXT),
    (int, st.integers()),
    (float, FINITE),
    (bool, st.booleans()),
    (None, st.none()),
    (bytes, st.binary()),
    (datetime, st.datetimes(timezones=st.just(UTC) | WHOLE_MINUTES)),
    (datetime, st.datetimes()),
    (date, st.dates()),
    (time, st.times()),
    (timedelta, st.timedeltas()),
    (Decimal, st.decimals(allow_nan=False)),
    (UUID, st.uuids()),
    (Color, st.sampled_from(Color)),
    (Level, st.sampled_from(Level)),
    (PurePosixPath, TEXT.map(PurePosixPath)),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (int | None, st.none() | st.integers()),
    (list[int], st.lists(st.integers())),
    (tuple[int, str], st.tuples(st.integers(), TEXT)),
    (tuple[int, ...], st.lists(st.integers()).map(tuple)),
    (set[str], st.sets(TEXT)),
    (set[int], st.sets(st.integers())),
    (frozenset[Color], st.frozensets(st.sampled_from(Color))),
    (dict[str, list[Decimal]], st.dictionaries(TEXT, st.lists(st.decimals(allow_nan=False)))),
    (dict[int, str], st.dictionaries(st.integers(), TEXT)),
    (dict[date, int], st.dictionaries(st.dates(), st.integers())),
    (Mapping[str, int], st.dictionaries(TEXT, st.integers())),
    (Sequence[Item], st.lists(ITEMS)),
    (Item, ITEMS),
    (Item, st.builds(Item, TEXT, more=ITEMS)),
    (Order, st.builds(Order, st.uuids(), st.datetimes(timezones=st.just(UTC)), st.tuples(ITEMS), st.frozensets(TEXT))),
    (Point, st.builds(Point, st.integers(), FINITE)),
    (Options, st.fixed_dictionaries({}, optional={"color": st.sampled_from(Color), "wait": st.timedeltas()})),
    (Customer, st.builds(Customer, name=TEXT, born=st.none() | st.dates(), tags=st.lists(TEXT))),
    (list[Customer | None], st.lists(st.none() | st.builds(Customer, name=TEXT))),
    (Parcel, st.builds(Parcel, FINITE, st.integers())),
    (Box[date], st.dates().map(Box)),
    (str | datetime, st.datetimes(timezones=st.just(UTC))),
    (dict[str, Item | Customer | int], st.dictionaries(TEXT, ITEMS | st.integers() | st.builds(Customer, name=TEXT))),
]


@pytest.mark.parametrize(("as_type", "values"), TYPED, ids=[str(t) for t, _ in TYPED])
def test_values_come_back_as_they_went(as_type: Any, values: st.SearchStrategy[Any]) -> None:
    """What is written is read back equal, and of the same type, by its annotation."""

    @given(values)
    def check(value: Any) -> None:
        back = CONVERTER.load(CONVERTER.dump(value), as_type)

        assert back == value
        assert type(back) is type(value)

    check()


@pytest.mark.parametrize(("as_type", "values"), TYPED, ids=[str(t) for t, _ in TYPED])
def test_arguments_come_back_as_they_went(as_type: Any, values: st.SearchStrategy[Any]) -> None:
    """The same holds for arguments, by place, in `*args`, by name and in `**kwargs`."""

    def function(first: Any, *rest: Any, only: Any, **others: Any) -> None: ...

    function.__annotations__ = dict.fromkeys(("first", "rest", "only", "others"), as_type)

    @given(values, values)
    def check(one: Any, two: Any) -> None:
        args, kwargs = (one, two, one), {"only": two, "other": one}

        back = CONVERTER.load_arguments(CONVERTER.dump_arguments(args, kwargs), function)

        assert back == Arguments(args, kwargs)

    check()


@given(JSON)
def test_text_is_compact_json(value: Any) -> None:
    """The text is what the standard library reads as the same value, without needless spaces."""
    text = CONVERTER.dump(value)

    assert json.loads(text) == value
    assert len(text) <= len(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


@pytest.mark.parametrize(
    "value", [0, 0.0, "", False, None, [], {}, (), b"", set(), timedelta(0), Decimal(0), Level.LOW]
)
def test_falsy_values_are_values(value: object) -> None:
    """No falsy argument or result is lost."""

    def function(x: Any) -> None: ...

    function.__annotations__ = {"x": type(value) if value is not None else None}

    back = CONVERTER.load_arguments(CONVERTER.dump_arguments((value,), {}), function)

    assert back == Arguments((value,), {})
    assert CONVERTER.load(CONVERTER.dump(value), function.__annotations__["x"]) == value


def test_envelope_is_simpleflows() -> None:
    """Inputs have the form that simpleflow reads."""
    assert CONVERTER.dump_arguments((1, "a"), {"x": None}) == '{"args":[1,"a"],"kwargs":{"x":null}}'


def increment(x: int = 0) -> int:
    return x + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, Arguments()),
        ("", Arguments()),
        ("{}", Arguments()),
        ('{"args":[7]}', Arguments((7,))),
        ('{"kwargs":{"x":7}}', Arguments((), {"x": 7})),
        ('{"args":null,"kwargs":{"x":7},"meta":{"a":1},"__extra":{},"__propagate":true}', Arguments((), {"x": 7})),
        ("[7]", Arguments((7,))),
        (" [7]", Arguments((7,))),
        ('{"x":7}', Arguments((), {"x": 7})),
        ("7", Arguments((7,))),
    ],
)
def test_foreign_inputs_are_read(text: str | None, expected: Arguments) -> None:
    """Inputs that another program wrote are taken in each form that makes sense."""
    assert CONVERTER.load_arguments(text, increment) == expected


def test_an_object_of_ones_own_with_an_args_key_is_keyword_arguments() -> None:
    """An object whose `args` is no list is no envelope."""

    def function(args: int) -> None: ...

    assert CONVERTER.load_arguments('{"args":5}', function) == Arguments((), {"args": 5})


def test_an_input_that_is_not_json_is_the_one_string() -> None:
    """A foreign starter's plain text arrives where a string is wanted."""

    def function(text: str) -> None: ...

    assert CONVERTER.load_arguments("hello", function) == Arguments(("hello",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "increment(), parameter x: `str`; expected `int`"),
        ('["a"]', "increment(), parameter x: `str`; expected `int`"),
        ("[1,2]", "increment(): 2 positional arguments; expected at most 1 (x)"),
        ('{"y":1}', "increment(): an argument 'y'; expected x"),
        ('{"args":[1],"kwargs":{"x":1}}', "increment(): 'x' given both by place and by name; expected one of them"),
    ],
)
def test_inputs_that_do_not_fit_say_why(text: str, message: str) -> None:
    """The error names the function, the parameter, what was found and what was expected."""
    with pytest.raises(PayloadError) as caught:
        CONVERTER.load_arguments(text, increment)

    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["[" * 50_000 + "]" * 50_000, '{"x":' * 50_000 + "1" + "}" * 50_000])
def test_inputs_that_are_nested_too_deeply_are_refused(text: str) -> None:
    """Nobody's input can overflow the stack."""

    def function(x: Any) -> None: ...

    with pytest.raises(PayloadError, match="nested too deeply"):
        CONVERTER.load_arguments(text, function)


def test_results_that_are_not_json_are_text() -> None:
    """A foreign worker's plain text is a result, where a string will do."""
    assert CONVERTER.load("hello", str) == "hello"
    assert CONVERTER.load("hello", Any) == "hello"
    with pytest.raises(PayloadError, match="not JSON"):
        CONVERTER.load("hello", int)


def test_no_text_is_none() -> None:
    """An absent result is None, whatever the type."""
    assert CONVERTER.load(None, int) is None


def test_failures_come_back() -> None:
    """The converter hands failures on."""
    failure = CONVERTER.dump_failure(ValueError("no"))

    assert CONVERTER.load_failure(failure.reason, failure.details).error_type == "ValueError"
