"""Calls to SWF that wait out what passes: throttling, a lost network, a full disk."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from ostinato.errors import (
    EngineClosedError,
    LimitExceededFault,
    OstinatoError,
    PayloadStoreError,
    PayloadUnavailableError,
    SwfFault,
    ThrottlingException,
)
from ostinato.model.operations import Operation
from ostinato.swf import Swf
from ostinato.worker.notices import CallFailed, Watch

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

SHORTEST_WAIT = 0.05
LONGEST_WAIT = 20.0

_CHANCE = random.SystemRandom()
"""Its own: the numbers of the module `random` are the program's, which may have seeded them."""


class Backoff:
    """Waits that double from 50 ms to 20 s, each shortened by up to a half by chance."""

    def __init__(self, chance: Callable[[], float] = _CHANCE.random) -> None:
        self._chance = chance
        self._next = SHORTEST_WAIT

    def reset(self) -> None:
        """Begin with the shortest wait again."""
        self._next = SHORTEST_WAIT

    def take(self) -> float:
        """Seconds to wait now."""
        seconds = self._next * (1 - self._chance() / 2)
        self._next = min(self._next * 2, LONGEST_WAIT)
        return seconds


_ABOUT_CREDENTIALS = (
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignature",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
)
"""How the codes of those of Amazon's faults begin that say nothing of the request: new credentials will do."""


def may_pass(error: Exception) -> bool:
    """Whether the same call may succeed later: SWF is busy or out of reach, or does not take credentials any more."""
    if isinstance(error, PayloadUnavailableError):
        # What a store has lost it does not find again while all else waits.
        return isinstance(error, PayloadStoreError)
    if isinstance(error, EngineClosedError):
        return False
    if type(error) is SwfFault:
        return error.message.startswith(_ABOUT_CREDENTIALS)
    return not isinstance(error, SwfFault) or isinstance(error, ThrottlingException | LimitExceededFault)


class PatientCaller:
    """Makes a call again while its failure may pass, and until it is told to stop."""

    def __init__(self, swf: Swf, *, stopping: threading.Event, watch: Watch) -> None:
        self._swf = swf
        self._stopping = stopping
        self._watch = watch

    def call(self, operation: Operation[Answer], *, patience: float) -> Answer:
        """The answer.

        Args:
            operation: what to do; doing it twice must not hurt.
            patience: seconds after which to give up.

        Raises:
            SwfFault: SWF refuses it.
            Exception: it did not succeed in that time, or before the stop; the last failure.
        """
        try:
            return self._swf.call(operation)
        except Exception as error:
            if not may_pass(error):
                raise
            return self._insist(operation, error, time.monotonic() + patience)

    def _insist(self, operation: Operation[Answer], failure: Exception, deadline: float) -> Answer:
        backoff = Backoff()
        while True:
            wait = backoff.take()
            self.tell(operation, failure)
            if time.monotonic() + wait > deadline or self._stopping.wait(wait):
                raise failure
            try:
                return self._swf.call(operation)
            except Exception as error:
                if not may_pass(error):
                    raise
                failure = error

    def tell(self, operation: Operation[Answer], error: Exception) -> None:
        """Let the operator know that a call failed."""
        name = type(operation).__name__
        said = str(error) if isinstance(error, OstinatoError) else f"{type(error).__name__}: {error}"
        logger.warning("%s did not succeed and is tried again: %s", name, said)
        self._watch(CallFailed(name, error))
