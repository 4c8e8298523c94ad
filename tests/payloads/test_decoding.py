"""What is read from JSON by type, and what is refused."""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import pydantic
import pytest

from ostinato.errors import PayloadError
from ostinato.payloads.decoding import decode


@dataclasses.dataclass
class Circle:
    radius: float = 1.0


@dataclasses.dataclass
class Square:
    side: float = 1.0


@dataclasses.dataclass
class Drawing:
    shape: Circle | Square


class Customer(pydantic.BaseModel):
    age: int


class NoJson:
    pass


@pytest.mark.parametrize(
    ("text", "as_type", "expected"),
    [
        ('{"side":2.0}', Circle | Square, Square(2.0)),
        ('{"radius":2.0}', Circle | Square, Circle(2.0)),
        ('{"side":2}', Square | Circle, Square(2.0)),
        ('[{"side":2.0},{"radius":3.0}]', list[Circle | Square], [Square(2.0), Circle(3.0)]),
        ('"2020-01-01T00:00:00Z"', str | datetime, datetime(2020, 1, 1, tzinfo=UTC)),
        ('"2020-01-01T00:00:00+00:00"', str | datetime, datetime(2020, 1, 1, tzinfo=UTC)),
        ('"hello"', str | datetime, "hello"),
        ("null", Circle | Square | None, None),
        ('{"age":3}', Customer | int, Customer(age=3)),
        ("3", Customer | int, 3),
        ("[1]", Iterable[int], [1]),
        ('"/a/b"', Path, Path("/a/b")),
        ("1", float, 1.0),
        ("hello", Any, "hello"),
    ],
)
def test_values_are_read_by_type(text: str, as_type: Any, expected: object) -> None:
    """Unions of types that look alike in JSON are read too: by the member that writes the same JSON again."""
    assert decode(text, as_type, "value") == expected


@pytest.mark.parametrize(
    ("text", "as_type", "message"),
    [
        ('{"radius":"x"}', Circle, "value.radius: `str`; expected `float`"),
        ('[{"radius":1},{"radius":null}]', list[Circle], "value[1].radius: `null`; expected `float`"),
        ("{}", Annotated[int, msgspec.Meta(ge=0)], "value: `object`; expected `int`"),
        ("-1", Annotated[int, msgspec.Meta(ge=0)], "value: Expected `int` >= 0"),
        ("5", NoJson, "value: `int`; expected `NoJson`"),
        ("5", Path, "value: `int`; expected `Path`"),
        ("5", Callable[[], int], "value: `int`; expected `collections.abc.Callable[[], int]`"),
        ("true", Circle | Square | int, "value: `bool`; expected `"),
        ('{"age":"x"}', Customer, "value: 1 validation error for Customer"),
        ('{"shape":{}}', Drawing, "value: the type Drawing; expected one that can be read from JSON (Type unions"),
        ("5", NoReturn, "value: the type typing.NoReturn; expected one that can be read from JSON"),
        ("[1,", list[int], "value: text that is not JSON"),
        ("[" * 100_000, list[Any], "value: JSON that is nested too deeply"),
    ],
)
def test_what_is_not_of_the_type_is_refused_with_its_place(text: str, as_type: Any, message: str) -> None:
    """The error says where, what was found and what was expected."""
    with pytest.raises(PayloadError) as caught:
        decode(text, as_type, "value")

    assert str(caught.value).startswith(message)
