"""Two lines to one service: one for polls, which is hung up to end them, and one for all else, which stays up."""

from collections.abc import Callable
from typing import TypeVar

from ostinato.model.operations import Operation, PollForActivityTask, PollForDecisionTask
from ostinato.swf import Swf

Answer = TypeVar("Answer")


class Lines:
    """A `Swf` whose polls can be ended while reports go on.

    Args:
        polls: carries out polls.
        rest: carries out everything else, and the further pages of a poll.
        hang_up: ends the polls in flight, which then answer None.
    """

    def __init__(self, polls: Swf, rest: Swf, hang_up: Callable[[], object]) -> None:
        self._polls = polls
        self._rest = rest
        self._hang_up = hang_up

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation, on its line.

        Raises:
            Exception: as the service's client does.
        """
        return (self._polls if _is_poll(operation) else self._rest).call(operation)

    def hang_up(self) -> None:
        """End the polls in flight."""
        self._hang_up()


def _is_poll(operation: object) -> bool:
    return isinstance(operation, PollForActivityTask) or (
        isinstance(operation, PollForDecisionTask) and operation.next_page_token is None
    )
