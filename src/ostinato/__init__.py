"""Durable, distributed workflows in plain Python: the public face.

Each name is imported from its home when it is first used, so that a program pays only for what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ostinato.client.client import (
        Client,
    )
    from ostinato.client.handle import (
        Handle,
    )
    from ostinato.errors import (
        FailWorkflow,
        OstinatoError,
    )
    from ostinato.model.enums import (
        ChildPolicy,
    )
    from ostinato.payloads.packing import (
        MsgpackConverter,
    )
    from ostinato.payloads.pickling import (
        PickleConverter,
    )
    from ostinato.payloads.policy import (
        Codec,
        Payloads,
        ReferenceForm,
        Store,
    )
    from ostinato.replay.calls import (
        Info,
        Signals,
        continue_as_new,
        continue_as_new_after,
        info,
        now,
        random,
        request_cancel,
        set_context,
        signal,
        signals,
        sleep,
        timer,
        uuid4,
        wait_signal,
    )
    from ostinato.replay.canvas import (
        Call,
        Chain,
        FuncGroup,
        Group,
        call,
    )
    from ostinato.replay.definitions import (
        Activity,
        LambdaFunction,
        Workflow,
        activity,
        workflow,
    )
    from ostinato.replay.failures import (
        TaskFailure,
        Verdict,
    )
    from ostinato.replay.fan_out import (
        FanOutResult,
        ItemFailure,
        Span,
        fan_out,
    )
    from ostinato.replay.futures import (
        ALL_COMPLETED,
        FIRST_COMPLETED,
        FIRST_EXCEPTION,
        Future,
        as_completed,
        shield,
        wait,
    )
    from ostinato.replay.markers import (
        Marker,
    )
    from ostinato.replay.recording import (
        cached,
        deprecate_patch,
        marker,
        markers,
        nondeterministic,
        patched,
        run_once,
    )
    from ostinato.replay.retry import (
        EndState,
        Retry,
    )
    from ostinato.replay.sagas import (
        Saga,
    )
    from ostinato.replay.settings import (
        INHERIT,
    )
    from ostinato.replay.signal_handlers import (
        on_cancel,
        on_signal,
    )
    from ostinato.replay.steps import (
        Step,
        Steps,
    )
    from ostinato.replay.submitting import (
        map,  # noqa: A004  (the builtin's meaning, made durable)
        spawn,
        starmap,
        submit,
    )
    from ostinato.schedules.schedule import (
        Overlap,
    )
    from ostinato.schedules.schedules import (
        ScheduleHandle,
        Schedules,
    )
    from ostinato.schedules.times import (
        Times,
    )
    from ostinato.storage.codecs import (
        AesGcm,
        Deflate,
        Zstd,
    )
    from ostinato.storage.files import (
        FileStore,
    )
    from ostinato.storage.objects import (
        ObjectStore,
    )
    from ostinato.storage.redis import (
        RedisStore,
    )
    from ostinato.storage.sql import (
        SqlStore,
    )
    from ostinato.storage.sqlite import (
        SqliteStore,
    )
    from ostinato.swf import (
        Credentials,
    )
    from ostinato.worker.context import (
        activity_info,
        cancel_requested,
        complete_later,
        heartbeat,
        heartbeat_details,
    )
    from ostinato.worker.downloads import (
        Download,
    )
    from ostinato.worker.logs import (
        logger,
    )
    from ostinato.worker.programs import (
        ProgramOutput,
        program,
        python,
    )
    from ostinato.worker.worker import (
        Worker,
    )

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "INHERIT",
    "Activity",
    "AesGcm",
    "Call",
    "Chain",
    "ChildPolicy",
    "Client",
    "Codec",
    "Credentials",
    "Deflate",
    "Download",
    "EndState",
    "FailWorkflow",
    "FanOutResult",
    "FileStore",
    "FuncGroup",
    "Future",
    "Group",
    "Handle",
    "Info",
    "ItemFailure",
    "LambdaFunction",
    "Marker",
    "MsgpackConverter",
    "ObjectStore",
    "OstinatoError",
    "Overlap",
    "Payloads",
    "PickleConverter",
    "ProgramOutput",
    "RedisStore",
    "ReferenceForm",
    "Retry",
    "Saga",
    "ScheduleHandle",
    "Schedules",
    "Signals",
    "Span",
    "SqlStore",
    "SqliteStore",
    "Step",
    "Steps",
    "Store",
    "TaskFailure",
    "Times",
    "Verdict",
    "Worker",
    "Workflow",
    "Zstd",
    "activity",
    "activity_info",
    "as_completed",
    "cached",
    "call",
    "cancel_requested",
    "complete_later",
    "continue_as_new",
    "continue_as_new_after",
    "deprecate_patch",
    "fan_out",
    "heartbeat",
    "heartbeat_details",
    "info",
    "logger",
    "map",
    "marker",
    "markers",
    "nondeterministic",
    "now",
    "on_cancel",
    "on_signal",
    "patched",
    "program",
    "python",
    "random",
    "request_cancel",
    "run_once",
    "set_context",
    "shield",
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

_HOMES = {
    "ostinato.client.client": ("Client",),
    "ostinato.client.handle": ("Handle",),
    "ostinato.errors": (
        "FailWorkflow",
        "OstinatoError",
    ),
    "ostinato.model.enums": ("ChildPolicy",),
    "ostinato.payloads.packing": ("MsgpackConverter",),
    "ostinato.payloads.pickling": ("PickleConverter",),
    "ostinato.payloads.policy": ("Codec", "Payloads", "ReferenceForm", "Store"),
    "ostinato.replay.calls": (
        "Info",
        "Signals",
        "continue_as_new",
        "continue_as_new_after",
        "info",
        "now",
        "random",
        "request_cancel",
        "set_context",
        "signal",
        "signals",
        "sleep",
        "timer",
        "uuid4",
        "wait_signal",
    ),
    "ostinato.replay.canvas": (
        "Call",
        "Chain",
        "FuncGroup",
        "Group",
        "call",
    ),
    "ostinato.replay.definitions": (
        "Activity",
        "LambdaFunction",
        "Workflow",
        "activity",
        "workflow",
    ),
    "ostinato.replay.failures": (
        "TaskFailure",
        "Verdict",
    ),
    "ostinato.replay.fan_out": (
        "FanOutResult",
        "ItemFailure",
        "Span",
        "fan_out",
    ),
    "ostinato.replay.futures": (
        "ALL_COMPLETED",
        "FIRST_COMPLETED",
        "FIRST_EXCEPTION",
        "Future",
        "as_completed",
        "shield",
        "wait",
    ),
    "ostinato.replay.markers": ("Marker",),
    "ostinato.replay.recording": (
        "cached",
        "deprecate_patch",
        "marker",
        "markers",
        "nondeterministic",
        "patched",
        "run_once",
    ),
    "ostinato.replay.retry": (
        "EndState",
        "Retry",
    ),
    "ostinato.replay.sagas": ("Saga",),
    "ostinato.replay.settings": ("INHERIT",),
    "ostinato.replay.signal_handlers": (
        "on_cancel",
        "on_signal",
    ),
    "ostinato.replay.steps": (
        "Step",
        "Steps",
    ),
    "ostinato.replay.submitting": (
        "map",
        "spawn",
        "starmap",
        "submit",
    ),
    "ostinato.storage.codecs": ("AesGcm", "Deflate", "Zstd"),
    "ostinato.storage.files": ("FileStore",),
    "ostinato.storage.objects": ("ObjectStore",),
    "ostinato.storage.redis": ("RedisStore",),
    "ostinato.storage.sql": ("SqlStore",),
    "ostinato.storage.sqlite": ("SqliteStore",),
    "ostinato.swf": ("Credentials",),
    "ostinato.schedules.schedule": ("Overlap",),
    "ostinato.schedules.schedules": (
        "ScheduleHandle",
        "Schedules",
    ),
    "ostinato.schedules.times": ("Times",),
    "ostinato.worker.context": (
        "activity_info",
        "cancel_requested",
        "complete_later",
        "heartbeat",
        "heartbeat_details",
    ),
    "ostinato.worker.downloads": ("Download",),
    "ostinato.worker.logs": ("logger",),
    "ostinato.worker.programs": (
        "ProgramOutput",
        "program",
        "python",
    ),
    "ostinato.worker.worker": ("Worker",),
}


if not TYPE_CHECKING:  # checkers would take any misspelt name for one that this finds

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                value = getattr(import_module(home), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
