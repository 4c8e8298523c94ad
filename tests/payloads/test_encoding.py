"""What is written, in which order, and what is refused."""

import collections
import dataclasses
import enum
import inspect
import math
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pytest

from ostinato.errors import PayloadError
from ostinato.payloads.encoding import encode


class Role(enum.Enum):
    OWNER = "owner"
    GUEST = "guest"


@dataclasses.dataclass
class Member:
    name: str
    roles: set[Role] = dataclasses.field(default_factory=set)
    extra: object = None


class Record(msgspec.Struct, rename="camel", tag=True):
    seen_at: frozenset[str]
    value: Any = None


@attrs.define
class Parcel:
    weight: float
    _tags: set[str] = attrs.Factory(set)


class Odd(enum.Enum):
    ONE = 1j


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Fraction(float):
    pass


class NoJson:
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [2, {"d": 3, "c": 4}]}, '{"b":1,"a":[2,{"d":3,"c":4}]}'),
        ({3, 20, 1}, "[1,3,20]"),
        ({"b", "a", "c"}, '["a","b","c"]'),
        ({1, "a"}, '["a",1]'),
        ({frozenset({2, 1}), frozenset({3})}, "[[1,2],[3]]"),
        ({"z": {"b", "a"}, "y": 1}, '{"z":["a","b"],"y":1}'),
        ([({"b", "a"},)], '[[["a","b"]]]'),
        (Member("x", {Role.OWNER, Role.GUEST}), '{"name":"x","roles":["guest","owner"],"extra":null}'),
        (Record(frozenset("ba"), {"b": 1, "a": 2}), '{"type":"Record","seenAt":["a","b"],"value":{"b":1,"a":2}}'),
        (Parcel(1.5, {"b", "a"}), '{"weight":1.5,"_tags":["a","b"]}'),
        (collections.OrderedDict(b=1, a=2), '{"b":1,"a":2}'),
        (collections.UserDict(a=Decimal("1.0")), '{"a":"1.0"}'),
        ({1: "a", 2.5: "b", Role.OWNER: "c", Text("d"): "e"}, '{"1":"a","2.5":"b","owner":"c","d":"e"}'),
        ([Text("a"), Number(1), Fraction(0.5)], '["a",1,0.5]'),
        (2**200, str(2**200)),
        (datetime(2020, 1, 1, tzinfo=UTC), '"2020-01-01T00:00:00Z"'),
        (datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1))), '"2020-01-01T00:00:00+01:00"'),
        ([time(1, 2), None, b"ab", memoryview(b"ab")], '["01:02:00",null,"YWI=","YWI="]'),
        (Decimal("NaN"), '"NaN"'),
        ([1.0, math.pi, 0], "[1.0,3.141592653589793,0]"),
    ],
)
def test_values_are_written_in_one_way(value: object, text: str) -> None:
    """Order is kept where there is one, and made where there is none."""
    assert encode(value, "value") == text


def test_text_does_not_depend_on_the_process() -> None:
    """Sets of strings give the same text whatever the seed of Python's hashes."""
    program = (
        "from ostinato.payloads.encoding import encode; print(encode({'a': set('ostinato'), 'b': {'x', 1, (2,)}}, 'v'))"
    )

    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in (1, 2, 3)
    }

    assert outputs == {'{"a":["a","i","n","o","s","t"],"b":["x",1,[2]]}\n'}


def test_a_written_value_is_left_as_it_was() -> None:
    """Sorting the sets of a struct does not change the struct."""
    record = Record(frozenset("ba"))

    encode(record, "value")

    assert record.seen_at == frozenset("ba")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, {"a": math.nan}], "value[1]['a']: nan, a float; expected a finite number"),
        ([math.inf, 1.0], "value[0]: inf, a float"),
        (Member("x", extra=[NoJson()]), "value.extra[0]: a value of type test_encoding.NoJson"),
        (Record(frozenset(), 1j), "value.value: a value of type complex"),
        ({"a": {1j}}, "value['a']{...}: a value of type complex"),
        ([Role.OWNER, 1j], "value[1]: a value of type complex"),
        (Odd.ONE, "value: a value that cannot be written: "),
        ([NoJson], "value[0]: a value of type type"),
        ({(1, 2): 3}, "a key of value: a value of type tuple; expected a string, number, date, UUID or enum that"),
        ({math.nan: 3}, "a key of value: nan, a float"),
        ({1: 2, "1": 3}, "value: two keys with the same text; expected keys that differ"),
        ("\ud800", "value: a value of type str; expected a value that JSON can hold ('utf-8' codec"),
        ([{"\ud800": 1}], "a key of value[0]: a value of type str; expected a string, number"),
        (collections.deque([1]), "value: a value of type collections.deque"),
        ((x for x in "a"), "value: a value of type generator"),
        (datetime(1800, 1, 1, tzinfo=timezone(timedelta(seconds=561))), "expected an offset of whole minutes"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_place(value: object, message: str) -> None:
    """The error names the path to the part that cannot be written, its type, and what to do."""
    with pytest.raises(PayloadError) as caught:
        encode(value, "value")

    assert message in str(caught.value).replace(f"{__name__}.", "test_encoding.")
    assert caught.value.hint


async def later() -> None: ...


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (Future, "It is a future: wait for its result"),
        (later, "Await it"),
        (lambda: iter([1]), "Make it a list"),
        (object, "Pass a dataclass"),
    ],
)
def test_what_to_do_follows_from_what_it_is(make: Callable[[], Any], hint: str) -> None:
    """A forgotten result, a forgotten await, a generator; no traceback of ours hides it."""
    value = make()

    with pytest.raises(PayloadError) as caught:
        encode(value, "value")

    assert caught.value.hint.startswith(hint)
    assert caught.value.__cause__ is None
    if inspect.iscoroutine(value):
        value.close()


def test_a_value_that_contains_itself_is_refused() -> None:
    """A cycle is told as such."""
    cycle: list[object] = []
    cycle.append(cycle)

    with pytest.raises(PayloadError, match="contains itself"):
        encode(cycle, "value")
