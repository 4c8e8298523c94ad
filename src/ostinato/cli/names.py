"""Holds ids and names that were typed against what SWF takes, before anything is opened or written for them."""

import re

from ostinato.errors import UsageError

LONGEST = 256

_REFUSED = re.compile("[:/|\x00-\x1f\x7f-\x9f]")
_SHOWN = 40


def check_name(name: str | None, *, where: str) -> None:
    """Let a name pass that SWF takes, or None.

    Raises:
        UsageError: SWF would refuse it.
    """
    if name is None:
        return
    refused = _REFUSED.search(name)
    if not name or len(name) > LONGEST or name == "arn" or refused:
        shown = repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")
        raise UsageError(
            where=where,
            found=f"{shown} has {len(name)} characters" if not name or len(name) > LONGEST else shown,
            expected=f"1 to {LONGEST} characters, none of : / | and control characters, and not 'arn'",
        )
