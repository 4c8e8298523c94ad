"""Batches: what several leave, one leaves."""

from hypothesis import given
from hypothesis import strategies as st

from ostinato.engine.log.records import Batch, DomainRecord, TypeKind, TypeRecord, joined
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.model.enums import RegistrationStatus
from ostinato.model.results import WorkflowTypeConfiguration

statuses = st.sampled_from(RegistrationStatus)
domains = st.builds(
    DomainRecord, name=st.sampled_from(["a", "b"]), status=statuses, retention=st.sampled_from(["NONE", "7"])
)
types = st.builds(
    TypeRecord,
    kind=st.just(TypeKind.WORKFLOW),
    domain=st.just("d"),
    name=st.sampled_from(["a", "b"]),
    version=st.sampled_from(["1", "2"]),
    status=statuses,
    creation_date=st.just(1.0),
    configuration=st.just(WorkflowTypeConfiguration()),
)
batches = st.builds(
    Batch,
    domains=st.lists(domains, max_size=3),
    types=st.lists(types, max_size=3),
    deleted_types=st.lists(types.map(lambda record: record.key), max_size=3),
)


@given(st.lists(batches))
def test_joined_batches_leave_what_they_would_one_by_one(several: list[Batch]) -> None:
    """One transaction of all batches leaves the same domains and types as a transaction for each."""
    one_by_one, at_once = SqliteLog(":memory:"), SqliteLog(":memory:")
    for batch in several:
        one_by_one.append(batch)

    at_once.append(joined(several))

    assert at_once.domains() == one_by_one.domains()
    assert at_once.types() == one_by_one.types()
    one_by_one.close()
    at_once.close()


def test_a_single_batch_is_joined_as_it_is() -> None:
    """Joining one batch costs nothing."""
    batch = Batch(forgotten_executions=[1])

    assert joined([batch]) is batch
    assert joined([]) == Batch(
        types=[],
        domains=[],
        deleted_types=[],
        started=[],
        events=[],
        holders=[],
        heartbeats=[],
        closed=[],
        forgotten_executions=[],
    )
