"""Runs what README.md and the manual show.

The conventions, for whoever writes a page:

- The ```python blocks of a page are one module, run from top to bottom.
- `<!-- file: hello.py -->` before a block of any language writes it to that file instead; later blocks can import it,
  and the commands of the page find it.
- A ```console block is typed into a shell, in a directory of the page's own. Lines after `$ ` are commands, the others
  what they write to stdout; `...` stands for anything.
- `<!-- until: text -->` before a console block: what follows a command in the background (`&`) is typed when that text
  is on stderr, and a second later. Without it the text is that of an execution's start.
- `<!-- check` opens a comment of Python that runs in the page's module and is not shown. It may call `run` and `lab`
  (see `Lab`), and read the `page`.
- `<!-- noexec: reason -->` before a block leaves it out.
"""

import doctest
import importlib
import linecache
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import Client, Workflow
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.worker.catalog import Catalog, catalog_of, definitions_in
from ostinato.worker.local import LocalWorker
from ostinato.worker.notices import ActivityReported, Notice

if TYPE_CHECKING:
    from ostinato.model.events import HistoryEvent

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MARKS = ("file", "until", "noexec")
SHELL_SECONDS = 120.0


@dataclass(frozen=True)
class Block:
    """A piece of a page. `language` is "check" for what is not shown; `line` is the line before its first one."""

    language: str
    text: str
    line: int
    marks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def blocks_of(text: str) -> list[Block]:
    """The blocks of a page.

    Raises:
        ValueError: a mark is unknown, or gives no file or reason.
    """
    lines = iter(enumerate(text.splitlines(), start=1))
    found: list[Block] = []
    marks: dict[str, str] = {}
    for number, line in lines:
        if line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
            found.append(Block(line.strip("`").strip(), _until(lines, fence), number, marks))
            marks = {}
        elif line == "<!-- check":
            found.append(Block("check", _until(lines, "-->"), number))
        elif line.startswith("<!-- ") and line.endswith(" -->"):
            name, _, value = line[5:-4].partition(":")
            if name not in MARKS or not value.strip():
                raise ValueError(f"line {number}: {line!r} is not one of {', '.join(MARKS)} with its value")
            marks[name] = value.strip()
        elif line.strip():
            marks = {}
    return found


def _until(lines: Iterator[tuple[int, str]], end: str) -> str:
    kept: list[str] = []
    for _, line in lines:
        if line == end:
            break
        kept.append(line)
    return "".join(f"{line}\n" for line in kept)


class Lab:
    """Runs workflows of a page on an engine in memory whose time skips whatever is waited for."""

    def __init__(self, page: ModuleType) -> None:
        self._page = page
        self.events: tuple[HistoryEvent, ...] = ()
        """The history of the execution that ended last."""
        self.activities: list[str] = []
        """The activities that were run for it and its children, by the names of their functions."""
        self.seconds = 0.0
        """How long that took, by the engine's clock."""

    def run(
        self,
        workflow: Workflow[..., Any],
        *args: object,
        signals: Sequence[tuple[str, object]] = (),
        **kwargs: object,
    ) -> Any:
        """The result of an execution.

        Args:
            workflow: what to run.
            args: its arguments.
            signals: what it is sent at once: names, and a value each.
            kwargs: its arguments.

        Raises:
            WorkflowError: it did not complete.
        """
        self.activities.clear()
        clock = ManualClock()
        begin = clock.now()
        with open_engine(":memory:", clock=clock) as engine:
            client = Client(engine, domain="page")
            catalog = self._catalog(workflow)
            with LocalWorker(engine.local(), domain="page", catalog=catalog, watch=self._note):
                with engine.time_held():
                    handle = client.start(workflow.options(workflow_id="page"), *args, **kwargs)
                    for name, value in signals:
                        handle.signal(name, value)
                result = handle.result()
            self.seconds = clock.now() - begin
            # As it stands there: `client` may have learnt how to open what is sealed.
            self.events = tuple(Client(engine, domain="page").handle("page").history())
        return result

    def _catalog(self, workflow: Workflow[..., Any]) -> Catalog:
        home = sys.modules[workflow.function.__module__]
        return catalog_of([workflow, *definitions_in(self._page), *definitions_in(home)])

    def _note(self, notice: Notice) -> None:
        if isinstance(notice, ActivityReported):
            self.activities.append(notice.task.activity_type.name.rpartition(".")[2])

    def event_types(self) -> list[str]:
        """The types of the events of the execution that ended last."""
        return [type(event).__name__ for event in self.events]


