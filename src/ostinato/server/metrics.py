"""What goes on, in numbers, as Prometheus reads them."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 65.0)
"""The latency histogram's bounds, in seconds; polls wait for up to a minute."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Latency:
    """The latencies of one operation."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.total = 0.0


class Metrics:
    """Counts requests. One thread at a time may use it."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str], int] = {}
        self._latencies: dict[str, _Latency] = {}
        self.hung_up = 0
        """How many clients left before their answer."""

    def observe(self, operation: str, outcome: str, seconds: float) -> None:
        """Take in a request: its operation, how it ended ("ok", or the fault), and how long it took."""
        key = (operation, outcome)
        self._requests[key] = self._requests.get(key, 0) + 1
        latency = self._latencies.get(operation)
        if latency is None:
            latency = self._latencies[operation] = _Latency()
        latency.buckets[bisect_left(BOUNDS, seconds)] += 1
        latency.total += seconds

    def text(self, gauges: Mapping[str, int]) -> str:
        """All of it, in Prometheus's text format, with other numbers of the moment."""
        return "\n".join((*self._counters(), *self._histogram(), *_gauges(gauges), ""))

    def _counters(self) -> Iterator[str]:
        yield "# HELP ostinato_requests_total Requests, by operation and outcome (ok, or the fault)."
        yield "# TYPE ostinato_requests_total counter"
        for (operation, outcome), count in sorted(self._requests.items()):
            yield f'ostinato_requests_total{{operation="{operation}",outcome="{outcome}"}} {count}'
        yield "# HELP ostinato_hung_up_total Clients that left before their answer."
        yield "# TYPE ostinato_hung_up_total counter"
        yield f"ostinato_hung_up_total {self.hung_up}"

    def _histogram(self) -> Iterator[str]:
        yield "# HELP ostinato_request_seconds How long requests took, the waiting of polls included."
        yield "# TYPE ostinato_request_seconds histogram"
        for operation, latency in sorted(self._latencies.items()):
            label, count = f'operation="{operation}"', 0
            for bound, in_bucket in zip((*map(str, BOUNDS), "+Inf"), latency.buckets, strict=True):
                count += in_bucket
                yield f'ostinato_request_seconds_bucket{{{label},le="{bound}"}} {count}'
            yield f"ostinato_request_seconds_sum{{{label}}} {latency.total:.6f}"
            yield f"ostinato_request_seconds_count{{{label}}} {count}"


def _gauges(gauges: Mapping[str, int]) -> Iterator[str]:
    for name, value in gauges.items():
        yield f"# TYPE ostinato_{name} {'counter' if name.endswith('_total') else 'gauge'}"
        yield f"ostinato_{name} {value}"
