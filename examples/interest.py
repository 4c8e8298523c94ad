"""Serial mode: everything is done in one thread and in order, so that breakpoints stop anywhere.

ostinato run --serial examples/interest.py:grow --input '[1000, 3]'
python -m pdb -m ostinato run --serial examples/interest.py:grow --input '[1000, 3]'
"""

import os
import threading
from pathlib import Path

from ostinato import activity, submit, workflow


@activity(start_to_close_timeout=60)
def look_up_rate(year: int) -> float:
    """A year's interest, in percent. Leaves a line of which thread it ran in."""
    with Path(os.environ.get("LEDGER", os.devnull)).open("a") as ledger:
        ledger.write(f"{year} in {threading.current_thread().name}\n")
    return 1.0 + year / 2


@activity(start_to_close_timeout=60)
def add_interest(amount: float, percent: float) -> float:
    """Stop here, and see what `amount` is."""
    return round(amount * (1 + percent / 100), 2)


@workflow
def grow(amount: float, years: int) -> float:
    """What becomes of an amount; the rates are looked up side by side, unless all is serial."""
    rates = [submit(look_up_rate, year) for year in range(years)]
    for rate in rates:
        amount = submit(add_interest, amount, rate).result()
    return amount
