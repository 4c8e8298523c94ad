"""Mistakes in starting workflows are reported."""

from ostinato import Client, Handle, activity, workflow


@workflow
def order(items: list[str]) -> int:
    return len(items)


@activity
def price(item: str) -> int:
    return 1


def use(client: Client) -> None:
    client.start(order, "tea")  # error: mypy[arg-type] pyright[reportArgumentType]
    client.start(order)  # error: mypy[call-arg] pyright[reportCallIssue]
    client.start(order, ["tea"], workflow_id="o")  # error: mypy[call-arg] pyright[reportCallIssue]
    client.start(price, "tea")  # error: mypy[arg-type] pyright[reportArgumentType] pyright[reportCallIssue]
    handle: Handle[str] = client.start(order, ["tea"])  # error: mypy[arg-type] pyright[reportAssignmentType]
    client.list(name="x")  # error: mypy[call-arg] pyright[reportCallIssue]
    client.count(tag=1)  # error: mypy[arg-type] pyright[reportArgumentType]
    print(handle)
