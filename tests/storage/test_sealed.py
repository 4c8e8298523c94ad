"""Payloads that are sealed, from end to end: a client, a decider and an activity worker on one engine."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ostinato import (
    AesGcm,
    Client,
    Deflate,
    FileStore,
    Payloads,
    Retry,
    Store,
    Zstd,
    activity,
    cached,
    heartbeat,
    marker,
    set_context,
    signal,
    submit,
    wait_signal,
    workflow,
)
from ostinato.engine.engine import open_engine
from ostinato.errors import (
    LimitExceededError,
    PayloadDamagedError,
    PayloadLockedError,
    PayloadMissingError,
    WorkflowFailed,
)
from ostinato.payloads.references import REFERENCE_CHARACTERS, Stored, is_reference, read_reference
from ostinato.storage.sealed import seal, travel_of
from ostinato.worker.catalog import catalog_of
from ostinato.worker.decision_service import DecisionService, DecisionSettings
from ostinato.worker.lines import Lines
from ostinato.worker.local import LocalWorker
from ostinato.worker.notices import DecisionDropped, Notice

from .conftest import Place

KEYS = {"first": b"1" * 32, "second": b"2" * 32}


@activity
def repeat(text: str, times: int) -> str:
    heartbeat(text * 10)
    return text * times


@activity
def length(text: str) -> int:
    return len(text)


@workflow
def child(text: str) -> str:
    return text[::-1]


@cached
def lengthen(text: str) -> str:
    return text + "c"


@workflow
def everything(size: int) -> list[Any]:
    long = submit(repeat, "ab", size // 2).result()
    set_context(long)
    marker("a note", long)
    recorded = lengthen(long)
    sent = signal("to me", long)
    heard = wait_signal("to me").result()
    sent.result()
    return [submit(length, long).result(), len(recorded), heard == long, submit(child, long).result()]


DEFINITIONS = (repeat, length, child, everything)


@pytest.mark.parametrize("size", [100, 40_000])
def test_every_payload_may_be_long(place: Place, store: Store, size: int) -> None:
    """Inputs, results, markers, signals, contexts, children: long ones go to the store, short ones do not."""
    with place.serving(*DEFINITIONS, payloads=Payloads(store=store)) as client:
        result = client.run(everything.options(workflow_id="w"), size)

    stored = [text for text in place.texts("w") if is_reference(text)]
    assert result == [size, size + 1, True, "ba" * (size // 2)]
    assert bool(stored) is (size > 32_768)


@pytest.mark.parametrize("codecs", [(Deflate(),), (Zstd(),), (AesGcm(KEYS, "first"),), (Zstd(), AesGcm(KEYS, "first"))])
def test_every_payload_is_encoded(place: Place, codecs: tuple[Any, ...]) -> None:
    """With codecs no payload stands in history as it is, and everything is read as before."""
    with place.serving(*DEFINITIONS, payloads=Payloads(codecs=codecs)) as client:
        result = client.run(everything.options(workflow_id="w"), 1000)
        context = client.handle("w").describe().latest_execution_context

    assert result == [1000, 1001, True, "ba" * 500]
    assert all(map(is_reference, place.texts("w")))
    assert context is not None
    assert context.startswith("abab")


@workflow
def fails() -> None:
    raise ValueError("the number of the card is 4111")


def test_a_failure_keeps_its_secret(place: Place) -> None:
    """The message of an exception is encrypted with the details; the reason only keeps the class."""
    payloads = Payloads(codecs=[AesGcm(KEYS, "first")])

    with place.serving(fails, payloads=payloads) as client, pytest.raises(WorkflowFailed, match="4111") as failed:
        client.run(fails.options(workflow_id="w"))

    assert failed.value.error_message == "the number of the card is 4111"
    assert not any("4111" in text for text in place.texts("w"))


def test_keys_are_changed(place: Place) -> None:
    """What an old key encrypted is read as long as the key is given; without it the error says which is missing."""
    old, new = Payloads(codecs=[AesGcm({"first": KEYS["first"]})]), Payloads(codecs=[AesGcm(KEYS, "second")])
    with place.serving(child, payloads=old) as client:
        client.run(child.options(workflow_id="w"), "abc")

    with place.serving(child, payloads=new) as client:
        assert client.handle("w", workflow=child).result() == "cba"
        client.run(child.options(workflow_id="v"), "abc")
    with place.serving(child, payloads=old) as client, pytest.raises(PayloadLockedError, match="'second'"):
        client.handle("v", workflow=child).result()


def test_without_payloads_a_reference_is_told(place: Place, tmp_path: Path) -> None:
    """Who does not know the store is told what is missing, and not given the reference as if it were the value."""
    with place.serving(child, payloads=Payloads(store=FileStore(tmp_path), threshold=10)) as client:
        client.run(child.options(workflow_id="w"), "abcdefghijkl")

    with place.serving(child, payloads=Payloads()) as client, pytest.raises(PayloadLockedError, match="--payloads"):
        client.handle("w", workflow=child).result()


def test_a_lost_result_is_told_and_comes_back(place: Place, tmp_path: Path) -> None:
    """A result that the store lost is an error for who asks, until it is there again."""
    payloads = Payloads(store=FileStore(tmp_path))
    with place.serving(*DEFINITIONS, payloads=payloads) as client:
        client.run(child.options(workflow_id="w"), "x" * 40_000)
    result = read_reference(place.texts("w")[-1])
    assert isinstance(result, Stored)
    path = tmp_path / result.key[:2] / result.key
    kept = path.read_bytes()
    path.unlink()

    again = Payloads(store=FileStore(tmp_path))
    with place.serving(child, payloads=again) as client, pytest.raises(PayloadMissingError, match=result.key):
        client.handle("w").result()
    path.write_bytes(kept)
    with place.serving(child, payloads=again) as client:
        assert client.handle("w").result() == "x" * 40_000


class Forgetful:
    """A store that loses the first things that it is given."""

    def __init__(self, losses: int) -> None:
        self.kept: dict[str, bytes] = {}
        self._losses = losses

    def put(self, key: str, data: bytes) -> None:
        if self._losses:
            self._losses -= 1
        else:
            self.kept[key] = data

    def get(self, key: str) -> bytes:
        return self.kept[key]


@workflow
def asks(size: int) -> int:
    return submit(length, "x" * size).result()


def test_an_activity_whose_input_is_lost_gets_a_new_one(place: Place) -> None:
    """It has not run, so it is asked for again, without a Retry of the author's, and the workflow does not see it."""
    writes = Payloads(store=Forgetful(1))

    with place.serving(asks, length, payloads=writes) as client:
        # So long that no cache keeps it, which would know what the store has lost.
        result = client.run(asks.options(workflow_id="w"), 17 << 20)

    assert result == 17 << 20
    assert any(text.startswith("The input of the task cannot be had") for text in place.texts("w"))


