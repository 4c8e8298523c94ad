"""The calls by which workflow code leaves something in history: `run_once`, `patched`, `marker`."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import msgspec
from greenlet import getcurrent

from ostinato.errors import NotDurableError, PayloadUnavailableError, RunOnceFailed
from ostinato.model import decisions as d
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads.signatures import signature_of
from ostinato.replay.execution import Execution, bounded_id, current
from ostinato.replay.externals import RecordedMarker
from ostinato.replay.loop import running_loop
from ostinato.replay.markers import PATCHED, RUN_ONCE, Marker
from ostinato.replay.reuse import take_recorded
from ostinato.replay.strands import is_plain, park

P = ParamSpec("P")
R = TypeVar("R")

_UNRECORDED_RESULTS = 90
"""So many results of run_once wait to be recorded before the next one waits itself: less than one decision holds."""


def markers(name: str | None = None) -> list[Marker]:
    """The notes that this execution has left so far, of that name or all, in order."""
    return [note for note in current("markers").notes if name is None or note.name == name]


def marker(name: str, details: object = None) -> None:
    """Leave a note in history. Details that are not a string are written as JSON.

    Raises:
        PayloadError: the details cannot become text.
        LimitExceededError: their text is longer than SWF takes.
    """
    execution = current("marker")
    text = details if details is None or isinstance(details, str) else execution.converter.dump(details)
    execution.converter.check_length(text, field=f"the details of marker {name!r}", limit=DATA_CHARACTERS)
    execution.notes.append(Marker(name, details, execution.now))
    RecordedMarker(execution, d.RecordMarker(marker_name=name, details=text))


def run_once(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run the function here, in the decider, and record its result: every replay gets the recorded one.

    For what is short and not repeatable: a clock, chance, a small look-up. It runs at least once, and once unless the
    decider is lost before its decision is recorded. It blocks the decider while it runs. What it calls by `run_once`
    itself is part of it.

    Raises:
        RunOnceFailed: the function raised an exception, which is recorded too.
        LimitExceededError: the result is longer than SWF takes.
    """
    execution = current("run_once")
    if _is_coroutine_function(function):
        raise NotDurableError(found=f"run_once() was given an async def, {function!r}", hint="Give it a plain function")
    if execution.runs_once is getcurrent():
        return function(*args, **kwargs)
    while execution.unrecorded_markers >= _UNRECORDED_RESULTS and is_plain():
        park(execution.next_batch(), "run_once()")
    label = getattr(function, "__qualname__", type(function).__qualname__)
    name = bounded_id(f"{RUN_ONCE}{label}-{execution.number(f'run_once {label}')}")
    recorded = execution.markers.pop(name, None)
    if recorded is not None:
        text = recorded.details or ""
    elif execution.is_replaying and execution.last_event_id > execution.full_up_to:
        raise execution.mismatch(f"marker {name!r}")
    else:
        text = take_recorded(execution, name) or _run_now(execution, function, args, kwargs)
        execution.converter.check_length(text, field=f"the result of run_once({label})", limit=DATA_CHARACTERS)
    RecordedMarker(execution, d.RecordMarker(marker_name=name, details=text), is_result=True)
    result: R = _recorded_result(execution, function, text)
    return result


def nondeterministic(function: Callable[P, R], /) -> Callable[P, R]:
    """Make a function that workflow code calls as it is: it is run by `run_once`. Elsewhere it just runs.

    `cached` is another name of this.

    Raises:
        NotDurableError: it is an `async def`.
    """
    if _is_coroutine_function(function):
        raise NotDurableError(
            found=f"@nondeterministic was put on an async def, {function!r}", hint="Put it on a plain function"
        )

    @functools.wraps(function)
    def once(*args: P.args, **kwargs: P.kwargs) -> R:
        if running_loop() is None:
            return function(*args, **kwargs)
        return run_once(function, *args, **kwargs)

    return once


cached = nondeterministic
"""The name that PySWF has for it."""


class _Recorded(msgspec.Struct, omit_defaults=True):
    """The details of a run_once marker."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    reason: str | None = None
    details: str | None = None


def _run_now(execution: Execution, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    execution.runs_once = getcurrent()
    try:
        text = execution.converter.dump(function(*args, **kwargs))
    except PayloadUnavailableError as error:
        # Not the function's result, but ours, which is tried again; whoever catches it here does not change that.
        execution.fail(error)
        raise
    except Exception as error:  # noqa: BLE001  (whatever the author's function raises is its result)
        failure = execution.converter.dump_failure(error)
        return msgspec.json.encode({"reason": failure.reason, "details": failure.details}).decode()
    finally:
        execution.runs_once = None
    return f'{{"value":{text}}}'


def _recorded_result(execution: Execution, function: Callable[..., Any], text: str) -> Any:
    recorded = msgspec.json.decode(text, type=_Recorded)
    if recorded.reason is None and recorded.details is None:
        return execution.converter.load(bytes(recorded.value).decode(), _type_of(function))
    said = execution.converter.load_failure(recorded.reason, recorded.details)
    raise RunOnceFailed(error_type=said.error_type, error_message=said.message, error_traceback=said.traceback)


def _type_of(function: Callable[..., Any]) -> Any:
    try:
        return signature_of(function).result_type
    except (ValueError, TypeError):
        return Any  # a builtin that tells no signature


def _is_coroutine_function(function: object) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & 0x80)


def patched(patch_id: str) -> bool:
    """Whether this execution follows the new way of a change to the workflow's code.

    True for executions that come here first with the new code, and for ever after; False where history shows that they
    came by with the old code.
    """
    execution = current("patched")
    name = f"{PATCHED}{patch_id}"
    if name in execution.patches:
        return execution.patches[name]
    is_new = execution.markers.pop(name, None) is not None or not execution.is_replaying
    execution.patches[name] = is_new
    if is_new:
        RecordedMarker(execution, d.RecordMarker(marker_name=name))
    return is_new


def deprecate_patch(patch_id: str) -> None:
    """Stand where `patched` stood, when the old way is gone from the code: executions that recorded the patch go on.

    It records nothing in new ones. It may go too when no execution is open that recorded the patch.
    """
    execution = current("deprecate_patch")
    name = f"{PATCHED}{patch_id}"
    if name in execution.patches:
        return
    execution.patches[name] = True
    if execution.markers.pop(name, None) is not None:
        RecordedMarker(execution, d.RecordMarker(marker_name=name))
