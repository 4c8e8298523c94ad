"""What a request breaks, in the words of the service. Which bounds there are is no matter of this module."""

from collections.abc import Sequence
from enum import Enum

import msgspec

from ostinato.errors import ValidationException

_SHOWN_CHARACTERS = 256

MISSING = "Member must not be null"
"""The constraint that a member which is not there breaks."""


class Violation(msgspec.Struct, frozen=True):
    """A constraint that a member of a request breaks. The value None says that the member is missing."""

    path: str
    value: str | None
    constraint: str

    def __str__(self) -> str:
        """The breach in the words of the service; of a long value its beginning, for it may be of megabytes."""
        value = self.value
        if value is not None and len(value) > _SHOWN_CHARACTERS:
            value = f"{value[:_SHOWN_CHARACTERS]}..."
        shown = "null" if value is None else f"'{value}'"
        return f"Value {shown} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def refusal(violations: Sequence[Violation]) -> ValidationException:
    """The service's fault for these breaches."""
    count = len(violations)
    errors = "1 validation error" if count == 1 else f"{count} validation errors"
    return ValidationException(f"{errors} detected: {'; '.join(map(str, violations))}")


def one_of(words: type[Enum]) -> str:
    """The constraint of a closed set of words."""
    return among([str(word.value) for word in words])


def among(words: Sequence[str]) -> str:
    """The constraint of a closed set of words, which are shown in that order."""
    return f"Member must satisfy enum value set: [{', '.join(words)}]"
