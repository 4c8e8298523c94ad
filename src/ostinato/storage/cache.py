"""What was read or written lately: texts, up to a size."""

import threading
from collections import OrderedDict

CACHED_BYTES = 64 << 20
"""What a cache may take. A text that would take more than a quarter of it is not kept."""


class TextCache:
    """Texts by keys; when there are too many, those that were not used for longest are forgotten."""

    def __init__(self, size: int = CACHED_BYTES) -> None:
        self._size = size
        self._left = size
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        """The text, if it is known."""
        with self._lock:
            text = self._texts.get(key)
            if text is not None:
                self._texts.move_to_end(key)
            return text

    def put(self, key: str, text: str) -> None:
        """Keep the text, unless it is too long."""
        size = len(key) + len(text)
        if size > self._size // 4:
            return
        with self._lock:
            former = self._texts.pop(key, None)
            self._left += len(key) + len(former) if former is not None else 0
            self._texts[key] = text
            self._left -= size
            while self._left < 0:
                old_key, old = self._texts.popitem(last=False)
                self._left += len(old_key) + len(old)
