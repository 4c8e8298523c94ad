"""What a store's URL names."""

from urllib.parse import unquote

from ostinato.errors import UsageError
from ostinato.payloads.policy import Payloads, ReferenceForm, Store

KNOWN = (
    "file:DIRECTORY, sqlite:FILE, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, redis://HOST:PORT/N, "
    "or SQLAlchemy's postgresql+DRIVER://HOST/DATABASE, mysql..., mariadb..., oracle..., mssql..."
)
SIMPLEFLOW = "simpleflow+"
SQL_SCHEMES = frozenset({"postgresql", "mysql", "mariadb", "oracle", "mssql"})


def is_store_url(text: str) -> bool:
    """Whether the text is meant as the URL of a store."""
    scheme = text.removeprefix(SIMPLEFLOW).partition(":")[0]
    return "://" in text or scheme in {"file", "sqlite"}


def open_store(url: str) -> Store:
    """The store that the URL names.

    Raises:
        UsageError: it names none, or what the store needs is not installed.
    """
    scheme, _, place = url.partition(":")
    path = unquote(place.removeprefix("//"))
    match scheme:
        case "file" if path:
            from ostinato.storage.files import FileStore  # noqa: PLC0415  # only what is used is imported

            return FileStore(path)
        case "sqlite" if path:
            from ostinato.storage.sqlite import SqliteStore  # noqa: PLC0415

            return SqliteStore(path)
        case "s3" | "gs" | "az":
            from ostinato.storage.objects import ObjectStore  # noqa: PLC0415

            return ObjectStore(url)
        case "redis" | "rediss" | "unix":
            from ostinato.storage.redis import RedisStore  # noqa: PLC0415

            return RedisStore(url)
        case _ if scheme.partition("+")[0] in SQL_SCHEMES:
            from ostinato.storage.sql import SqlStore  # noqa: PLC0415

            return SqlStore(url)
        case _:
            raise UsageError(found=f"the store {url!r}", expected=KNOWN)


def payloads_of_url(url: str) -> Payloads:
    """JSON, and the store that the URL names for what is long; `simpleflow+s3://...` writes as simpleflow does.

    Raises:
        UsageError: it names none, or what the store needs is not installed.
    """
    if url.startswith(SIMPLEFLOW):
        return Payloads(store=open_store(url.removeprefix(SIMPLEFLOW)), reference_form=ReferenceForm.SIMPLEFLOW)
    return Payloads(store=open_store(url))
