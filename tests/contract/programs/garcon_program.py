"""A flow of upstream garcon: two activities side by side, then one that takes their results; its worker and decider.

Arguments: domain, workflow id. Ends when the execution has closed.
"""

import sys
import threading

import boto3
from garcon import activity, decider, runner, task

client = boto3.client("swf")


@task.decorate(timeout=30)
def left(activity):
    return {"left": 20}


@task.decorate(timeout=30)
def right(activity):
    return {"right": 22}


@task.decorate(timeout=30)
def total(activity, left, right):
    return {"total": left + right}


class Flow:
    def __init__(self, domain):
        self.client = client
        self.domain = domain
        self.name = "garcon_flow"
        create = activity.create(client, domain, self.name)
        self.one = create(name="one", tasks=runner.Sync(left.fill()))
        self.other = create(name="other", retry=2, tasks=runner.Async(right.fill()))
        self.sum = create(name="sum", tasks=runner.Sync(total.fill(left="left", right="right")))

    def decider(self, schedule, context):
        one = schedule("one", self.one)
        other = schedule("other", self.other)
        one.wait()
        other.wait()
        schedule("sum", self.sum, input={**one.result, **other.result}).wait()


def main(domain, workflow_id):
    flow = Flow(domain)
    deciding = decider.DeciderWorker(flow)
    working = activity.ActivityWorker(flow)
    threading.Thread(target=working.run, daemon=True).start()
    client.start_workflow_execution(
        domain=domain,
        workflowId=workflow_id,
        workflowType={"name": flow.name, "version": deciding.version},
        taskList={"name": deciding.task_list},
        executionStartToCloseTimeout="60",
        taskStartToCloseTimeout="60",
        childPolicy="TERMINATE",
        input="{}",
    )
    while not is_closed(domain, workflow_id):
        deciding.run()


def is_closed(domain, workflow_id):
    page = client.list_closed_workflow_executions(
        domain=domain, startTimeFilter={"oldestDate": 0}, executionFilter={"workflowId": workflow_id}
    )
    return bool(page["executionInfos"])


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.exit(0)
