"""Checks targets: reads their files, follows workflows into what they call, and holds the rules against it all."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ostinato.checks.declared import Declared, Role, declaration, declared_in
from ostinato.checks.findings import Finding, Position, Rule
from ostinato.checks.project import Project, Scope
from ostinato.checks.workflow_code import Code, Reader
from ostinato.errors import TargetError

if TYPE_CHECKING:
    from ostinato.checks.project import Module

FORMS = "path/to/file.py, a directory, package.module, or one of the first and the last with :name"

_NOQA = re.compile(r"#\s*noqa(?P<all>:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_SKIPPED = {"__pycache__", "node_modules", "build", "dist"}


@dataclass(frozen=True)
class _Source:
    """A file to check, and the one definition in it that matters, if not all do."""

    path: Path
    module: str
    root: Path
    name: str = ""


@dataclass(frozen=True)
class Report:
    """What was found, in the order of files and lines, and how much was looked at."""

    findings: tuple[Finding, ...]
    files: int
    workflows: int
    activities: int


def check(targets: Iterable[str], *, directory: Path) -> Report:
    """Check what the targets name.

    Args:
        targets: files, directories or modules.
        directory: the current one, from which modules are found.

    Raises:
        TargetError: there is no such file, module or name.
    """
    sources = [source for target in targets for source in _sources(target, directory)]
    roots = list(dict.fromkeys([*(source.root for source in sources), directory]))
    return _Check(Project(roots)).run(sources)


class _Check:
    """One under way."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._findings: dict[tuple[Rule, Position], Finding] = {}
        self._modules: dict[Path, Module] = {}
        self._seen: set[ast.AST] = set()
        self._waiting: list[tuple[Declared, str]] = []

    def run(self, sources: Sequence[_Source]) -> Report:
        declared = [each for source in sources for each in self._declared(source)]
        declared = list({each.node: each for each in declared}.values())
        for each in declared:
            if each.role is Role.ACTIVITY:
                self._on_activity(each)
            elif each.role is Role.WORKFLOW:
                self._waiting.append((each, ""))
        self._on_rivals(declared)
        while self._waiting:
            self._read(*self._waiting.pop(0))
        roles = [each.role for each in declared]
        kept = [finding for finding in self._findings.values() if not self._is_excused(finding)]
        kept.sort(key=lambda finding: (finding.position, finding.rule.code))
        return Report(tuple(kept), len(sources), roles.count(Role.WORKFLOW), roles.count(Role.ACTIVITY))

    def _declared(self, source: _Source) -> Iterator[Declared]:
        try:
            module = self._project.module_at(source.path, source.module)
        except SyntaxError as error:
            place = Position(source.path, error.lineno or 1, error.offset or 1)
            self._tell(Finding(Rule.SYNTAX, place, error.msg))
            return
        self._modules[module.path] = module
        if not source.name:
            yield from declared_in(module)
            return
        named = declaration(self._project, f"{module.name}.{source.name}")
        if named is None:
            raise TargetError(found=f"{source.path} has no function or class {source.name!r}")
        yield named

    def _tell(self, finding: Finding) -> None:
        self._findings.setdefault((finding.rule, finding.position), finding)

    # Definitions.

    def _on_activity(self, declared: Declared) -> None:
        settings = declared.settings
        if not declared.has_all_settings or {"start_to_close_timeout", "schedule_to_close_timeout"} & {
            name for name, value in settings.items() if not _is_none(value)
        }:
            return
        place = declared.module.position(declared.node)
        heartbeat = settings.get("heartbeat_timeout")
        is_watched = heartbeat is None or not _is_none(heartbeat)
        rule = Rule.NO_TIMEOUT if is_watched else Rule.NO_HEARTBEAT
        self._tell(Finding(rule, place, f"the activity {declared.name}"))

    def _on_rivals(self, declared: Iterable[Declared]) -> None:
        first: dict[tuple[Role, str, str], Declared] = {}
        for each in declared:
            kind = each.type() if each.role in {Role.ACTIVITY, Role.WORKFLOW} else None
            if kind is None or first.setdefault(kind, each) is each:
                continue
            other = first[kind].module.position(first[kind].node)
            message = f"{kind[0].value} {kind[1]!r}, version {kind[2]!r}, is at {other.path}:{other.line} too"
            self._tell(Finding(Rule.RIVALS, each.module.position(each.node), message))

    # Workflow code.

    def _read(self, declared: Declared, within: str) -> None:
        if declared.node in self._seen:
            return
        self._seen.add(declared.node)
        self._modules[declared.module.path] = declared.module
        if not within and declared.role is Role.WORKFLOW:
            within = f"the workflow {declared.name}"
        scope = Scope(declared.module)

        def follow(target: Declared) -> None:
            self._waiting.append((target, f"{target.name}, which {within.partition(', which ')[0]} uses"))

        for function in _functions(declared):
            Reader(self._project, Code(function, scope, within), self._tell, follow).read()
        if isinstance(declared.node, ast.ClassDef):
            for base in declared.node.bases:
                inherited = declaration(self._project, scope.dotted(base))
                if inherited is not None:
                    self._waiting.append((inherited, within))

    def _is_excused(self, finding: Finding) -> bool:
        module = self._modules.get(finding.position.path)
        lines = module.lines if module is not None else ()
        if finding.position.line > len(lines):
            return False
        found = _NOQA.search(lines[finding.position.line - 1])
        if found is None:
            return False
        codes = found["codes"]
        return codes is None or finding.rule.code in re.split(r"[,\s]+", codes.upper())


