import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ostinato import FileStore, SqlStore, Store
from ostinato.errors import UsageError
from ostinato.payloads.policy import store_name
from ostinato.storage.garbage import Sweepable
from ostinato.storage.urls import open_store, payloads_of_url


def test_what_is_put_is_got(store: Store) -> None:
    """Any bytes come back as they were, and a second put of a key replaces the first."""
    store.put("key-1", b"")
    store.put("key-2", bytes(range(256)) * 1000)
    store.put("key-1", b"again")

    assert store.get("key-1") == b"again"
    assert store.get("key-2") == bytes(range(256)) * 1000


def test_what_is_not_there_is_told(store: Store) -> None:
    """A key that is not there is a KeyError or a FileNotFoundError, whatever the store."""
    with pytest.raises((KeyError, FileNotFoundError)):
        store.get("nothing")


def test_a_store_can_be_tidied(store: Store) -> None:
    """Each store tells what it keeps, and forgets what it is told to; twice is harmless."""
    began = time.time()
    store.put("key-1", b"four")
    store.put("key-2", b"fifteen")
    assert isinstance(store, Sweepable)

    entries = sorted(store.entries(), key=lambda entry: entry.key)
    store.delete("key-1")
    store.delete("key-1")

    assert [(entry.key, entry.size) for entry in entries] == [("key-1", 4), ("key-2", 7)]
    assert all(began - 5 < entry.changed < time.time() + 5 for entry in entries)
    assert [entry.key for entry in store.entries()] == ["key-2"]


def test_a_store_has_a_name_that_a_reference_can_hold(store: Store) -> None:
    """The name is a URL without spaces and without secrets."""
    name = store_name(store)

    assert "://" in name
    assert " " not in name


def test_a_file_is_never_seen_half(tmp_path: pytest.TempPathFactory) -> None:
    """What could not be written leaves nothing under its key."""
    store = FileStore(str(tmp_path))

    with pytest.raises(TypeError):
        store.put("key", "no bytes")  # type: ignore[arg-type]

    assert not list(store.entries())
    with pytest.raises(FileNotFoundError):
        store.get("key")


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "file:", "s3://", "nothing", "redis:here", "simpleflow+file:/tmp/x", "simpleflow+gs://b"]
)
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    """The error says what would do."""
    with pytest.raises(UsageError, match="store"):
        payloads_of_url(url)


def test_urls_name_stores(tmp_path: pytest.TempPathFactory) -> None:
    """Each scheme opens its store."""
    assert store_name(open_store(f"file:{tmp_path}/a b")) == f"file://{tmp_path}/a%20b"
    assert store_name(open_store(f"file://{tmp_path}/a%20b")) == f"file://{tmp_path}/a%20b"
    assert store_name(open_store(f"sqlite:{tmp_path}/p.db")) == f"sqlite://{tmp_path}/p.db"
    assert store_name(open_store("redis://user:secret@host:1/2?x=y")) == "redis://host:1/2"
    assert store_name(open_store("gs://bucket/a/")) == "gs://bucket/a"
    sql = open_store("postgresql+psycopg://user:secret@host:1/base?connect_timeout=5")
    assert store_name(sql) == "postgresql://host:1/base/ostinato_payloads"


def test_azure_wants_to_know_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL is accepted with it; without, the error says so."""
    with pytest.raises(UsageError, match=r"az://container: .*[Aa]ccount"):
        open_store("az://container")

    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "me")

    assert store_name(open_store("az://container/a")) == "az://container/a"


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [
        ("s3://b/p", "obstore", "s3"),
        ("gs://b/p", "obstore", "objects"),
        ("az://b/p", "obstore", "objects"),
        ("redis://h/0", "redis", "redis"),
        ("postgresql://h/b", "sqlalchemy", "sql"),
    ],
)
def test_a_package_that_is_missing_is_named(
    url: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(UsageError, match=rf"'{package}' is not installed.*pip install 'ostinato\[{extra}\]'"):
        open_store(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [("postgresql+nosuch://h/b", "nosuch"), ("mysql+pymysql://h/b", "the driver is not installed"), ("mysql:", "URL")],
)
def test_what_a_sql_store_cannot_use_is_told(url: str, says: str) -> None:
    """An unknown or missing driver, and no URL."""
    with pytest.raises(UsageError, match=says):
        open_store(url)


def test_two_may_begin_with_a_sql_store_at_once(postgresql_url: str) -> None:
    """Both make the table and put the same key; neither fails."""
    stores = [SqlStore(postgresql_url, table="at_once") for _ in range(8)]
    together = threading.Barrier(len(stores))

    def put(store: SqlStore) -> None:
        together.wait()
        store.put("key", store.name.encode())

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(put, stores))

    assert stores[0].get("key") == stores[0].name.encode()
    for store in stores:
        store.close()
