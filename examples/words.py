"""Counts the words of a text with programs that every Unix has, and in a Python of its own."""

import sys

from ostinato import activity, program, python, submit, workflow


@activity(start_to_close_timeout=60)
@program("tr", "-cs", "A-Za-z", "\n", stdin="text")
def split(text: str) -> str:
    """The words of a text, one in each line."""
    raise NotImplementedError  # the program does it


@activity(start_to_close_timeout=60)
@program("sort", stdin="text")
def sort(text: str, *, unique: bool = False) -> str:
    """The lines in order."""
    raise NotImplementedError  # the program does it


@activity(start_to_close_timeout=60)
@python(sys.executable)
def count(lines: list[str]) -> int:
    """How many there are."""
    return len(lines)


@workflow
def words(text: str) -> int:
    """How many different words there are."""
    lines = submit(sort, submit(split, text), unique=True).result()
    return submit(count, lines.split()).result()
