"""One `ostinato server`: from its options to the exit code."""

import signal
from dataclasses import dataclass
from types import FrameType

from ostinato.cli.complaints import complain, say
from ostinato.engine.engine import open_engine
from ostinato.errors import UsageError

STOPPED = 0
FAILED = 1
UNUSABLE = 2


@dataclass(frozen=True, kw_only=True)
class Service:
    """What was asked for."""

    db: str
    host: str
    port: int


def run_service(service: Service) -> int:
    """Serve until a signal, and give the exit code."""
    try:
        return _serve(service)
    except Exception as error:  # noqa: BLE001  # a traceback of ours helps nobody here
        complain(error)
        return UNUSABLE if isinstance(error, UsageError) else FAILED


def _serve(service: Service) -> int:
    from ostinato.server.serving import Server, Settings, listen, url_of  # noqa: PLC0415

    with listen(service.host, service.port) as listening, open_engine(service.db) as engine:
        server = Server(engine, Settings(host=service.host, port=service.port))

        def handle(_number: int, _frame: FrameType | None) -> None:
            server.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, handle)
        say(_greeting(url_of(listening), service.db))
        server.serve(listening)
    return STOPPED


def _greeting(url: str, db: str) -> str:
    return "\n".join(
        (
            f"Ostinato serves Amazon SWF's API at {url} from {db}",
            f"  any AWS client:  AWS_ENDPOINT_URL_SWF={url}",
            f"  Ostinato:        OSTINATO_ENGINE={url}",
        )
    )
