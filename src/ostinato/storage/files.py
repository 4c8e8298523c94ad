"""`FileStore`: payloads as files of a directory."""

import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from ostinato.storage.garbage import Entry


class FileStore:
    """Payloads as files of a directory, which all processes have to see under the same path. None is ever seen half.

    Args:
        directory: where; it is made if it is not there.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory).absolute()
        self.name = f"file://{quote(self._directory.as_posix())}"

    def put(self, key: str, data: bytes, /) -> None:
        """Keep the bytes; they are on the disk when this returns.

        Raises:
            OSError: they could not be written.
        """
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{key}.{uuid.uuid4().hex}")
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise
        _sync(path.parent)

    def get(self, key: str, /) -> bytes:
        """The bytes.

        Raises:
            FileNotFoundError: there are none under this key.
            OSError: they could not be read.
        """
        return self._path(key).read_bytes()

    def entries(self) -> Iterator[Entry]:
        """All that it keeps, with what was left unfinished."""
        for path in self._directory.glob("??/*"):
            with suppress(FileNotFoundError):
                about = path.stat()
                yield Entry(key=path.name, size=about.st_size, changed=about.st_mtime)

    def delete(self, key: str, /) -> None:
        """Keep it no more. A key that is not there is none to delete."""
        name = key.removeprefix(".")
        with suppress(FileNotFoundError):
            (self._path(name).parent / key).unlink()

    def _path(self, key: str) -> Path:
        """In one of 256 directories, as a directory of very many files is slow."""
        return self._directory / key[:2] / key


def _sync(directory: Path) -> None:
    """Make the names in the directory durable, where the system lets directories be opened."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
