"""Source files as Python would find them, and what the names in them mean. Nothing is imported."""

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ostinato.checks.findings import Position

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_REEXPORTS = 20
"""So many modules may hand a name on to one another."""


@dataclass(frozen=True, eq=False)
class Module:
    """A source file.

    Args:
        name: as which it is imported, as far as can be seen.
        path: the file.
        tree: its code.
        lines: its text.
    """

    name: str
    path: Path
    tree: ast.Module
    lines: tuple[str, ...]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The dotted names of what the module's own names mean."""
        found = dict(imports_in(self.tree, self))
        for statement in _statements(self.tree.body):
            for name in bound_by(statement):
                found[name] = f"{self.name}.{name}"
        return found

    @cached_property
    def values(self) -> Mapping[str, ast.stmt]:
        """The statements that bind names at the top of the module: the last one of each name."""
        return {name: statement for statement in _statements(self.tree.body) for name in bound_by(statement)}

    def position(self, node: ast.AST) -> Position:
        """Where the node is."""
        return Position(self.path, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)


@dataclass(frozen=True, eq=False)
class Scope:
    """What names mean at a place: in a module, or in a function of it.

    Args:
        module: the module.
        outer: the scope around it, None for a module's.
        local: the names that the function binds; None for what is known to nobody, else a dotted name.
    """

    module: Module
    outer: "Scope | None" = None
    local: Mapping[str, str | None] = field(default_factory=dict[str, str | None])

    def meaning(self, name: str) -> str | None:
        """The dotted name of what the name means; None if that cannot be seen."""
        if name in self.local:
            return self.local[name]
        if self.outer is not None:
            return self.outer.meaning(name)
        if name in self.module.names:
            return self.module.names[name]
        return f"builtins.{name}" if hasattr(builtins, name) else None

    def dotted(self, expression: ast.expr) -> str | None:
        """The dotted name of what the expression means; None if it is more than a name, or that cannot be seen."""
        match expression:
            case ast.Name(id=name):
                return self.meaning(name)
            case ast.Attribute(value=value, attr=attribute):
                owner = self.dotted(value)
                return None if owner is None else f"{owner}.{attribute}"
            case _:
                return None

    def within(self, function: Function) -> "Scope":
        """The scope of a function that is written here."""
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        local: dict[str, str | None] = {argument.arg: None for argument in named if argument is not None}
        outer: set[str] = set()
        if not isinstance(function, ast.Lambda):
            for node in nodes_of(function):
                if isinstance(node, ast.Global | ast.Nonlocal):
                    outer.update(node.names)
                local.update(dict.fromkeys(_bound_at(node)))
            local.update(imports_in(function, self.module))
        return Scope(self.module, self, {name: meaning for name, meaning in local.items() if name not in outer})


def _bound_at(node: ast.AST) -> Iterator[str]:
    """The names that this node binds, but by imports."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case _:
            pass


def nodes_of(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of the functions and classes that are written in it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Named | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def imports_in(owner: ast.AST, module: Module) -> Iterator[tuple[str, str]]:
    """The names that imports bind there, with what they mean."""
    for node in nodes_of(owner):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (first, first)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, module)
            yield from ((alias.asname or alias.name, f"{origin}.{alias.name}") for alias in node.names)


def bound_by(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds, but by imports."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, also those within `if` and `try`."""
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody"):
            if isinstance(statement, ast.If | ast.Try | ast.With):
                yield from _statements(getattr(statement, part, []))


def _origin(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    is_package = module.path.name == "__init__.py"
    kept = package[: len(package) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


@dataclass(frozen=True)
class Definition:
    """Something that has a name of its own: a function, a class, or a statement that assigns."""

    module: Module
    name: str
    node: Named | ast.stmt

    @property
    def dotted(self) -> str:
        """Its name with the module's."""
        return f"{self.module.name}.{self.name}"


class Project:
    """The modules that lie under some directories, read when they are asked for.

    Args:
        roots: the directories from which modules are imported, the first first.
    """

    def __init__(self, roots: list[Path]) -> None:
        self._roots = roots
        self._by_path: dict[Path, Module | SyntaxError] = {}
        self._by_name: dict[str, Module | None] = {}

    def module_at(self, path: Path, name: str) -> Module:
        """The module in that file.

        Raises:
            SyntaxError: it is not Python, or not text.
        """
        resolved = path.resolve()
        found = self._by_path.get(resolved)
        if found is None:
            found = self._by_path[resolved] = _read(path, name)
        if isinstance(found, SyntaxError):
            raise found
        return found

    def module(self, name: str) -> Module | None:
        """The module of that name; None if there is none under the roots, or it cannot be read."""
        if name not in self._by_name:
            self._by_name[name] = self._find(name)
        return self._by_name[name]

    def definition(self, dotted: str) -> Definition | None:
        """What has that name: in the module that defines it, also by way of modules that only hand it on."""
        for _ in range(_REEXPORTS):
            module, rest = self._split(dotted)
            if module is None or not rest:
                return None
            first, _, attribute = rest.partition(".")
            home = module.names.get(first)
            if home is None:
                return None
            if home != f"{module.name}.{first}":
                dotted = f"{home}.{attribute}" if attribute else home
                continue
            statement = module.values[first]
            return _inner(module, statement, rest)
        return None

    def _split(self, dotted: str) -> tuple[Module | None, str]:
        """The module that the name begins with, the longest, and the rest of the name."""
        name, rest = dotted, ""
        while name:
            module = self.module(name)
            if module is not None:
                return module, rest
            name, _, last = name.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
        return None, dotted

    def _find(self, name: str) -> Module | None:
        place = Path(*name.split("."))
        for root in self._roots:
            for path in (root / place.with_suffix(".py"), root / place / "__init__.py"):
                if path.is_file():
                    try:
                        return self.module_at(path, name)
                    except SyntaxError:
                        return None
        return None


def _inner(module: Module, statement: ast.stmt, name: str) -> Definition | None:
    """The definition within a class that the rest of the name says."""
    node: ast.stmt = statement
    for part in name.split(".")[1:]:
        if not isinstance(node, ast.ClassDef):
            return None
        members = [inner for inner in node.body if part in bound_by(inner)]
        if not members:
            return None
        node = members[-1]
    return Definition(module, name, node)


def _read(path: Path, name: str) -> Module | SyntaxError:
    try:
        source = path.read_bytes()
        tree = ast.parse(source, str(path))
        text = source.decode("utf-8", errors="replace")
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError) as error:
        return SyntaxError(str(error), (str(path), 1, 1, ""))
    return Module(name, path, tree, tuple(text.splitlines()))
