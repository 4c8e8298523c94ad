"""simpleflow over the wire: its own decider and worker, which take Ostinato's server for Amazon."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import boto3
from decider import OneAfterTheOther
from decision_times import DecisionTimes, Event
from measurement import Assignment
from processes import beside_the_interpreter
from swf_load import running

DOMAIN = "benchmark"
WORKFLOW_ID = "benchmark"
OSTINATO = Path(sys.prefix).parent / "ostinato" / "bin" / "ostinato"


def main() -> None:
    """Let one execution live through."""
    assignment = Assignment.of_command_line()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    database = str(assignment.directory / "ostinato.db")
    with running([str(OSTINATO), "server", "--db", database, "--port", str(port)], port):
        swf = boto3.client("swf")
        swf.register_domain(name=DOMAIN, workflowExecutionRetentionPeriodInDays="1")
        command = [beside_the_interpreter("simpleflow"), "standalone", "--domain", DOMAIN, "--workflow-id", WORKFLOW_ID]
        command += ["--nb-deciders", "1", "--nb-workers", "1", "--input", f"[{assignment.size}]"]
        subprocess.run([*command, f"{OneAfterTheOther.__module__}.{OneAfterTheOther.__name__}"], check=True)
        (execution,) = swf.list_closed_workflow_executions(
            domain=DOMAIN, startTimeFilter={"oldestDate": 0}, executionFilter={"workflowId": WORKFLOW_ID}
        )["executionInfos"]
        if execution["closeStatus"] != "COMPLETED":
            raise AssertionError(execution)
        pages = swf.get_paginator("get_workflow_execution_history").paginate(
            domain=DOMAIN, execution=execution["execution"]
        )
        times = DecisionTimes.of(
            Event(event["eventId"], event["eventType"], event["eventTimestamp"].timestamp())
            for page in pages
            for event in page["events"]
        )
    assignment.report(
        times.long,
        note="against Ostinato's server; each of its decisions reads and replays all",
        short_seconds=times.short,
        anew_seconds=times.long,
        anew_short_seconds=times.short,
    )


if __name__ == "__main__":
    main()
