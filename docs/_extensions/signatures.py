"""Signatures in the reference are as the source has them, with the names that a reader knows.

Sphinx would spell out every overload and type variable. Of classes only those that programs construct show one.
"""

import ast
import inspect
import textwrap
from typing import Any

from sphinx.application import Sphinx

CONSTRUCTED = ("ostinato.Retry", "ostinato.LambdaFunction")


def written_signature(function: Any) -> tuple[str, str] | None:
    """The parameters and the result's type, as they are written; None if there is no source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    match tree.body[0]:
        case ast.FunctionDef() | ast.AsyncFunctionDef() as definition:
            arguments = definition.args
            leading = arguments.posonlyargs or arguments.args
            if leading and leading[0].arg == "self":
                del leading[0]
            result = "" if definition.returns is None else ast.unparse(definition.returns).replace("'", "")
            return f"({ast.unparse(arguments)})", result
        case _:
            return None


def choose_signature(
    _app: Sphinx, what: str, name: str, obj: Any, _options: object, _signature: str, _result: str
) -> tuple[str, str] | None:
    """What autodoc shows; None leaves it to autodoc."""
    if what in {"class", "exception"}:
        # Those without an __init__ in Python have no signature that could be hidden.
        return None if name in CONSTRUCTED or not inspect.isfunction(obj.__init__) else ("", "")
    return written_signature(obj)


def setup(app: Sphinx) -> dict[str, bool]:
    """Be asked for signatures."""
    app.connect("autodoc-process-signature", choose_signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
