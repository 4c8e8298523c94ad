"""From an `ExecutionQuery` to its SQL: which executions, in which order, from where.

Every combination of filters finds its rows, in order, by one index of the schema, which is named to SQLite.
"""

import msgspec

from ostinato.engine.log.records import ExecutionQuery, TimeKind
from ostinato.engine.log.statements import queries
from ostinato.model.enums import ExecutionStatus

_BY_WORKFLOW_ID = "executions_by_workflow_id"
_COLUMNS = {TimeKind.START: "v.start_timestamp", TimeKind.CLOSE: "v.close_timestamp"}


class Statement(msgspec.Struct, frozen=True):
    """A statement of SQL and the values of its parameters."""

    sql: str
    parameters: dict[str, object]


def listing(query: ExecutionQuery) -> Statement:
    """The statement that lists what the query asks for."""
    name = "executions" if query.tag is None else "tagged_executions"
    direction = "ASC" if query.ascending else "DESC"
    order = f"ORDER BY {_COLUMNS[query.time]} {direction}, v.key {direction}"
    return _statement(query, f"{_beginning(name, query)} {_conditions(query)} {order} LIMIT :limit")


def counting(query: ExecutionQuery) -> Statement:
    """The statement that counts what the query asks for, up to its limit."""
    name = "counted_executions" if query.tag is None else "counted_tagged_executions"
    search = f"{_beginning(name, query)} {_conditions(query)}"
    return _statement(query, queries()["count"].replace("{search}", search))


def _beginning(name: str, query: ExecutionQuery) -> str:
    return queries()[name].replace("{index}", _index(query))


def _index(query: ExecutionQuery) -> str:
    if query.workflow_id is not None:
        return _BY_WORKFLOW_ID
    by = "tag" if query.tag is not None else "type" if query.type_name is not None else None
    by = by or ("status" if query.close_status is not None else None)
    if query.status is ExecutionStatus.OPEN:
        return f"open_by_{by or 'start'}"
    time = query.time.value.lower()
    return f"closed_by_{by}_and_{time}" if by else f"closed_by_{time}"


def _conditions(query: ExecutionQuery) -> str:
    column = _COLUMNS[query.time]
    is_open = query.status is ExecutionStatus.OPEN
    given = {
        f"v.close_timestamp IS {'' if is_open else 'NOT '}NULL": True,
        f"{column} >= :oldest": True,
        f"{column} <= :latest": query.latest is not None,
        f"({column}, v.key) {'>' if query.ascending else '<'} (:after_timestamp, :after_key)": query.after is not None,
        "v.workflow_id = :workflow_id": query.workflow_id is not None,
        "v.type_name = :type_name": query.type_name is not None,
        "v.type_version = :type_version": query.type_version is not None,
        "v.close_status = :close_status": query.close_status is not None,
    }
    return " ".join(f"AND {condition}" for condition, applies in given.items() if applies)


def _statement(query: ExecutionQuery, sql: str) -> Statement:
    after = query.after
    return Statement(
        sql,
        {
            "domain": query.domain,
            "oldest": query.oldest,
            "latest": query.latest,
            "after_timestamp": after.timestamp if after else None,
            "after_key": after.key if after else None,
            "workflow_id": query.workflow_id,
            "type_name": query.type_name,
            "type_version": query.type_version,
            "tag": query.tag,
            "close_status": query.close_status.value if query.close_status else None,
            "limit": -1 if query.limit is None else query.limit,
        },
    )
