"""Seals payloads as their `Payloads` say, and opens them again: codecs, stores, checks, a cache."""

import hashlib
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ostinato.errors import (
    LimitExceededError,
    PayloadDamagedError,
    PayloadLockedError,
    PayloadMissingError,
    PayloadStoreError,
    PayloadUnavailableError,
)
from ostinato.payloads.coding import decoded, encoded
from ostinato.payloads.policy import Payloads, ReferenceForm, store_name
from ostinato.payloads.references import Inline, Stored, is_reference, read_reference, write_inline, write_stored
from ostinato.storage.cache import TextCache

if TYPE_CHECKING:
    from ostinato.payloads.policy import Codec, Store

T = TypeVar("T")
R = TypeVar("R")

REUSED_SECONDS = 600.0
"""For so long, a text that was put into a store is not put there again by the same process."""

_REUSED = 10_000
_WAITS = (0.05, 0.25, 1.0)
"""Seconds between attempts to reach a store. Whoever asked tries again later."""

_AT_ONCE = 16
"""Payloads that are read or written side by side."""


@dataclass(frozen=True, slots=True)
class _Put:
    """A reference, and when its payload was put into the store."""

    reference: str
    at: float


class Sealer:
    """Seals and opens. Safe to use from several threads.

    Args:
        waits: seconds to wait before a store that does not answer is asked again, one after the other.
        monotonic: a clock that only goes on, in seconds.
    """

    def __init__(self, *, waits: Sequence[float] = _WAITS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._waits = tuple(waits)
        self._monotonic = monotonic
        self._cache = TextCache()
        self._codecs: dict[str, Codec] = {}
        self._stores: dict[str, Store] = {}
        self._puts: OrderedDict[tuple[int, bytes], _Put] = OrderedDict()
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def know(self, payloads: Payloads) -> None:
        """Take these codecs and stores for opening; what is known by a name already stays."""
        for codec in payloads.all_codecs:
            self._codecs.setdefault(codec.name, codec)
        for store in payloads.all_stores:
            self._stores.setdefault(store_name(store), store)

    # Sealing.

    def seal(self, text: str, payloads: Payloads, limit: int) -> str:
        """What stands in history for the text: itself, itself encoded, or a reference.

        Args:
            text: the payload.
            payloads: how it travels.
            limit: the characters that the field takes.

        Raises:
            LimitExceededError: it is too long, and there is no store.
            PayloadStoreError: the store does not take it.
        """
        if is_reference(text):
            return text
        if not payloads.codecs:
            if len(text) <= min(limit, payloads.threshold) or payloads.store is None:
                return text
            return self._put(text, payloads, payloads.store, text.encode())
        data = encoded(text, payloads.codecs)
        inline = write_inline(payloads.codec_names, data)
        if payloads.store is not None and len(inline) > min(limit, payloads.threshold):
            return self._put(text, payloads, payloads.store, data)
        if len(inline) > limit:
            raise LimitExceededError(
                field="a payload after its codecs", size=len(inline), limit=limit, hint="Give Payloads a store"
            )
        self._cache.put(inline, text)
        return inline

    def _put(self, text: str, payloads: Payloads, store: "Store", data: bytes) -> str:
        known = (id(payloads), hashlib.sha256(text.encode()).digest())
        now = self._monotonic()
        with self._lock:
            put = self._puts.get(known)
        if put is not None and now - put.at < REUSED_SECONDS:
            return put.reference
        key = str(uuid.uuid4())
        self._reach(lambda: store.put(key, data), store)
        stored = Stored(
            codecs=payloads.codec_names,
            location=f"{store_name(store)}/{key}",
            size=len(data),
            digest=None if payloads.reference_form is ReferenceForm.SIMPLEFLOW else hashlib.sha256(data).hexdigest(),
            characters=len(text),
        )
        reference = write_stored(stored)
        self._cache.put(reference, text)
        with self._lock:
            self._puts[known] = _Put(reference, now)
            if len(self._puts) > _REUSED:
                self._puts.popitem(last=False)
        return reference

    def forget_puts(self) -> None:
        """Put texts into stores anew, also those that were put there a moment ago: one of them was lost."""
        with self._lock:
            self._puts.clear()

    # Opening.

    def open(self, text: str) -> str:
        """The payload that the text stands for.

        Raises:
            PayloadUnavailableError: it cannot be had; which subclass says why.
        """
        if not is_reference(text):
            return text
        opened = self._cache.get(text)
        if opened is None:
            opened = self._open(read_reference(text))
            self._cache.put(text, opened)
        return opened

    def _open(self, said: Inline | Stored) -> str:
        data = said.data if isinstance(said, Inline) else self._fetched(said)
        where = "" if isinstance(said, Inline) else said.location
        text = decoded(data, said.codecs, self._codecs, where)
        characters = said.characters if isinstance(said, Stored) else None
        if characters is not None and len(text) != characters:
            raise PayloadDamagedError(
                where=where, found=f"the payload has {len(text):,} characters", expected=f"{characters:,}"
            )
        return text

    def _fetched(self, stored: Stored) -> bytes:
        store = self._stores.get(stored.store)
        if store is None or not _is_key(stored.key):
            raise PayloadLockedError(
                where=stored.location,
                found="a payload in a store that is not known here",
                expected=f"one of {', '.join(self._stores)}" if self._stores else "none",
                hint="Payloads(former_stores=...) names stores that are only read any more",
            )
        try:
            data = self._reach(lambda: store.get(stored.key), store)
        except (KeyError, FileNotFoundError):
            raise PayloadMissingError(
                where=stored.location, found="the store has no payload under this key (any more)"
            ) from None
        _check(stored, data)
        return data

    def _reach(self, reach: Callable[[], R], store: "Store") -> R:
        """What the store answers, which is asked again a few times if it fails."""
        for wait in (*self._waits, None):
            try:
                return reach()
            except (KeyError, FileNotFoundError, PayloadUnavailableError):
                raise
            except Exception as error:
                if wait is None:
                    raise PayloadStoreError(
                        where=store_name(store), found=f"the store failed: {type(error).__name__}: {error}"
                    ) from error
                time.sleep(wait)
        raise AssertionError

    # Many at once.

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """The function's values, computed side by side if there are several."""
        given = list(items)
        if len(given) <= 1:
            return [function(item) for item in given]
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ostinato payloads")
        return list(self._pool.map(function, given))


def _is_key(key: str) -> bool:
    return bool(key) and key.isascii() and key.replace("-", "").isalnum()


def _check(stored: Stored, data: bytes) -> None:
    """Do nothing if these are the bytes that were put there.

    Raises:
        PayloadDamagedError: they are not.
    """
    if stored.size is not None and len(data) != stored.size:
        raise PayloadDamagedError(
            where=stored.location, found=f"the payload has {len(data):,} bytes", expected=f"{stored.size:,}"
        )
    if stored.digest is not None and (digest := hashlib.sha256(data).hexdigest()) != stored.digest:
        raise PayloadDamagedError(
            where=stored.location, found=f"the payload's SHA-256 is {digest}", expected=stored.digest
        )
