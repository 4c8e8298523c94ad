from ostinato.worker.refusals import LONGEST, Refusals


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_wait_doubles_with_each_refusal_in_a_row() -> None:
    """One look more at once; then 1, 2, 4 ... seconds, up to five minutes; other executions are not held."""
    clock = Clock()
    refusals = Refusals(clock)
    waits = []

    for count in range(1, 14):
        assert refusals.add("a") == count
        begun = clock.now
        while refusals.holds("a"):
            clock.now += 1
        waits.append(clock.now - begun)

    assert waits[:5] == [0, 1, 2, 4, 8]
    assert waits[-1] == LONGEST
    assert not refusals.holds("b")


def test_a_decision_that_was_made_ends_the_count() -> None:
    """The next refusal is a first one again."""
    refusals = Refusals(Clock())
    refusals.add("a")
    refusals.add("a")

    refusals.forget("a")

    assert not refusals.holds("a")
    assert refusals.add("a") == 1
