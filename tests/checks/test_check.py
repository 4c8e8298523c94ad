"""`ostinato.checks`: each rule finds what it is for, where it is, and nothing else."""

import textwrap
from pathlib import Path

import pytest

from ostinato.checks.check import check
from ostinato.checks.findings import Rule
from ostinato.errors import TargetError

ROOT = Path(__file__).parents[2]

HEAD = """\
import asyncio, concurrent.futures, datetime, os, random, secrets, socket, subprocess, sys, threading, time, uuid
import datetime as dt
from collections.abc import Set
from pathlib import Path
from time import monotonic as stopwatch

import ostinato
from ostinato import Future, activity, map as map_, run_once, sleep, spawn, starmap, submit, wait, workflow

SEEN = []
LIMITS: dict[str, int] = {}

@activity(start_to_close_timeout=60)
def increment(x: int, by: int = 1) -> int:
    return x + by

@activity(start_to_close_timeout=60)
def named(a, /, b, *, c):
    return open("world")

@workflow
class Ship:
    def run(self, parcel: str, *, fast: bool = False) -> str:
        return parcel

def plain(x):
    return x

@ostinato.nondeterministic
def read_clock():
    return time.time()

class Cart:
    count = 0

"""


def found(source: str, tmp_path: Path) -> list[tuple[str, int]]:
    """The codes and lines of what is found in a module of that source."""
    (tmp_path / "program.py").write_text(source)
    return [(f.rule.code, f.position.line) for f in check([str(tmp_path / "program.py")], directory=tmp_path).findings]


def codes_in(body: str, tmp_path: Path, *, head: str = "def", parameters: str = "") -> list[str]:
    """The codes of what is found in a workflow with that body."""
    code = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    source = f"{HEAD}\n@workflow\n{head} flow({parameters}):\n{code}\n"
    return [code for code, _ in found(source, tmp_path)]


@pytest.mark.parametrize(
    ("code", "bodies"),
    [
        (
            Rule.CLOCK,
            [
                "time.time()",
                "stopwatch()",
                "datetime.datetime.now()",
                "dt.datetime.utcnow()",
                "dt.date.today()",
                "time.strftime('%H')",
                "x = [time.time_ns() for _ in range(3)]",
                "from time import time\nreturn time()",
                "f = lambda: time.time()",
            ],
        ),
        (
            Rule.CHANCE,
            ["random.random()", "random.Random()", "secrets.token_hex()", "uuid.uuid4()", "os.urandom(4)"],
        ),
        (
            Rule.WORLD,
            [
                "open('x')",
                "Path('x').read_text()",
                "p = Path('x') / 'y'\nreturn p.exists()",
                "os.listdir('.')",
                "os.path.exists('x')",
                "socket.create_connection(('x', 1))",
                "import requests\nrequests.get('x')",
                "import urllib.request as u\nu.urlopen('x')",
                "import sqlite3\nsqlite3.connect('x')",
                "input()",
            ],
        ),
        (Rule.SURROUNDINGS, ["os.environ['X']", "os.environ.get('X')", "os.getenv('X')", "os.getpid()", "sys.argv[1]"]),
        (Rule.BLOCKING, ["time.sleep(1)"]),
        (
            Rule.THREADS,
            [
                "threading.Thread(target=plain).start()",
                "concurrent.futures.ThreadPoolExecutor()",
                "subprocess.run(['x'])",
                "os.system('x')",
                "asyncio.run(plain(1))",
                "loop.run_in_executor(None, plain)",
            ],
        ),
        (
            Rule.GLOBALS,
            [
                "global SEEN\nSEEN = []",
                "SEEN.append(1)",
                "SEEN[0] = 1",
                "LIMITS.update(a=1)",
                "LIMITS['a'] += 1",
                "del LIMITS['a']",
                "Cart.count = 1",
                "Cart.count += 1",
                "x, Cart.count = 1, 2",
            ],
        ),
        (
            Rule.SETS,
            [
                "for x in {1, 2}: plain(x)",
                "names = set('ab')\nreturn [plain(n) for n in names]",
                "names: set[str] = plain(1)\nreturn list(names)",
                "return ','.join({'a', 'b'})",
                "return next(iter({'a'} | {'b'}))",
                "for f in wait([]).done: plain(f)",
                "done, late = wait([])\nfor f in late: plain(f)",
                "map_(increment, {1, 2})",
                "print(*{1, 2})",
                "x = {1, 2}\nx.pop()",
                "a = {1}\nfor x in a.union([2]): plain(x)",
            ],
        ),
        (Rule.IDENTITY, ["hash('x')", "sorted([], key=lambda x: id(x))"]),
        (Rule.CALLED, ["increment(1)", "Ship('x')"]),
        (Rule.SWALLOWED, ["try:\n    pass\nexcept BaseException:\n    pass", "try:\n    pass\nexcept:\n    pass"]),
        (
            Rule.MISFIT,
            [
                "submit(increment)",
                "submit(increment, 1, 2, 3)",
                "submit(increment, 1, to=2)",
                "submit(increment, 1, x=2)",
                "submit(increment.options(task_list='a'), 1, 2, 3)",
                "submit(named, 1, 2)",
                "submit(named, 1, b=2, c=3, d=4)",
                "submit(Ship)",
                "submit(Ship, 'x', True)",
                "spawn(plain, 1, 2)",
                "map_(named, [1])",
            ],
        ),
        (Rule.UNDECLARED, ["submit(plain, 1)"]),
    ],
    ids=lambda value: value.code if isinstance(value, Rule) else "",
)
def test_a_rule_finds_what_it_is_for(code: Rule, bodies: list[str], tmp_path: Path) -> None:
    """One finding, of that rule, in each of these workflows."""
    for body in bodies:
        assert codes_in(body, tmp_path) == [code.code], body


