"""`Payloads`: what may be said, what fits, and what is read."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ostinato import Deflate, Payloads
from ostinato.errors import LimitExceededError, PayloadError, PayloadLockedError, UsageError
from ostinato.model.decisions import RecordMarker, ScheduleActivityTask, ScheduleLambdaFunction
from ostinato.model.operations import RespondActivityTaskFailed
from ostinato.model.structures import ActivityType
from ostinato.payloads.converter import JsonConverter
from ostinato.payloads.failures import bare_reason, dump_failure, full_reason, is_unread, unread_failure
from ostinato.payloads.members import payload_members, readable_members
from ostinato.payloads.policy import PLAIN, ReferenceForm, as_payloads, store_name
from ostinato.payloads.references import REFERENCE_CHARACTERS, write_inline


class Named:
    """A codec that changes nothing and a store that keeps nothing, under any name."""

    def __init__(self, name: str, *, is_secret: bool = False) -> None:
        self.name = name
        self.is_secret = is_secret

    def encode(self, data: bytes) -> bytes:
        return data

    def decode(self, data: bytes) -> bytes:
        return data

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes:
        raise KeyError(key)


class Nameless(Named):
    def __init__(self) -> None:
        super().__init__("")


class Upper(JsonConverter):
    """Another converter."""


def test_of_a_result_that_cannot_be_written_it_is_told_whose_it_is() -> None:
    """And where in it."""
    assert PLAIN.dump_result([1], of="shop.pack") == "[1]"
    with pytest.raises(PayloadError, match=r"^the result of shop.pack: a value of type object; expected"):
        PLAIN.dump_result(object(), of="shop.pack")
    with pytest.raises(PayloadError, match=r"^the result of shop.pack, value\['a'\]: a value of type object"):
        PLAIN.dump_result({"a": object()}, of="shop.pack")
    with pytest.raises(LimitExceededError, match=r"^the result of shop.pack has 40,002 characters"):
        PLAIN.dump_result("x" * 40_000, of="shop.pack")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Payloads(codecs=[Named("a")], former_codecs=[Named("a")]), "codecs with the same name: a, a"),
        (lambda: Payloads(store=Named("s"), former_stores=[Named("s")]), "stores with the same name: s, s"),
        (lambda: Payloads(codecs=[Named("a,b")]), "a codec called 'a,b'"),
        (lambda: Payloads(codecs=[Named("")]), "a codec called ''"),
        (lambda: Payloads(codecs=[Named("é")]), "a codec called 'é'"),
        (lambda: Payloads(store=Named("a b")), "a store called 'a b'"),
        (lambda: Payloads(store=Named("é")), "a store called 'é'"),
        (lambda: Payloads(store=Named("x"), reference_form=ReferenceForm.SIMPLEFLOW), "simpleflow's form"),
        (lambda: Payloads(reference_form=ReferenceForm.SIMPLEFLOW), "simpleflow's form"),
        (
            lambda: Payloads(store=Named("s3://b"), codecs=[Deflate()], reference_form=ReferenceForm.SIMPLEFLOW),
            "no codecs",
        ),
    ],
)
def test_what_could_not_be_read_again_is_refused(make: Callable[[], Payloads], said: str) -> None:
    """Two of one name, and names that a reference cannot hold."""
    with pytest.raises(UsageError, match=said):
        make()


def test_names_and_what_is_known() -> None:
    """Former codecs and stores are read, and never written."""
    payloads = Payloads(
        store=Nameless(), codecs=[Named("a"), Named("b")], former_codecs=[Named("c")], former_stores=[Named("old")]
    )

    assert [store_name(store) for store in payloads.all_stores] == ["Nameless", "old"]
    assert payloads.codec_names == ("a", "b")
    assert [codec.name for codec in payloads.all_codecs] == ["a", "b", "c"]
    assert (payloads.is_plain, PLAIN.is_plain) == (False, True)
    assert not payloads.is_secret
    assert Payloads(codecs=[Named("a", is_secret=True)]).is_secret


def test_notes_are_json() -> None:
    """Signals and markers are JSON, whatever arguments are; all else is the same."""
    store, codec = Named("s"), Named("c")
    payloads = Payloads(converter=Upper(), store=store, codecs=[codec], threshold=7)
    other = Payloads(converter=Foreign(), store=store, codecs=[codec], threshold=7)

    assert payloads.notes is payloads
    assert isinstance(other.notes.converter, JsonConverter)
    assert (other.notes.store, other.notes.codecs, other.notes.threshold) == (store, [codec], 7)


class Foreign:
    """A converter that is not JSON: it writes what Python's `repr` says of numbers."""

    def dump_arguments(self, args: Any, kwargs: Any) -> str:
        return f"{args} {kwargs}"

    def load_arguments(self, text: str | None, function: Any) -> Any:
        raise NotImplementedError

    def dump(self, value: object) -> str:
        return f"number {value}"

    def load(self, text: str | None, as_type: Any) -> Any:
        return None if text is None else int(text.removeprefix("number "))

    def dump_failure(self, error: BaseException) -> Any:
        return dump_failure(error)

    def load_failure(self, reason: str | None, details: str | None) -> Any:
        raise NotImplementedError


