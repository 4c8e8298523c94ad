"""What `--engine` names."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ostinato.errors import StoreError, UsageError
from ostinato.swf import Swf

KNOWN = "sqlite:FILE or memory:"
_LATER = ("http:", "https:", "aws:")


@dataclass(frozen=True)
class EngineUrl:
    """Where the embedded engine keeps its log; None is memory."""

    file: str | None


def parse_engine(url: str) -> EngineUrl:
    """What the URL names.

    Raises:
        UsageError: nothing that there is.
    """
    scheme, colon, rest = url.partition(":")
    match scheme + colon:
        case "memory:" if not rest:
            return EngineUrl(None)
        case "sqlite:" if rest:
            return EngineUrl(rest)
        case "sqlite:":
            raise UsageError(where="--engine", found="sqlite: without a file", expected="sqlite:FILE")
        case later if later in _LATER:
            raise UsageError(where="--engine", found=f"{url}, which `run` cannot use yet", expected=KNOWN)
        case _:
            raise UsageError(where="--engine", found=repr(url), expected=KNOWN)


@contextmanager
def open_swf(url: EngineUrl) -> Generator[Swf]:
    """The engine's operations for this process, until the end of the context; polls in flight then answer None.

    Raises:
        StoreError: the database cannot be used.
    """
    from ostinato.engine.engine import open_engine  # noqa: PLC0415  # brings SQLite

    engine = open_engine(url.file or ":memory:")
    try:
        yield engine.local()
    finally:
        # What was answered is kept already; what could not be written now will be done again.
        with suppress(StoreError):
            engine.close()
