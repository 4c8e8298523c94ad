"""`RedisStore`: payloads as values of Redis."""

import re
from collections.abc import Iterator
from typing import Any

from ostinato.errors import UsageError
from ostinato.storage.extras import missing_extra
from ostinato.storage.garbage import Entry

SCHEMES = ("redis://", "rediss://", "unix://")
PREFIX = "ostinato:payload:"

_GLOB = re.compile(r"([*?\[\]\\^-])")
_ESCAPE = r"\\\1"


class RedisStore:
    """Payloads as values of Redis, of at most 512 MB each. Needs `pip install 'ostinato[redis]'`.

    Redis has to keep what it is given: with `maxmemory-policy noeviction`, and persistence that fits what the payloads
    are worth.

    Args:
        url: `redis://HOST:PORT/DATABASE`, `rediss://...` or `unix://...`. Its password is not written into histories.
        prefix: how the names of the keys begin.
        expires: seconds after which a payload is forgotten; longer than any execution lasts. None is never.
        options: what `redis.Redis.from_url` takes beside it.

    Raises:
        UsageError: it is no such URL, or the package `redis` is not installed.
    """

    def __init__(self, url: str, *, prefix: str = PREFIX, expires: int | None = None, **options: Any) -> None:
        if not url.startswith(SCHEMES):
            raise UsageError(found="the URL of a store", expected=" or ".join(f"{s}..." for s in SCHEMES))
        try:
            import redis  # noqa: PLC0415  # an extra
        except ImportError:
            raise missing_extra("RedisStore", "redis", "redis") from None
        scheme, _, rest = url.partition("://")
        self.name = f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
        self._prefix = prefix
        self._expires = expires
        # Half of what its annotations say is unknown to them.
        self._redis: Any = redis.Redis.from_url(url, **options)  # pyright: ignore[reportUnknownMemberType]

    def put(self, key: str, data: bytes, /) -> None:
        """Keep the bytes.

        Raises:
            redis.RedisError: Redis did not take them.
        """
        self._redis.set(self._prefix + key, data, ex=self._expires)

    def get(self, key: str, /) -> bytes:
        """The bytes.

        Raises:
            KeyError: there are none under this key.
            redis.RedisError: Redis did not give them.
        """
        data: bytes | None = self._redis.get(self._prefix + key)
        if data is None:
            raise KeyError(key)
        return data

    def entries(self) -> Iterator[Entry]:
        """All that it keeps. Redis tells how long ago a value was used; that stands for its last change."""
        for name in self._redis.scan_iter(match=f"{_GLOB.sub(_ESCAPE, self._prefix)}*", count=1000):
            seconds, _ = self._redis.time()
            idle = self._redis.object("idletime", name)
            if idle is not None:
                yield Entry(
                    key=name.decode().removeprefix(self._prefix),
                    size=self._redis.strlen(name),
                    changed=float(seconds - idle),
                )

    def close(self) -> None:
        """Close what is open."""
        self._redis.close()

    def delete(self, key: str, /) -> None:
        """Keep it no more. A key that is not there is none to delete."""
        self._redis.delete(self._prefix + key)
