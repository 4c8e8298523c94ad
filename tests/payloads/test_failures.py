"""Exceptions in SWF's `reason` and `details`, and back."""

import json
from types import TracebackType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import PayloadError
from ostinato.payloads.converter import JsonConverter
from ostinato.payloads.failures import ErrorDetails, Failure, dump_failure, load_failure


class OutOfStockError(Exception):
    pass


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause  # noqa: TRY301  # to have a traceback is the point
    except Exception as caught:  # noqa: BLE001  # the same
        return caught


def read_back(failure: Failure) -> ErrorDetails:
    return load_failure(failure.reason, failure.details)


def test_details_have_simpleflows_form() -> None:
    """The members and their meaning are those that simpleflow's deciders read."""
    failure = dump_failure(raised(OutOfStockError("none left")))

    details = json.loads(failure.details)
    assert list(details) == ["error", "error_type", "message", "traceback"]
    assert details["error"] == "OutOfStockError"
    assert details["error_type"] == f"{__name__}.OutOfStockError"
    assert details["message"] == "none left"
    assert details["traceback"][0] == "Traceback (most recent call last):"
    assert any(line.startswith("    raise error from cause") for line in details["traceback"])
    assert failure.reason == "OutOfStockError: none left"


def test_types_that_are_built_in_have_no_module() -> None:
    """`ValueError` is called just so."""
    assert read_back(dump_failure(ValueError("no"))).error_type == "ValueError"


@pytest.mark.parametrize(("error", "reason"), [(KeyError("x"), "KeyError: 'x'"), (KeyError(), "KeyError")])
def test_reason_is_class_and_message(error: Exception, reason: str) -> None:
    """An empty message leaves the class alone."""
    assert dump_failure(error).reason == reason


def test_causes_notes_and_groups_are_told() -> None:
    """The traceback has all that Python itself would print."""
    error = raised(ExceptionGroup("both", [ValueError("one"), raised(TypeError("two"))]), KeyError("why"))
    error.add_note("a hint")

    text = "\n".join(read_back(dump_failure(error)).traceback)

    for part in ("KeyError: 'why'", "direct cause", "both (2 sub-exceptions)", "ValueError: one", "two", "a hint"):
        assert part in text


def test_an_exception_without_words_is_reported_all_the_same() -> None:
    """A `__str__` that raises does not hide the failure."""
    failure = dump_failure(raised(MuteError()))

    assert failure.reason == "MuteError: <MuteError.__str__() raised an exception>"
    assert "raise error from cause" in "\n".join(read_back(failure).traceback)


class UnviewableError(Exception):
    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("do not look")


def test_an_exception_that_cannot_be_looked_at_is_reported_all_the_same() -> None:
    """If Python cannot format the traceback, type and message are still there."""
    details = read_back(dump_failure(UnviewableError("odd")))

    assert details.message == "odd"
    assert details.traceback == ("<no traceback: RuntimeError>",)


def test_frames_of_ostinato_above_the_authors_are_left_out() -> None:
    """The traceback begins at the code that the author knows; errors of Ostinato's own keep theirs."""
    try:
        raise PayloadError(found="x")  # noqa: TRY301  # to have a traceback is the point
    except PayloadError as error:
        authors = error
    with pytest.raises(PayloadError) as caught:
        JsonConverter().dump_arguments((), {"a": iter(())})
    above = caught.value.__traceback__
    assert above is not None
    assert authors.__traceback__ is not None
    inner = above.tb_next
    assert inner is not None
    mixed = TracebackType(authors.__traceback__, inner.tb_frame, inner.tb_lasti, inner.tb_lineno)

    assert "converter.py" in dump_failure(caught.value.with_traceback(inner)).details
    assert "converter.py" not in dump_failure(authors.with_traceback(mixed)).details


