"""The plugin for pytest: the fixture `ostinato_environment`. It is there wherever Ostinato is installed."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ostinato.testing.environment import Environment


@pytest.fixture
def ostinato_environment() -> "Iterator[Callable[..., Environment]]":
    """Makes environments whose time skips: `ostinato_environment(workflow, replacing={...})`, closed after the test."""
    from ostinato.testing.environment import Environment  # noqa: PLC0415  # only tests that ask for it pay

    with ExitStack() as stack:

        def environment(*definitions: Any, **settings: Any) -> Environment:
            return stack.enter_context(Environment(*definitions, **settings))

        yield environment
