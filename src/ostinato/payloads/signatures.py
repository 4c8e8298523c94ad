"""What a function takes: its parameters with their types, and the JSON arguments that fit them."""

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from ostinato.errors import PayloadError
from ostinato.payloads.decoding import Decode, decode_raw, find_decoder

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Parameter(msgspec.Struct, frozen=True):
    """A parameter: its name, what reads it, and what errors call it."""

    name: str
    decode: Decode
    where: str


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What a function takes, ready to read arguments."""

    name: str
    positional: tuple[Parameter, ...]
    by_name: Mapping[str, Parameter]
    more_positional: Parameter | None
    more_by_name: Parameter | None
    required: frozenset[str]
    suffices: int
    """With so many positional arguments, and no others, a call is surely right; -1 if there is no such number."""
    result_type: Any

    def read_args(self, values: Sequence[msgspec.Raw]) -> tuple[object, ...]:
        """The positional arguments of a call that was checked.

        Raises:
            PayloadError: one is not of its parameter's type.
        """
        known = [_read(parameter, value) for parameter, value in zip(self.positional, values, strict=False)]
        if self.more_positional is not None:
            rest = values[len(self.positional) :]
            known += [_read(self.more_positional, value, f"[{index}]") for index, value in enumerate(rest)]
        return tuple(known)

    def read_kwargs(self, values: Mapping[str, msgspec.Raw]) -> dict[str, object]:
        """The keyword arguments of a call that was checked.

        Raises:
            PayloadError: one is not of its parameter's type.
        """
        return {name: self._read_keyword(name, value) for name, value in values.items()}

    def _read_keyword(self, name: str, value: msgspec.Raw) -> object:
        parameter = self.by_name.get(name)
        if parameter is None and self.more_by_name is not None:
            return _read(self.more_by_name, value, f"[{name!r}]")
        return _read(self.by_name[name], value)

    def check_call(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Do nothing if a call with these arguments would be taken, whatever their types.

        Raises:
            PayloadError: there are too many, too few, one of another name, or one twice.
        """
        if len(args) == self.suffices and not kwargs:
            return
        self._check_count(len(args))
        placed = {parameter.name for parameter in self.positional[: len(args)]}
        self._check_names(kwargs.keys(), placed)
        missing = self.required - placed - (kwargs.keys() & self.by_name.keys())
        if missing:
            names = [name for name in self._names() if name in missing]
            raise PayloadError(
                found=f"no value for {', '.join(names)}", expected="a value for each", where=f"{self.name}()"
            )

    def _check_count(self, count: int) -> None:
        named = len(self.positional)
        if count > named and self.more_positional is None:
            raise PayloadError(
                found=f"{count} positional arguments",
                expected=f"at most {named} ({', '.join(p.name for p in self.positional) or 'none'})",
                where=f"{self.name}()",
            )

    def _check_names(self, names: AbstractSet[str], placed: AbstractSet[str]) -> None:
        for name in names:
            if name not in self.by_name and self.more_by_name is None:
                raise PayloadError(
                    found=f"an argument {name!r}",
                    expected=", ".join(self.by_name) or "no keyword arguments",
                    where=f"{self.name}()",
                )
            if name in placed and name in self.by_name:
                raise PayloadError(
                    found=f"{name!r} given both by place and by name", expected="one of them", where=f"{self.name}()"
                )

    def _names(self) -> list[str]:
        return list(dict.fromkeys([*(parameter.name for parameter in self.positional), *self.by_name]))


def _read(parameter: Parameter, value: msgspec.Raw, at: str = "") -> object:
    return decode_raw(value, parameter.decode, parameter.where + at)


@functools.lru_cache(maxsize=4096)
def signature_of(function: Callable[..., object], find: Callable[[Any, str], Decode] = find_decoder) -> Signature:
    """What the function takes; `self` of a method that is not bound is left out.

    Args:
        function: the function.
        find: what finds what reads values of a type; `find_decoder` does for JSON.

    Raises:
        PayloadError: an annotation is of a type that cannot be read.
    """
    name, hints = name_of(function), _hints_of(function)
    parameters = _parameters(function)

    def typed(parameter: inspect.Parameter) -> Parameter:
        where = f"{name}(), parameter {parameter.name}"
        return Parameter(parameter.name, find(hints.get(parameter.name, Any), where), where)

    read = {parameter.name: typed(parameter) for parameter in parameters}
    positional = tuple(read[p.name] for p in parameters if p.kind in _POSITIONAL)
    required = frozenset(
        p.name for p in parameters if p.kind in _POSITIONAL + _BY_NAME and p.default is inspect.Parameter.empty
    )
    more = {p.kind: read[p.name] for p in parameters}
    return Signature(
        name=name,
        positional=positional,
        by_name=types.MappingProxyType({p.name: read[p.name] for p in parameters if p.kind in _BY_NAME}),
        more_positional=more.get(inspect.Parameter.VAR_POSITIONAL),
        more_by_name=more.get(inspect.Parameter.VAR_KEYWORD),
        required=required,
        suffices=len(positional) if required <= {parameter.name for parameter in positional} else -1,
        result_type=_result_in(hints),
    )


@functools.lru_cache(maxsize=4096)
def result_type(function: Callable[..., object]) -> Any:
    """The type that the function is annotated to return; Any if it does not say."""
    return _result_in(_hints_of(function))


def _result_in(hints: Mapping[str, Any]) -> Any:
    """The annotated result; what is said to give none has whatever comes: others may complete it."""
    result = hints.get("return", Any)
    return Any if result in (typing.NoReturn, typing.Never) else result


def name_of(function: Callable[..., object]) -> str:
    """What errors call the function."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415  # there is none before 3.14

        signature = inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    else:
        signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    takes_self = bool(parameters) and parameters[0].name == "self" and parameters[0].kind in _POSITIONAL
    return parameters[1:] if takes_self else parameters


def _hints_of(function: Callable[..., object]) -> Mapping[str, Any]:
    """The annotations that count: those of what a wrapper wraps, of an object's `__call__`.

    Of a class they are those of its `__init__`, and the result is that of its `execute`, which activities have.
    """
    inner: Any = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inspect.unwrap(inner.func)
    if isinstance(inner, type):
        made: Any = inner  # a class of the author's, read and not called
        execute = getattr(made, "execute", None)
        result = {} if execute is None else {"return": _hints(execute).get("return", Any)}
        return {**_hints(made.__init__), **result}
    is_function = hasattr(inner, "__annotations__") or hasattr(inner, "__func__")
    return _hints(inner if is_function else type(inner).__call__)


def _hints(target: Any) -> Mapping[str, Any]:
    """The annotations, resolved; those that cannot be are left out."""
    try:
        return typing.get_type_hints(target, include_extras=True)
    except Exception:  # noqa: BLE001  # evaluating an annotation may raise anything
        return _resolvable_hints(target)


def _resolvable_hints(target: Any) -> Mapping[str, Any]:
    hints: dict[str, Any] = {}
    names = getattr(inspect.unwrap(target), "__globals__", {})
    for name, annotation in _raw_annotations(target).items():
        alone = types.SimpleNamespace(__annotations__={name: annotation})
        try:
            hints |= typing.get_type_hints(alone, globalns=names, include_extras=True)
        except Exception:  # noqa: BLE001, S112  # evaluating an annotation may raise anything
            continue
    return hints


def _raw_annotations(target: Any) -> Mapping[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415  # there is none before 3.14

        return annotationlib.get_annotations(target, format=annotationlib.Format.FORWARDREF)
    annotations: Mapping[str, Any] = target.__annotations__
    return annotations
