"""The SQL of the log, read from the `.sql` files beside this module."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

_PACKAGE = "ostinato.engine.log"
_NAME = "-- name:"


@cache
def queries() -> Mapping[str, str]:
    """Every query of `queries.sql`, by its name."""
    sections = _text("queries.sql").split(_NAME)[1:]
    return {name.strip(): _statement(body) for name, _, body in (section.partition("\n") for section in sections)}


@cache
def insertion(rows: int) -> str:
    """The query that writes so many changes at once."""
    query = queries()["write_change"]
    return query + f", {query[query.rindex('(') :]}" * (rows - 1)


@cache
def schema() -> str:
    """The script that makes the current schema in an empty database."""
    return _text("schema.sql")


@cache
def writing() -> str:
    """The script that gives a connection what it writes batches by."""
    return _text("writing.sql")


@cache
def migrations() -> tuple[str, ...]:
    """The scripts that lead from each version of the schema to the next; the first starts with nothing."""
    folder = resources.files(_PACKAGE).joinpath("migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(file.read_text("utf-8") for file in files)


def _statement(body: str) -> str:
    lines = (line for line in body.splitlines() if not line.startswith("--"))
    return "\n".join(lines).strip().rstrip(";")


def _text(name: str) -> str:
    return resources.files(_PACKAGE).joinpath(name).read_text("utf-8")
