"""Registering, describing, deprecating and deleting domains and types, and the tags of domains."""

from typing import TypeVar

import msgspec

from ostinato.engine.ledger import Ledger
from ostinato.engine.log.records import DomainRecord, TypeKind, TypeRecord
from ostinato.engine.pages import Pages, page_size
from ostinato.engine.registry import activity_defaults, kind_of, type_text, workflow_defaults
from ostinato.errors import (
    DomainAlreadyExistsFault,
    DomainDeprecatedFault,
    LimitExceededFault,
    TooManyTagsFault,
    TypeAlreadyExistsFault,
    TypeDeprecatedFault,
    TypeNotDeprecatedFault,
    UnknownResourceFault,
)
from ostinato.model import operations as o
from ostinato.model import results as r
from ostinato.model.enums import RegistrationStatus
from ostinato.model.limits import DOMAINS, TAGS_PER_RESOURCE, TYPES_PER_DOMAIN
from ostinato.model.structures import ActivityType, ResourceTag, WorkflowType

_ARN = "arn:aws:swf:local:000000000000:/domain/"

_Registering = o.RegisterActivityType | o.RegisterWorkflowType
_Configuration = r.ActivityTypeConfiguration | r.WorkflowTypeConfiguration
_Record = TypeVar("_Record", DomainRecord, TypeRecord)


