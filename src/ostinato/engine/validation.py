"""Whether a request keeps SWF's bounds, told in the words of the service.

It looks at the request alone: never at a domain, an execution or a clock.
"""

from typing import Any

from ostinato.model.operations import Operation


def check(operation: Operation[Any]) -> None:
    """Refuse a request that is out of bounds.

    Raises:
        ValidationException: it is; the message names every member that is, as the service does.
    """
