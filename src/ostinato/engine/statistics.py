"""An engine in numbers, for whoever watches it."""

from typing import NamedTuple

from ostinato.engine.ledger import Ledger


class Statistics(NamedTuple):
    """What goes on in an engine at the moment."""

    open_executions: int
    decision_pollers: int
    activity_pollers: int
    waiting_decision_tasks: int
    waiting_activity_tasks: int
    commits_total: int
    """Since the engine was opened."""


def statistics(ledger: Ledger) -> Statistics:
    """The numbers. Under the engine's lock."""
    return Statistics(
        open_executions=len(ledger.executions),
        decision_pollers=ledger.decision_lists.poller_count,
        activity_pollers=ledger.activity_lists.poller_count,
        waiting_decision_tasks=ledger.decision_lists.task_count,
        waiting_activity_tasks=ledger.activity_lists.task_count,
        commits_total=ledger.commits.durable,
    )
