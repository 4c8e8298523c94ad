"""protobuf's messages, as their own mapping to JSON has them. Needs `pip install 'ostinato[protobuf]'`.

Who has a message has imported protobuf; it is not imported here before.
"""

from importlib import import_module
from typing import Any

import msgspec

_LISTS = ("google.protobuf.ListValue", "google.protobuf.Value")


def is_message(kind: Any) -> bool:
    """Whether the type is a message's."""
    return isinstance(kind, type) and hasattr(kind, "DESCRIPTOR") and hasattr(kind, "SerializeToString")


def write_message(message: Any) -> object:
    """The message as JSON has it, with its members and its maps' keys in order.

    Raises:
        ValueError: JSON cannot hold it.
    """
    library = import_module("google.protobuf.json_format")
    try:
        return msgspec.json.decode(library.MessageToJson(message, sort_keys=True))
    except library.Error as error:
        raise ValueError(str(error)) from error


def read_message(kind: Any, value: object) -> object:
    """The message that this says.

    Raises:
        ValueError: it says none of that type.
    """
    library = import_module("google.protobuf.json_format")
    name = kind.DESCRIPTOR.full_name
    if isinstance(value, list) and name not in _LISTS:
        raise ValueError(f"Expected `{name}`, got `array`")  # which protobuf takes for no members
    try:
        return library.ParseDict(value, kind())
    except (library.Error, TypeError, AttributeError) as error:
        raise ValueError(f"Expected `{name}`: {error}") from error
