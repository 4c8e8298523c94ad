"""`@on_signal` and `@on_cancel`: methods of a workflow class that run when a signal or a request to cancel comes."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_NAME = "__ostinato_signal__"
_CANCEL = "__ostinato_cancel__"


def on_signal(name: str) -> Callable[[F], F]:
    """Declare a method of a workflow class as the handler of the signals of that name.

    It runs once for each signal, in order of arrival, beside `run`, as `def` or `async def`, with the arguments of the
    signal converted by its annotations. A signal that has a handler is not seen by `wait_signal` or `signals`. An
    exception out of a handler fails the workflow.
    """

    def declare(method: F) -> F:
        setattr(method, _NAME, name)
        return method

    return declare


def signal_handlers(instance: object) -> dict[str, Callable[..., Any]]:
    """The handlers that the instance's class declares, bound to it, by the names of the signals."""
    found: dict[str, Callable[..., Any]] = {}
    for cls in reversed(type(instance).__mro__):
        for attribute, member in vars(cls).items():
            name = getattr(member, _NAME, None)
            if name is not None:
                found[name] = getattr(instance, attribute)
    return found


def on_cancel(method: F) -> F:
    """Declare a method of a workflow class as the one that answers requests to cancel the execution.

    It runs beside `run` for each request, as `def` or `async def`, without arguments. If it returns False the request
    is refused, and `run` learns nothing of it; else `asyncio.CancelledError` is raised where `run` waits. An exception
    out of it fails the workflow.
    """
    setattr(method, _CANCEL, True)
    return method


def cancel_handler(instance: object) -> Callable[[], Any] | None:
    """The method that the instance's class declares for requests to cancel, bound to it, if it has one."""
    for cls in type(instance).__mro__:
        for attribute, member in vars(cls).items():
            if getattr(member, _CANCEL, False):
                handler: Callable[[], Any] = getattr(instance, attribute)
                return handler
    return None
