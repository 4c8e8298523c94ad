"""Durable, distributed workflows in plain Python."""

from ostinato.errors import OstinatoError
from ostinato.model.enums import ChildPolicy
from ostinato.replay.calls import (
    Info,
    Signals,
    continue_as_new,
    info,
    map,  # noqa: A004  (the builtin's meaning, made durable)
    marker,
    now,
    patched,
    random,
    request_cancel,
    run_once,
    set_context,
    signal,
    signals,
    sleep,
    spawn,
    starmap,
    submit,
    timer,
    uuid4,
    wait_signal,
)
from ostinato.replay.definitions import Activity, LambdaFunction, Workflow, activity, workflow
from ostinato.replay.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    Future,
    as_completed,
    wait,
)
from ostinato.replay.retry import EndState, Retry
from ostinato.replay.signal_handlers import on_signal

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "Activity",
    "ChildPolicy",
    "EndState",
    "Future",
    "Info",
    "LambdaFunction",
    "OstinatoError",
    "Retry",
    "Signals",
    "Workflow",
    "activity",
    "as_completed",
    "continue_as_new",
    "info",
    "map",
    "marker",
    "now",
    "on_signal",
    "patched",
    "random",
    "request_cancel",
    "run_once",
    "set_context",
    "signal",
    "signals",
    "sleep",
    "spawn",
    "starmap",
    "submit",
    "timer",
    "uuid4",
    "wait",
    "wait_signal",
    "workflow",
]
