"""Mistakes in canvases, which the checkers find."""

# Each line stands with its reports.
# fmt: off

from ostinato import Group, activity, call, submit, workflow


@activity
def increment(x: int) -> int:
    return x + 1


@workflow
def mistakes() -> None:
    call(increment, "one")  # error: mypy[misc] pyright[reportCallIssue] pyright[reportArgumentType]
    call(increment, 1, 2)  # error: mypy[arg-type] pyright[reportCallIssue]
    Group(5)  # error: mypy[call-overload] pyright[reportArgumentType]
    Group(call(increment, 1), max_paralel=2)  # error: mypy[call-overload] pyright[reportCallIssue]
    text: list[str] = submit(Group(call(increment, 1))).result()  # error: mypy[assignment] pyright[reportAssignmentType]
    counted: list[int] = submit(Group(call(increment, 1), tolerated_failures=1)).result()  # error: mypy[assignment] pyright[reportAssignmentType]
    print(text, counted)
