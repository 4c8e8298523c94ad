"""The guard: what no replay can repeat is seen while the code runs. `careless` is caught, `draw` does the same well.

ostinato run examples/lottery.py:draw --input '[["Ada", "Grace", "Mary"]]'
ostinato run examples/lottery.py:careless --input '[["Ada", "Grace", "Mary"]]' --guard error
"""

import random as dice
from datetime import datetime

from ostinato import now, random, workflow


@workflow
def careless(people: list[str]) -> str:
    """Would name another winner, and another day, in each replay."""
    return f"{dice.choice(people)} won on {datetime.now().date()}"  # noqa: DTZ005, OST101, OST102  # wrong in several ways


@workflow
def draw(people: list[str]) -> str:
    """Names the same winner, and the same day, in each replay."""
    return f"{people[int(random() * len(people))]} won on {now().date()}"
