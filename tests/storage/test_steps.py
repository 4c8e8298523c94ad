"""Steps, kept in each of the stores that payloads may lie in."""

from collections import Counter
from pathlib import Path

from ostinato import FileStore, Payloads, Steps, Store, activity, workflow
from ostinato.storage.garbage import Sweepable, garbage
from tests.storage.conftest import Place

done: Counter[str] = Counter()


@activity(name="steps.brew")
def brew(day: str) -> list[str]:
    done[day] += 1
    return ["tea", "x" * 50_000]


def test_a_step_is_done_once_whatever_the_store(place: Place, store: Store) -> None:
    """A later execution skips it and has its result, of any length. The store may be the payloads' own."""
    day = type(store).__name__
    done[day] = 0

    @workflow(name="steps.day")
    def daily(*, force: bool = False) -> list[str]:
        steps = Steps(store, prefix=f"{day}/")
        return steps.step("brew", force=force).submit(brew, day).result()

    with place.serving(daily, brew, payloads=Payloads(store=store)) as client:
        results = [client.run(daily) for _ in range(2)]
        assert done[day] == 1
        results.append(client.run(daily, force=True))

    assert results == [["tea", "x" * 50_000]] * 3
    assert done[day] == 2


def test_what_is_kept_of_steps_is_nobodys_garbage(place: Place, store: Store, tmp_path: Path) -> None:
    """No history names it, and yet it stays."""

    @workflow(name="steps.garbage")
    def daily() -> None:
        Steps(store, prefix="kept/").step("brew").submit(brew, "never").result()

    with place.serving(daily, brew, payloads=Payloads(store=FileStore(tmp_path / "another one"))) as client:
        client.run(daily)

    assert isinstance(store, Sweepable)
    (kept,) = store.entries()
    assert kept.key.endswith("-kept-brew")
    assert garbage({"store": [kept]}, before=float("inf"), histories=list) == []
