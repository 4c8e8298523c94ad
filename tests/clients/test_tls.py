"""`Swf` over HTTPS: a server behind a proxy that speaks TLS, with a certificate made here."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import trustme

from ostinato.clients.http import HttpSwf
from ostinato.engine.engine import open_engine
from ostinato.engines import open_swf
from ostinato.errors import ConnectionLostError
from ostinato.model import operations as o
from ostinato.model.structures import TaskList
from ostinato.server.credentials import AccessKey
from ostinato.server.serving import Server, Settings, listen
from ostinato.swf import Credentials

SECRET = "secret"
REGISTER = o.RegisterDomain(name="d", workflow_execution_retention_period_in_days="1")
POLL = o.PollForActivityTask(domain="d", task_list=TaskList(name="t"))


class Proxy:
    """Takes TLS off, and hands on what is within it."""

    def __init__(self, to: tuple[str, int], tls: ssl.SSLContext) -> None:
        self._to = to
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.url = f"https://localhost:{self._listening.getsockname()[1]}"
        self.accepted = 0
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            with suppress(OSError):
                near = self._tls.wrap_socket(plain, server_side=True)
                far = socket.create_connection(self._to)
                self._sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    self._threads.append(threading.Thread(target=_hand_on, args=(one, other)))
                    self._threads[-1].start()

    def hang_up(self) -> None:
        """End every connection."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Accept no more, and end."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(20)
        for each in self._sockets:
            each.close()


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while received := one.recv(65_536):
            other.sendall(received)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Signs certificates; nobody trusts it."""
    return trustme.CA()


@pytest.fixture
def proxy(authority: trustme.CA) -> Iterator[Proxy]:
    """In front of a server that knows one key."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with ExitStack() as stack:
        engine = stack.enter_context(open_engine(":memory:"))
        key = AccessKey(access_key_id="me", secret_access_key=SECRET)
        server = Server(engine, Settings(credentials={"me": key}))
        listening = listen("127.0.0.1", 0)
        thread = threading.Thread(target=server.serve, args=(listening,))
        proxy = Proxy(listening.getsockname(), tls)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.stop)
        stack.callback(proxy.close)
        yield proxy


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody trusts it."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


CREDENTIALS = Credentials(access_key_id="me", secret_access_key=SECRET)


@pytest.mark.usefixtures("trusted")
def test_calls_are_made_over_tls(proxy: Proxy) -> None:
    """Signed, on one connection; the authority is one that SSL_CERT_FILE names."""
    with open_swf(proxy.url, credentials=CREDENTIALS) as swf:
        swf.call(REGISTER)
        described = swf.call(o.DescribeDomain(name="d"))

    assert described.domain_info.name == "d"
    assert proxy.accepted == 1


@pytest.mark.usefixtures("trusted")
def test_an_ended_connection_is_not_used_again(proxy: Proxy) -> None:
    """Also for what must not be sent twice: the end is seen before the request is sent."""
    client = HttpSwf(proxy.url, credentials=CREDENTIALS, timeout=20)
    client.call(REGISTER)
    proxy.hang_up()
    for connection in client._idle:
        while not connection.has_ended():
            pass

    client.call(o.DeprecateDomain(name="d"))

    assert proxy.accepted == 2
    client.close()


@pytest.mark.usefixtures("trusted")
def test_closing_ends_a_poll(proxy: Proxy) -> None:
    """Which answers at once that there is no task."""
    client = HttpSwf(proxy.url, credentials=CREDENTIALS, timeout=20)
    client.call(REGISTER)
    answers: list[object] = []
    polling = threading.Thread(target=lambda: answers.append(client.call(POLL)))
    polling.start()
    while not client._busy:
        pass

    client.close()

    polling.join(10)
    assert answers == [None]


def test_who_is_not_trusted_is_told_nothing(proxy: Proxy) -> None:
    """The certificate is checked, and its name too."""
    client = HttpSwf(proxy.url, credentials=CREDENTIALS)

    with pytest.raises(ConnectionLostError, match="certificate") as lost:
        client.call(REGISTER)

    assert lost.value.may_be_done is False
    client.close()


@pytest.mark.usefixtures("trusted")
def test_a_certificate_is_good_for_its_name(proxy: Proxy) -> None:
    """Another host's is refused."""
    client = HttpSwf(proxy.url.replace("localhost", "127.0.0.1"), credentials=CREDENTIALS)

    with pytest.raises(ConnectionLostError, match="certificate"):
        client.call(REGISTER)
    client.close()
