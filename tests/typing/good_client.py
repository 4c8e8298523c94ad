"""Starting workflows from outside keeps their types."""

from typing import assert_type

from ostinato import Client, Handle, MsgpackConverter, Payloads, PickleConverter, workflow
from ostinato.model.results import WorkflowExecutionInfo


@workflow
def order(items: list[str], express: bool = False) -> int:
    return len(items)


@workflow
async def report(day: str) -> dict[str, int]:
    return {day: 1}


async def use(client: Client) -> None:
    assert_type(client.start(order, ["tea"], express=True), Handle[int])
    assert_type(client.start(order.options(workflow_id="o"), ["tea"]).result(timeout=1), int)
    assert_type(client.run(report, "today"), dict[str, int])
    assert_type(await client.start(report, day="today").async_result(), dict[str, int])
    assert_type(client.handle("o", workflow=order).result(), int)
    anything: str = client.handle("o").result()
    infos: list[WorkflowExecutionInfo] = list(client.list(workflow=order, tag=anything, oldest_first=True))
    assert_type(client.find("o"), WorkflowExecutionInfo | None)
    assert infos


def payloads() -> list[Payloads]:
    return [Payloads(converter=MsgpackConverter()), Payloads(converter=PickleConverter())]
