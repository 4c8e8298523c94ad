"""The file of access keys: who may call the server, and what each may do."""

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from ostinato.errors import UsageError

_EXPECTED = 'a list "keys", each with access_key_id and secret_access_key'
_HINT = "See the manual, Run a server"


class AccessKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One caller.

    Args:
        access_key_id: the name by which it signs.
        secret_access_key: what it signs with.
        domains: the only domains it may use; all, if not given.
        read_only: whether it may only look.
    """

    access_key_id: str
    secret_access_key: str
    domains: tuple[str, ...] | None = None
    read_only: bool = False

    def __repr__(self) -> str:
        """The key without its secret."""
        return f"AccessKey({self.access_key_id!r})"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: tuple[AccessKey, ...]


Credentials = dict[str, AccessKey]
"""The callers, by access key id."""


def read_credentials(path: Path) -> Credentials:
    """The access keys of a TOML or JSON file, which nobody but its owner, and its group, may read.

    Raises:
        UsageError: the file cannot be read, others may read or change it, or it is not of that form.
    """
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()).st_mode)
            text = file.read()
        parsed: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text.decode())
        keys = msgspec.convert(parsed, _File).keys
    except OSError as error:
        raise UsageError(where=str(path), found=f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(where=str(path), found=str(error), expected=_EXPECTED, hint=_HINT) from None
    return _by_id(path, keys)


def _check_mode(path: Path, mode: int) -> None:
    if mode & (stat.S_IWGRP | stat.S_IRWXO):
        raise UsageError(
            where=str(path),
            found=f"everybody may read it, or others change it (mode {stat.S_IMODE(mode):o})",
            expected="600 or 640",
            hint=f"chmod 600 {path}",
        )


def _by_id(path: Path, keys: tuple[AccessKey, ...]) -> Credentials:
    credentials: Credentials = {}
    for key in keys:
        if not key.access_key_id or not key.secret_access_key:
            raise UsageError(where=str(path), found="an empty key", expected=_EXPECTED, hint=_HINT)
        if key.access_key_id in credentials:
            raise UsageError(where=str(path), found=f"{key.access_key_id} twice", expected="each key once")
        credentials[key.access_key_id] = key
    if not credentials:
        raise UsageError(where=str(path), found="no keys: nobody could call", expected=_EXPECTED, hint=_HINT)
    return credentials
