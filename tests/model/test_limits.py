"""SWF's numbers, against the published API model where it has them."""

from typing import Any

import botocore.session
import pytest

from ostinato.model import limits

SERVICE: Any = botocore.session.get_session().get_service_model("swf")


@pytest.mark.parametrize(
    ("shape", "limit"),
    [
        ("Data", limits.DATA_CHARACTERS),
        ("FailureReason", limits.REASON_CHARACTERS),
        ("TerminateReason", limits.REASON_CHARACTERS),
        ("Identity", limits.IDENTITY_CHARACTERS),
        ("LimitedData", limits.HEARTBEAT_CHARACTERS),
        ("ActivityId", limits.ID_CHARACTERS),
        ("TimerId", limits.ID_CHARACTERS),
        ("WorkflowId", limits.ID_CHARACTERS),
        ("TagList", limits.TAGS_PER_EXECUTION),
        ("PageSize", limits.PAGE_SIZE),
    ],
)
def test_limits_are_the_services(shape: str, limit: int) -> None:
    """A number that the API model knows is the same here."""
    assert SERVICE.shape_for(shape).metadata["max"] == limit
