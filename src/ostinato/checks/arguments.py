"""Whether the arguments of a call that submits fit the parameters of what is submitted."""

import ast

from ostinato.checks.declared import Declared


def misfit(target: Declared, call: ast.Call, *, is_one: bool) -> str:
    """What does not fit, in words; nothing if all does, or if that cannot be seen.

    Args:
        target: what is submitted.
        call: `submit(target, ...)`.
        is_one: whether the function is called with one argument each time, as by `map`.
    """
    function = target.function
    if function is None or target.is_changed:
        return ""
    skipped = 1 if isinstance(target.node, ast.ClassDef) else 0
    given = call.args[1:]
    if is_one:
        return _compare(function, skipped, 1, [], is_open=False, name=target.name)
    names = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
    is_open = any(isinstance(each, ast.Starred) for each in given) or len(names) < len(call.keywords)
    return _compare(function, skipped, len(given), names, is_open=is_open, name=target.name)


def _compare(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    skipped: int,
    count: int,
    names: list[str],
    *,
    is_open: bool,
    name: str,
) -> str:
    parameters = function.args
    by_place = [*parameters.posonlyargs, *parameters.args][skipped:]
    only_by_place = {each.arg for each in parameters.posonlyargs}
    by_name = [each.arg for each in [*parameters.args, *parameters.kwonlyargs]]
    shown = f"{name}({ast.unparse(_without(parameters, skipped))})"
    if not is_open and count > len(by_place) and parameters.vararg is None:
        return f"{count} arguments by place, and {shown} takes {len(by_place)}"
    if parameters.kwarg is None:
        unknown = [each for each in names if each not in by_name]
        if unknown:
            return f"{shown} has no parameter {unknown[0]!r}"
    filled = {each.arg for each in by_place[:count]}
    twice = [each for each in names if each in filled - only_by_place]
    if twice and not is_open:
        return f"{shown} gets {twice[0]!r} twice"
    if is_open:
        return ""
    optional = len(parameters.defaults)
    required = [each.arg for each in by_place[: max(0, len(by_place) - optional)]]
    pairs = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
    required += [each.arg for each, default in pairs if default is None]
    missing = [each for each in required if each not in filled and each not in names]
    return f"{shown} lacks {', '.join(map(repr, missing))}" if missing else ""


def _without(parameters: ast.arguments, skipped: int) -> ast.arguments:
    """The parameters without `self`, and without what only hides them from a reader."""
    return ast.arguments(
        posonlyargs=parameters.posonlyargs[skipped:] if parameters.posonlyargs else [],
        args=parameters.args if parameters.posonlyargs else parameters.args[skipped:],
        vararg=parameters.vararg,
        kwonlyargs=parameters.kwonlyargs,
        kw_defaults=parameters.kw_defaults,
        kwarg=parameters.kwarg,
        defaults=parameters.defaults,
    )
