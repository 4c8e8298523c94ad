"""Keeps the steps that were done as files of a directory."""

import os
import tempfile
from pathlib import Path
from urllib.parse import quote, unquote


class StepFiles:
    """A store for `Steps`: a file for each, in a directory that all deciders see.

    Args:
        directory: where; it is made if it is not there.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)

    def get(self, key: str, /) -> str | None:
        """The text with that key; None if there is none."""
        try:
            return self._place(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def put(self, key: str, text: str, /) -> None:
        """Keep the text, in place of a former one. It is whole or not there."""
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor, half = tempfile.mkstemp(dir=self._directory, prefix=".")
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123  # a descriptor
            stream.write(text)
        Path(half).replace(self._place(key))

    def list(self, prefix: str, /) -> list[str]:
        """The keys that begin so."""
        if not self._directory.is_dir():
            return []
        names = (unquote(path.name) for path in self._directory.iterdir() if not path.name.startswith("."))
        return sorted(name for name in names if name.startswith(prefix))

    def _place(self, key: str) -> Path:
        return self._directory / quote(key, safe="").replace(".", "%2E")
