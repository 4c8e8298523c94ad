"""`ostinato payloads gc`, as a user types it."""

import json
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from ostinato import Client, FileStore, Payloads, wait_signal, workflow
from ostinato.engine.engine import open_engine
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker
from tests.cli.conftest import Finished

Typed = Callable[..., Finished]

A_DAY = 86_400.0
LOST = "0b1e6d5e-0000-4000-8000-000000000000"

STORES = """
from ostinato import Payloads


class Closed:
    def put(self, key, data):
        raise OSError("it is closed")

    def get(self, key):
        raise OSError("it is closed")


class Broken(Closed):
    def entries(self):
        raise RuntimeError("it does not answer")

    def delete(self, key):
        pass


closed = Payloads(store=Closed())
broken = Payloads(store=Broken())
"""


@workflow
def repeated(text: str) -> str:
    return text * 2


@workflow
def waiting() -> str:
    return str(wait_signal("go").result())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """A store that a closed execution has put something into, and an open one in another domain; and what is lost."""
    monkeypatch.chdir(tmp_path)
    store = FileStore(tmp_path / "payloads")
    payloads = Payloads(store=store)
    with open_engine(tmp_path / "ostinato.db") as engine:
        elsewhere = Client(engine.local(), domain="other", payloads=payloads)
        elsewhere.register(waiting)
        elsewhere.start(waiting.options(workflow_id="open")).signal("no", "x" * 40_000)
        catalog = catalog_of([repeated])
        with LocalWorker(engine.local(), domain="default", catalog=catalog, payloads=payloads) as worker:
            client = Client(engine.local(), payloads=payloads)
            assert client.run(repeated.options(workflow_id="closed"), "ab" * 20_000) == "abab" * 20_000
            engine.close()
        assert worker.join(30)
    assert len(list(store.entries())) == 3
    store.put(LOST, b"lost")
    for file in (tmp_path / "payloads").glob("??/*"):
        os.utime(file, (time.time() - 2 * A_DAY,) * 2)
    store.put(str(uuid.uuid4()), b"in a moment")
    return store


def test_gc_removes_what_no_history_names(store: FileStore, typed: Typed) -> None:
    """A dry run tells of it, and the next one removes it: what is old, and named in no domain, open or closed."""
    before = {entry.key for entry in store.entries()}

    dry = typed("payloads", "gc", "--payloads", store.name, "--dry-run")
    kept = {entry.key for entry in store.entries()}
    listed = typed("payloads", "gc", "--payloads", store.name, "-o", "csv", "--columns", "key,size")
    again = typed("payloads", "gc", "--payloads", store.name)

    assert dry.code == listed.code == again.code == 0, dry.err + listed.err
    assert [(each["key"], each["size"], each["store"]) for each in json.loads(dry.out)] == [(LOST, 4, store.name)]
    assert kept == before
    assert listed.out == f"key,size\n{LOST},4\n"
    assert {entry.key for entry in store.entries()} == before - {LOST}
    assert again.out == "[]\n"


@pytest.mark.usefixtures("store")
def test_gc_leaves_what_is_younger(typed: Typed, store: FileStore) -> None:
    """--older-than says how old garbage is; too short a time would take what is being written."""
    assert typed("payloads", "gc", "--payloads", store.name, "--older-than", "3d").out == "[]\n"

    refused = typed("payloads", "gc", "--payloads", store.name, "--older-than", "60s")
    assert (refused.code, refused.out) == (2, "")
    assert "20m or more" in refused.err


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("payloads", "said"),
    [
        ("", "no store"),
        ("closed_stores.py:closed", "cannot be tidied"),
        ("broken_stores.py:broken", "the store failed: RuntimeError: it does not answer"),
    ],
)
def test_gc_says_why_it_cannot(payloads: str, said: str, typed: Typed, tmp_path: Path) -> None:
    """Without a store, with one that cannot be tidied, with one that fails."""
    for name in ("closed", "broken"):
        (tmp_path / f"{name}_stores.py").write_text(STORES)

    ended = typed("payloads", "gc", "--payloads", payloads)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
