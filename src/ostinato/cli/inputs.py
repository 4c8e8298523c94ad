"""Reads `--input`, and holds it against the workflow's signature before anything is started."""

import inspect
from typing import Any

import msgspec

from ostinato.errors import PayloadError, UsageError
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.replay.definitions import Workflow


def read_input(text: str | None, workflow: Workflow[..., Any], payloads: Payloads) -> str:
    """The input of an execution.

    Args:
        text: JSON: a list is the positional arguments, an object the keyword arguments, any other value the only
            argument. None is no arguments.
        workflow: whose arguments they are.
        payloads: how they travel.

    Raises:
        UsageError: it is not JSON, too long, or does not fit the workflow's signature.
    """
    input_ = in_envelope(text, payloads)
    try:
        payloads.load_arguments(input_, workflow.run)
    except PayloadError as error:
        raise UsageError(
            where="--input",
            found=str(error),
            hint=_hint(text, workflow),
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


def _hint(text: str | None, workflow: Workflow[..., Any]) -> str:
    hint = f"It takes {workflow.name}{_signature(workflow)}"
    if text is None:
        return f"{hint}; --input gives its arguments"
    value = _decode(text)
    if isinstance(value, dict) and value:
        return f"{hint}. An object is arguments by name; to pass it as one argument, put it into a list: [{{...}}]"
    return hint


def _signature(workflow: Workflow[..., Any]) -> str:
    signature = inspect.signature(workflow.run)
    parameters = list(signature.parameters.values())
    if workflow.is_class:
        parameters = parameters[1:]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
