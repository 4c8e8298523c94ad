"""`/health` and `/metrics` of a supervisor, over HTTP: for those who watch over it."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ostinato.worker.counters import MEANINGS
from ostinato.worker.supervision import Snapshot

_OK = 200
_UNAVAILABLE = 503
_NOT_FOUND = 404


class HealthServer:
    """Answers `GET /health` (200 while all children serve, else 503) and `GET /metrics` (Prometheus' text format).

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        snapshot: gives what to tell.

    Raises:
        OSError: the address cannot be used.
    """

    def __init__(self, host: str, port: int, snapshot: Callable[[], Snapshot]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # http.server's name
                _answer(self, snapshot())

            def log_message(self, format: str, *_args: object) -> None:  # noqa: A002  # http.server's name
                """Say nothing: they come every few seconds."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="ostinato health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answer(handler: BaseHTTPRequestHandler, snapshot: Snapshot) -> None:
    match handler.path:
        case "/health":
            body, kind = health_text(snapshot), "application/json"
            status = _OK if snapshot.is_healthy else _UNAVAILABLE
        case "/metrics":
            body, kind, status = metrics_text(snapshot), "text/plain; version=0.0.4", _OK
        case _:
            body, kind, status = "There are /health and /metrics.\n", "text/plain", _NOT_FOUND
    data = body.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def health_text(snapshot: Snapshot) -> str:
    """What `/health` says."""
    state = "draining" if snapshot.is_draining else "ok" if snapshot.is_healthy else "degraded"
    said = {
        "status": state,
        "processes": snapshot.wanted,
        "serving": snapshot.serving,
        "restarts": snapshot.restarts,
        "pids": snapshot.pids,
    }
    return json.dumps(said) + "\n"


def metrics_text(snapshot: Snapshot) -> str:
    """What `/metrics` says."""
    lines: list[str] = []
    for name, meaning in MEANINGS.items():
        full = f"ostinato_{name}_total"
        lines += [f"# HELP {full} {meaning}", f"# TYPE {full} counter", f"{full} {snapshot.counters.get(name, 0)}"]
    lines += ["# TYPE ostinato_process_restarts_total counter", f"ostinato_process_restarts_total {snapshot.restarts}"]
    gauges = {"processes": snapshot.wanted, "processes_serving": snapshot.serving, **snapshot.gauges}
    for name, value in sorted(gauges.items()):
        lines += [f"# TYPE ostinato_{name} gauge", f"ostinato_{name} {value:g}"]
    return "\n".join(lines) + "\n"
