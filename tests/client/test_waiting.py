from itertools import islice

import pytest

from ostinato.client.waiting import LONGEST_WAIT, _waits


@pytest.mark.parametrize(("look", "first"), [(0.0002, 0.001), (0.01, 0.02), (0.3, 0.05)])
def test_a_near_engine_is_asked_sooner(look: float, first: float) -> None:
    """The first wait goes by what a look takes, within bounds; then it grows, up to a bound."""
    waits = list(islice(_waits(look), 60))

    assert waits[0] == first
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
