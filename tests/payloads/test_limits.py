"""The check of lengths."""

import pytest

from ostinato.errors import LimitExceededError
from ostinato.payloads.limits import check_length


@pytest.mark.parametrize("text", [None, "", "x" * 10])
def test_what_fits_passes(text: str | None) -> None:
    """None and a text of just the limit are fine."""
    check_length(text, field="input", limit=10)


def test_what_is_too_long_is_refused() -> None:
    """The error names the field, the size and the limit."""
    with pytest.raises(LimitExceededError) as caught:
        check_length("x" * 32_769, field="input of activity f", limit=32_768)

    assert str(caught.value).startswith("input of activity f has 32,769 characters; expected at most 32,768")
    assert (caught.value.field, caught.value.size, caught.value.limit) == ("input of activity f", 32_769, 32_768)
