"""What a caller may do: which domains an operation is about, and whether it only looks."""

from collections.abc import Callable
from typing import Any

from ostinato.errors import AccessDeniedException
from ostinato.model import operations as o
from ostinato.model.fields import TaskToken
from ostinato.model.operations import Operation
from ostinato.server.credentials import AccessKey

DomainOf = Callable[[TaskToken], str | None]
"""Gives the domain of the task that a token is for, or None if it is over or there is none."""

_LOOKS = ("Count", "Describe", "Get", "List")
_OF_DOMAINS = (o.RegisterDomain, o.DescribeDomain, o.DeprecateDomain, o.UndeprecateDomain)
_OF_TASKS = (
    o.RespondDecisionTaskCompleted,
    o.RespondActivityTaskCompleted,
    o.RespondActivityTaskFailed,
    o.RespondActivityTaskCanceled,
    o.RecordActivityTaskHeartbeat,
)
_OF_RESOURCES = (o.TagResource, o.UntagResource, o.ListTagsForResource)


def check_permission(key: AccessKey, operation: Operation[Any], domain_of: DomainOf) -> None:
    """Return if the caller may do that.

    Raises:
        AccessDeniedException: it may not.
    """
    name = type(operation).__name__
    if key.read_only and not name.startswith(_LOOKS):
        raise AccessDeniedException(f"{key.access_key_id} is not authorized to perform: swf:{name}: it may only read")
    if key.domains is None:
        return
    domain = _domain(operation, domain_of)
    if domain not in key.domains:
        resource = f"/domain/{domain}" if domain is not None else "*"
        raise AccessDeniedException(
            f"{key.access_key_id} is not authorized to perform: swf:{name} on resource: {resource}"
        )


def _domain(operation: Operation[Any], domain_of: DomainOf) -> str | None:
    if isinstance(operation, _OF_TASKS):
        return domain_of(operation.task_token)
    if isinstance(operation, _OF_DOMAINS):
        return operation.name
    if isinstance(operation, _OF_RESOURCES):
        _, found, name = operation.resource_arn.rpartition(":/domain/")
        return name if found else None
    domain: str | None = getattr(operation, "domain", None)
    return domain
