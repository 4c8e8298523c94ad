"""What holds for all tests."""

import os
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# On a shared machine an example may be slow without being wrong, so there is no deadline for one.
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, database=None)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "default"))

# As on a user's machine, what a program prints waits in a buffer until it is flushed.
os.environ.pop("PYTHONUNBUFFERED", None)


class _WeakKeyDictionary(weakref.WeakKeyDictionary[Any, Any]):
    """Forgets a key by a function in C.

    coverage's tracer keys by greenlet. That of a thread that has ended is let go in one of Python's pending calls. A
    function in Python that is called there, traced, does not come to its end in Python 3.11: the process hangs.
    """

    def __init__(self, dict: Any = None) -> None:  # noqa: A002  # its name there
        super().__init__(dict)
        vars(self)["_remove"] = vars(self)["data"].pop


setattr(weakref, "WeakKeyDictionary", _WeakKeyDictionary)  # noqa: B010  # no type checker takes it otherwise


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real S3 server, of moto's."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # it takes long, and few tests need it

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