class RegistrationOperations:
    """What is asked of domains and types.

    Args:
        ledger: holds the registry and the open batch.
        pages: makes page tokens.
    """

    def __init__(self, ledger: Ledger, pages: Pages) -> None:
        self._ledger = ledger
        self._pages = pages

    # Domains

    def register_domain(self, operation: o.RegisterDomain) -> None:
        """Register a domain."""
        domains = self._ledger.registry.domains
        if operation.name in domains:
            raise DomainAlreadyExistsFault(operation.name)
        if len(domains) >= DOMAINS:
            raise LimitExceededFault(f"Limit of {DOMAINS} domains reached")
        tags = _united((), operation.tags or ())
        self._put_domain(
            DomainRecord(
                name=operation.name,
                status=RegistrationStatus.REGISTERED,
                retention=operation.workflow_execution_retention_period_in_days,
                description=operation.description,
                tags=tags,
            )
        )

    def deprecate_domain(self, operation: o.DeprecateDomain) -> None:
        """Deprecate a domain, and with it all its types."""
        record = self._ledger.registry.domain(operation.name)
        if record.status is RegistrationStatus.DEPRECATED:
            raise DomainDeprecatedFault(operation.name)
        self._put_domain(msgspec.structs.replace(record, status=RegistrationStatus.DEPRECATED))
        for kind in TypeKind:
            for registered in self._ledger.registry.types(kind, operation.name):
                if registered.status is RegistrationStatus.REGISTERED:
                    self._put_type(self._deprecated(registered))

    def undeprecate_domain(self, operation: o.UndeprecateDomain) -> None:
        """Take back the deprecation of a domain; its types stay deprecated."""
        record = self._ledger.registry.domain(operation.name)
        if record.status is RegistrationStatus.REGISTERED:
            raise DomainAlreadyExistsFault(operation.name)
        self._put_domain(msgspec.structs.replace(record, status=RegistrationStatus.REGISTERED))

    def describe_domain(self, operation: o.DescribeDomain) -> r.DomainDetail:
        """Tell a domain's status and retention period."""
        record = self._ledger.registry.domain(operation.name)
        return r.DomainDetail(
            domain_info=_domain_info(record),
            configuration=r.DomainConfiguration(workflow_execution_retention_period_in_days=record.retention),
        )

    def list_domains(self, operation: o.ListDomains) -> r.DomainInfos:
        """List the domains, by name."""
        domains = self._ledger.registry.domains
        chosen = [domains[name] for name in sorted(domains) if domains[name].status is operation.registration_status]
        page, token = self._page(operation, chosen)
        return r.DomainInfos(domain_infos=tuple(map(_domain_info, page)), next_page_token=token)

    def _put_domain(self, record: DomainRecord) -> None:
        self._ledger.registry.put_domain(record)
        self._ledger.commits.open.register(domain=record)

    # Their tags

    def tag(self, operation: o.TagResource) -> None:
        """Put tags on a domain."""
        record = self._resource(operation.resource_arn)
        tags = _united(record.tags, operation.tags)
        self._put_domain(msgspec.structs.replace(record, tags=tags))

    def untag(self, operation: o.UntagResource) -> None:
        """Take tags off a domain."""
        record = self._resource(operation.resource_arn)
        kept = tuple(tag for tag in record.tags if tag.key not in operation.tag_keys)
        self._put_domain(msgspec.structs.replace(record, tags=kept))

    def list_tags(self, operation: o.ListTagsForResource) -> r.ListTagsForResourceOutput:
        """List the tags of a domain."""
        return r.ListTagsForResourceOutput(tags=self._resource(operation.resource_arn).tags)

    def _resource(self, arn: str) -> DomainRecord:
        record = self._ledger.registry.domains.get(arn.rpartition(":/domain/")[2])
        if record is None:
            raise UnknownResourceFault(f"Unknown resource: {arn}")
        return record

    # Types

    def register_activity_type(self, operation: o.RegisterActivityType) -> None:
        """Register an activity type with its defaults."""
        configuration = r.ActivityTypeConfiguration(
            default_task_start_to_close_timeout=operation.default_task_start_to_close_timeout,
            default_task_heartbeat_timeout=operation.default_task_heartbeat_timeout,
            default_task_list=operation.default_task_list,
            default_task_priority=operation.default_task_priority,
            default_task_schedule_to_start_timeout=operation.default_task_schedule_to_start_timeout,
            default_task_schedule_to_close_timeout=operation.default_task_schedule_to_close_timeout,
        )
        self._register(operation, ActivityType(name=operation.name, version=operation.version), configuration)

    def register_workflow_type(self, operation: o.RegisterWorkflowType) -> None:
        """Register a workflow type with its defaults."""
        configuration = r.WorkflowTypeConfiguration(
            default_task_start_to_close_timeout=operation.default_task_start_to_close_timeout,
            default_execution_start_to_close_timeout=operation.default_execution_start_to_close_timeout,
            default_task_list=operation.default_task_list,
            default_task_priority=operation.default_task_priority,
            default_child_policy=operation.default_child_policy,
            default_lambda_role=operation.default_lambda_role,
        )
        self._register(operation, WorkflowType(name=operation.name, version=operation.version), configuration)

    def _register(
        self, operation: _Registering, of: ActivityType | WorkflowType, configuration: _Configuration
    ) -> None:
        registry = self._ledger.registry
        if registry.domain(operation.domain).status is RegistrationStatus.DEPRECATED:
            # The API's model names no other fault for it: "no longer available for this operation".
            raise UnknownResourceFault(f"Unknown domain: {operation.domain}")
        if registry.find_type(operation.domain, of) is not None:
            raise TypeAlreadyExistsFault(type_text(of))
        if registry.count_types(kind_of(of), operation.domain) >= TYPES_PER_DOMAIN:
            raise LimitExceededFault(f"Limit of {TYPES_PER_DOMAIN} types reached in domain {operation.domain}")
        self._put_type(
            TypeRecord(
                kind=kind_of(of),
                domain=operation.domain,
                name=of.name,
                version=of.version,
                status=RegistrationStatus.REGISTERED,
                creation_date=self._ledger.clock.now(),
                configuration=configuration,
                description=operation.description,
            )
        )

    def deprecate_type(self, operation: o.DeprecateActivityType | o.DeprecateWorkflowType) -> None:
        """Deprecate a type."""
        of = _type_of(operation)
        record = self._ledger.registry.type(operation.domain, of)
        if record.status is RegistrationStatus.DEPRECATED:
            raise TypeDeprecatedFault(type_text(of))
        self._put_type(self._deprecated(record))

    def undeprecate_type(self, operation: o.UndeprecateActivityType | o.UndeprecateWorkflowType) -> None:
        """Take back the deprecation of a type."""
        of = _type_of(operation)
        record = self._ledger.registry.type(operation.domain, of)
        if record.status is RegistrationStatus.REGISTERED:
            raise TypeAlreadyExistsFault(type_text(of))
        self._put_type(msgspec.structs.replace(record, status=RegistrationStatus.REGISTERED, deprecation_date=None))

    def delete_type(self, operation: o.DeleteActivityType | o.DeleteWorkflowType) -> None:
        """Delete a deprecated type."""
        record = self._ledger.registry.type(operation.domain, _type_of(operation))
        if record.status is not RegistrationStatus.DEPRECATED:
            raise TypeNotDeprecatedFault("The type is currently registered and cannot be deleted in its current state")
        self._ledger.registry.delete_type(record)
        self._ledger.commits.open.register(deleted_type=record.key)

    def describe_activity_type(self, operation: o.DescribeActivityType) -> r.ActivityTypeDetail:
        """Tell an activity type's status and defaults."""
        record = self._ledger.registry.type(operation.domain, operation.activity_type)
        return r.ActivityTypeDetail(type_info=_activity_info(record), configuration=activity_defaults(record))

    def describe_workflow_type(self, operation: o.DescribeWorkflowType) -> r.WorkflowTypeDetail:
        """Tell a workflow type's status and defaults."""
        record = self._ledger.registry.type(operation.domain, operation.workflow_type)
        return r.WorkflowTypeDetail(type_info=_workflow_info(record), configuration=workflow_defaults(record))

    def list_activity_types(self, operation: o.ListActivityTypes) -> r.ActivityTypeInfos:
        """List the activity types of a domain, by name."""
        page, token = self._page(operation, self._types(TypeKind.ACTIVITY, operation))
        return r.ActivityTypeInfos(type_infos=tuple(map(_activity_info, page)), next_page_token=token)

    def list_workflow_types(self, operation: o.ListWorkflowTypes) -> r.WorkflowTypeInfos:
        """List the workflow types of a domain, by name."""
        page, token = self._page(operation, self._types(TypeKind.WORKFLOW, operation))
        return r.WorkflowTypeInfos(type_infos=tuple(map(_workflow_info, page)), next_page_token=token)

    def _types(self, kind: TypeKind, operation: o.ListActivityTypes | o.ListWorkflowTypes) -> list[TypeRecord]:
        registry = self._ledger.registry
        registry.domain(operation.domain)
        return [
            record
            for record in registry.types(kind, operation.domain)
            if record.status is operation.registration_status and operation.name in (None, record.name)
        ]

    def _put_type(self, record: TypeRecord) -> None:
        self._ledger.registry.put_type(record)
        self._ledger.commits.open.register(types=(record,))

    def _deprecated(self, record: TypeRecord) -> TypeRecord:
        now = self._ledger.clock.now()
        return msgspec.structs.replace(record, status=RegistrationStatus.DEPRECATED, deprecation_date=now)

    def _page(
        self, operation: o.ListDomains | o.ListActivityTypes | o.ListWorkflowTypes, chosen: list[_Record]
    ) -> tuple[list[_Record], str | None]:
        now = self._ledger.clock.now()
        position = self._pages.position(operation, now)
        if operation.reverse_order:
            chosen.reverse()
        first = msgspec.msgpack.decode(position, type=int) if position is not None else 0
        last = first + page_size(operation.maximum_page_size)
        token = self._pages.token(operation, msgspec.msgpack.encode(last), now) if last < len(chosen) else None
        return chosen[first:last], token


