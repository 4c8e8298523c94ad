"""The numbers that Prometheus reads."""

from ostinato.server.metrics import Metrics


def test_requests_are_counted_and_their_time_is() -> None:
    """By operation and outcome; the histogram is cumulative, as its format wants."""
    metrics = Metrics()
    for seconds in (0.0005, 0.004, 70.0):
        metrics.observe("ListDomains", "ok", seconds)
    metrics.observe("ListDomains", "ValidationException", 0.004)
    metrics.hung_up += 1

    lines = metrics.text({"open_executions": 3, "commits_total": 7}).splitlines()

    assert 'ostinato_requests_total{operation="ListDomains",outcome="ok"} 3' in lines
    assert 'ostinato_requests_total{operation="ListDomains",outcome="ValidationException"} 1' in lines
    assert 'ostinato_request_seconds_bucket{operation="ListDomains",le="0.001"} 1' in lines
    assert 'ostinato_request_seconds_bucket{operation="ListDomains",le="0.005"} 3' in lines
    assert 'ostinato_request_seconds_bucket{operation="ListDomains",le="65.0"} 3' in lines
    assert 'ostinato_request_seconds_bucket{operation="ListDomains",le="+Inf"} 4' in lines
    assert 'ostinato_request_seconds_sum{operation="ListDomains"} 70.008500' in lines
    assert "ostinato_hung_up_total 1" in lines
    assert lines[-4:] == [
        "# TYPE ostinato_open_executions gauge",
        "ostinato_open_executions 3",
        "# TYPE ostinato_commits_total counter",
        "ostinato_commits_total 7",
    ]