@pytest.mark.parametrize(
    "body",
    [
        "return dt.datetime(2020, 1, 1), dt.timedelta(1), time.strftime('%H', time.gmtime(0))",
        "return random.Random(7).random(), uuid.uuid5(uuid.NAMESPACE_DNS, 'x')",
        "time = plain(1)\nreturn time.time()",
        "def random(): return 1\nreturn random()",
        "return run_once(time.time) + run_once(lambda: random.random())",
        "def measure():\n    return time.time()\nreturn run_once(measure)",
        "return run_once(open, 'x')",
        "return read_clock()",
        "@ostinato.cached\ndef measure():\n    return time.time()\nreturn measure()",
        "raise concurrent.futures.TimeoutError()",
        "return sorted({1, 2}), len({1, 2}), 1 in {1, 2}, sum({1, 2}), max({1, 2})",
        "names = {'a': 1}\nfor name in names: plain(name)",
        "names = {1}\nnames = [1]\nfor n in names: plain(n)",
        "seen = []\nseen.append(1)\nseen[0] = 2",
        "try:\n    pass\nexcept BaseException:\n    raise",
        "try:\n    pass\nexcept Exception:\n    pass",
        "submit(increment, 1).result()",
        "submit(increment, *[1, 2, 3]), submit(increment, **LIMITS), submit(named, 1, b=2, c=3)",
        "submit(Ship, 'x', fast=True), spawn(plain, 1), map_(increment, [1]), starmap(increment, [(1, 2)])",
        "sleep(1)",
        "print(stopwatch, LIMITS['a'], os.path.join('a', 'b'), os.sep)",
        "return Path('a').name, Path('a') / 'b'",
    ],
)
def test_what_may_be_done_is_not_complained_of(body: str, tmp_path: Path) -> None:
    """What replays alike is no finding."""
    assert not codes_in(body, tmp_path)


def test_in_async_def_one_awaits(tmp_path: Path) -> None:
    """`result()` and `sleep()` would be refused at run time; awaiting is right."""
    for body in ("submit(increment, 1).result()", "f = submit(increment, 1)\nreturn f.result()", "sleep(1)"):
        assert codes_in(body, tmp_path, head="async def") == [Rule.WAITING.code], body
    assert not codes_in("await asyncio.sleep(1)\nreturn await submit(increment, 1)", tmp_path, head="async def")
    body = "done, late = await asyncio.wait([])\nfor f in done: print(f)"
    assert codes_in(body, tmp_path, head="async def") == [Rule.SETS.code]
    assert codes_in("return f.result()", tmp_path, head="async def", parameters="f: Future[int]") == [Rule.WAITING.code]


def test_parameters_are_known_by_their_annotations(tmp_path: Path) -> None:
    """A set or a path that is passed in is one."""
    assert codes_in("for n in names: plain(n)", tmp_path, parameters="names: Set[str]") == [Rule.SETS.code]
    assert codes_in("return p.read_text()", tmp_path, parameters="p: Path") == [Rule.WORLD.code]


def test_activities_and_what_no_workflow_calls_may_do_anything(tmp_path: Path) -> None:
    """Only workflow code is looked through."""
    source = """
import time
from ostinato import activity, submit, workflow

@activity(start_to_close_timeout=9)
def measure() -> float:
    return helper()

def helper() -> float:
    return time.time()

@workflow
def flow() -> float:
    return submit(measure).result()

if __name__ == "__main__":
    print(time.time())
"""
    assert not found(source, tmp_path)


def test_what_workflow_code_calls_is_looked_through_in_other_modules_too(tmp_path: Path) -> None:
    """Functions, methods, base classes and what is handed on, wherever imports lead within the project."""
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("from shop.prices import price as cost\n")
    (package / "prices.py").write_text("import time\n\ndef price():\n    return time.time()\n")
    (package / "bases.py").write_text(
        "import random\n\nclass Base:\n    def draw(self):\n        return random.random()\n"
    )
    (package / "keys.py").write_text(
        "def key(x):\n    return hash(x)\n\nclass Order:\n    def __init__(self):\n        open('x')\n"
    )
    (package / "flows.py").write_text(
        "from ostinato import workflow\n"
        "from . import cost\n"
        "from .bases import Base\n"
        "from shop import keys\n"
        "@workflow\n"
        "class Flow(Base):\n"
        "    def run(self):\n"
        "        keys.Order()\n"
        "        return sorted([cost()], key=keys.key)\n"
    )

    report = check([str(package / "flows.py")], directory=tmp_path)

    assert [(f.rule, f.position.path.name, f.position.line) for f in report.findings] == [
        (Rule.CHANCE, "bases.py", 5),
        (Rule.IDENTITY, "keys.py", 2),
        (Rule.WORLD, "keys.py", 6),
        (Rule.CLOCK, "prices.py", 4),
    ]
    assert report.findings[3].within == "price, which the workflow Flow uses"


