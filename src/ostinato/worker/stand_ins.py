"""The Python functions that stand in for AWS Lambda's, as an embedded engine calls them: text in, text out."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType, ModuleType
from typing import Any

from ostinato.errors import UsageError
from ostinato.payloads.converter import Converter, JsonConverter
from ostinato.replay.definitions import LambdaFunction
from ostinato.worker.catalog import definitions_in


@dataclass(frozen=True)
class StandIn:
    """Calls a function with the value that an input holds, and gives the text of what it returns."""

    function: Callable[[Any], object]
    converter: Converter

    def __call__(self, text: str | None) -> str:
        """Call it."""
        return self.converter.dump(self.function(None if text is None else json.loads(text)))


def stand_ins_in(*modules: ModuleType, converter: Converter | None = None) -> Mapping[str, StandIn]:
    """The stand-ins of the Lambda functions that code in the modules can name, by the functions' names.

    Raises:
        UsageError: two functions stand in for the same one.
    """
    found: dict[str, StandIn] = {}
    for declared in chain.from_iterable(map(_lambda_functions_in, modules)):
        if declared.stand_in is None:
            continue
        made = StandIn(declared.stand_in, converter or JsonConverter())
        if found.setdefault(declared.name, made).function is not declared.stand_in:
            raise UsageError(
                where=f"the Lambda function {declared.name!r}",
                found="two functions stand in for it",
                hint="Let it have one",
            )
    return MappingProxyType(found)


def _lambda_functions_in(module: ModuleType) -> Iterator[LambdaFunction]:
    homes = {id(home): home for home in _homes(module)}
    for home in homes.values():
        for value in list(vars(home).values()):
            inner = list(vars(value).values()) if isinstance(value, ModuleType) else [value]
            yield from (each for each in inner if isinstance(each, LambdaFunction))


def _homes(module: ModuleType) -> Iterator[ModuleType]:
    """The module, and those where the definitions were written that it can name."""
    yield module
    for definition in definitions_in(module):
        home = sys.modules.get(definition.function.__module__)
        if home is not None:
            yield home
