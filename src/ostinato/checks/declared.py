"""Activities and workflows as they are declared, read from the source."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from ostinato.checks.project import Definition, Module, Named, Project, Scope

_DECORATORS = {
    "ostinato.activity": "activity",
    "ostinato.replay.definitions.activity": "activity",
    "ostinato.workflow": "workflow",
    "ostinato.replay.definitions.workflow": "workflow",
    "ostinato.nondeterministic": "recorded",
    "ostinato.cached": "recorded",
    "ostinato.replay.recording.nondeterministic": "recorded",
    "ostinato.replay.recording.cached": "recorded",
}


class Role(Enum):
    """What a function is for."""

    ACTIVITY = "activity"
    WORKFLOW = "workflow"
    RECORDED = "recorded"
    """It runs once, and its result is recorded: it may do what workflow code may not."""
    PLAIN = "plain"


@dataclass(frozen=True, eq=False)
class Declared:
    """A function or class, with what its decorator says.

    Args:
        module: where it is written.
        name: its qualified name in the module.
        node: its code.
        role: what it is for.
        settings: the keyword arguments of the decorator.
        has_all_settings: whether these are all: no `**settings`.
        is_changed: whether other decorators are put around it, which may change its parameters.
    """

    module: Module
    name: str
    node: Named
    role: Role
    settings: Mapping[str, ast.expr]
    has_all_settings: bool
    is_changed: bool

    @property
    def function(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function that takes the arguments; None if that is not seen.

        Of a workflow's class it is `run`, of an activity's `__init__`.
        """
        if not isinstance(self.node, ast.ClassDef):
            return self.node
        name = "__init__" if self.role is Role.ACTIVITY else "run"
        methods = [n for n in self.node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        return next((method for method in methods if method.name == name), None)

    def type(self) -> tuple[Role, str, str] | None:
        """Its role, the name and the version of its type; None if they cannot be seen."""
        name = self._text("name", f"{self.module.name}.{self.name}")
        version = self._text("version", "default")
        return None if name is None or version is None else (self.role, name, version)

    def _text(self, setting: str, default: str) -> str | None:
        value = self.settings.get(setting)
        if value is None:
            return default if self.has_all_settings else None
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def is_recording(scope: Scope, decorator: ast.expr) -> bool:
    """Whether the decorator makes a function run once."""
    return _DECORATORS.get(scope.dotted(decorator) or "") == Role.RECORDED.value


def declared_in(module: Module) -> Iterator[Declared]:
    """All functions and classes of the module, also those in classes, but not those in functions."""
    yield from _declared(module, module.tree.body, "")


def declaration(project: Project, dotted: str | None) -> Declared | None:
    """What has that name, if it is a function or a class; `x = fn.options(...)` is `fn`."""
    found = None if dotted is None else project.definition(dotted)
    for _ in range(9):
        if found is None or isinstance(found.node, Named):
            break
        found = _assigned(project, found)
    return (
        None if found is None or not isinstance(found.node, Named) else _declare(found.module, found.name, found.node)
    )


def _assigned(project: Project, found: Definition) -> Definition | None:
    """What an assignment makes another name of."""
    value = getattr(found.node, "value", None)
    dotted = None if value is None else Scope(found.module).dotted(without_options(value))
    return None if dotted is None else project.definition(dotted)


def without_options(expression: ast.expr) -> ast.expr:
    """`fn` of `fn.options(...)`."""
    while isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
        if expression.func.attr != "options":
            break
        expression = expression.func.value
    return expression


def _declared(module: Module, body: list[ast.stmt], prefix: str) -> Iterator[Declared]:
    for statement in body:
        if isinstance(statement, Named):
            yield _declare(module, f"{prefix}{statement.name}", statement)
        if isinstance(statement, ast.ClassDef):
            yield from _declared(module, statement.body, f"{prefix}{statement.name}.")
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _declared(module, getattr(statement, part, []), prefix)


def _declare(module: Module, name: str, node: Named) -> Declared:
    scope = Scope(module)
    role, settings, has_all, others = Role.PLAIN, dict[str, ast.expr](), True, 0
    for decorator in node.decorator_list:
        called = decorator if isinstance(decorator, ast.Call) else None
        word = _DECORATORS.get(scope.dotted(called.func if called else decorator) or "")
        if word is None:
            others += 1
            continue
        role = Role(word)
        if called:
            settings = {keyword.arg: keyword.value for keyword in called.keywords if keyword.arg}
            has_all = all(keyword.arg for keyword in called.keywords)
    return Declared(module, name, node, role, settings, has_all, is_changed=others > 0)