def test_positions_are_those_of_an_editor(tmp_path: Path) -> None:
    """Line and column count from 1."""
    (tmp_path / "p.py").write_text(
        "import time\nfrom ostinato import workflow\n\n@workflow\ndef f():\n    return 1 + time.time()\n"
    )

    (finding,) = check([str(tmp_path / "p.py")], directory=tmp_path).findings

    assert (finding.position.line, finding.position.column) == (6, 16)
    assert finding.message == "time.time()"
    assert finding.within == "the workflow f"


def test_a_line_may_be_excused(tmp_path: Path) -> None:
    """`# noqa` excuses of everything, `# noqa: CODE` of that, and nothing of what another linter means."""
    source = """
import time
from ostinato import workflow

@workflow
def flow():
    time.time()  # noqa
    time.time()  # noqa: OST101
    time.time()  # noqa: S101, ost101 for a reason
    time.time()  # noqa: S101
"""
    assert found(source, tmp_path) == [("OST101", 10)]


def test_definitions_are_looked_at(tmp_path: Path) -> None:
    """Activities without time-outs, and types that two functions claim."""
    source = """
from ostinato import activity, workflow

@activity
def hangs(): ...

@activity(heartbeat_timeout=None)
def lost(): ...

@activity(schedule_to_close_timeout=9)
def bounded(): ...

@activity(**{})
def unknown(): ...

@activity(name="a", start_to_close_timeout=9)
def first(): ...

@activity(name="a", start_to_close_timeout=9)
def second(): ...

@activity(name="a", version="2", start_to_close_timeout=9)
def third(): ...

@workflow(name="a")
def fourth(): ...
"""
    assert found(source, tmp_path) == [("OST201", 5), ("OST202", 8), ("OST203", 20)]


def test_what_classes_are_given_has_to_fit(tmp_path: Path) -> None:
    """A workflow's class takes it by `run`, an activity's by `__init__`; what a decorator makes is not seen."""
    source = """
from dataclasses import dataclass
from ostinato import activity, submit, workflow

@activity(start_to_close_timeout=9)
class Pack:
    def __init__(self, item: str): ...
    def execute(self): ...

@activity(start_to_close_timeout=9)
@dataclass
class Label:
    item: str
    def execute(self): ...

@workflow
class Ship:
    def run(self, order: str): ...

@workflow
def flow():
    submit(Pack)
    submit(Pack, "tea")
    submit(Label)
    submit(Ship)
    submit(Ship, "7")
"""
    assert found(source, tmp_path) == [("OST301", 22), ("OST301", 25)]


def test_a_file_that_is_not_python_is_a_finding(tmp_path: Path) -> None:
    """With its place; the other files are checked all the same."""
    assert found("def f(:\n", tmp_path) == [("OST001", 1)]


def test_targets_are_files_directories_and_modules_with_names(tmp_path: Path) -> None:
    """Of a target with a name only that is looked at. Environments of Python's are passed over."""
    (tmp_path / "pkg").mkdir()
    flows = "import time\nfrom ostinato import workflow\n" + "".join(
        f"@workflow\ndef {name}():\n    time.time()\n" for name in "ab"
    )
    (tmp_path / "pkg" / "flows.py").write_text(flows)
    environment = tmp_path / "venv"
    environment.mkdir()
    (environment / "pyvenv.cfg").touch()
    (environment / "broken.py").write_text("def f(:\n")

    def lines(*targets: str) -> list[int]:
        return [finding.position.line for finding in check(targets, directory=tmp_path).findings]

    assert lines(str(tmp_path)) == [5, 8]
    assert lines(f"{tmp_path}/pkg/flows.py") == [5, 8]
    assert lines(f"{tmp_path}/pkg/flows.py:b") == [8]
    assert lines("pkg.flows") == [5, 8]
    assert lines("pkg.flows.b") == [8]
    assert lines("pkg.flows:b") == [8]
    for wrong in (f"{tmp_path}/none.py", "no.module", "pkg.flows:c", f"{tmp_path}:a"):
        with pytest.raises(TargetError):
            lines(wrong)


def test_the_examples_have_nothing_to_complain_of() -> None:
    """What we show is what we say."""
    report = check([str(ROOT / "examples")], directory=ROOT)

    assert not report.findings
    assert report.workflows
    assert report.activities