def _functions(declared: Declared) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions to read: of a class its methods, but those that are activities or workflows themselves."""
    if not isinstance(declared.node, ast.ClassDef):
        yield declared.node
        return
    for inner in declared_in(declared.module):
        is_method = inner.name.startswith(f"{declared.name}.") and inner.name.count(".") == declared.name.count(".") + 1
        if is_method and inner.role is Role.PLAIN and not isinstance(inner.node, ast.ClassDef):
            yield inner.node


def _is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None


# Which files.


def _sources(target: str, directory: Path) -> Iterator[_Source]:
    place, colon, name = target.rpartition(":")
    if not colon or not name.replace(".", "").isidentifier():
        place, name = target, ""
    path = Path(place)
    if path.is_dir():
        if name:
            raise TargetError(found=f"{path} is a directory", expected=FORMS)
        yield from (_source(each) for each in sorted(_python_files(path)))
    elif path.suffix == ".py" or "/" in place or "\\" in place:
        if not path.is_file():
            raise TargetError(found=f"there is no file {path}", hint=f"The current directory is {directory}")
        yield _source(path, name)
    else:
        yield _module(place, name, directory)


def _module(place: str, name: str, directory: Path) -> _Source:
    """A module by its dotted name; what follows the last module is a name in it."""
    dotted, rest = place, name
    while dotted:
        parts = Path(*dotted.split("."))
        for path in (directory / parts.with_suffix(".py"), directory / parts / "__init__.py"):
            if path.is_file():
                shown = path.relative_to(directory)
                return _Source(shown if shown.exists() else path, dotted, directory, rest)
        dotted, _, last = dotted.rpartition(".")
        rest = f"{last}.{rest}" if rest else last
    raise TargetError(found=f"there is no module {place!r} in {directory}", expected=FORMS)


def _source(path: Path, name: str = "") -> _Source:
    """A file, with the directory from which its module is imported."""
    resolved = path.resolve()
    root = resolved.parent
    parts = [] if resolved.stem == "__init__" else [resolved.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    return _Source(path, ".".join(parts) or resolved.parent.name, root, name)


def _python_files(directory: Path) -> Iterator[Path]:
    """The files below, but for what is hidden, made, or an environment of Python's."""
    for path in directory.iterdir():
        if path.is_dir():
            is_skipped = path.name.startswith(".") or path.name in _SKIPPED or (path / "pyvenv.cfg").is_file()
            if not is_skipped:
                yield from _python_files(path)
        elif path.suffix == ".py":
            yield path
