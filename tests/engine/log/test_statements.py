"""The SQL files: every query explained, every migration part of the schema."""

import re
import sqlite3
from contextlib import closing
from importlib import resources

from ostinato.engine.log.statements import migrations, queries, schema, writing


def structure(script: str) -> list[tuple[str, str]]:
    """What a script makes of an empty database, spelt alike."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        return [(name, re.sub(r"\s+", " ", sql)) for name, sql in made]


def test_schema_is_the_sum_of_the_migrations() -> None:
    """A new file and one that came through every migration are the same."""
    assert structure(schema()) == structure("\n".join(migrations()))


def test_migrations_are_numbered_without_gaps() -> None:
    """The file of migration n is called so, in four digits."""
    folder = resources.files("ostinato.engine.log").joinpath("migrations")

    names = sorted(file.name for file in folder.iterdir())
    assert names == [f"{number:04}.sql" for number in range(1, len(migrations()) + 1)]


def test_every_query_has_a_name_and_a_sentence() -> None:
    """Each query is explained by one sentence in the file."""
    text = resources.files("ostinato.engine.log").joinpath("queries.sql").read_text("utf-8")
    sections = text.split("-- name:")[1:]

    assert len({section.split()[0] for section in sections}) == len(sections) == len(queries())
    for section in sections:
        comments = re.findall(r"^-- (.*)$", section, re.MULTILINE)
        assert len(comments) == 1, section
        assert comments[0].endswith("."), section


def test_every_query_fits_the_schema() -> None:
    """SQLite understands each query."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema() + writing())
        for name, sql in queries().items():
            index = "closed_by_tag_and_start" if "execution_tags" in sql else "closed_by_start"
            condition = " AND v.close_timestamp IS NOT NULL" if "{index}" in sql else ""
            marks = sql.count("?")
            named = dict.fromkeys(re.findall(r":(\w+)", sql))
            plan = connection.execute(
                f"EXPLAIN {sql.replace('{index}', index).replace('{search}', 'SELECT 1')}{condition}",
                (None,) * marks if marks else named,
            )
            assert plan.fetchall(), name
