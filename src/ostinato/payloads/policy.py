"""`Payloads`: how values travel. A converter, the codecs that its texts go through, and the store for long ones.

What is decided here is computed; codecs and stores are called by who does the I/O (`ostinato.storage`), not here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

import msgspec

from ostinato.errors import LimitExceededError, PayloadError, PayloadLockedError, UsageError
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads import failures
from ostinato.payloads.converter import Arguments, Converter, JsonConverter
from ostinato.payloads.failures import ErrorDetails, Failure
from ostinato.payloads.limits import STORED_CHARACTERS, check_length
from ostinato.payloads.members import payload_members
from ostinato.payloads.references import REFERENCE_CHARACTERS, inline_length, is_reference

_CODEC_BYTES = 120
"""By so much, at most, a codec makes data longer: a nonce, a tag, the id of a key."""


_STORE_HINT = "A store takes what is long: Payloads(store=...), or --payloads file:DIRECTORY"


class Codec(Protocol):
    """Changes bytes and changes them back. Safe to use from several threads.

    `name` is written beside what it made, and is how that finds its codec again: letters, digits and hyphens. A codec
    that is meant to keep secrets says so by an attribute `is_secret = True`.
    """

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def encode(self, data: bytes, /) -> bytes:
        """The bytes, changed."""
        ...

    def decode(self, data: bytes, /) -> bytes:
        """The bytes as they were.

        Raises:
            Exception: this codec did not make them, or they were changed since.
        """
        ...


class Store(Protocol):
    """Keeps bytes under keys. Safe to use from several threads.

    A store may have a `name`, by which payloads name it (a URL, as a rule; its class's name, unless it has one), and
    `entries` and `delete`, as `ostinato.storage.garbage.Sweepable` says, if `ostinato payloads gc` shall tidy it.
    """

    def put(self, key: str, data: bytes, /) -> object:
        """Keep the bytes: when this returns, they are safe. Keys are letters, digits and hyphens.

        Raises:
            Exception: they could not be kept.
        """
        ...

    def get(self, key: str, /) -> bytes:
        """The bytes.

        Raises:
            KeyError: there are none under this key.
            Exception: they could not be read.
        """
        ...


class ReferenceForm(Enum):
    """How a reference to a store is written."""

    OSTINATO = "ostinato"
    SIMPLEFLOW = "simpleflow"
    """As simpleflow reads it: `simpleflow+s3://...`; without codecs, and without a digest."""


def store_name(store: Store) -> str:
    """By which name payloads call the store."""
    return str(getattr(store, "name", None) or type(store).__name__)


@dataclass(frozen=True, eq=False)
class Payloads:
    """How the values of workflows and activities travel.

    Args:
        converter: makes values text, and text values; JSON, unless given.
        codecs: what texts go through, the first first: compression before encryption.
        store: where texts go that are too long.
        threshold: a payload is put into the store if what would stand in history is longer than so many characters.
        former_codecs: codecs that are only read any more.
        former_stores: stores that are only read any more.
        reference_form: how references to the store are written.

    Raises:
        UsageError: two codecs or two stores have one name, or a name cannot be written.
    """

    converter: Converter = field(default_factory=JsonConverter)
    codecs: Sequence[Codec] = ()
    store: Store | None = None
    threshold: int = DATA_CHARACTERS
    former_codecs: Sequence[Codec] = ()
    former_stores: Sequence[Store] = ()
    reference_form: ReferenceForm = ReferenceForm.OSTINATO

    def __post_init__(self) -> None:
        """Refuse what could not be read again."""
        names = [codec.name for codec in self.all_codecs]
        stores = [store_name(store) for store in self.all_stores]
        for kind, given in (("codecs", names), ("stores", stores)):
            if len(set(given)) < len(given):
                raise UsageError(found=f"{kind} with the same name: {', '.join(given)}", expected="a name for each")
        for name in names:
            if not name or not name.replace("-", "").isalnum() or not name.isascii():
                raise UsageError(found=f"a codec called {name!r}", expected="letters, digits and hyphens")
        for name in stores:
            if not name.isascii() or not name.isprintable() or " " in name:
                raise UsageError(found=f"a store called {name!r}", expected="ASCII without spaces, as in a URL")
        if self.reference_form is ReferenceForm.SIMPLEFLOW and (self.codecs or not self._is_s3()):
            raise UsageError(found="simpleflow's form of references", expected="a store on S3, and no codecs")

    def _is_s3(self) -> bool:
        return self.store is not None and store_name(self.store).startswith("s3://")

    @property
    def all_codecs(self) -> tuple[Codec, ...]:
        """Those to write and those to read."""
        return (*self.codecs, *self.former_codecs)

    @property
    def all_stores(self) -> tuple[Store, ...]:
        """The one to write and those to read."""
        return (*((self.store,) if self.store is not None else ()), *self.former_stores)

    @property
    def is_plain(self) -> bool:
        """Whether texts stand in history as the converter writes them, all of them."""
        return not self.all_codecs and not self.all_stores

    @property
    def is_secret(self) -> bool:
        """Whether a codec keeps what it changes secret."""
        return any(getattr(codec, "is_secret", False) for codec in self.codecs)

    @cached_property
    def codec_names(self) -> tuple[str, ...]:
        """The names of the codecs to write with."""
        return tuple(codec.name for codec in self.codecs)

    @cached_property
    def notes(self) -> "Payloads":
        """The same for what is always JSON: signals, markers, contexts, what is recorded by `run_once`."""
        if isinstance(self.converter, JsonConverter):
            return self
        return Payloads(
            codecs=self.codecs,
            store=self.store,
            threshold=self.threshold,
            former_codecs=self.former_codecs,
            former_stores=self.former_stores,
            reference_form=self.reference_form,
        )

    def dump_result(self, value: object, *, of: str) -> str:
        """The result of a workflow or an activity of that name as text, which SWF takes.

        Raises:
            PayloadError: it cannot become text.
            LimitExceededError: it is too long.
        """
        try:
            text = self.dump(value)
        except PayloadError as error:
            place = "" if error.where == "value" else f", {error.where}"
            raise PayloadError(
                where=f"the result of {of}{place}", found=error.found, expected=error.expected, hint=error.hint
            ) from error.__cause__
        self.check_length(text, field=f"the result of {of}", limit=DATA_CHARACTERS)
        return text

    # Lengths.

    def check_length(self, text: str | None, *, field: str, limit: int) -> None:
        """Do nothing if the text can be kept in a field of so many characters, or in the store; or is None.

        Without a store, what codecs make of it has to fit, and how well it is compressed is not counted on.

        Raises:
            LimitExceededError: it is too long.
        """
        if self.store is not None:
            check_length(text, field=field, limit=STORED_CHARACTERS)
        elif text is None or not self.codecs:
            check_length(text, field=field, limit=limit, hint=_STORE_HINT)
        elif (size := len(text.encode())) > (room := self._room(limit)):
            raise LimitExceededError(
                field=field,
                size=size,
                limit=room,
                unit="bytes before its codecs",
                hint=_STORE_HINT,
            )

    def _room(self, limit: int) -> int:
        """How many bytes fit into a field of so many characters, after codecs that make them somewhat longer."""
        return (limit - inline_length(self.codec_names, 0)) // 4 * 3 - _CODEC_BYTES * len(self.codecs)

    def stand_in(self, value: msgspec.Struct) -> msgspec.Struct:
        """The value with texts that are about as long as those that will stand in history for its payloads."""
        if not self.codecs and self.store is None:
            return value
        changes = {
            name: "x" * self._written_length(text)
            for name in payload_members(type(value))
            if (text := getattr(value, name)) is not None
        }
        return msgspec.structs.replace(value, **changes) if changes else value

    def _written_length(self, text: str) -> int:
        if not self.codecs:
            return len(text.encode()) if len(text) <= self.threshold else REFERENCE_CHARACTERS
        longest = inline_length(self.codec_names, len(text.encode()) + _CODEC_BYTES * len(self.codecs))
        return longest if self.store is None else min(longest, max(self.threshold, REFERENCE_CHARACTERS))

    # As a converter.

    def dump_arguments(self, args: Sequence[object], kwargs: Mapping[str, object], /) -> str:
        """The arguments of a call as an input.

        Raises:
            PayloadError: one of them cannot become text.
        """
        return self.converter.dump_arguments(args, kwargs)

    def load_arguments(self, text: str | None, function: Callable[..., object], /) -> Arguments:
        """The arguments that an input holds, as the function's annotations want them.

        Raises:
            PayloadError: they do not fit the function.
            PayloadLockedError: the input was encoded or put elsewhere, and nobody here opened it.
        """
        return self.converter.load_arguments(_opened(text), function)

    def dump(self, value: object, /) -> str:
        """The value as text.

        Raises:
            PayloadError: it cannot become text.
        """
        return self.converter.dump(value)

    def load(self, text: str | None, as_type: Any, /) -> Any:
        """The value that the text holds; None if there is no text.

        Raises:
            PayloadError: it does not hold a value of that type.
            PayloadLockedError: the text was encoded or put elsewhere, and nobody here opened it.
        """
        return self.converter.load(_opened(text), as_type)

    def as_json(self, text: str | None) -> str:
        """The value that the text holds, as JSON; None holds null.

        Raises:
            PayloadError: JSON cannot hold it.
            PayloadLockedError: the text was encoded or put elsewhere, and nobody here opened it.
        """
        if text is None:
            return "null"
        if isinstance(self.converter, JsonConverter):
            _opened(text)
            return text
        return JsonConverter().dump(self.load(text, Any))

    def dump_failure(self, error: BaseException, /) -> Failure:
        """The exception as SWF keeps it, short enough for the codecs if there is no store."""
        failure = self.converter.dump_failure(error)
        if self.store is not None or not self.codecs:
            return failure
        room = characters = self._room(DATA_CHARACTERS)
        while (size := len(failure.details.encode())) > room:
            characters = characters * room // size
            failure = failures.dump_failure(error, characters)
        return failure

    def load_failure(self, reason: str | None, details: str | None, /) -> ErrorDetails:
        """What the failure tells of its exception."""
        return self.converter.load_failure(reason, details)


PLAIN = Payloads()
"""JSON, and nothing else: what is used unless something else is given."""


def as_payloads(converter: Converter) -> Payloads:
    """The converter as `Payloads`, which it may be already."""
    return converter if isinstance(converter, Payloads) else Payloads(converter=converter)


def _opened(text: str | None) -> str | None:
    """The text, which is a payload.

    Raises:
        PayloadLockedError: it only stands for one.
    """
    if text is not None and is_reference(text):
        raise PayloadLockedError(
            found=f"{text[:200]}, which stands for a payload that is encoded or lies elsewhere",
            expected="the Payloads that it was written with",
            hint="Give them: `--payloads` on the command line, `payloads=` in Python",
        )
    return text
