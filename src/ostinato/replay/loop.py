"""The deterministic asyncio event loop that workflow code runs on.

It has a queue of callbacks and nothing else: its clock is history's, its timers are durable, and it never waits. When
nothing can move, control goes back to the replay. What touches the world (sockets, threads, subprocesses) is refused.
"""

import asyncio
import contextlib
import contextvars
import inspect
import itertools
import sys
import threading
from asyncio import events
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from typing import Any, NoReturn, Protocol, TypeVar

import msgspec

from ostinato.errors import NotDurableError
from ostinato.replay.strands import FAREWELLS, position, source_line

T = TypeVar("T")


class Alarm(Protocol):
    """A durable timer that calls back."""

    def cancel(self) -> None:
        """Stop it, if it has not fired."""


class Alarms(Protocol):
    """Who keeps durable timers."""

    def set_alarm(self, seconds: float, callback: Callable[[], None]) -> Alarm:
        """Call back after that many seconds of history's time, rounded up to whole ones."""
        ...


class OrderedFuture(asyncio.Future[T]):
    """A future whose hash is its number, so that sets of futures are walked in the same order in every replay."""

    __slots__ = ("_number",)

    def __init__(self, *, loop: "ReplayLoop") -> None:
        super().__init__(loop=loop)
        self._number = loop.next_number()

    def __hash__(self) -> int:
        return self._number

    __eq__ = object.__eq__


