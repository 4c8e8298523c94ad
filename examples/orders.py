"""An order, from the stock to the courier: a workflow in plain Python that survives `kill -9`.

    ostinato run examples/orders.py:fulfil --id order-7 --input '[{"id": "7", "items": ["tea", "cup", "spoon"]}]'

What the activities do to the world is written to a ledger file, so that one can see what was done, and how often:
`ledger.txt`, or what the environment variable LEDGER names.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from ostinato import Retry, activity, activity_info, info, signal, sleep, submit, wait, wait_signal, workflow

GOOD_DAY = 3
"""The attempt at which the bank answers."""


@dataclass(frozen=True)
class Order:
    """What a customer wants."""

    id: str
    items: list[str]
    price: int = 10


@dataclass(frozen=True)
class Receipt:
    """What became of an order."""

    order_id: str
    payment: str
    approved_by: str
    parcels: list[str]


# Activities touch the world. They run on workers; after a crash, one that had not finished runs again.


@activity(start_to_close_timeout=60)
def reserve(order_id: str, item: str) -> str:
    """Put one item aside in the warehouse."""
    return done(f"reserve {item} for {order_id}", seconds=0.3)


@activity(start_to_close_timeout=60, retry=Retry(max_attempts=5, interval=1))
def charge(order_id: str, amount: int) -> str:
    """Take the money. The bank is not always there: it fails twice."""
    if activity_info().attempt < GOOD_DAY:
        raise ConnectionError("the bank does not answer")
    return done(f"charge {amount} for {order_id}")


@activity(start_to_close_timeout=60)
def look_over(order: Order) -> str:
    """Somebody looks at the order."""
    done(f"look over {order.id}", seconds=0.5)
    return "Ada"


@activity(start_to_close_timeout=60)
def pack(item: str) -> str:
    """Put one item into a box."""
    return done(f"pack {item}", seconds=1)


@activity(start_to_close_timeout=60)
def hand_over(parcels: list[str]) -> None:
    """Give the parcels to the courier."""
    done(f"hand over {len(parcels)} parcels")


# Workflows say what is to be done. They are run again and again over their history, and touch nothing themselves.


@workflow
def fulfil(order: Order) -> Receipt:
    """Reserve, charge, wait for approval, give the customer time to change their mind, and ship."""
    reservations = [submit(reserve, order.id, item) for item in order.items]  # all at once
    payment = submit(charge, order.id, order.price * len(order.items))  # tried again until the bank is there
    review = submit(approve, order, info().workflow_id)  # a workflow of its own, which sends a signal
    wait(reservations)
    approved_by: str = wait_signal("approved", timeout=3600).result()
    paid = payment.result()
    review.result()
    sleep(2)  # a durable timer: it goes on while no process runs
    parcels = submit(ship, order).result()
    return Receipt(order.id, paid, approved_by, parcels)


@workflow
def approve(order: Order, workflow_id: str) -> None:
    """Have somebody look at the order, and tell the workflow that waits for it."""
    name = submit(look_over, order).result()
    signal("approved", name, workflow_id=workflow_id).result()


@workflow
def ship(order: Order) -> list[str]:
    """Pack the items one after the other, and hand them over."""
    parcels = [submit(pack, item).result() for item in order.items]
    submit(hand_over, parcels).result()
    return parcels


def done(what: str, seconds: float = 0.0) -> str:
    """Do it: here, write it down when it begins and when it is done."""
    ledger = Path(os.environ.get("LEDGER", "ledger.txt"))
    with ledger.open("a") as file:
        file.write(f"begin {what}\n")
        file.flush()
        time.sleep(seconds)
        file.write(f"done {what}\n")
    return what
