"""Reads workflow code, function after function: what it calls, what it changes, in which order it goes through sets."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ostinato.checks.arguments import misfit
from ostinato.checks.declared import Declared, Role, declaration, is_recording, without_options
from ostinato.checks.findings import Finding, Rule
from ostinato.checks.forbidden import METHODS_OF_ANYTHING, PATH_METHODS, forbidden_call, forbidden_read
from ostinato.checks.project import Definition, Function, Project, Scope, nodes_of
from ostinato.checks.values import ValueKind, kind_of, kinds_in

_HOMES = ("ostinato.", "ostinato.replay.calls.", "ostinato.replay.submitting.", "ostinato.replay.recording.")
_SUBMITTING = {"submit", "spawn", "map", "starmap"}
_IN_ORDER = {"list", "tuple", "enumerate", "iter", "map", "filter", "zip", "reversed", "next"}
"""Built-ins that give or keep what they are given in its order."""
_CHANGING = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert"),
    *("pop", "popitem", "remove", "setdefault", "update"),
}
"""Methods that change a list, a set or a dict."""


@dataclass(frozen=True, eq=False)
class Code:
    """A function of workflow code to be read.

    Args:
        function: its code.
        scope: around it.
        within: how workflow code comes there, in words.
    """

    function: Function
    scope: Scope
    within: str


@dataclass
class Reader:
    """Reads one function, and those that are written in it.

    Args:
        project: where names are looked up.
        code: what to read.
        tell: takes findings.
        follow: takes functions that it calls or hands on, and classes that it makes.
    """

    project: Project
    code: Code
    tell: Callable[[Finding], None]
    follow: Callable[[Declared], None]
    scope: Scope = field(init=False)
    kinds: dict[str, ValueKind] = field(init=False)
    recorded: set[str] = field(init=False)
    is_async: bool = field(init=False)

    def read(self) -> None:
        """Read it all."""
        function = self.code.function
        self.scope = self.code.scope.within(function)
        self.kinds = kinds_in(function, self.scope)
        self.recorded = set(self._recorded(function))
        self.is_async = isinstance(function, ast.AsyncFunctionDef)
        body = [function.body] if isinstance(function, ast.Lambda) else function.body
        for node in body:
            self._visit(node)

    def _recorded(self, function: Function) -> Iterator[str]:
        """The functions written here that run once."""
        for node in nodes_of(function):
            if isinstance(node, ast.Call) and self._call_of_ours(node) == "run_once":
                yield from (argument.id for argument in node.args[:1] if isinstance(argument, ast.Name))

    def _visit(self, node: ast.AST) -> None:
        look = _LOOKS.get(type(node))
        if look is not None:
            look(self, node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        for child in self._parts(node):
            self._visit(child)

    def on_function(self, node: Function) -> None:
        """Read what is written within, unless it runs once."""
        if isinstance(node, ast.Lambda) or not self._is_recorded(node):
            Reader(self.project, Code(node, self.scope, self.code.within), self.tell, self.follow).read()

    def _is_recorded(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        return node.name in self.recorded or any(is_recording(self.scope, each) for each in node.decorator_list)

    def _parts(self, node: ast.AST) -> list[ast.AST]:
        """What is in the node and does something: no annotations, and of `run_once` only the arguments."""
        if isinstance(node, ast.AnnAssign):
            return [node.target] if node.value is None else [node.target, node.value]
        if isinstance(node, ast.Call) and self._call_of_ours(node) == "run_once":
            return [*node.args[1:], *node.keywords]
        return list(ast.iter_child_nodes(node))

    # Calls.

    def on_call(self, node: ast.Call) -> None:
        """Look at what is called, and with what."""
        ours = self._call_of_ours(node)
        dotted = self.scope.dotted(node.func)
        if ours in _SUBMITTING:
            self._on_submit(node, ours)
        elif ours == "sleep" and self.is_async:
            self._found(Rule.WAITING, node, "ostinato.sleep() in async def")
        elif dotted is not None:
            self._on_named_call(node, dotted)
        elif isinstance(node.func, ast.Attribute):
            self._on_method(node, node.func)

    def _call_of_ours(self, node: ast.Call) -> str | None:
        """`submit` of `ostinato.submit(...)`."""
        dotted = self.scope.dotted(node.func) or ""
        home, _, name = dotted.rpartition(".")
        return name if f"{home}." in _HOMES else None

    def _on_named_call(self, node: ast.Call, dotted: str) -> None:
        rule = forbidden_call(dotted, len(node.args) + len(node.keywords))
        if rule is not None and not dotted.startswith("ostinato."):
            self._found(rule, node, f"{dotted.removeprefix('builtins.')}()")
            return
        name = dotted.removeprefix("builtins.")
        if name in _IN_ORDER:
            for argument in node.args:
                self._on_iteration(argument, f"{name}() of a set")
        target = declaration(self.project, dotted)
        if target is not None and target.role in {Role.ACTIVITY, Role.WORKFLOW}:
            self._found(Rule.CALLED, node, f"the {target.role.value} {target.name} is called")
        elif isinstance(node.func, ast.Attribute):
            self._on_change(node, node.func)

    def _on_method(self, node: ast.Call, function: ast.Attribute) -> None:
        name = function.attr
        if name in METHODS_OF_ANYTHING:
            self._found(METHODS_OF_ANYTHING[name], node, f".{name}()")
        elif name in PATH_METHODS and self._kind(function.value) is ValueKind.PATH:
            self._found(Rule.WORLD, node, f"pathlib.Path.{name}()")
        elif name == "join" and node.args:
            self._on_iteration(node.args[0], "join() of a set")
        elif name == "pop" and not node.args and self._kind(function.value) is ValueKind.SET:
            self._found(Rule.SETS, node, "pop() from a set")
        elif name in {"result", "exception"} and self.is_async and self._kind(function.value) is ValueKind.FUTURE:
            self._found(Rule.WAITING, node, f"{name}() of a future in async def")

    def _on_submit(self, node: ast.Call, call: str) -> None:
        if not node.args:
            return
        if call in {"map", "starmap"}:
            for argument in node.args[1:]:
                self._on_iteration(argument, f"{call}() over a set")
        target = declaration(self.project, self.scope.dotted(without_options(node.args[0])))
        if target is None:
            return
        if call == "submit" and target.role is Role.PLAIN and not target.is_changed:
            if not isinstance(target.node, ast.ClassDef):
                self._found(Rule.UNDECLARED, node, f"{target.name} is neither an activity nor a workflow")
        elif call != "starmap" and (problem := misfit(target, node, is_one=call == "map")):
            self._found(Rule.MISFIT, node, problem)

    # Names, and what is done to what they mean.

    def on_global(self, node: ast.Global) -> None:
        """A name of the module is about to be bound anew."""
        self._found(Rule.GLOBALS, node, f"global {', '.join(node.names)}")

    def on_assignment(self, node: ast.Assign | ast.Delete) -> None:
        """Look at what is assigned to, or deleted."""
        for target in node.targets:
            self._on_target(target)

    def on_one_assignment(self, node: ast.AugAssign | ast.AnnAssign) -> None:
        """Look at what is assigned to."""
        self._on_target(node.target)

    def on_name(self, node: ast.Name | ast.Attribute) -> None:
        """Look at what is read; functions that are handed on may be called."""
        dotted = self.scope.dotted(node) if isinstance(node.ctx, ast.Load) else None
        if dotted is None:
            return
        rule = forbidden_read(dotted)
        if rule is not None:
            self._found(rule, node, dotted)
            return
        target = declaration(self.project, dotted)
        if target is not None and target.role is Role.PLAIN:
            self.follow(target)

    def _on_target(self, target: ast.expr) -> None:
        match target:
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._on_target(part)
            case ast.Subscript(value=value):
                if self._shared(value) is not None:
                    self._found(Rule.GLOBALS, target, f"{ast.unparse(value)} is changed")
            case ast.Attribute(value=value):
                owner = declaration(self.project, self.scope.dotted(value))
                if (owner is not None and isinstance(owner.node, ast.ClassDef)) or self._is_class_of_self(value):
                    self._found(Rule.GLOBALS, target, f"{ast.unparse(target)} is set")
            case _:
                pass

    def _on_change(self, node: ast.Call, function: ast.Attribute) -> None:
        if function.attr in _CHANGING and self._shared(function.value) is not None:
            self._found(Rule.GLOBALS, node, f"{ast.unparse(function.value)} is changed by {function.attr}()")

    def _shared(self, expression: ast.expr) -> Definition | None:
        """The assignment in a module of the project to which the name goes back."""
        dotted = self.scope.dotted(expression)
        found = None if dotted is None else self.project.definition(dotted)
        is_value = found is not None and isinstance(found.node, ast.Assign | ast.AnnAssign)
        return found if is_value else None

    @staticmethod
    def _is_class_of_self(expression: ast.expr) -> bool:
        return ast.unparse(expression) in {"type(self)", "self.__class__", "cls"}

    # Order, and exceptions.

    def on_loop(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        """Look at what is gone through."""
        self._on_iteration(node.iter, "a loop over a set")

    def on_star(self, node: ast.Starred) -> None:
        """Look at what is unpacked."""
        self._on_iteration(node.value, "a set unpacked")

    def _on_iteration(self, iterable: ast.expr, what: str) -> None:
        if self._kind(iterable) is ValueKind.SET:
            self._found(Rule.SETS, iterable, what)

    def _kind(self, expression: ast.expr) -> ValueKind | None:
        return kind_of(expression, self.scope, self.kinds)

    def on_handler(self, node: ast.ExceptHandler) -> None:
        """Look at which exceptions end here."""
        caught = [None] if node.type is None else [node.type]
        if isinstance(node.type, ast.Tuple):
            caught = [*node.type.elts]
        is_all = any(each is None or self.scope.dotted(each) == "builtins.BaseException" for each in caught)
        if is_all and not any(isinstance(inner, ast.Raise) for inner in nodes_of(node)):
            self._found(Rule.SWALLOWED, node, f"except {'' if node.type is None else ast.unparse(node.type)}".rstrip())

    def _found(self, rule: Rule, node: ast.AST, what: str) -> None:
        self.tell(Finding(rule, self.scope.module.position(node), what, self.code.within))


_LOOKS: Mapping[type[ast.AST], Callable[[Reader, Any], None]] = {
    ast.FunctionDef: Reader.on_function,
    ast.AsyncFunctionDef: Reader.on_function,
    ast.Lambda: Reader.on_function,
    ast.Call: Reader.on_call,
    ast.Name: Reader.on_name,
    ast.Attribute: Reader.on_name,
    ast.Global: Reader.on_global,
    ast.Assign: Reader.on_assignment,
    ast.Delete: Reader.on_assignment,
    ast.AugAssign: Reader.on_one_assignment,
    ast.AnnAssign: Reader.on_one_assignment,
    ast.For: Reader.on_loop,
    ast.AsyncFor: Reader.on_loop,
    ast.comprehension: Reader.on_loop,
    ast.Starred: Reader.on_star,
    ast.ExceptHandler: Reader.on_handler,
}
"""What is looked at, by kind of node."""
