"""Findings: what is wrong, where, and by which rule."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Rule(Enum):
    """A rule: its code, what it forbids, and what to do instead."""

    SYNTAX = "OST001", "a file that cannot be read as Python", "Mend it"
    CLOCK = "OST101", "the clock, which shows another time in the next replay", "Use ostinato.now()"
    CHANCE = "OST102", "chance, which falls otherwise in the next replay", "Use ostinato.random() or ostinato.uuid4()"
    WORLD = "OST103", "files, databases and the network, which change", "Do it in an activity, or in run_once(...)"
    SURROUNDINGS = (
        "OST104",
        "the process's environment, which is another one on another machine",
        "Pass it as an argument, or read it in run_once(...)",
    )
    BLOCKING = (
        "OST105",
        "what holds the decider up, and again in each replay",
        "Use ostinato.sleep(...) in `def`, asyncio.sleep(...) in `async def`",
    )
    THREADS = (
        "OST106",
        "threads, processes and event loops of one's own, which go on in no history",
        "Submit an activity; for concurrency in workflow code use spawn(...) or asyncio's tasks",
    )
    GLOBALS = (
        "OST107",
        "changing what other executions in the same process see",
        "Keep it in a local variable, or in an attribute of the workflow's instance",
    )
    SETS = "OST108", "the order of a set, which differs from process to process", "Use sorted(...), a list or a dict"
    IDENTITY = "OST109", "hash() and id(), which differ from process to process", "Compare or sort by the values"
    CALLED = "OST110", "calling an activity or a workflow", "Submit it: submit(name, ...)"
    WAITING = (
        "OST111",
        "waiting in `async def` as one waits in `def`, which is refused",
        "Await it: `await submit(...)`, `await asyncio.sleep(...)`",
    )
    SWALLOWED = (
        "OST112",
        "catching BaseException for good: so the code is told that it is put away",
        "Catch Exception, or raise it again",
    )
    NO_TIMEOUT = (
        "OST201",
        "an activity that may hang for ever: it has no start_to_close_timeout and no schedule_to_close_timeout",
        "Give it one: @activity(start_to_close_timeout=...)",
    )
    NO_HEARTBEAT = (
        "OST202",
        "an activity that nobody misses when its worker is lost: it has no heartbeat_timeout, and no time-out else",
        "Give it one, or leave heartbeat_timeout as it is by default",
    )
    RIVALS = "OST203", "two functions of one type", "Give one of them another name or version"
    MISFIT = "OST301", "arguments that do not fit the parameters", "Pass what the function takes"
    UNDECLARED = "OST302", "submitting what is neither an activity nor a workflow", "Declare it with @activity"

    def __init__(self, code: str, about: str, instead: str) -> None:
        self.code = code
        self.about = about
        self.instead = instead


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1."""

    path: Path
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found somewhere. `within` says how workflow code comes there."""

    rule: Rule
    position: Position
    message: str
    within: str = ""
