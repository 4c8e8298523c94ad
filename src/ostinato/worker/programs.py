"""Programs as activities: `@program` makes a function of a command line, `@python` runs one in another interpreter.

What they make is a plain function for `@activity`, with the parameters that it was declared with. While the program
runs, heartbeats go on, and a request to cancel the activity ends the program with all that it started.
"""

import functools
import inspect
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import msgspec

from ostinato.errors import ProgramFailed, UsageError
from ostinato.model.durations import Duration, seconds
from ostinato.payloads.converter import JsonConverter
from ostinato.payloads.signatures import result_type
from ostinato.worker import remote_function
from ostinato.worker.downloads import Download, fetch
from ostinato.worker.program_run import Finished, Run, run_program

P = ParamSpec("P")
R = TypeVar("R")

Format = Callable[[tuple[Any, ...], Mapping[str, Any]], Sequence[str]]
"""Makes a program's arguments of a call's."""


@dataclass(frozen=True)
class ProgramOutput:
    """How a program ended: what an activity gets that declares it as its result. Then no exit code is an error."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """What `program` and `python` have in common."""

    timeout: float | None
    env: Mapping[str, str]
    cwd: str | os.PathLike[str] | None
    grace: float
    files: Sequence[Download]

    def run(self, command: Sequence[str], stdin: bytes, pass_fds: Sequence[int] = ()) -> Finished:
        """Fetch the files, and run the command."""
        environment = {**os.environ, **self.env}
        directories = dict.fromkeys(str(fetch(file).parent) for file in self.files)
        environment["PATH"] = os.pathsep.join([*directories, environment.get("PATH", os.defpath)])
        program = shutil.which(command[0], path=environment["PATH"]) if os.sep not in command[0] else command[0]
        if program is None:
            raise UsageError(where=command[0], found="there is no such program", hint=f"PATH is {environment['PATH']}")
        return run_program(
            Run(
                command=(program, *command[1:]),
                stdin=stdin,
                env=environment,
                cwd=self.cwd,
                timeout=self.timeout,
                grace=self.grace,
                pass_fds=tuple(pass_fds),
            )
        )


_SHOWN = 2000
"""So many characters of stderr are told of a program that failed."""


def format_arguments(args: Sequence[object], kwargs: Mapping[str, object]) -> list[str]:
    """A call's arguments as a program's: options by name, then the others by place.

    `x=1` is `-x 1`, `max_depth=2` is `--max-depth=2`, `verbose=True` is `--verbose`; False and None leave an option
    out, a list repeats it. By place a list is several arguments, and None is left out.

    >>> format_arguments(["in.txt", ["a", "b"]], {"n": 3, "dry_run": True, "tag": ["x", "y"], "color": None})
    ['-n', '3', '--dry-run', '--tag=x', '--tag=y', 'in.txt', 'a', 'b']
    """
    options = [text for name, value in kwargs.items() for text in _option(name, value)]
    return [*options, *(text for value in args for text in _texts(value))]


def _option(name: str, value: object) -> list[str]:
    if value is True:
        return [f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}"]
    if value is False:
        return []
    if len(name) == 1:
        return [part for text in _texts(value) for part in (f"-{name}", text)]
    return [f"--{name.replace('_', '-')}={text}" for text in _texts(value)]


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list | tuple | set | frozenset):
        return [str(item) for item in cast("list[object]", value)]
    return [str(value)]


def program(
    path: str,
    *arguments: str,
    format: Format = format_arguments,  # noqa: A002  # what it does is the builtin's meaning
    stdin: str | None = None,
    timeout: Duration | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    grace: Duration = 5,
    files: Sequence[Download] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a function is a program: calling it runs that. For use below `@activity`.

    The body of the function is not run; its parameters are what the program takes, and its annotated result says what
    is given: `str` its stdout as text without the last newline, `bytes` its stdout as it is, `None` nothing,
    `ProgramOutput` all. No shell is involved.

    Args:
        path: the program: a path, or a name that is looked for in the files fetched, then in PATH.
        arguments: its first arguments, the same at each call.
        format: makes the rest of its arguments of the call's.
        stdin: the name of the parameter that goes to its stdin, as text or bytes, and not among its arguments.
        timeout: seconds that it may take.
        env: what is added to the environment.
        cwd: the directory that it runs in.
        grace: seconds from SIGTERM to SIGKILL, for it and all that it started.
        files: what is fetched first; a name without a path is looked for there.

    Raises:
        UsageError: the function has no parameter of the name that `stdin` gives.
        ProgramFailed: when it is called: the exit code is not 0, or the time-out passed.
    """
    setting = _setting(timeout, env, cwd, grace, files)

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        if stdin is not None and stdin not in signature.parameters:
            raise UsageError(where=f"program {path}", found=f"no parameter {stdin!r} for its stdin")
        gives = result_type(function)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            data, rest, options = _split_stdin(signature, stdin, args, kwargs)
            finished = setting.run([path, *arguments, *format(rest, options)], data)
            return cast("R", _as_result(finished, gives))

        return run

    return declare


