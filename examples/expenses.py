"""An expense claim in `async def`: two reviewers are asked at once, the first answer counts, and silence means no.

ostinato run examples/expenses.py:claim --input '["train to Bergen", 120]'
"""

import asyncio

from ostinato import activity, submit, workflow

LARGE = 500


@activity(start_to_close_timeout=24 * 3600, heartbeat_timeout=30)
async def ask(reviewer: str, what: str, amount: int) -> str:
    """Ask a reviewer; some answer sooner than others. A worker runs many such activities on one event loop."""
    await asyncio.sleep(len(reviewer) / 20)
    return f"{reviewer} says {'yes' if amount < LARGE else 'no'} to {what}"


@activity(start_to_close_timeout=60)
def pay(amount: int) -> str:
    """Pay it out."""
    return f"paid {amount}"


@workflow
async def claim(what: str, amount: int) -> list[str]:
    """Ask both reviewers, go by the first answer, and pay."""
    asked = [asyncio.ensure_future(submit(ask, reviewer, what, amount)) for reviewer in ("Grace", "Katherine")]
    try:
        async with asyncio.timeout(24 * 3600):  # a durable timer
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        return ["nobody answered"]
    answer = next(each for each in asked if each.done()).result()
    for each in asked:
        each.cancel()  # whoever is late need not answer any more
    return [answer, await submit(pay, amount)] if "yes" in answer else [answer]
