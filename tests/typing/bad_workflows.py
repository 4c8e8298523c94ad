"""Mistakes in workflows, which the checkers find."""

# Each line stands with its reports.
# fmt: off

from ostinato import activity, cached, run_once, spawn, submit, workflow


@activity
def increment(x: int) -> int:
    return x + 1


@cached
def look_up(item: int) -> int:
    return item


def helper(n: int) -> bytes:
    return bytes(n)


@workflow
def mistakes() -> None:
    submit(increment, "one").cancel()  # error: mypy[misc] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUnknownMemberType]
    submit(increment).cancel()  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportUnknownMemberType]
    submit(helper, 1).cancel()  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUnknownMemberType]
    spawn(helper, "one").cancel()  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUnknownMemberType]
    look_up("tea")  # error: mypy[arg-type] pyright[reportArgumentType]
    run_once(len, 5)  # error: mypy[arg-type] pyright[reportArgumentType]
    text: str = submit(increment, 1).result()  # error: mypy[assignment] pyright[reportAssignmentType]
    print(text)


@activity(start_to_close_timout=5)  # error: mypy[call-overload] mypy[untyped-decorator] pyright[reportCallIssue] pyright[reportUntypedFunctionDecorator]
def misspelt() -> None: ...
