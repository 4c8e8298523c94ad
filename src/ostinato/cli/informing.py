"""What `ostinato info` does."""

import os
import platform
import re
import sqlite3
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

import click
from click.core import ParameterSource

from ostinato.cli.access import Access
from ostinato.cli.formats import write_object
from ostinato.cli.output_options import Format, Output
from ostinato.cli.settings import SETTINGS, Setting, project_of
from ostinato.engines import EngineKind, open_swf, parse_engine
from ostinato.errors import OstinatoError
from ostinato.model.enums import RegistrationStatus
from ostinato.model.operations import ListDomains

UNREACHABLE = 1
MASK = "****"

_PARTS = ("click", "greenlet", "msgspec", "rich", "boto3", "uvicorn", "pydantic")
_CREDENTIALS = re.compile(r"(?<=//)[^/@]*@")


class Informing:
    """What is to be told.

    Args:
        context: of the command.
        access: the engine and the domain.
        output: how it is written.
    """

    def __init__(self, context: click.Context, access: Access, output: Output) -> None:
        self._context = context
        self._access = access
        self._output = output
        self._project = project_of(context)

    def write(self, data: TextIO) -> int:
        """Write it, and give the exit code."""
        state, is_usable = self._engine()
        told = {
            "versions": dict(_versions()),
            "project": None if self._project.path is None else str(self._project.path),
            "settings": [self._setting(setting) for setting in SETTINGS],
            "engine": {"url": _masked(self._access.engine), "state": state},
        }
        if self._output.format_for(data) is Format.TABLE:
            data.writelines(f"{line}\n" for line in _lines(told))
        else:
            write_object(told, self._output, data)
        return 0 if is_usable else UNREACHABLE

    def _setting(self, setting: Setting) -> dict[str, Any]:
        value, source = self._value(setting)
        shown = MASK if setting.is_secret and source != "default" else _masked(str(value))
        return {
            "name": f"--{setting.name}" if setting.name else setting.variables[0],
            "value": shown,
            "source": source,
            "about": setting.about,
        }

    def _value(self, setting: Setting) -> tuple[Any, str]:
        """The value, and where it comes from."""
        for option in self._context.command.params:
            name = option.name or ""
            is_given = self._context.get_parameter_source(name) is ParameterSource.COMMANDLINE
            if is_given and setting.name == "engine" and name == "db":
                return self._access.engine, "option"
            if is_given and f"--{setting.name}" in option.opts:
                return self._context.params[name], "option"
        for variable in setting.variables:
            if os.environ.get(variable):
                return os.environ[variable], variable
        table = self._project.commands.get(self._context.info_name or "", {})
        for keys, place in ((table, " [tool.ostinato.command.info]"), (self._project.shared, " [tool.ostinato]")):
            if setting.name in keys:
                return keys[setting.name], f"{self._project.path}{place}"
        return setting.default, "default"

    def _engine(self) -> tuple[str, bool]:
        """What can be said of the engine, and whether it can be used."""
        try:
            url = parse_engine(self._access.engine, where="--engine")
            if url.kind is EngineKind.SQLITE and not Path(url.place).exists():
                return "there is no such file yet; it is made when something is started", True
            with open_swf(url) as swf:
                found = swf.call(ListDomains(registration_status=RegistrationStatus.REGISTERED))
        except OstinatoError as error:
            return _masked(str(error)), False
        domains = [info.name for info in found.domain_infos]
        is_there = self._access.domain in domains or found.next_page_token is not None
        return f"can be used; {'has' if is_there else 'has no'} domain {self._access.domain!r}", True


def _versions() -> Iterator[tuple[str, str]]:
    yield "ostinato", metadata.version("ostinato")
    yield "python", f"{platform.python_version()} ({platform.python_implementation()}, {sys.executable})"
    yield "system", platform.platform()
    yield "sqlite", sqlite3.sqlite_version
    for part in _PARTS:
        try:
            yield part, metadata.version(part)
        except metadata.PackageNotFoundError:
            yield part, "not installed"


def _masked(text: str) -> str:
    """The text without names and passwords in URLs."""
    return _CREDENTIALS.sub(f"{MASK}@", text)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield "Versions"
    for name, version in told["versions"].items():
        yield f"  {name:<12}{version}"
    yield ""
    yield "Settings"
    settings = told["settings"]
    names, values = (max(len(each[key]) for each in settings) for key in ("name", "value"))
    for each in settings:
        yield f"  {each['name']:<{names}}  {each['value']:<{values}}  from {each['source']}"
    yield ""
    yield f"Engine {told['engine']['url']}"
    yield f"  {told['engine']['state']}"
