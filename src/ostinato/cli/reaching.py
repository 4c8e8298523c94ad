"""Opens the engine that a command was told, and signs requests to a server with the key of the environment."""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from ostinato.engines import EngineUrl, open_swf
from ostinato.errors import MissingAuthenticationTokenException, UsageError
from ostinato.model.limits import EVENTS_PER_EXECUTION
from ostinato.swf import Credentials, Swf

ACCESS_KEY_ID = "OSTINATO_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "OSTINATO_SECRET_ACCESS_KEY"  # noqa: S105  # a name


@contextmanager
def reach(
    url: str | EngineUrl,
    *,
    event_limit: int = EVENTS_PER_EXECUTION,
    stand_ins: Mapping[str, Callable[[str | None], object]] | None = None,
) -> Generator[Swf]:
    """The operations of the engine, until the end of the context.

    Raises:
        UsageError: the engine cannot be had, or wants a key and there is none.
        StoreError: the database cannot be used.
    """
    credentials = credentials_in(os.environ)
    try:
        with open_swf(url, credentials=credentials, event_limit=event_limit, stand_ins=stand_ins) as swf:
            yield swf
    except MissingAuthenticationTokenException:
        if credentials is not None:
            raise
        raise UsageError(
            where=f"--engine {url}",
            found="the server has --credentials, and there is no key for it",
            hint=f"Put one of its keys into {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}",
        ) from None


def credentials_in(environment: Mapping[str, str]) -> Credentials | None:
    """The key with which requests to a server are signed; None if there is none.

    Raises:
        UsageError: there is half of one.
    """
    key, secret = environment.get(ACCESS_KEY_ID), environment.get(SECRET_ACCESS_KEY)
    if not key and not secret:
        return None
    if not key or not secret:
        there, missing = (ACCESS_KEY_ID, SECRET_ACCESS_KEY) if key else (SECRET_ACCESS_KEY, ACCESS_KEY_ID)
        raise UsageError(where=there, found=f"{missing} is not set", expected="both or none")
    return Credentials(access_key_id=key, secret_access_key=secret)
