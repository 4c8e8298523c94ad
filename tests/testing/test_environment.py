"""An environment for tests of workflows."""

import os

from ostinato import activity, submit, workflow
from ostinato.testing import Environment


@activity(name="apart", isolation="process")
def apart() -> int:
    return os.getpid()


@workflow(name="asks")
def asks() -> int:
    return submit(apart).result()


def test_what_wants_a_process_of_its_own_runs_in_this_one() -> None:
    """It sees what the test has set up, and so does what replaces it."""
    with Environment(asks, apart) as environment:
        assert environment.run(asks) == os.getpid()
    with Environment(asks, replacing={apart: lambda: 7}) as environment:
        assert environment.run(asks) == 7
