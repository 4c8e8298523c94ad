"""Reads `--input`, and holds it against the signature of what is given it before anything is started."""

import inspect
from typing import Any

import msgspec

from ostinato.errors import PayloadError, UsageError
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.replay.definitions import Definition, Workflow


def read_input(text: str | None, definition: Definition, payloads: Payloads) -> str:
    """The input of an execution, or of an activity.

    Args:
        text: JSON: a list is the positional arguments, an object the keyword arguments, any other value the only
            argument. None is no arguments.
        definition: whose arguments they are.
        payloads: how they travel.

    Raises:
        UsageError: it is not JSON, too long, or does not fit the signature.
    """
    input_ = in_envelope(text, payloads)
    try:
        payloads.load_arguments(input_, definition.run if isinstance(definition, Workflow) else definition.function)
    except PayloadError as error:
        raise UsageError(
            where="--input",
            found=str(error),
            hint=_hint(text, definition),
        ) from error
    return input_


def in_envelope(text: str | None, payloads: Payloads = PLAIN) -> str:
    """The input of an execution whose workflow is not known here.

    Raises:
        UsageError: it is not JSON, or too long.
    """
    given = "[]" if text is None else text.strip()
    match _decode(given):
        case list():
            envelope = f'{{"args":{given},"kwargs":{{}}}}'
        case dict():
            envelope = f'{{"args":[],"kwargs":{given}}}'
        case _:
            envelope = f'{{"args":[{given}],"kwargs":{{}}}}'
    payloads.check_length(envelope, field="--input", limit=DATA_CHARACTERS)
    return envelope


def _decode(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise UsageError(
            where="--input",
            found=f"{_shortened(text)} is not JSON ({error})",
            hint="""In a shell: --input '["text", 1]'""",
        ) from None


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")  # noqa: PLR2004


def _hint(text: str | None, definition: Definition) -> str:
    hint = f"It takes {definition.name}{_signature(definition)}"
    if text is None:
        return f"{hint}; --input gives its arguments"
    value = _decode(text)
    if isinstance(value, dict) and value:
        return f"{hint}. An object is arguments by name; to pass it as one argument, put it into a list: [{{...}}]"
    return hint


def _signature(definition: Definition) -> str:
    is_method = isinstance(definition, Workflow) and definition.is_class
    signature = inspect.signature(definition.run if isinstance(definition, Workflow) else definition.function)
    parameters = list(signature.parameters.values())[is_method:]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
