"""The reading of requests that the quick decoder refused; what it says is tested with `wire_operations`."""

import pytest
from msgspec import inspect

from ostinato.model.wire_requests import _reader


def test_members_of_other_types_have_to_be_taught() -> None:
    """No request has a member of bytes; if one comes, it is noticed here."""
    with pytest.raises(AssertionError, match="no member of a request"):
        _reader(inspect.BytesType())
