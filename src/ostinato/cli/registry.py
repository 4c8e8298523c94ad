"""What the commands of `ostinato domain` and `ostinato type` do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from ostinato.cli.columns import Column, Rows
from ostinato.cli.formats import write_object, write_rows
from ostinato.cli.instants import instant_of
from ostinato.cli.output_options import Output
from ostinato.cli.tables import state_style
from ostinato.client.client import Client
from ostinato.errors import UsageError
from ostinato.model import operations
from ostinato.model.enums import ChildPolicy, RegistrationStatus
from ostinato.model.results import (
    ActivityTypeInfo,
    DomainInfo,
    WorkflowTypeInfo,
)
from ostinato.model.structures import ActivityType, TaskList, WorkflowType
from ostinato.replay.settings import DEFAULT_VERSION

if TYPE_CHECKING:
    from ostinato.model.results import ActivityTypeDetail, WorkflowTypeDetail

TypeInfo = WorkflowTypeInfo | ActivityTypeInfo

DOMAIN_COLUMNS: tuple[Column[DomainInfo], ...] = (
    Column("name", lambda info: info.name, is_whole=True),
    Column("status", lambda info: info.status.value, is_whole=True, style=state_style),
    Column("description", lambda info: info.description),
    Column("arn", lambda info: info.arn, is_shown=False),
)

TYPE_COLUMNS: tuple[Column[TypeInfo], ...] = (
    Column("kind", lambda info: "workflow" if isinstance(info, WorkflowTypeInfo) else "activity", is_whole=True),
    Column("name", lambda info: type_of(info).name, is_whole=True),
    Column("version", lambda info: type_of(info).version, is_whole=True),
    Column("status", lambda info: info.status.value, is_whole=True, style=state_style),
    Column("created", lambda info: instant_of(info.creation_date), is_whole=True),
    Column("deprecated", lambda info: _instant(info.deprecation_date), is_shown=False, is_whole=True),
    Column("description", lambda info: info.description, is_shown=False),
)

_OPTIONS = {
    "description": "description",
    "task_list": "default_task_list",
    "task_priority": "default_task_priority",
    "start_to_close": "default_task_start_to_close_timeout",
    "execution_timeout": "default_execution_start_to_close_timeout",
    "child_policy": "default_child_policy",
    "lambda_role": "default_lambda_role",
    "heartbeat": "default_task_heartbeat_timeout",
    "schedule_to_start": "default_task_schedule_to_start_timeout",
    "schedule_to_close": "default_task_schedule_to_close_timeout",
}
"""The members of SWF's requests, by options."""


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type, as it is named on the command line."""

    kind: str
    name: str
    version: str

    @classmethod
    def read(cls, kind: str, text: str) -> "TypeName":
        """The type that `NAME` or `NAME@VERSION` says."""
        name, _, version = text.partition("@")
        return cls(kind, name, version or DEFAULT_VERSION)

    def operation(self, verb: str, domain: str) -> operations.Operation[Any]:
        """The operation that does it to this type: `describe`, `deprecate`, `undeprecate` or `delete`."""
        named = getattr(operations, f"{verb.capitalize()}{self.kind.capitalize()}Type")
        kind = WorkflowType if self.kind == "workflow" else ActivityType
        operation: operations.Operation[Any] = named(
            domain=domain, **{f"{self.kind}_type": kind(name=self.name, version=self.version)}
        )
        return operation


def write_domains(client: Client, output: Output, data: TextIO, *, is_deprecated: bool) -> None:
    """Write the domains."""
    write_rows(Rows(DOMAIN_COLUMNS, domains(client, _status(is_deprecated=is_deprecated))), output, data)


def write_domain(client: Client, name: str, output: Output, data: TextIO) -> None:
    """Write all about a domain."""
    found = client.swf.call(operations.DescribeDomain(name=name))
    info = found.domain_info
    told = {
        "name": info.name,
        "status": info.status.value,
        "description": info.description,
        "retention_days": int(found.configuration.workflow_execution_retention_period_in_days),
        "arn": info.arn,
    }
    write_object(told, output, data)


def register_domain(client: Client, name: str, retention: int, description: str | None) -> None:
    """Register a domain."""
    client.swf.call(
        operations.RegisterDomain(
            name=name, workflow_execution_retention_period_in_days=str(retention), description=description
        )
    )


def change_domain(client: Client, name: str, verb: str) -> None:
    """Deprecate a domain, or undeprecate it."""
    is_end = verb == "deprecate"
    client.swf.call(operations.DeprecateDomain(name=name) if is_end else operations.UndeprecateDomain(name=name))


def write_types(
    client: Client, output: Output, data: TextIO, *, kind: str | None, name: str | None, is_deprecated: bool
) -> None:
    """Write the types."""
    kinds = ("workflow", "activity") if kind is None else (kind,)
    status = _status(is_deprecated=is_deprecated)
    rows = (info for each in kinds for info in types(client, each, name, status))
    write_rows(Rows(TYPE_COLUMNS, rows), output, data)


def write_type(client: Client, named: TypeName, output: Output, data: TextIO) -> None:
    """Write all about a type."""
    found: WorkflowTypeDetail | ActivityTypeDetail = client.swf.call(named.operation("describe", client.domain))
    info = found.type_info
    told: dict[str, Any] = {
        "kind": named.kind,
        "name": named.name,
        "version": named.version,
        "status": info.status.value,
        "description": info.description,
        "created": instant_of(info.creation_date),
        "deprecated": _instant(info.deprecation_date),
    }
    configuration: msgspec.Struct = found.configuration
    for member in configuration.__struct_fields__:
        value = getattr(configuration, member)
        told[member] = value.name if isinstance(value, TaskList) else getattr(value, "value", value)
    write_object(told, output, data)


def register_type(client: Client, named: TypeName, defaults: Mapping[str, str | None]) -> None:
    """Register a type.

    Raises:
        UsageError: a default is given that types of this kind do not have, or that is none of its words.
    """
    request: Any = operations.RegisterWorkflowType if named.kind == "workflow" else operations.RegisterActivityType
    members: dict[str, Any] = {}
    for option, value in defaults.items():
        if value is None:
            continue
        member = _OPTIONS[option]
        if member not in request.__struct_fields__:
            raise UsageError(where=f"--{option.replace('_', '-')}", found=f"types of {named.kind} have no such default")
        members[member] = _read(member, value)
    client.swf.call(request(domain=client.domain, name=named.name, version=named.version, **members))


def _read(member: str, value: str) -> Any:
    if member == "default_task_list":
        return TaskList(name=value)
    if member == "default_child_policy":
        try:
            return ChildPolicy(value.upper())
        except ValueError:
            expected = ", ".join(each.value for each in ChildPolicy)
            raise UsageError(where="--child-policy", found=repr(value), expected=expected) from None
    return value


def domains(client: Client, status: RegistrationStatus) -> Iterator[DomainInfo]:
    """The domains of that status."""
    listing = operations.ListDomains(registration_status=status)
    while True:
        page = client.swf.call(listing)
        yield from page.domain_infos
        if page.next_page_token is None:
            return
        listing = msgspec.structs.replace(listing, next_page_token=page.next_page_token)


def types(client: Client, kind: str, name: str | None, status: RegistrationStatus) -> Iterator[TypeInfo]:
    """The types of that kind and status, and of that name, if one is given."""
    request: Any = operations.ListWorkflowTypes if kind == "workflow" else operations.ListActivityTypes
    listing = request(domain=client.domain, name=name, registration_status=status)
    while True:
        page: Any = client.swf.call(listing)
        yield from page.type_infos
        if page.next_page_token is None:
            return
        listing = msgspec.structs.replace(listing, next_page_token=page.next_page_token)


def type_of(info: TypeInfo) -> WorkflowType | ActivityType:
    """Its name and version."""
    return info.workflow_type if isinstance(info, WorkflowTypeInfo) else info.activity_type


def statuses(command: str | None) -> Sequence[RegistrationStatus]:
    """The statuses that types and domains have with which the command of that name works."""
    match command:
        case "show":
            return (RegistrationStatus.REGISTERED, RegistrationStatus.DEPRECATED)
        case "undeprecate" | "delete":
            return (RegistrationStatus.DEPRECATED,)
        case _:
            return (RegistrationStatus.REGISTERED,)


def _status(*, is_deprecated: bool) -> RegistrationStatus:
    return RegistrationStatus.DEPRECATED if is_deprecated else RegistrationStatus.REGISTERED


def _instant(timestamp: float | None) -> Any:
    return None if timestamp is None else instant_of(timestamp)