def python(
    interpreter: str | os.PathLike[str] | None = None,
    *,
    function: str | None = None,
    timeout: Duration | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    grace: Duration = 5,
    files: Sequence[Download] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a function runs in another Python, as another process. For use below `@activity`.

    The other interpreter imports the function's module and calls it there. Arguments and result travel as JSON: they
    are converted by the annotations if Ostinato can be imported there, else they are what JSON has.

    Args:
        interpreter: the Python to run it: a path, or a name in PATH; this one, unless given.
        function: `module:name` of what is called there, if not the function itself: its module need not be importable
            here, nor Ostinato there.
        timeout: seconds that it may take.
        env: what is added to the environment.
        cwd: the directory that it runs in.
        grace: seconds from SIGTERM to SIGKILL, for it and all that it started.
        files: what is fetched first, into PATH.

    Raises:
        ProgramFailed: when it is called: the function raised an exception, which the error tells of, or its process
            ended without a result, or the time-out passed.
    """
    setting = _setting(timeout, env, cwd, grace, files)

    def declare(declared: Callable[P, R]) -> Callable[P, R]:
        gives = result_type(declared)

        @functools.wraps(declared)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with tempfile.TemporaryDirectory(prefix="ostinato-") as directory:
                answer = Path(directory) / "answer.json"
                order = _order(function, declared, args, kwargs, answer)
                finished = setting.run([str(interpreter or sys.executable), remote_function.__file__], order)
                text = answer.read_text(encoding="utf-8") if answer.exists() else ""
            return cast("R", _answered(text, finished, gives))

        return run

    return declare


def _setting(
    timeout: Duration | None,
    env: Mapping[str, str] | None,
    cwd: str | os.PathLike[str] | None,
    grace: Duration,
    files: Sequence[Download],
) -> _Setting:
    return _Setting(
        timeout=None if timeout is None else seconds(timeout),
        env=dict(env or {}),
        cwd=cwd,
        grace=seconds(grace),
        files=tuple(files),
    )


def _split_stdin(
    signature: inspect.Signature, stdin: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[bytes, tuple[Any, ...], dict[str, Any]]:
    """What goes to stdin, and the arguments that are left.

    Raises:
        TypeError: the arguments do not fit the function.
    """
    bound = signature.bind(*args, **kwargs)
    if stdin is None:
        return b"", args, dict(kwargs)
    data = bound.arguments.get(stdin, signature.parameters[stdin].default)
    rest = tuple(value for name, value in zip(signature.parameters, args, strict=False) if name != stdin)
    options = {name: value for name, value in kwargs.items() if name != stdin}
    return data if isinstance(data, bytes) else str(data or "").encode(), rest, options


def _as_result(finished: Finished, gives: Any) -> object:
    """What the function was declared to give.

    Raises:
        ProgramFailed: the exit code is not 0, and only `ProgramOutput` has a place for it.
    """
    if gives is ProgramOutput:
        return ProgramOutput(finished.exit_code, _text(finished.stdout), _text(finished.stderr))
    if finished.exit_code:
        raise ProgramFailed(
            f"{finished.command[0]} ended with exit code {finished.exit_code}: {_end_of(finished.stderr)}",
            exit_code=finished.exit_code,
        )
    if gives is bytes:
        return finished.stdout
    return None if gives in (None, type(None)) else _text(finished.stdout).removesuffix("\n")


def _end_of(data: bytes) -> str:
    return _text(data)[-_SHOWN:].strip()


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _order(
    function: str | None, declared: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], answer: Path
) -> bytes:
    """What the other interpreter is told to do."""
    module, _, name = (function or f"{declared.__module__}:{declared.__qualname__}").partition(":")
    if module == "__main__":
        script = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
        module, path = script.stem, [str(script.parent.resolve())]
    else:
        path = []
    order = {
        "module": module,
        "name": name,
        "path": [*path, str(Path.cwd()), *_home_of(declared)],
        "input": JsonConverter().dump_arguments(args, kwargs),
        "answer": str(answer),
    }
    return json.dumps(order).encode()


def _home_of(function: Callable[..., Any]) -> list[str]:
    """The directory that the function's module is imported from."""
    file = getattr(sys.modules.get(function.__module__), "__file__", None)
    if file is None:
        return []
    depth = function.__module__.count(".") + (Path(file).name == "__init__.py")
    return [str(Path(file).resolve().parents[depth])]


class _Answer(msgspec.Struct):
    """What the other interpreter said."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    error_type: str = ""
    message: str = ""
    traceback: str = ""


def _answered(text: str, finished: Finished, gives: Any) -> object:
    """The function's result.

    Raises:
        ProgramFailed: it raised an exception, or its process ended without a result.
    """
    if not text:
        raise ProgramFailed(
            f"{finished.command[0]} ended with exit code {finished.exit_code} and gave no result: "
            f"{_end_of(finished.stderr)}",
            exit_code=finished.exit_code,
        )
    answer = msgspec.json.decode(text, type=_Answer)
    if answer.error_type:
        raise ProgramFailed(f"{answer.error_type}: {answer.message}\n{answer.traceback}", exit_code=finished.exit_code)
    return JsonConverter().load(bytes(answer.result).decode(), gives)