class OrderedTask(asyncio.Task[T]):
    """A task whose hash is its number, as `OrderedFuture`."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], *, loop: "ReplayLoop", **options: Any) -> None:
        # asyncio keeps the tasks of all loops in one set, which is slow to add to where many hashes are equal.
        self._number = object.__hash__(self)
        super().__init__(coroutine, loop=loop, **options)
        self._number = loop.next_number()

    def __hash__(self) -> int:
        return self._number

    __eq__ = object.__eq__


class ReplayLoop(asyncio.AbstractEventLoop):
    """An event loop that runs until nothing can move."""

    def __init__(self, owner: Alarms) -> None:
        self.now = 0.0
        """Seconds since the epoch, of the event that the code sees."""
        self.stopped = False
        """Set when the execution has closed: nothing runs any more."""
        self.complaints: list[dict[str, Any]] = []
        """What asyncio reported: exceptions that nobody looked at."""
        self.owner = owner
        """Whose code it runs."""
        self.ready: deque[_Ready | _AlarmHandle] = deque()
        """The callbacks that are to run."""
        self.next_number: Callable[[], int] = itertools.count(1).__next__
        """Gives a number that no other future or task of this loop has."""
        self._tasks: dict[asyncio.Task[Any], None] = {}

    @contextlib.contextmanager
    def entered(self) -> Generator[None]:
        """Be the loop that asyncio finds running in this thread."""
        outer = events._get_running_loop()  # noqa: SLF001  (the documented hook for loop implementers)
        hooks = sys.get_asyncgen_hooks()
        events._set_running_loop(self)  # noqa: SLF001
        sys.set_asyncgen_hooks(firstiter=None, finalizer=self._end_generator)
        try:
            yield
        finally:
            sys.set_asyncgen_hooks(*hooks)
            events._set_running_loop(outer)  # noqa: SLF001

    def _end_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Let an async generator that nobody goes on with clean up, as asyncio does; end it if all is put away."""
        if self.stopped:
            _close(getattr(generator, "ag_await", None))
        else:
            self.call_soon(lambda: self.create_task(_end(generator)))

    def run_until_stuck(self) -> None:
        """Run callbacks, in order, until there are none. To be called while the loop is entered."""
        ready = self.ready
        if not ready:
            return
        outer, _thread.loop = _thread.loop, self
        try:
            while ready and not self.stopped:
                ready.popleft().run()
        finally:
            _thread.loop = outer
            if self.stopped:
                self._drop_unstarted()

    def _drop_unstarted(self) -> None:
        """Let go of the tasks that will never begin, so that Python does not warn of them."""
        for task in self._tasks:
            coroutine = task.get_coro()
            if inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()

    def put_away(self) -> None:
        """End all tasks without letting them do anything: the replay is not needed any more."""
        # Their clean-up may set context variables, which are not this thread's.
        contextvars.copy_context().run(self._put_away)

    def _put_away(self) -> None:
        self.stopped = True
        outer, _thread.loop = _thread.loop, self
        try:
            with self.entered():
                for task in tuple(self._tasks):
                    task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]
                    _close(task.get_coro())
        finally:
            _thread.loop = outer
            self._tasks.clear()
            self.ready.clear()

    def positions(self) -> Iterator[str]:
        """The author's line at which each task stands, the oldest task first."""
        for task in self._tasks:
            frame = position(task.get_coro())
            if frame is not None:
                yield source_line(frame.f_code, frame.f_lineno)

    # What asyncio asks of a loop.

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """Run the callback after those that are queued."""
        # Asked for None, since a context that holds nothing yet is false.
        handle = _Ready(self, callback, args, contextvars.copy_context() if context is None else context)
        self.ready.append(handle)
        # It has of a Handle what callers may use.
        return handle  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run the callback after a durable timer."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run the callback when a durable timer has reached that time."""
        handle = _AlarmHandle(when, callback, args, self, context)
        delay = when - self.now
        if delay <= 0:
            self.ready.append(handle)
        else:
            handle.alarm = self.owner.set_alarm(delay, lambda: self.ready.append(handle))
            handle._scheduled = True  # type: ignore[attr-defined]  # noqa: SLF001
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        if isinstance(handle, _AlarmHandle) and handle.alarm is not None:
            handle.alarm.cancel()

    def time(self) -> float:
        """History's time, in seconds since the epoch."""
        return self.now

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return OrderedFuture(loop=self)

    def create_task(self, coro: Coroutine[Any, Any, T] | Generator[Any, None, T], **options: Any) -> asyncio.Task[T]:
        """A task of this loop; it is kept until it is done, whether or not the author keeps it."""
        try:
            _refuse_random_order()
        except NotDurableError:
            coro.close()
            raise
        options.pop("eager_start", None)
        # Tasks take what the signature says; their stubs know only coroutines.
        task: OrderedTask[T] = OrderedTask(coro, loop=self, **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what asyncio complains of, for whoever runs the replay to log."""
        if not self.stopped:
            self.complaints.append(context)

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Always: code that can ask is run by it."""
        return True

    def is_closed(self) -> bool:
        """Never: it holds nothing to close."""
        return False

    def set_debug(self, enabled: bool) -> None:  # noqa: FBT001  (asyncio's signature)
        """Nothing to do."""

    def get_task_factory(self) -> None:
        """None: tasks are made by the loop itself."""

    def get_exception_handler(self) -> None:
        """None: complaints are kept for whoever runs the replay."""

    async def shutdown_asyncgens(self) -> None:
        """Nothing to do."""


class _Ready(msgspec.Struct, eq=False):
    """A callback that is to run. What asyncio.Handle is, at a fifth of its cost."""

    loop: ReplayLoop
    callback: Callable[..., object] | None
    args: tuple[Any, ...]
    context: contextvars.Context

    def run(self) -> None:
        """Run it, unless it was canceled."""
        callback = self.callback
        if callback is None:
            return
        try:
            self.context.run(callback, *self.args)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  (as asyncio does: the loop outlives its callbacks)
            self.loop.call_exception_handler({"message": f"Exception in callback {callback!r}", "exception": error})

    def cancel(self) -> None:
        """Do not run it."""
        self.callback = None

    def cancelled(self) -> bool:
        """Whether it was canceled."""
        return self.callback is None


async def _end(generator: AsyncGenerator[Any, Any]) -> None:
    await generator.aclose()


def _close(coroutine: Any) -> None:
    """End the coroutine, the innermost of those that await each other first.

    One that awaits while it is closed, as a TaskGroup does, has to be closed again. By way of those that await it,
    Python would leave it behind half-way, and complain of what it does later.
    """
    refusals = 0
    while refusals < FAREWELLS and _is_suspended(coroutine):
        innermost = coroutine
        while _is_suspended(innermost.cr_await):
            innermost = innermost.cr_await
        with contextlib.suppress(BaseException):
            innermost.close()
        refusals += _is_suspended(innermost)


def _is_suspended(awaited: Any) -> bool:
    """Whether it is a coroutine that has not ended; what else may be a task, as an `aclose()`, may be left."""
    return getattr(awaited, "cr_frame", None) is not None


class _AlarmHandle(asyncio.TimerHandle):
    alarm: Alarm | None = None

    def run(self) -> None:
        """Run it, unless it was canceled."""
        if not self.cancelled():
            self._run()


class _Thread(threading.local):
    """What a thread runs. Not asked of asyncio, which on Python 3.11 asks the system for the process's id each time."""

    loop: ReplayLoop | None = None


_thread = _Thread()


def running_loop() -> ReplayLoop | None:
    """The loop of the workflow whose code is running in this thread, if one is."""
    return _thread.loop


_REFUSED = {
    "run_in_executor": "Submit an activity: it may block and use threads",
    "call_soon_threadsafe": "Let the other thread's work be an activity, or send a signal",
    "subprocess_exec": "Submit an activity that runs the program",
    "subprocess_shell": "Submit an activity that runs the program",
    "add_signal_handler": "Use wait_signal() for the signals of workflows",
    "remove_signal_handler": "Use wait_signal() for the signals of workflows",
} | dict.fromkeys(
    (
        "create_connection", "create_datagram_endpoint", "create_server", "create_unix_connection",
        "create_unix_server", "connect_accepted_socket", "connect_read_pipe", "connect_write_pipe", "getaddrinfo",
        "getnameinfo", "sendfile", "start_tls", "add_reader", "add_writer", "remove_reader", "remove_writer",
        "sock_accept", "sock_connect", "sock_recv", "sock_recv_into", "sock_recvfrom", "sock_recvfrom_into",
        "sock_sendall", "sock_sendfile", "sock_sendto",
    ),
    "Submit an activity: it may use the network",
) | dict.fromkeys(
    ("run_forever", "run_until_complete", "stop", "close", "shutdown_default_executor", "set_default_executor"),
    "Await it, or use spawn(): the workflow's loop is run by its replay",
) | dict.fromkeys(
    ("set_task_factory", "set_exception_handler", "default_exception_handler"),
    "Leave it: the replay keeps the tasks and the complaints of the workflow's loop",
)  # fmt: skip


def _refuse(name: str, hint: str) -> Callable[..., NoReturn]:
    def refuse(_self: ReplayLoop, *args: object, **_kwargs: object) -> NoReturn:
        for argument in args:
            if inspect.iscoroutine(argument):
                argument.close()  # it will never be awaited, and need not be complained of
        raise NotDurableError(
            found=f"workflow code called the event loop's {name}()",
            expected="something that a replay can repeat",
            hint=hint,
        )

    return refuse


for _name, _hint in _REFUSED.items():
    setattr(ReplayLoop, _name, _refuse(_name, _hint))
ReplayLoop.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _refuse_random_order() -> None:
    """Refuse tasks made by `asyncio.as_completed` from coroutines: it walks them in a set, in an order of chance."""
    import sys  # noqa: PLC0415

    frame = sys._getframe(2)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if frame.f_code.co_name not in {"ensure_future", "_ensure_future"}:
        return
    outer = frame.f_back
    while outer is not None and outer.f_code.co_filename == asyncio.tasks.__file__:
        if "as_completed" in outer.f_code.co_qualname or "AsCompleted" in outer.f_code.co_qualname:
            raise NotDurableError(
                found="asyncio.as_completed() was given coroutines, and starts them in another order in each replay",
                hint="Give it futures or tasks: asyncio.as_completed([asyncio.create_task(c) for c in coroutines])",
            )
        outer = outer.f_back