@pytest.mark.parametrize("character", ["x", "\n", "\x00", "é", "\U0001f600", '"', "\ud800"])
@pytest.mark.parametrize("size", [100, 30_000, 40_000, 300_000])
def test_details_stay_within_the_limit(character: str, size: int) -> None:
    """However long the message, and however it is escaped, the text has at most 32,768 characters."""
    failure = dump_failure(raised(ValueError(character * size)))

    details = read_back(failure)
    assert len(failure.details) <= 32_768
    assert len(failure.reason) <= 256
    assert details.error_type == "ValueError"
    if size == 300_000:
        assert len(failure.details) > 25_000
        assert details.message.endswith("...")
        assert details.traceback[0] == "Traceback (most recent call last):"


def chain(length: int) -> Exception:
    error: Exception = ValueError("the first")
    for number in range(length):
        error = raised(KeyError(f"number {number}"), error)
    return error


def test_a_long_traceback_loses_its_middle() -> None:
    """What caused all and what came of it are kept; the message is whole."""
    failure = dump_failure(chain(500))

    details = read_back(failure)
    assert 32_000 < len(failure.details) <= 32_768
    assert "ValueError: the first" in details.traceback
    assert details.traceback[-1] == "KeyError: 'number 499'"
    assert any(line.startswith("... ") and line.endswith(" lines ...") for line in details.traceback)
    assert details.message == "'number 499'"


def test_a_long_message_is_kept_whole_as_long_as_the_traceback_can_yield() -> None:
    """The traceback is shortened first."""
    message = "m" * 25_000

    details = read_back(dump_failure(raised(ValueError(message), chain(300))))

    assert details.message == message


def test_a_type_with_a_monstrous_name_is_cut() -> None:
    """Even the name has a bound."""
    kind = type("E" * 50_000, (Exception,), {})

    failure = dump_failure(kind("no"))

    assert len(failure.details) <= 32_768
    assert read_back(failure).message == "no"


@given(st.text(), st.sampled_from([ValueError, OutOfStockError, KeyError]))
def test_any_message_comes_back(message: str, kind: type[Exception]) -> None:
    """Type and message come back as they were."""
    error = kind(message)

    details = read_back(dump_failure(error))

    assert details.message == str(error)
    assert details.error_type.endswith(kind.__name__)


@pytest.mark.parametrize(
    ("reason", "details", "expected"),
    [
        (None, None, ErrorDetails(error_type="", message="")),
        ("why", None, ErrorDetails(error_type="", message="why")),
        (None, "oops", ErrorDetails(error_type="", message="oops")),
        ("why", "line 1\nline 2", ErrorDetails(error_type="", message="why", traceback=("line 1", "line 2"))),
        ("why", "[1]", ErrorDetails(error_type="", message="why", traceback=("[1]",))),
        ("why", '{"a":1}', ErrorDetails(error_type="", message="why", traceback=('{"a":1}',))),
        ("why", '{"error":"E"}', ErrorDetails(error_type="E", message="why")),
        (None, '{"error":"E","message":null}', ErrorDetails(error_type="E", message="")),
        (
            None,
            '{"error":"E","error_type":"m.E","message":"no","traceback":"a\\nb"}',
            ErrorDetails(error_type="m.E", message="no", traceback=("a", "b")),
        ),
        ("", '{"error":"E","traceback":["a",1]}', ErrorDetails(error_type="E", message="", traceback=("a", "1"))),
        (
            "Unhandled",
            '{"errorMessage":"no","errorType":"ValueError","stackTrace":["a\\n  b\\n","c"]}',
            ErrorDetails(error_type="ValueError", message="no", traceback=("a", "  b", "c")),
        ),
        ("Unhandled", '{"errorMessage":"no","stackTrace":5}', ErrorDetails(error_type="", message="no")),
        ("", '{"error":"E","traceback":5}', ErrorDetails(error_type="", message='{"error":"E","traceback":5}')),
    ],
)
def test_foreign_details_are_tolerated(reason: str | None, details: str | None, expected: ErrorDetails) -> None:
    """Whatever another worker wrote, something of it is shown, and nothing is raised."""
    assert load_failure(reason, details) == expected


@given(st.none() | st.text(), st.none() | st.text())
def test_no_details_are_too_strange(reason: str | None, details: str | None) -> None:
    """Reading a failure never raises."""
    assert isinstance(load_failure(reason, details), ErrorDetails)
