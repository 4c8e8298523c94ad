"""Signals with propagation: an item is called back by one signal, which a whole family of executions receives.

ostinato run examples/recall.py:recall --input '{"item": "kettle", "regions": {"north": 2, "south": 3}}'
"""

from ostinato import activity, info, signal, submit, wait_signal, workflow


@activity(start_to_close_timeout=60)
def take_off_shelf(shop_name: str, item: str) -> str:
    """Stand-in for somebody with a trolley."""
    return f"{item} taken off the shelf at {shop_name}"


def tell_parent_that_it_is_open() -> None:
    """Only children that have begun are reached, and a parent learns of its own ones alone."""
    parent = info().parent_workflow_execution
    if parent is not None:
        signal("open", workflow_id=parent.workflow_id).result()


@workflow(workflow_id=lambda name: f"shop-{name}")
def shop(name: str) -> str:
    """Sells, until something is called back."""
    tell_parent_that_it_is_open()
    item = wait_signal("recall", as_type=str).result()
    return submit(take_off_shelf, name, item).result()


@workflow
def region(name: str, shops: int) -> list[str]:
    """Has nothing to do with recalls: they pass through."""
    branches = [submit(shop, f"{name}-{number}") for number in range(1, shops + 1)]
    for _ in branches:
        wait_signal("open").result()
    tell_parent_that_it_is_open()
    return [branch.result() for branch in branches]


@workflow
def recall(item: str, regions: dict[str, int]) -> list[str]:
    """Open all shops, and call the item back from all of them."""
    opened = [submit(region.options(workflow_id=f"region-{name}"), name, shops) for name, shops in regions.items()]
    for _ in opened:
        wait_signal("open").result()
    signal("recall", item, propagate=True)
    return [line for one in opened for line in one.result()]
