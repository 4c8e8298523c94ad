"""What SQLite's errors mean to the one who runs the engine: our errors, with what to do."""

import errno
import sqlite3

from ostinato.errors import DatabaseDamagedError, DatabaseWriteError, StoreError

RESTORE = "Move the file away and restore a copy of it, or begin with a new one"
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE = 0xFF


def not_written(error: Exception, where: str) -> StoreError:
    """The error for a transaction that failed and was rolled back, for whatever reason."""
    code = _code(error)
    if code in _DAMAGE:
        return damaged(str(error), where)
    match code:
        case sqlite3.SQLITE_FULL:
            found, hint = "the disk is full", "Make room on it and try again"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            found, hint = "the database became read-only", "Check the file's permissions and how its disk is mounted"
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN:
            found = f"the disk failed ({getattr(error, 'sqlite_errorname', error)})"
            hint = "Check the disk, its mount and its quotas (the system's log says more), then try again"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            found, hint = "another program holds a lock on the database", "End that program's transaction and try again"
        case sqlite3.SQLITE_TOOBIG | sqlite3.SQLITE_NOMEM:
            found, hint = f"it was too much at once ({error})", "Send less in one request"
        case _:
            found, hint = f"it cannot be written down ({type(error).__name__}: {error})", "Please report it"
    return DatabaseWriteError(found=f"{found}; nothing was written", where=where, hint=hint)


def not_read(error: sqlite3.Error, where: str) -> StoreError:
    """The error for a query that failed."""
    if _code(error) in _DAMAGE:
        return damaged(str(error), where)
    return StoreError(
        found=f"the database cannot be read: {error}", where=where, hint="Check the disk, its mount and its permissions"
    )


def damaged(what: str, where: str) -> DatabaseDamagedError:
    """The error for a database that is broken."""
    return DatabaseDamagedError(found=f"the database is damaged: {what}", where=where, hint=RESTORE)


def not_opened(error: OSError, where: str) -> StoreError:
    """The error for a file that the system does not let us use."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            found, hint = "its directory does not exist", "Create that first, or name another file"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            found = f"no permission to write there ({error.strerror})"
            hint = "Get write permission for the file and its directory, or name another file"
        case errno.ENOSPC | errno.EDQUOT:
            found, hint = f"no room there ({error.strerror})", "Make room on the disk, or name another file"
        case _:
            found, hint = f"it cannot be opened ({error.strerror})", "Name another file"
    return StoreError(found=f"cannot use this database: {found}", where=where, hint=hint)


def _code(error: Exception) -> int:
    # Errors of Python's, and of its module's own, as for a closed connection, carry no code.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & _PRIMARY_CODE
