"""Many open executions that wait for a signal, as a database of long-running workflows holds them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from programs import TASK_LIST, approval
from served import DOMAIN, FILE

from ostinato.client.executions import start_execution
from ostinato.client.registration import register_domain, register_types
from ostinato.engine.engine import Engine, open_engine
from ostinato.model.operations import PollForDecisionTask, RespondDecisionTaskCompleted
from ostinato.model.structures import TaskList
from ostinato.payloads.converter import JsonConverter

THREADS = 8
"""They share commits: one alone would wait for each."""


def open_with(directory: Path, executions: int) -> Engine:
    """Open an engine in the directory, with so many new executions whose first decision is made."""
    directory.mkdir(exist_ok=True)
    engine = open_engine(directory / FILE)
    swf = engine.local()
    register_domain(swf, DOMAIN)
    register_types(swf, DOMAIN, [approval])
    text = JsonConverter().dump_arguments((), {})
    poll = PollForDecisionTask(domain=DOMAIN, task_list=TaskList(name=TASK_LIST), start_at_previous_started_event=True)

    def add(number: int) -> None:
        start_execution(swf, DOMAIN, approval, f"approval-{number}", text)
        task = swf.call(poll)
        if task is None:
            raise AssertionError(number)
        swf.call(RespondDecisionTaskCompleted(task_token=task.task_token))

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(add, range(executions)):
            pass
    return engine
