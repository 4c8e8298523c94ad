"""Which members of SWF's requests, decisions, events and answers hold payloads."""

from functools import lru_cache

import msgspec

from ostinato.model.decisions import ScheduleLambdaFunction
from ostinato.model.events import LambdaFunctionScheduled

_PAYLOADS = frozenset(("input", "result", "details", "control", "execution_context", "latest_execution_context"))

_OTHERS = (ScheduleLambdaFunction, LambdaFunctionScheduled)
"""What their input says is for AWS Lambda, which reads it itself."""


@lru_cache(maxsize=256)
def payload_members(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of the members that hold payloads."""
    return () if kind in _OTHERS else tuple(name for name in kind.__struct_fields__ if name in _PAYLOADS)


@lru_cache(maxsize=256)
def readable_members(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The same, and `reason`: simpleflow puts long ones into its store."""
    reason = ("reason",) if "reason" in kind.__struct_fields__ else ()
    return (*payload_members(kind), *reason)