def test_without_a_store_what_is_too_long_is_refused_at_the_call(place: Place) -> None:
    """With codecs, too, and their part is taken into account."""
    secret = Payloads(codecs=[AesGcm(KEYS, "first")])

    with place.serving(asks, length, payloads=Payloads()) as client, pytest.raises(WorkflowFailed, match="40,0"):
        client.run(asks, 40_000)
    with place.serving(asks, length, payloads=secret) as client, pytest.raises(WorkflowFailed, match="bytes before"):
        client.run(asks, 30_000)
    with place.serving(asks, length, payloads=secret) as client:
        assert client.run(asks, 24_000) == 24_000
        with pytest.raises(LimitExceededError):
            client.start(child, "é" * 13_000)


class Own:
    """A store of one's own: two methods."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self.kept[key] = data

    def get(self, key: str) -> bytes:
        return self.kept[key]


GLOBAL = Own()


class Mine(Own):
    """Its name is another one."""


MINE = Mine()


@activity(payloads=Payloads(store=MINE, threshold=10), retry=Retry(max_attempts=2))
def private(text: str) -> str:
    return text + text


@workflow
def mixed(text: str) -> str:
    return submit(private, text).result()


def test_an_activity_has_payloads_of_its_own(place: Place) -> None:
    """Its input and its result go to its own store, and nobody else's do."""
    with place.serving(mixed, private, payloads=Payloads(store=GLOBAL)) as client:
        assert client.run(mixed.options(workflow_id="w"), "some secret text") == "some secret text" * 2

    assert sorted(MINE.kept.values()) == sorted(
        [b'"some secret textsome secret text"', b'{"args":["some secret text"],"kwargs":{}}']
    )
    assert not GLOBAL.kept


