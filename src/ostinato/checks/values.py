"""What values are, as far as the code of one function tells: sets, paths, futures."""

import ast
from collections.abc import Iterator, Mapping
from enum import Enum

from ostinato.checks.project import Function, Scope, nodes_of


class ValueKind(Enum):
    """What matters here about a value."""

    SET = "set"
    PATH = "path"
    FUTURE = "future"


_MADE_BY = {
    "builtins.set": ValueKind.SET,
    "builtins.frozenset": ValueKind.SET,
    "pathlib.Path": ValueKind.PATH,
    "pathlib.Path.cwd": ValueKind.PATH,
    "pathlib.Path.home": ValueKind.PATH,
    **{
        f"{home}.{name}": ValueKind.FUTURE
        for home in ("ostinato", "ostinato.replay.submitting", "ostinato.replay.calls")
        for name in ("submit", "spawn", "timer", "wait_signal")
    },
}

_ANNOTATED = {
    **dict.fromkeys(("builtins.set", "builtins.frozenset", "typing.AbstractSet"), ValueKind.SET),
    **dict.fromkeys(("collections.abc.Set", "collections.abc.MutableSet"), ValueKind.SET),
    "pathlib.Path": ValueKind.PATH,
    "ostinato.Future": ValueKind.FUTURE,
}

_PAIRS_OF_SETS = {"asyncio.wait", "ostinato.wait", "ostinato.replay.futures.wait"}
_SET_METHODS = {"union", "intersection", "difference", "symmetric_difference", "copy"}


def kinds_in(function: Function, scope: Scope) -> dict[str, ValueKind]:
    """The kinds of the function's own names; of those that are sometimes one thing and sometimes another, none."""
    kinds: dict[str, ValueKind] = {}
    unsure: set[str] = set()
    arguments = function.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if argument.annotation is not None and (kind := _annotated(argument.annotation, scope)):
            kinds[argument.arg] = kind
    for statement in sorted((n for n in nodes_of(function) if isinstance(n, ast.stmt)), key=lambda n: n.lineno):
        for name, kind in _assigned(statement, scope, kinds):
            if kind is None or kinds.setdefault(name, kind) is not kind:
                unsure.add(name)
    return {name: kind for name, kind in kinds.items() if name not in unsure}


def _assigned(
    statement: ast.stmt, scope: Scope, kinds: Mapping[str, ValueKind]
) -> Iterator[tuple[str, ValueKind | None]]:
    """The names that the statement assigns, with what they are then."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, kind_of(value, scope, kinds)
        case ast.Assign(targets=[ast.Tuple(elts=parts)], value=value):
            kind = ValueKind.SET if _name_of_call(value, scope) in _PAIRS_OF_SETS else None
            yield from ((part.id, kind) for part in parts if isinstance(part, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
            yield name, _annotated(annotation, scope)
        case _:
            pass


def kind_of(expression: ast.expr, scope: Scope, kinds: Mapping[str, ValueKind]) -> ValueKind | None:
    """What the expression gives; None if that does not matter or is not seen."""
    match expression:
        case ast.Set() | ast.SetComp():
            return ValueKind.SET
        case ast.Name(id=name):
            return kinds.get(name)
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            either = (kind_of(left, scope, kinds), kind_of(right, scope, kinds))
            return ValueKind.SET if ValueKind.SET in either else None
        case ast.BinOp(left=left, op=ast.Div()):
            return ValueKind.PATH if kind_of(left, scope, kinds) is ValueKind.PATH else None
        case ast.Attribute(value=value, attr="done" | "not_done"):
            return ValueKind.SET if _name_of_call(value, scope) in _PAIRS_OF_SETS else None
        case ast.Subscript(value=value):
            return ValueKind.SET if _name_of_call(value, scope) in _PAIRS_OF_SETS else None
        case ast.Call(func=ast.Attribute(value=value, attr=attribute)) if attribute in _SET_METHODS:
            return ValueKind.SET if kind_of(value, scope, kinds) is ValueKind.SET else None
        case ast.Call(func=function):
            return _MADE_BY.get(scope.dotted(function) or "")
        case _:
            return None


def _name_of_call(expression: ast.expr, scope: Scope) -> str | None:
    if isinstance(expression, ast.Await):
        expression = expression.value
    return scope.dotted(expression.func) if isinstance(expression, ast.Call) else None


def _annotated(annotation: ast.expr, scope: Scope) -> ValueKind | None:
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return _ANNOTATED.get(scope.dotted(annotation) or "")
