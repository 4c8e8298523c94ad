"""Steps that later executions skip."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ostinato import LambdaFunction, Payloads, Steps, activity, workflow
from ostinato.errors import PayloadLockedError, PayloadStoreError, PayloadUnavailableError
from ostinato.model import decisions as d
from ostinato.testing.rehearsal import Rehearsal
from tests.codecs import Flip


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.asked = 0

    def put(self, key: str, data: bytes, /) -> None:
        assert re.fullmatch("[A-Za-z0-9-]{33,128}", key)
        self.kept[key] = data

    def get(self, key: str, /) -> bytes:
        self.asked += 1
        return self.kept[key]

    def steps(self) -> dict[str, Any]:
        """What is kept, by the steps' names."""
        return {kept["step"]: kept for kept in map(msgspec.json.decode, self.kept.values())}


@activity(name="load")
def load(x: int) -> list[int]:
    return [x]


@workflow(name="child")
def child(x: int) -> int:
    return x


def plain(x: int) -> int:
    return x + 1


async def coroutine(x: int) -> int:
    return x + 2


def played(store: Memory, body: Callable[[Steps], Any], **settings: Any) -> tuple[Any, list[Any]]:
    """The result of an execution, and what its markers say of its steps; activities are done at once."""

    @workflow(name="w")
    def program() -> Any:
        return body(Steps(store, prefix="p/", **settings))

    said: list[Any] = []
    with Rehearsal(program, is_compared=False) as r:
        while True:
            for decision in r.decisions:
                if isinstance(decision, d.RecordMarker) and decision.marker_name == "log.step":
                    step = msgspec.json.decode(decision.details or "")
                    said.append((step["step"], step["status"], *step["reasons"]))
            if r.close:
                return r.result, said
            r.happened()
            for decision in r.decisions:
                if isinstance(decision, d.ScheduleActivityTask):
                    r.script.activity_completed(decision.activity_id, "[7]")
            r.replace()
            r.play()


def test_a_step_is_done_once() -> None:
    """A later execution skips it, and gets its result, of its type."""
    store = Memory()

    first = played(store, lambda steps: steps.step("a").submit(load, 1).result())
    second = played(store, lambda steps: steps.step("a").submit(load, 1).result())

    assert first == ([7], [("a", "scheduled"), ("a", "completed")])
    assert second == ([7], [("a", "skipped", "it was done before")])
    assert store.steps()["p/a"]["workflow_id"] == "script"


def test_the_store_is_asked_once_for_each_name() -> None:
    """What was not done when it was asked for first is done as often as it is submitted, and then kept."""
    store = Memory()

    def twice(steps: Steps) -> list[int]:
        return [steps.step("a").submit(plain, x).result() for x in (1, 2)]

    assert played(store, twice)[0] == [2, 3]
    assert store.asked == 1
    assert played(store, twice)[0] == [3, 3]
    assert store.asked == 2


@pytest.mark.parametrize("error", [KeyError, FileNotFoundError])
def test_a_store_may_say_in_two_ways_that_it_has_nothing(error: type[Exception]) -> None:
    """As for payloads."""

    class Files(Memory):
        def get(self, key: str, /) -> bytes:
            raise error(key)

    assert played(Files(), lambda steps: steps.step("a").submit(plain, 1).result())[0] == 2


class Shaky(Memory):
    """A store that fails where it is asked to."""

    fails_at: str | None = None

    def put(self, key: str, data: bytes, /) -> None:
        if self.fails_at == "put":
            raise FileNotFoundError("the directory")
        super().put(key, data)

    def get(self, key: str, /) -> bytes:
        if self.fails_at == "get":
            raise PermissionError(key)
        return super().get(key)


@pytest.mark.parametrize("place", ["put", "get"])
@pytest.mark.parametrize("catches", [False, True])
def test_a_store_out_of_reach_fails_no_workflow(place: str, *, catches: bool) -> None:
    """The decision is dropped, whatever the code does about it, and made when the store answers again."""
    store = Shaky()

    @workflow(name="w")
    def program() -> int:
        try:
            return Steps(store, prefix="p/").step("a").submit(plain, 1).result()
        except PayloadStoreError:
            if catches:
                return -1
            raise

    store.fails_at = place
    with (
        pytest.raises(PayloadStoreError, match="Shaky: the store of steps failed: "),
        Rehearsal(program, is_compared=False),
    ):
        pass
    store.fails_at = None
    with Rehearsal(program, is_compared=False) as r:
        assert r.result == 2


