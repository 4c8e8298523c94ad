"""Python functions in place of AWS Lambda's."""

from dataclasses import dataclass
from types import ModuleType

import pytest

from ostinato import LambdaFunction, workflow
from ostinato.errors import UsageError
from ostinato.worker.stand_ins import stand_ins_in


@dataclass
class Size:
    width: int


def double(width: int) -> Size:
    return Size(2 * width)


def halve(width: int) -> Size:
    return Size(width // 2)


scale = LambdaFunction("scale", stand_in=double)


@workflow
def scaling() -> None: ...


def module(**names: object) -> ModuleType:
    """A module of these names."""
    made = ModuleType("made")
    vars(made).update(names)
    return made


def test_functions_are_found_as_definitions_are() -> None:
    """In the module, in those it names, and where its workflows were written; not those that have none."""
    found = [
        stand_ins_in(module(scale=scale, remote=LambdaFunction("remote"))),
        stand_ins_in(module(tasks=module(scale=scale))),
        stand_ins_in(module(scaling=scaling)),
    ]

    assert [dict(each).keys() for each in found] == [{"scale"}] * 3


def test_a_stand_in_takes_a_value_and_gives_one() -> None:
    """It sees neither JSON nor what else is between; without an input it is given None."""
    called: list[object] = []
    found = stand_ins_in(module(scale=scale, note=LambdaFunction("note", stand_in=called.append)))

    assert found["scale"]("4") == '{"width":8}'
    assert found["note"](None) == "null"
    assert called == [None]


def test_one_name_has_one_stand_in() -> None:
    """Two settings of one function are one; two functions are told apart before anything runs."""
    again = LambdaFunction("scale", start_to_close_timeout=5, stand_in=double)
    rival = LambdaFunction("scale", stand_in=halve)

    assert stand_ins_in(module(scale=scale, again=again)).keys() == {"scale"}
    for modules in ([module(scale=scale, rival=rival)], [module(scale=scale), module(rival=rival)]):
        with pytest.raises(UsageError, match="the Lambda function 'scale': two functions stand in for it"):
            stand_ins_in(*modules)