class Shell:
    """Types commands into a shell."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def outputs(self, commands: Sequence[str], awaited: str) -> list[str]:
        """What each command writes to stdout; what they write to stderr is in the file `stderr`.

        After a command in the background, stderr shows the text, and a second passes, as if somebody typed. How far the
        workflow is by then may differ, and what is shown may not.
        """
        text, file = shlex.quote(awaited), shlex.quote(str(self._stderr))
        begun = f"for _ in $(seq 300); do grep -qF -- {text} {file} && break; sleep 0.1; done"
        script = ["set -m"]
        for command in commands:
            script += [command, "code=$?", "echo; echo END-OF-COMMAND", "(exit $code)"]
            if command.endswith("&"):
                script += [begun, "sleep 1"]
        with self._stderr.open("w") as stderr:
            done = subprocess.run(
                ["bash", "-c", "\n".join(script)],
                cwd=self._directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                check=False,
                timeout=SHELL_SECONDS,
            )
        return done.stdout.split("\nEND-OF-COMMAND\n")[:-1]

    @property
    def _stderr(self) -> Path:
        return self._directory.parent / "stderr"

    @property
    def messages(self) -> str:
        """What the last commands wrote to stderr."""
        return self._stderr.read_text()

    @staticmethod
    def _environment() -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OSTINATO_", "COV_"))}
        # Files change within a second here, and would be taken for their former selves.
        programs = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        return {**kept, "PATH": programs, "PYTHONDONTWRITEBYTECODE": "1"}


def commands_of(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown; `> ` goes on with a command."""
    commands: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], ""))
        elif line.startswith("> ") and commands and not commands[-1][1]:
            commands[-1] = (f"{commands[-1][0]}\n{line[2:]}", "")
        else:
            command, shown = commands.pop()
            commands.append((command, f"{shown}{line}\n"))
    return commands


@dataclass(frozen=True)
class Page:
    """A page whose blocks are being run."""

    path: Path
    directory: Path
    module: ModuleType
    names: dict[str, Any] = field(default_factory=dict)
    """What the page's checks see: the module's names, and their own."""

    def run(self, block: Block) -> None:
        """Run a block, or write it to its file."""
        if "noexec" in block.marks:
            return
        if "file" in block.marks:
            file = self.directory / block.marks["file"]
            file.write_text(block.text)
            sys.modules.pop(file.stem, None)
            importlib.invalidate_caches()
        elif block.language == "python":
            exec(self._compiled(block), vars(self.module))  # noqa: S102
        elif block.language == "check":
            lab = Lab(self.module)
            self.names.update(vars(self.module), run=lab.run, lab=lab, page=self.path.read_text())
            exec(self._compiled(block), self.names)  # noqa: S102
        elif block.language == "console":
            self._type(block)

    def _compiled(self, block: Block) -> Any:
        """The block's code, at the block's place in the page, so that tracebacks point there."""
        name = str(self.path)
        linecache.checkcache(name)
        return compile("\n" * block.line + block.text, name, "exec", dont_inherit=True)

    def _type(self, block: Block) -> None:
        commands = commands_of(block.text)
        shell = Shell(self.directory)
        outputs = shell.outputs([command for command, _ in commands], block.marks.get("until", " started, run "))
        assert len(outputs) == len(commands), f"the shell ended early:\n{shell.messages}"
        checker = doctest.OutputChecker()
        for (command, shown), output in zip(commands, outputs, strict=True):
            got = output if output.endswith("\n") or not output else f"{output}\n"
            if not checker.check_output(shown, got, doctest.ELLIPSIS):
                place = f"{self.path}:{block.line}"
                raise AssertionError(f"{place}: {command}\nshown:\n{shown}\ngot:\n{got}\nstderr:\n{shell.messages}")


@pytest.fixture
def page(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page in a directory of its own, with a module of its own."""
    path: Path = request.param
    directory = tmp_path / "work"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.syspath_prepend(directory)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    name = "page_" + "_".join(path.relative_to(ROOT).with_suffix("").parts[1:] or (path.stem,)).replace("-", "_")
    module = ModuleType(name)
    sys.modules[name] = module
    yield Page(path, directory, module)
    for imported in set(sys.modules) - before:
        file = getattr(sys.modules[imported], "__file__", None) or ""
        if imported == name or file.startswith(str(directory)):
            del sys.modules[imported]


@pytest.mark.parametrize("page", PAGES, indirect=True, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_line_of_code_on_the_page_does_what_the_page_says(page: Page) -> None:
    """Every block of Python runs, and every command prints what is shown."""
    text = page.path.read_text()
    if "python -m pdb" in text and sys.version_info[:3] == (3, 13, 0):
        pytest.skip("3.13.0's pdb hands no options to what it runs (cpython#125115)")
    for block in blocks_of(text):
        page.run(block)


def test_a_block_without_a_reason_is_not_left_out() -> None:
    """A mark that is misspelt or empty is an error, so that nothing is left out by mistake."""
    for mark in ("noexec", "noexec:", "norun: because"):
        with pytest.raises(ValueError, match="is not one of"):
            blocks_of(f"<!-- {mark} -->\n```python\n1/0\n```\n")


def test_blocks_keep_their_marks_and_lines() -> None:
    """A mark belongs to the block after it, blank lines or not, and to no other."""
    found = blocks_of(
        "text\n<!-- file: a.py -->\n\n```python\nx = 1\n```\n```console\n$ ls\na.py\n```\n<!-- check\ny = 2\n-->\n"
    )

    assert [(b.language, b.text, b.line, dict(b.marks)) for b in found] == [
        ("python", "x = 1\n", 4, {"file": "a.py"}),
        ("console", "$ ls\na.py\n", 7, {}),
        ("check", "y = 2\n", 11, {}),
    ]


def test_commands_have_their_own_outputs() -> None:
    """Commands may go on over several lines; what follows a command is what it prints."""
    found = commands_of("$ echo 1\n1\n$ cat <<E\n> 2\n> E\n2\n$ true\n")

    assert found == [("echo 1", "1\n"), ("cat <<E\n2\nE", "2\n"), ("true", "")]