def _type_of(
    operation: o.DeprecateActivityType
    | o.UndeprecateActivityType
    | o.DeleteActivityType
    | o.DeprecateWorkflowType
    | o.UndeprecateWorkflowType
    | o.DeleteWorkflowType,
) -> ActivityType | WorkflowType:
    match operation:
        case o.DeprecateActivityType() | o.UndeprecateActivityType() | o.DeleteActivityType():
            return operation.activity_type
        case o.DeprecateWorkflowType() | o.UndeprecateWorkflowType() | o.DeleteWorkflowType():
            return operation.workflow_type


def _united(tags: tuple[ResourceTag, ...], more: tuple[ResourceTag, ...]) -> tuple[ResourceTag, ...]:
    united = {tag.key: tag for tag in (*tags, *more)}
    if len(united) > TAGS_PER_RESOURCE:
        raise TooManyTagsFault(f"A resource has at most {TAGS_PER_RESOURCE} tags")
    return tuple(united.values())


def _domain_info(record: DomainRecord) -> r.DomainInfo:
    return r.DomainInfo(name=record.name, status=record.status, description=record.description, arn=_ARN + record.name)


def _activity_info(record: TypeRecord) -> r.ActivityTypeInfo:
    return r.ActivityTypeInfo(
        activity_type=ActivityType(name=record.name, version=record.version),
        status=record.status,
        creation_date=record.creation_date,
        description=record.description,
        deprecation_date=record.deprecation_date,
    )


def _workflow_info(record: TypeRecord) -> r.WorkflowTypeInfo:
    return r.WorkflowTypeInfo(
        workflow_type=WorkflowType(name=record.name, version=record.version),
        status=record.status,
        creation_date=record.creation_date,
        description=record.description,
        deprecation_date=record.deprecation_date,
    )
