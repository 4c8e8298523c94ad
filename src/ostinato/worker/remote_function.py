"""Run as a script by another Python: calls the function that its stdin names, and writes what came of it to a file.

It needs nothing but Python's library: Ostinato is used if it can be imported there, and else values are what JSON has.
"""

import importlib
import json
import sys
import traceback
from typing import Any


def main() -> None:
    """Do what stdin says."""
    order = json.load(sys.stdin)
    sys.path[:0] = [path for path in order["path"] if path not in sys.path]
    try:
        said = {"result": _call(order)}
        text = json.dumps(said)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is told
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        text = json.dumps({"error_type": type(error).__name__, "message": str(error), "traceback": "".join(lines)})
    with open(order["answer"], "w") as answer:  # noqa: PTH123  # also for old Pythons
        answer.write(text)


def _call(order: Any) -> Any:
    function: Any = importlib.import_module(order["module"])
    for part in order["name"].split("."):
        function = getattr(function, part)
    function = getattr(function, "function", function)  # of an activity
    function = getattr(function, "__wrapped__", function)  # of what was declared to run elsewhere
    try:
        from ostinato.payloads.converter import JsonConverter  # noqa: PLC0415
    except ImportError:
        arguments = json.loads(order["input"])
        return function(*arguments["args"], **arguments["kwargs"])
    converter = JsonConverter()
    given = converter.load_arguments(order["input"], function)
    return json.loads(converter.dump(function(*given.args, **given.kwargs)))


if __name__ == "__main__":
    main()
