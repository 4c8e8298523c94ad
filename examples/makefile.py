"""Idempotent tasks: a graph of parts is built from its top, and what several parts need is built once.

ostinato run examples/makefile.py:build --input '{"needs": {"app": ["ui", "core"], "ui": ["core"]}, "part": "app"}'
"""

from ostinato import Future, activity, submit, workflow


@activity(start_to_close_timeout=60, idempotent=True)
def compile_part(part: str, parts: list[str]) -> str:
    """Stand-in for a compiler: names what it was given."""
    return f"{part}({' '.join(parts)})" if parts else part


@workflow
def build(needs: dict[str, list[str]], part: str) -> str:
    """Build the part, and before it whatever it needs."""

    def begin(part: str) -> Future[str]:
        return submit(compile_part, part, [begin(needed) for needed in needs.get(part, ())])  # type: ignore[list-item]  # pyright: ignore[reportCallIssue, reportArgumentType]  # futures deep in arguments are beyond the checkers

    return begin(part).result()