def test_any_converter_is_shown_as_json() -> None:
    """What the command prints is JSON, and never what only stands for a payload."""
    foreign = as_payloads(Foreign())

    assert foreign.as_json("number 7") == "7"
    assert foreign.as_json(None) == PLAIN.as_json(None) == "null"
    assert PLAIN.as_json('{"a":1}') == '{"a":1}'
    assert as_payloads(PLAIN) is PLAIN
    for payloads in (foreign, PLAIN):
        with pytest.raises(PayloadLockedError, match="--payloads"):
            payloads.as_json(write_inline(["a"], b"x"))


def test_values_pass_through_the_converter() -> None:
    """Arguments and values come back; a reference is not taken for an argument."""

    def function(x: int) -> None: ...

    text = PLAIN.dump_arguments([7], {})

    assert PLAIN.load_arguments(text, function).args == (7,)
    assert PLAIN.load(PLAIN.dump([1]), list[int]) == [1]
    with pytest.raises(PayloadLockedError, match="--payloads"):
        PLAIN.load_arguments(write_inline(["a"], b"x"), function)


def test_a_task_that_was_not_begun_is_told_from_one_that_failed() -> None:
    """By its reason; what the error was is told too."""
    failure = unread_failure(KeyError("name"))

    assert is_unread(failure.reason)
    assert "KeyError" in failure.reason
    assert not is_unread(dump_failure(KeyError("name")).reason)
    assert not is_unread(None)


# Lengths.


def test_what_fits() -> None:
    """Without a store a text has to fit; with codecs, what they may make of it; with a store, anything does."""
    coded, stored = Payloads(codecs=[Named("a")]), Payloads(store=Named("s"))

    for payloads, length in ((PLAIN, 1_000), (coded, 600), (stored, 1_000_000)):
        payloads.check_length("x" * length, field="it", limit=1_000)
        payloads.check_length(None, field="it", limit=1_000)
    with pytest.raises(LimitExceededError, match=r"1,001 characters.*A store takes what is long"):
        PLAIN.check_length("x" * 1_001, field="it", limit=1_000)
    with pytest.raises(LimitExceededError, match="1,000 bytes before its codecs"):
        coded.check_length("x" * 1_000, field="it", limit=1_000)


def test_what_stands_in_for_a_request_is_as_long_as_what_is_sent() -> None:
    """By its length decisions are cut into batches."""
    marker = RecordMarker(marker_name="m", details="x" * 5_000)
    empty = RecordMarker(marker_name="m")
    stored, coded = Payloads(store=Named("s"), threshold=100), Payloads(codecs=[Named("a")])
    both = Payloads(store=Named("s"), codecs=[Named("a")], threshold=100)

    assert PLAIN.stand_in(marker) is marker
    assert stored.stand_in(empty) is empty
    lengths = [len(str(msgspec.to_builtins(each.stand_in(marker))["details"])) for each in (stored, coded, both)]
    assert lengths[0] == lengths[2] == REFERENCE_CHARACTERS
    assert lengths[1] >= len(write_inline(["a"], b"x" * 5_000))
    short = RecordMarker(marker_name="m", details="x" * 50)
    assert stored.stand_in(short) == short


def test_a_failure_fits_after_its_codecs() -> None:
    """Its traceback is shortened more, if there is no store that takes all of it."""
    error = ValueError("é" * 40_000)
    coded = Payloads(codecs=[Named("a")])
    failure = coded.dump_failure(error)

    coded.check_length(failure.details, field="details", limit=32_768)
    assert len(failure.details.encode()) > 10_000
    assert coded.load_failure(failure.reason, failure.details).error_type == "ValueError"
    assert Payloads(codecs=[Named("a")], store=Named("s")).dump_failure(error) == PLAIN.dump_failure(error)


def test_a_reason_is_told_again() -> None:
    """What the details kept comes back; details of somebody else's change nothing."""
    failure = dump_failure(KeyError("name"))

    assert bare_reason(failure.reason) == "KeyError"
    assert full_reason("KeyError", failure.details) == failure.reason
    assert full_reason("Other", failure.details) == "Other"
    assert full_reason("KeyError", "by hand") == "KeyError"


# Members.


def test_which_members_are_payloads() -> None:
    """Inputs, results, details; not what AWS Lambda itself reads. Reasons are only read."""
    assert payload_members(ScheduleActivityTask) == ("control", "input")
    assert payload_members(ScheduleLambdaFunction) == ()
    assert payload_members(ActivityType) == ()
    assert readable_members(ActivityType) == ()
    assert payload_members(RespondActivityTaskFailed) == ("details",)
    assert readable_members(RespondActivityTaskFailed) == ("details", "reason")