class Late(Own):
    """A store that does not find what it was given for the first times that it is asked."""

    def __init__(self, *, misses: int, damages: bool) -> None:
        super().__init__()
        self._misses = misses
        self._damages = damages

    def get(self, key: str) -> bytes:
        if self._misses:
            self._misses -= 1
            if self._damages:
                return b"x" + self.kept[key][1:]
            raise KeyError(key)
        return self.kept[key]


@pytest.mark.parametrize("damages", [False, True])
def test_a_decision_that_lacks_a_payload_is_made_later(tmp_path: Path, *, damages: bool) -> None:
    """Missing or damaged: the very same decision task is answered when the payload can be had; nothing fails."""
    store = Late(misses=2, damages=damages)
    dropped: list[DecisionDropped] = []

    def watch(notice: Notice) -> None:
        if isinstance(notice, DecisionDropped):
            dropped.append(notice)

    with open_engine(tmp_path / "engine.db") as engine:
        worker = LocalWorker(
            engine.local(),
            domain="default",
            catalog=catalog_of([child]),
            payloads=Payloads(store=store, threshold=100),
            watch=watch,
        )
        with worker:
            client = Client(engine, payloads=Payloads(store=store, threshold=100))
            handle = client.start(child, "x" * 1000)
            assert handle.result(timeout=100) == "x" * 1000
            kinds = [type(event).__name__ for event in handle.history()]
        engine.close()
        assert worker.join(30)

    assert [type(notice.error) for notice in dropped] == [PayloadDamagedError if damages else PayloadMissingError]
    assert kinds.count("DecisionTaskStarted") == 1


@pytest.mark.parametrize("is_sticky", [False, True])
def test_a_decision_that_was_put_off_does_not_wait_for_a_poll(tmp_path: Path, *, is_sticky: bool) -> None:
    """It is made when its time has come, a second after the second failure, though no poll ends for a minute."""
    store = Late(misses=3, damages=False)
    payloads = Payloads(store=store, threshold=100)
    dropped: list[DecisionDropped] = []

    def watch(notice: Notice) -> None:
        if isinstance(notice, DecisionDropped):
            dropped.append(notice)

    with open_engine(tmp_path / "engine.db") as engine, ExitStack() as stack:
        stack.callback(engine.close)
        client = Client(engine, payloads=payloads)
        client.register(child)
        catalog = catalog_of([child])
        if is_sticky:
            travel = travel_of(payloads, catalog.definitions)
            lines = Lines(seal(engine.local(), travel), seal(engine.local(), travel), engine.close)
            service = DecisionService(
                lines, DecisionSettings(domain="default"), catalog, watch=watch, payloads=payloads
            )
            service.start()
            stack.callback(service.drain, 30)
        else:
            worker = LocalWorker(engine.local(), domain="default", catalog=catalog, payloads=payloads, watch=watch)
            worker.start()
            stack.callback(worker.join, 30)
            stack.callback(engine.close)
            stack.callback(worker.stop)
        begun = time.monotonic()
        assert client.start(child, "x" * 1000).result(timeout=100) == "x" * 1000
        took = time.monotonic() - begun

    assert len(dropped) >= 2
    assert 1 <= took < 50


@activity
def huge(size: int) -> bytes:
    return bytes(size)


@workflow
def measured(size: int) -> int:
    return len(submit(huge, size).result())


@pytest.mark.parametrize("megabytes", [5, 100])
def test_results_of_any_size(place: Place, tmp_path: Path, megabytes: int) -> None:
    """What the Base64 of so many megabytes of JSON needs stands in a file, and a line of it in history."""
    with place.serving(measured, huge, payloads=Payloads(store=FileStore(tmp_path / "kept"))) as client:
        assert client.run(measured.options(workflow_id="w"), megabytes << 20) == megabytes << 20

    assert max(map(len, place.texts("w"))) < REFERENCE_CHARACTERS


def test_a_long_result_without_a_store_says_what_helps(place: Place) -> None:
    """The activity fails, with the size, the limit and the remedy."""
    with (
        place.serving(measured, huge, payloads=Payloads()) as client,
        pytest.raises(WorkflowFailed, match=r"characters.*32,768") as failed,
    ):
        client.run(measured, 5 << 20)

    assert "A store takes what is long: Payloads(store=...)" in str(failed.value.details)
