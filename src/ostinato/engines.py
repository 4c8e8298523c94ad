"""What an engine's URL names, and how it is opened: the one place that knows them all.

An engine's code is imported when it is opened, so that nobody pays for those that are not used.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum

from ostinato.errors import StoreError, UsageError
from ostinato.model.limits import EVENTS_PER_EXECUTION
from ostinato.swf import Credentials, Swf

KNOWN = "sqlite:FILE, memory:, http://HOST:PORT, https://HOST:PORT, aws: or aws:REGION"


class EngineKind(Enum):
    """Who carries out SWF's operations."""

    SQLITE = "sqlite"
    MEMORY = "memory"
    HTTP = "http"
    AWS = "aws"


@dataclass(frozen=True, slots=True)
class EngineUrl:
    """An engine. `place` is its file, its URL or its region; it is empty where the scheme says all."""

    kind: EngineKind
    place: str

    @property
    def is_embedded(self) -> bool:
        """Whether it runs within this process, and ends with it."""
        return self.kind in {EngineKind.SQLITE, EngineKind.MEMORY}

    @property
    def is_kept(self) -> bool:
        """Whether executions outlive this process."""
        return self.kind is not EngineKind.MEMORY

    def __str__(self) -> str:
        return self.place if self.kind is EngineKind.HTTP else f"{self.kind.value}:{self.place}"


def parse_engine(url: str, *, where: str = "") -> EngineUrl:
    """What the URL names.

    Args:
        url: the URL.
        where: what it was given as, for the error.

    Raises:
        UsageError: nothing that there is.
    """
    scheme, colon, place = url.partition(":")
    match scheme + colon:
        case "memory:" if not place:
            return EngineUrl(EngineKind.MEMORY, "")
        case "sqlite:" if place:
            return EngineUrl(EngineKind.SQLITE, place)
        case "sqlite:":
            raise UsageError(where=where, found="sqlite: without a file", expected="sqlite:FILE")
        case "http:" | "https:" if place.strip("/"):
            return EngineUrl(EngineKind.HTTP, url)
        case "aws:" if "/" not in place:
            return EngineUrl(EngineKind.AWS, place)
        case _:
            raise UsageError(where=where, found=repr(url), expected=KNOWN)


@contextmanager
def open_swf(
    url: str | EngineUrl,
    *,
    credentials: Credentials | None = None,
    event_limit: int = EVENTS_PER_EXECUTION,
    stand_ins: Mapping[str, Callable[[str | None], object]] | None = None,
) -> Generator[Swf]:
    """The operations of the engine that the URL names, until the end of the context; polls in flight then answer None.

    Args:
        url: the engine.
        credentials: with them requests to a server are signed. Amazon's are found as by any AWS tool.
        event_limit: the length of history at which an embedded engine terminates an execution; others have their own.
        stand_ins: what an embedded engine calls in place of Lambda functions, by their names: from JSON to JSON.

    Raises:
        UsageError: the URL names no engine, or what the engine needs is not installed or configured.
        StoreError: the database cannot be used.
    """
    engine = parse_engine(url) if isinstance(url, str) else url
    match engine.kind:
        case EngineKind.SQLITE | EngineKind.MEMORY:
            with _embedded(engine, event_limit, stand_ins) as swf:
                yield swf
        case EngineKind.HTTP:
            with _served(engine, credentials) as swf:
                yield swf
        case EngineKind.AWS:
            with _amazon(engine) as swf:
                yield swf


@contextmanager
def _embedded(
    url: EngineUrl, event_limit: int, stand_ins: Mapping[str, Callable[[str | None], object]] | None
) -> Generator[Swf]:
    from ostinato.engine.engine import open_engine  # noqa: PLC0415  # brings SQLite

    engine = open_engine(url.place or ":memory:", event_limit=event_limit, lambda_functions=stand_ins)
    try:
        yield engine.local()
    finally:
        # What was answered is kept already; what could not be written now will be done again.
        with suppress(StoreError):
            engine.close()


@contextmanager
def _served(url: EngineUrl, credentials: Credentials | None) -> Generator[Swf]:
    from ostinato.clients.http import HttpSwf  # noqa: PLC0415  # not needed by the others

    client = HttpSwf(url.place, credentials=credentials)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _amazon(url: EngineUrl) -> Generator[Swf]:
    from ostinato.clients.aws import AwsSwf  # noqa: PLC0415  # brings boto3

    client = AwsSwf(url.place or None)
    try:
        yield client
    finally:
        client.close()
