"""Files that a program needs: fetched once into a cache, checked, made executable."""

import hashlib
import importlib
import os
import shutil
import tempfile
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit

from ostinato.errors import UsageError
from ostinato.storage.extras import missing_extra

_CACHE = Path(tempfile.gettempdir()) / f"ostinato-files-{os.getuid() if hasattr(os, 'getuid') else 0}"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a program needs, found in its PATH while it runs.

    Args:
        url: where it is: `file:///...`, `http(s)://...` or `s3://BUCKET/KEY` (needs `pip install 'ostinato[aws]'`).
        name: what it is called here; the last part of the URL, unless given.
        sha256: what its SHA-256 has to be, in hexadecimal; whatever it is, unless given.
        executable: whether it is made executable.
        directory: the cache; one of this user's in the directory for temporary files, unless given.
    """

    url: str
    name: str | None = None
    sha256: str | None = None
    executable: bool = True
    directory: str | os.PathLike[str] | None = None


def fetch(file: Download) -> Path:
    """The file's place here, fetched if it is not there yet.

    Raises:
        UsageError: the URL is none that is known, or the file's SHA-256 is not the one that is expected.
        FileNotFoundError: there is no such file.
        OSError: it cannot be fetched for another reason.
    """
    name = file.name or unquote(urlsplit(file.url).path.rpartition("/")[2])
    if not name or "/" in name:
        raise UsageError(where=file.url, found=f"the name {name!r}", expected="the name of a file")
    key = hashlib.sha256(f"{file.url} {file.sha256}".encode()).hexdigest()[:32]
    root = Path(file.directory or _CACHE)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _require_own(root)
    place = root / key / name
    if place.exists() and (file.sha256 is None or _sha256(place) == file.sha256.lower()):
        return place
    place.parent.mkdir(exist_ok=True)
    descriptor, half = tempfile.mkstemp(dir=place.parent)
    os.close(descriptor)
    try:
        _copy(file.url, Path(half))
        found = _sha256(Path(half))
        if file.sha256 is not None and found != file.sha256.lower():
            raise UsageError(where=file.url, found=f"the SHA-256 {found}", expected=file.sha256.lower())
        Path(half).chmod(0o755 if file.executable else 0o644)
        Path(half).replace(place)
    finally:
        Path(half).unlink(missing_ok=True)
    return place


def _require_own(root: Path) -> None:
    """Nobody else may have put programs there."""
    if hasattr(os, "getuid") and root.stat().st_uid != os.getuid():
        raise UsageError(where=str(root), found="a directory of another user's", hint="Give Download a directory")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _copy(url: str, place: Path) -> None:
    parts = urlsplit(url)
    match parts.scheme:
        case "file" | "http" | "https":
            _copy_from_web(url, place)
        case "s3":
            _copy_from_s3(url, parts.netloc, parts.path.lstrip("/"), place)
        case _:
            raise UsageError(where=url, found=f"the scheme {parts.scheme!r}", expected="file, http, https or s3")


def _copy_from_web(url: str, place: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as source, place.open("wb") as target:  # noqa: S310
            shutil.copyfileobj(source, target)
            expected = source.headers.get("Content-Length")
    except (OSError, HTTPException) as error:
        is_missing = isinstance(error, HTTPError) and error.code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
        is_missing |= isinstance(error, URLError) and isinstance(error.reason, FileNotFoundError)
        raise _not_fetched(url, error, is_missing=is_missing) from None
    # A connection that broke looks like the end.
    if expected is not None and place.stat().st_size != int(expected):
        raise _not_fetched(url, f"{place.stat().st_size} bytes came of {expected}")


def _copy_from_s3(url: str, bucket: str, key: str, place: Path) -> None:
    try:
        boto3: Any = importlib.import_module("boto3")  # an extra
        errors: Any = importlib.import_module("botocore.exceptions")
    except ImportError:
        raise missing_extra(url, "boto3", "aws") from None
    try:
        boto3.client("s3").download_file(bucket, key, str(place))
    except (errors.ClientError, errors.BotoCoreError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code")
        raise _not_fetched(url, error, is_missing=code in {"404", "NoSuchKey", "NoSuchBucket"}) from None


def _not_fetched(url: str, why: object, *, is_missing: bool = False) -> OSError:
    return (
        FileNotFoundError(f"there is no file {url}: {why}") if is_missing else OSError(f"{url} is not fetched: {why}")
    )
