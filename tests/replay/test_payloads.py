"""What the payloads of a call are read by, as workflow code sees it."""

from typing import Any

import pytest

from ostinato import activity, submit, workflow
from ostinato.errors import PayloadLockedError, UsageError
from ostinato.payloads.policy import Payloads
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work() -> Any: ...


@workflow
def reads() -> Any:
    return submit(work).result()


def test_a_result_that_nobody_opened_drops_the_decision() -> None:
    """It is no failure of the activity: whoever has the store or the key goes on."""
    with Rehearsal(reads) as r:
        r.happened().activity_completed("activity-work-1", "simpleflow+s3://bucket/key 12")
        with pytest.raises(PayloadLockedError):
            r.play()


def test_what_a_worker_has_to_know_is_chosen_where_an_activity_is_declared() -> None:
    """A worker knows only the type."""
    with pytest.raises(UsageError, match=r"payloads=... for one call"):
        work.options(payloads=Payloads())
    with pytest.raises(UsageError, match=r"isolation=... for one call"):
        work.options(isolation="process")
