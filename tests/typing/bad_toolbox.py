"""Mistakes in what stands beside plain submits, which the checkers find."""

# Each line stands with its reports.
# fmt: off

from ostinato import Client, FileStore, Retry, Schedules, Span, Steps, Times, activity, cached, fan_out, nondeterministic, program, python, run_once, submit, workflow


@activity
def weigh(item: str) -> int:
    return len(item)


# Retry.

Retry(max_attempts="three")  # error: mypy[arg-type] pyright[reportArgumentType]
Retry(attempts=3)  # error: mypy[call-arg] pyright[reportCallIssue]
Retry(3, 1.0)  # error: mypy[call-arg] pyright[reportCallIssue]
Retry(retry_on=(3,))  # error: mypy[arg-type] pyright[reportArgumentType]
Retry(when=len)  # error: mypy[arg-type] pyright[reportArgumentType]


# Run once.

@nondeterministic
def look_up(item: str) -> int:
    return len(item)


@cached
def home() -> str:
    return "home"


@workflow
def once() -> None:
    run_once(look_up, 3)  # error: mypy[arg-type] pyright[reportArgumentType]
    look_up()  # error: mypy[call-arg] pyright[reportCallIssue]
    home("mine")  # error: mypy[call-arg] pyright[reportCallIssue]
    text: str = look_up("tea")  # error: mypy[assignment] pyright[reportAssignmentType]
    print(text)


# Steps.

class Shelf:
    def put(self, key: str, data: str) -> None: ...

    def get(self, key: str) -> str:
        return ""


@workflow
def in_steps() -> None:
    Steps(Shelf())  # error: mypy[arg-type] pyright[reportArgumentType]
    Steps("directory")  # error: mypy[arg-type] pyright[reportArgumentType]
    Steps(FileStore("steps")).step("a", forced=True)  # error: mypy[call-arg] pyright[reportCallIssue]
    text: str = Steps(FileStore("steps")).step("a").submit(weigh, "tea").result()  # error: mypy[assignment] pyright[reportAssignmentType]
    Steps(FileStore("steps")).step("a").submit(weigh, 3).cancel()  # error: mypy[call-overload] pyright[reportArgumentType] pyright[reportCallIssue] pyright[reportUnknownMemberType]
    print(text)


# Programs.

@activity
@program("sort", stdin="text")
def sort(text: str) -> str:
    raise AssertionError("it is not run")


@activity
@python(timeout="1 min")  # error: mypy[arg-type] pyright[reportArgumentType]
def elsewhere(n: int) -> int:
    return n


@workflow
def programs() -> None:
    submit(sort, 3).cancel()  # error: mypy[misc] pyright[reportArgumentType] pyright[reportCallIssue] pyright[reportUnknownMemberType]
    number: int = submit(sort, "b a").result()  # error: mypy[assignment] pyright[reportAssignmentType]
    print(number)


# Fan-out.

def by_text(text: str) -> str:
    return text


def join(results: list[str]) -> str:
    return "".join(results)


fan_out(weigh, item=by_text)  # error: mypy[arg-type] pyright[reportArgumentType]
fan_out(weigh, reduce=join)  # error: mypy[arg-type] pyright[reportArgumentType] pyright[reportCallIssue]
fan_out(weigh, chunks=3)  # error: mypy[call-overload] pyright[reportCallIssue]
all_of_them = fan_out(weigh)


@workflow
def fanned() -> None:
    submit(all_of_them, 3).cancel()  # error: mypy[misc] pyright[reportArgumentType] pyright[reportCallIssue] pyright[reportUnknownMemberType]
    numbers: list[int] = submit(all_of_them, Span(0, 3)).result().value  # error: mypy[assignment] pyright[reportAssignmentType]
    print(numbers)


# Schedules.

def schedule(client: Client) -> None:
    schedules = Schedules(client)
    schedules.create("w", weigh, "tea", times=Times(every=60))  # error: mypy[arg-type] pyright[reportArgumentType]
    schedules.create("o", once)  # error: mypy[call-arg] pyright[reportCallIssue]
    schedules.create("o", once, times="0 6 * * *")  # error: mypy[arg-type] pyright[reportArgumentType]
