"""One process owns a database file: an operating system's lock on a file beside it.

The lock goes with the process however that ends, also by `kill -9`. Linux and macOS; it is advisory, so that other
programs may still look into the database.
"""

import fcntl
import os
import weakref
from contextlib import suppress
from pathlib import Path

from ostinato.engine.log.faults import not_opened
from ostinato.errors import DatabaseInUseError

_MODE = 0o666
_PID_BYTES = 32


class Ownership:
    """The right to use a database file, held from construction until `release`.

    Raises:
        DatabaseInUseError: another holds it, in this process or in another.
        StoreError: the system does not let us create the lock's file.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-lock")
        self._descriptor: int | None = self._acquired(database)
        _forsake_in_children(self)

    def release(self) -> None:
        """Let others use the database. Releasing twice is harmless."""
        if self._descriptor is not None:
            # Removed while still locked: see `_acquired` for who might be waiting to lock it.
            with suppress(OSError):
                self._path.unlink()
            self.forsake()

    def forsake(self) -> None:
        """Give up this process's hold only; who inherited it from this process, or gave it, keeps it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _acquired(self, database: Path) -> int:
        while True:
            try:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
            except OSError as error:
                raise not_opened(error, str(database)) from None
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Its last owner may have removed the file between our opening and our locking it.
                if _is_at(descriptor, self._path):
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                    return descriptor
                os.close(descriptor)
            except BlockingIOError:
                owner = os.pread(descriptor, _PID_BYTES, 0).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise _in_use(database, owner) from None
            except OSError as error:
                os.close(descriptor)
                raise not_opened(error, str(database)) from None


def _is_at(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _forsake_in_children(ownership: Ownership) -> None:
    # A forked child shares the lock, and would keep it after we were killed.
    reference = weakref.ref(ownership)

    def forsake() -> None:
        owner = reference()
        if owner is not None:
            owner.forsake()

    os.register_at_fork(after_in_child=forsake)


def _in_use(database: Path, owner: str) -> DatabaseInUseError:
    whose = "this process" if owner == str(os.getpid()) else f"process {owner}" if owner else "another process"
    return DatabaseInUseError(
        found=f"the database is in use by {whose}",
        where=str(database),
        hint="One process at a time can use it: end that one, let it do the work, or name another file",
    )