def test_what_is_kept_goes_through_the_codecs() -> None:
    """It is read with those that are only read any more, too, and without any where there are none."""
    store = Memory()

    def result(payloads: Payloads) -> Any:
        @workflow(name="w", payloads=payloads)
        def program() -> int:
            return Steps(store, prefix="p/").step("a").submit(plain, 1).result()

        with Rehearsal(program, is_compared=False) as r:
            return r.result

    with pytest.raises(PayloadLockedError, match="codec 'flip'"):
        assert [result(Payloads(codecs=[Flip()])), result(Payloads())] == [2, None]
    (kept,) = store.kept.values()
    assert kept.startswith(b"ostinato+payload:1 flip ")
    assert b"run_id" not in Flip().decode(kept)
    store.kept = dict.fromkeys(store.kept, kept)
    assert result(Payloads(former_codecs=[Flip()])) == 2
    store.kept.clear()
    assert result(Payloads()) == 2
    assert result(Payloads(codecs=[Flip()])) == 2
    assert "p/a" in store.steps()


@pytest.mark.parametrize(
    "kept",
    [b"\xff", b"{}", b"ostinato+payload:1 - x/y 1 00", b"ostinato+payload:1 - e30=", b"ostinato+payload:1 flip e30="],
)
def test_what_is_damaged_is_no_result(kept: bytes) -> None:
    """It drops the decision, as a damaged payload does."""
    store = Memory()
    played(store, lambda steps: steps.step("a").submit(plain, 1).result())
    store.kept = dict.fromkeys(store.kept, kept)

    with pytest.raises(PayloadUnavailableError):
        played(store, lambda steps: steps.step("a").submit(plain, 1).result())


def test_any_name_will_do() -> None:
    """Also long ones, and those that differ only in what no key may have."""
    store = Memory()
    names = ["a b", "a/b", "a-b", "ä", "x" * 300, "x" * 300 + "y", "..", ""]

    def all_of_them(steps: Steps) -> list[int]:
        return [steps.step(name).submit(plain, index).result() for index, name in enumerate(names)]

    first, second = played(store, all_of_them), played(store, all_of_them)

    assert first[0] == second[0] == list(range(1, 9))
    assert sorted(store.steps()) == sorted(f"p/{name}" for name in names)
    assert all(status == "skipped" for _, status, _ in second[1])


def test_functions_of_workflow_code_are_steps_too() -> None:
    """`def` and `async def`, with steps within them."""

    def outer(steps: Steps) -> Any:
        def inner() -> int:
            return steps.step("a.b").submit(plain, 1).result()

        return [steps.step("a").submit(inner).result(), steps.step("c").submit(coroutine, 1).result()]

    store = Memory()

    assert played(store, outer)[0] == [2, 3]
    assert played(store, outer) == (
        [2, 3],
        [("a", "skipped", "it was done before"), ("c", "skipped", "it was done before")],
    )
    assert sorted(store.steps()) == ["p/a", "p/a.b", "p/c"]


@pytest.mark.parametrize(("force", "done"), [(["a"], "a a.b"), (["a.b"], "a.b"), (["*"], "a a.b ab"), ([], "")])
def test_names_cover_what_is_below_them(force: list[str], done: str) -> None:
    """The step a covers a.b, but not ab; a star covers all."""
    store = Memory()

    def three(steps: Steps) -> None:
        for name in ("a", "a.b", "ab"):
            steps.step(name).submit(plain, 1).result()

    played(store, three)
    _, said = played(store, three, force=force)

    assert [name for name, status, *_ in said if status == "completed"] == done.split()


def test_a_step_that_is_done_forces_others() -> None:
    """And so does its own setting; to force is stronger than to skip."""
    store = Memory()
    played(store, lambda steps: steps.step("b").submit(plain, 1).result())

    def two(steps: Steps) -> None:
        steps.step("a", force=True, force_steps_if_executed=["b"]).submit(plain, 1).result()
        steps.step("b").submit(plain, 1).result()

    assert played(store, two, skip=["*"])[1] == [
        ("a", "scheduled", "its own setting"),
        ("a", "completed"),
        ("b", "scheduled", "step a was done"),
        ("b", "completed"),
    ]


@pytest.mark.parametrize("what", [load, child, LambdaFunction("f"), plain])
def test_a_step_may_be_skipped_that_was_never_done(what: Any) -> None:
    """Its result is None then."""
    assert played(Memory(), lambda steps: steps.step("a").submit(what, 1).result(), skip=["a"]) == (
        None,
        [("a", "skipped", "it was asked for")],
    )


def test_a_step_that_fails_is_not_done() -> None:
    """Its exception is the future's, and a later execution does it again."""
    store = Memory()

    def fail() -> None:
        raise ValueError("no")

    def one(steps: Steps) -> str:
        return repr(steps.step("a").submit(fail).exception())

    assert played(store, one) == ("ValueError('no')", [("a", "scheduled")])
    assert not store.kept


def test_the_prefix_is_the_workflow_id() -> None:
    """Unless it is given."""
    store = Memory()

    @workflow(name="w")
    def program() -> int:
        return Steps(store).step("a").submit(plain, 1).result()

    with Rehearsal(program, is_compared=False) as r:
        while not r.close:
            r.play()

        assert list(store.steps()) == [f"{r.script.execution.workflow_id}/steps/a"]
