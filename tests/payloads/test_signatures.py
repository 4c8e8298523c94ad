"""What functions of every kind take."""

import functools
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from ostinato.errors import PayloadError
from ostinato.payloads.converter import Arguments, JsonConverter
from ostinato.payloads.signatures import result_type, signature_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from somewhere import Unknown  # type: ignore[import-not-found]

CONVERTER = JsonConverter()
DAY = '"2020-01-02"'


class Job:
    def __init__(self, day: date) -> None:
        self.day = day

    def run(self, day: date, *, other: "date | None" = None) -> date:
        return other or day

    @classmethod
    def make(cls, day: date) -> None: ...

    @staticmethod
    def do(day: date) -> None: ...

    def __call__(self, day: date) -> None: ...


def decorated(function: "Callable[..., Any]") -> "Callable[..., Any]":
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@decorated
def wrapped(day: date) -> None: ...


async def coroutine(day: date) -> date:
    return day


def two(first: int, day: date) -> None: ...


def positional_only(day: date, /, **kwargs: int) -> None: ...


class Task:
    def __init__(self, day: date) -> None:
        self.day = day

    def execute(self) -> date:
        return self.day


def never() -> NoReturn:
    raise LookupError


JOB = Job(date(2020, 1, 1))


@pytest.mark.parametrize(
    "function",
    [
        Job,
        Job.run,
        Job.make,
        Job.do,
        JOB.run,
        JOB.make,
        JOB,
        wrapped,
        coroutine,
        functools.partial(two, 1),
        positional_only,
    ],
)
def test_arguments_of_every_kind_of_callable_are_converted(function: "Callable[..., object]") -> None:
    """Methods bound and not, classes, objects that can be called, wrappers, partials, coroutine functions."""
    assert CONVERTER.load_arguments(f"[{DAY}]", function) == Arguments((date(2020, 1, 2),))


def unresolvable(day: "date", other: "Unknown", broken: "1 +", bare=None) -> "Unknown":  # type: ignore[no-untyped-def,valid-type]  # noqa: ANN001, F722
    """Has annotations that mean nothing at run time."""


def test_annotations_that_cannot_be_resolved_leave_json_as_it_is() -> None:
    """One bad annotation spoils neither the others nor the call."""
    back = CONVERTER.load_arguments(f"[{DAY},{DAY},1,[2]]", unresolvable)

    assert back == Arguments((date(2020, 1, 2), "2020-01-02", 1, [2]))
    assert result_type(unresolvable) is Any


def test_the_result_type_is_the_annotated_one() -> None:
    """Results are converted by what the function is annotated to return."""
    assert result_type(coroutine) is date
    assert result_type(wrapped) is type(None)
    assert result_type(Task) is date
    assert result_type(never) is signature_of(never).result_type is Any
    assert signature_of(Job.run).result_type is date


@pytest.mark.parametrize(
    ("function", "text", "message"),
    [
        (two, "[1]", "two(): no value for day; expected a value for each"),
        (two, "[]", "two(): no value for first, day; expected a value for each"),
        (two, "[1,2]", "two(), parameter day: `int`; expected `date`"),
        (positional_only, '{"day":1}', "positional_only(): no value for day; expected a value for each"),
        (
            positional_only,
            f'{{"args":[{DAY}],"kwargs":{{"x":"a"}}}}',
            "positional_only(), parameter kwargs['x']: `str`",
        ),
        (Job.run, '{"args":[],"kwargs":{"self":1}}', "Job.run(): an argument 'self'; expected day, other"),
        (dict.fromkeys, "[1,2,3]", "dict.fromkeys(): 3 positional arguments; expected at most 2 (iterable, value)"),
        (lambda: 0, '{"a":1}', "an argument 'a'; expected no keyword arguments"),
        (lambda: 0, "[1]", "1 positional arguments; expected at most 0 (none)"),
        (lambda *numbers: 0, '{"numbers":1}', "an argument 'numbers'; expected no keyword arguments"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(function: "Callable[..., object]", text: str, message: str) -> None:
    """The error names the function and the parameter."""
    with pytest.raises(PayloadError) as caught:
        CONVERTER.load_arguments(text, function)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("args", "kwargs", "fits"),
    [
        ((1,), {}, False),
        ((1,), {"only": 2}, True),
        ((), {"only": 2}, True),
        ((1, 2), {"only": 2}, False),
        ((1,), {"first": 1, "only": 2}, False),
        ((1,), {"only": 2, "other": 3}, False),
        ((), {}, False),
    ],
)
def test_a_call_is_checked_without_its_values(args: tuple[object, ...], kwargs: dict[str, object], fits: bool) -> None:  # noqa: FBT001
    """Whether a call would be taken is known before it is made."""

    def function(first: date | None = None, *, only: int) -> None: ...

    if fits:
        signature_of(function).check_call(args, kwargs)
    else:
        with pytest.raises(PayloadError):
            signature_of(function).check_call(args, kwargs)


def test_a_call_with_all_by_place_is_right() -> None:
    """The common call."""
    signature_of(two).check_call((1, "any"), {})


def test_more_arguments_are_read_by_the_star_parameters() -> None:
    """`*args` and `**kwargs` convert each of theirs; errors say which."""

    def function(*days: date, **more: date) -> None: ...

    assert CONVERTER.load_arguments(f"[{DAY},{DAY}]", function).args == (date(2020, 1, 2),) * 2
    with pytest.raises(PayloadError, match=r"parameter days\[1\]: `int`; expected `date`"):
        CONVERTER.load_arguments(f"[{DAY},1]", function)
