"""The domains and types that are registered: a view of the log's records, for the rules to look at."""

from ostinato.engine.log.records import DomainRecord, TypeKind, TypeRecord
from ostinato.errors import InternalError, UnknownResourceFault
from ostinato.model.results import ActivityTypeConfiguration, WorkflowTypeConfiguration
from ostinato.model.structures import ActivityType, WorkflowType


class Registry:
    """Domains by name; types by kind, domain, name and version."""

    def __init__(self) -> None:
        self.domains: dict[str, DomainRecord] = {}
        self._types: dict[tuple[TypeKind, str], dict[tuple[str, str], TypeRecord]] = {}

    def clear(self) -> None:
        """Forget all."""
        self.domains.clear()
        self._types.clear()

    def domain(self, name: str) -> DomainRecord:
        """The domain of that name.

        Raises:
            UnknownResourceFault: there is none.
        """
        try:
            return self.domains[name]
        except KeyError:
            raise UnknownResourceFault(f"Unknown domain: {name}") from None

    def put_domain(self, record: DomainRecord) -> None:
        """Take in a domain, or what has become of it."""
        self.domains[record.name] = record

    def find_type(self, domain: str, of: ActivityType | WorkflowType) -> TypeRecord | None:
        """The registered type, or None."""
        types = self._types.get((kind_of(of), domain))
        return types.get((of.name, of.version)) if types is not None else None

    def type(self, domain: str, of: ActivityType | WorkflowType) -> TypeRecord:
        """The registered type.

        Raises:
            UnknownResourceFault: there is none, or no such domain.
        """
        self.domain(domain)
        found = self.find_type(domain, of)
        if found is None:
            raise UnknownResourceFault(f"Unknown type: {type_text(of)}")
        return found

    def put_type(self, record: TypeRecord) -> None:
        """Take in a type, or what has become of it."""
        self._types.setdefault((record.kind, record.domain), {})[record.name, record.version] = record

    def delete_type(self, record: TypeRecord) -> None:
        """Forget a type."""
        del self._types[record.kind, record.domain][record.name, record.version]

    def types(self, kind: TypeKind, domain: str) -> list[TypeRecord]:
        """All types of a kind in a domain, by name and version."""
        types = self._types.get((kind, domain), {})
        return [types[key] for key in sorted(types)]

    def count_types(self, kind: TypeKind, domain: str) -> int:
        """How many types of a kind a domain has."""
        return len(self._types.get((kind, domain), ()))


def activity_defaults(record: TypeRecord) -> ActivityTypeConfiguration:
    """The defaults of an activity type."""
    if isinstance(record.configuration, ActivityTypeConfiguration):
        return record.configuration
    raise InternalError(f"{record.key} is no activity type")


def workflow_defaults(record: TypeRecord) -> WorkflowTypeConfiguration:
    """The defaults of a workflow type."""
    if isinstance(record.configuration, WorkflowTypeConfiguration):
        return record.configuration
    raise InternalError(f"{record.key} is no workflow type")


def kind_of(of: ActivityType | WorkflowType) -> TypeKind:
    """Whether it is an activity's or a workflow's type."""
    return TypeKind.ACTIVITY if type(of) is ActivityType else TypeKind.WORKFLOW


def type_text(of: ActivityType | WorkflowType) -> str:
    """The type as SWF's faults write it."""
    return f"{type(of).__name__}=[name={of.name}, version={of.version}]"
