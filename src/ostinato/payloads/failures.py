"""Exceptions <-> the text in SWF's `reason` and `details`.

The details are a JSON object in simpleflow's form: `error` (the class's name), `error_type` (with its module, unless it
is built in), `message` and `traceback` (a list of lines). What AWS Lambda tells of a failure (`errorType`,
`errorMessage`, `stackTrace`) is read, too.
"""

import traceback
from types import TracebackType
from typing import Any

import msgspec

from ostinato.model.limits import DATA_CHARACTERS, REASON_CHARACTERS

_PACKAGE = __file__.rpartition("payloads")[0]
_CUT = "..."
_UNREAD = "The input of the task cannot be had"
_TYPE_CHARACTERS = 1_000
_TRACEBACK_SHARE = 4_000
"""What is left to the traceback when the message has to be shortened as well."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An exception as SWF keeps it: `reason` in at most 256 characters, `details` in at most 32,768."""

    reason: str
    details: str


class ErrorDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a failure tells of the exception behind it.

    `error_type` is the class with its module unless it is built in, and empty if the failure does not say;
    `traceback` is line by line.
    """

    error_type: str
    message: str
    traceback: tuple[str, ...] = ()


class _Details(msgspec.Struct, frozen=True):
    error: str
    error_type: str
    message: str
    traceback: list[str]


def dump_failure(error: BaseException, characters: int = DATA_CHARACTERS) -> Failure:
    """The exception as SWF keeps it, its details in at most so many characters.

    The traceback has causes, notes and the parts of exception groups, and begins at the author's code. What is too long
    is shortened: first the traceback, in its middle, then the message.
    """
    kind = type(error)
    message = _message(error)
    details = _Details(
        error=_shortened(kind.__name__, _TYPE_CHARACTERS),
        error_type=_shortened(_type_name(kind), _TYPE_CHARACTERS),
        message=message,
        traceback=_traceback_lines(error),
    )
    reason = f"{kind.__name__}: {message}" if message else kind.__name__
    return Failure(reason=_shortened(reason, REASON_CHARACTERS), details=_fit(details, characters))


def unread_failure(error: BaseException) -> Failure:
    """The failure of a task whose input could not be had, so that it was not begun; see `is_unread`."""
    failure = dump_failure(error)
    return Failure(reason=_shortened(f"{_UNREAD}: {failure.reason}", REASON_CHARACTERS), details=failure.details)


def is_unread(reason: str | None) -> bool:
    """Whether a task failed with the reason of `unread_failure`."""
    return reason is not None and reason.partition(":")[0] == _UNREAD


def bare_reason(reason: str) -> str:
    """The reason without the message, which is a secret; the details tell it."""
    return reason.partition(":")[0]


def full_reason(reason: str, details: str | None) -> str:
    """The reason with its message again, after `bare_reason`."""
    known = _known_details(details)
    if known is None or known.get("error") != reason or not known.get("message"):
        return reason
    return _shortened(f"{reason}: {known['message']}", REASON_CHARACTERS)


def load_failure(reason: str | None, details: str | None) -> ErrorDetails:
    """What the failure tells of its exception; details in any other form become the message or the traceback."""
    known = _known_details(details) or _told_by_lambda(details)
    if known is None:
        more = details if reason and details else ""
        return ErrorDetails(error_type="", message=reason or details or "", traceback=tuple(more.splitlines()))
    message, lines = known.get("message"), known.get("traceback")
    return ErrorDetails(
        error_type=str(known.get("error_type") or known.get("error") or ""),
        message=str((reason or "") if message is None else message),
        traceback=tuple(map(str, lines.splitlines() if isinstance(lines, str) else lines or ())),
    )


def _object(details: str | None) -> dict[str, Any]:
    """The JSON object that the details are; empty if they are anything else."""
    try:
        return msgspec.json.decode(details or "", type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}


def _told_by_lambda(details: str | None) -> dict[str, Any] | None:
    told = _object(details)
    if not isinstance(told.get("errorMessage"), str):
        return None
    lines: list[Any] | None = told["stackTrace"] if isinstance(told.get("stackTrace"), list) else None
    return {
        "error_type": told.get("errorType"),
        "message": told["errorMessage"],
        # Each runtime writes a stack in a way of its own; Python's has several lines in one.
        "traceback": None if lines is None else [line for each in lines for line in str(each).splitlines()],
    }


def _known_details(details: str | None) -> dict[str, Any] | None:
    known = _object(details)
    has_lines = isinstance(known.get("traceback"), (list, str, type(None)))
    return known if has_lines and ("error" in known or "error_type" in known) else None


def _type_name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return _clean(str(error))
    except Exception:  # noqa: BLE001  # an author's __str__ may raise anything
        return f"<{type(error).__name__}.__str__() raised an exception>"


def _clean(text: str) -> str:
    """The text without lone surrogates, which no UTF-8 can hold."""
    return text.encode(errors="backslashreplace").decode()


def _traceback_lines(error: BaseException) -> list[str]:
    try:
        shown = traceback.TracebackException(type(error), error, _author_frames(error.__traceback__))
        return [_clean(line) for chunk in shown.format() for line in chunk.splitlines()]
    except Exception as fault:  # noqa: BLE001  # an author's exception may raise anything when it is looked at
        return [f"<no traceback: {type(fault).__name__}>"]


def _author_frames(frames: TracebackType | None) -> TracebackType | None:
    """The traceback without Ostinato's own frames above the author's; all of it, if all are Ostinato's."""
    rest = frames
    while rest is not None and rest.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        rest = rest.tb_next
    return rest or frames


def _fit(details: _Details, characters: int) -> str:
    """The details as JSON of at most so many characters."""
    text = _json(details)
    if len(text) <= characters:
        return text
    bare = msgspec.structs.replace(details, traceback=[])
    excess = len(_json(bare)) - (characters - _TRACEBACK_SHARE)
    if excess > 0:
        room = len(_json(details.message)) - excess
        bare = msgspec.structs.replace(bare, message=_shortened_json(details.message, room))
    lines = _without_middle(details.traceback, characters - len(_json(bare)))
    return _json(msgspec.structs.replace(bare, traceback=lines))


def _without_middle(lines: list[str], room: int) -> list[str]:
    """As many lines from both ends as fit, in JSON, into so many characters."""
    longest = max(room // 4, 8)
    lines = [_shortened_json(line, longest) for line in lines]
    room -= len(_json(f"{_CUT} {len(lines)} lines {_CUT}")) + 1
    head: list[str] = []
    tail: list[str] = []
    while len(head) + len(tail) < len(lines):
        from_end = len(tail) <= len(head)
        line = lines[-1 - len(tail)] if from_end else lines[len(head)]
        room -= len(_json(line)) + 1
        if room < 0:
            break
        (tail if from_end else head).append(line)
    left_out = len(lines) - len(head) - len(tail)
    return [*head, *([f"{_CUT} {left_out} lines {_CUT}"] if left_out else []), *reversed(tail)]


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT


def _shortened_json(text: str, limit: int) -> str:
    """The text, cut so that its JSON has at most so many characters."""
    if len(_json(text)) <= limit:
        return text
    kept = text[:limit]
    while kept and (excess := len(_json(kept + _CUT)) - limit) > 0:
        # An escape takes up to six characters, so that cutting a sixth of the excess never cuts too much.
        kept = kept[: -max(excess // 6, 1)]
    return kept + _CUT


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
