"""What children of `ostinato decider`, `worker` and `standalone` are told to do: one line of JSON on their stdin."""

from enum import Enum

import msgspec


class Role(Enum):
    """What a child does."""

    SERVER = "server"
    DECIDER = "decider"
    WORKER = "worker"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """All that a child has to know. What is not its role's business it does not read.

    Args:
        role: what it does.
        engine: the engine's URL.
        domain: the domain.
        targets: what it serves.
        may_create_domain: whether it registers the domain if it is missing.
        grace: seconds from SIGTERM to its end.
        is_json: whether it logs JSON.
        is_verbose: whether it logs more than what is wrong.
        status: the descriptor on which it tells how it is.
        task_lists: what it serves in place of the task lists that definitions name.
        lane: the lane's suffix.
        single: the name of the lane's only task list.
        middleware: around activities or decisions.
        payloads: how values travel: see `load_payloads`.
        kept_replays: see `DecisionSettings`, as for those that follow.
        kept_bytes: the same.
        sticky_timeout: the same.
        checked: the same.
        guard: what is done where workflow code does what no replay can repeat.
        concurrency: see `ActivitySettings`, as for those that follow.
        rate: the same.
        task_list_rates: the same.
        memory: see `Isolation`, as for those that follow.
        tasks: the same.
        patience: the same.
        db: what a server serves.
        port: where, on this machine.
        stand_ins: the targets with what it calls in place of Lambda functions.
    """

    role: Role
    engine: str
    domain: str
    targets: tuple[str, ...]
    may_create_domain: bool = True
    grace: float = 30.0
    is_json: bool = False
    is_verbose: bool = True
    status: int = -1
    task_lists: tuple[str, ...] = ()
    lane: str = ""
    single: str = ""
    middleware: tuple[str, ...] = ()
    payloads: str = ""
    kept_replays: int = 1000
    kept_bytes: int = 512 << 20
    sticky_timeout: int = 5
    checked: int = 1000
    guard: str = "warning"
    concurrency: int = 10
    rate: float | None = None
    task_list_rates: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    memory: int | None = None
    tasks: int = 100
    patience: float = 10.0
    db: str = ""
    port: int = 0
    stand_ins: tuple[str, ...] = ()
