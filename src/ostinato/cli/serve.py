"""One `ostinato server`: from its options to the exit code."""

import gc
import os
import resource
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ostinato.cli.access import DEFAULT_ENGINE
from ostinato.cli.complaints import complain, say
from ostinato.cli.messages import messages_to
from ostinato.cli.reaching import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from ostinato.engine.engine import open_engine
from ostinato.engines import parse_engine
from ostinato.errors import UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from types import FrameType

    from ostinato.server.serving import Server
    from ostinato.worker.stand_ins import StandIn

STOPPED = 0
FAILED = 1
UNUSABLE = 2

_YOUNG_OBJECTS = 20_000
"""Garbage is looked for when there are so many new objects: open executions are many, and hold no cycles."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """What was asked for. What is not typed but set may be meant for those who call a server."""

    engine: str
    is_engine_typed: bool
    host: str
    port: int
    credentials: str | None
    is_insecure: bool
    stand_ins: tuple[str, ...]
    has_access_log: bool


def run_service(service: Service) -> int:
    """Serve until a signal, and give the exit code."""
    try:
        with messages_to(say):
            return _serve(service)
    except KeyboardInterrupt:
        return STOPPED
    except Exception as error:  # noqa: BLE001  # a traceback of ours helps nobody here
        complain(error)
        return UNUSABLE if isinstance(error, UsageError) else FAILED


def _serve(service: Service) -> int:
    db = _db(service)
    try:
        from ostinato.server.serving import Server, Settings, listen, url_of  # noqa: PLC0415  # an extra, and heavy
    except ModuleNotFoundError as error:
        raise UsageError(found=f"{error.name} is not installed", hint="pip install 'ostinato[server]'") from None
    from ostinato.server.access_log import AccessLog  # noqa: PLC0415
    from ostinato.server.credentials import read_credentials  # noqa: PLC0415

    credentials = read_credentials(Path(service.credentials)) if service.credentials is not None else None
    stand_ins = _stand_ins(service.stand_ins)
    with ExitStack() as stack:
        listening = stack.enter_context(listen(service.host, service.port))
        _check_reach(service, listening)
        # Reading the database back makes many objects, and no garbage.
        gc.disable()
        engine = stack.enter_context(open_engine(db, lambda_functions=stand_ins))
        access_log = AccessLog(sys.stderr) if service.has_access_log else None
        if access_log is not None:
            stack.callback(access_log.close)
        server = Server(engine, Settings(credentials=credentials, access_log=access_log))
        _prepare_process(server)
        say(_greeting(url_of(listening), db, service))
        server.serve(listening)
    return STOPPED


def _stand_ins(targets: tuple[str, ...]) -> "Mapping[str, StandIn]":
    if not targets:
        return {}
    from ostinato.worker.targets import load_stand_ins  # noqa: PLC0415  # most servers know of no code

    return load_stand_ins(targets)


def _db(service: Service) -> str:
    url = parse_engine(service.engine, where="--engine")
    if not url.is_embedded and service.is_engine_typed:
        raise UsageError(where="--engine", found=str(url), expected="sqlite:FILE or memory:")
    return (url if url.is_embedded else parse_engine(DEFAULT_ENGINE)).place or ":memory:"


def _check_reach(service: Service, listening: "socket.socket") -> None:
    from ostinato.server.serving import is_loopback  # noqa: PLC0415

    if service.credentials is None and not service.is_insecure and not is_loopback(listening):
        raise UsageError(
            where=f"--host {service.host}",
            found="others reach that address, and anybody could call",
            expected="--credentials FILE",
            hint="--insecure listens there all the same",
        )


def _prepare_process(server: "Server") -> None:
    def handle(_number: int, _frame: "FrameType | None") -> None:
        if is_stopping:
            os._exit(FAILED)
        is_stopping.append(True)
        server.stop()

    is_stopping: list[bool] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.freeze()
    gc.enable()
    gc.set_threshold(_YOUNG_OBJECTS, 50, 100)


def _greeting(url: str, db: str, service: Service) -> str:
    who = f"keys of {service.credentials}" if service.credentials is not None else "anybody who reaches it"
    lines = [
        f"Ostinato serves Amazon SWF's API at {url}, from {db}, to {who}.",
        f"  any AWS client:  AWS_ENDPOINT_URL_SWF={url}",
        f"  Ostinato:        OSTINATO_ENGINE={url}",
    ]
    if service.credentials is not None:
        lines.append(
            f"  with a key:      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; {ACCESS_KEY_ID}, {SECRET_ACCESS_KEY}"
        )
    return "\n".join(lines)
