"""The command line: the only place that puts the parts together, and the only reader of environment variables.

A command is imported when it is named. Its module holds its options; what it does is imported when it is run, so that
`--help` is quick.
"""

import click

from ostinato.cli.lazy import LazyGroup, Place, Sections

COMMANDS: Sections = {
    "Run workflows": {
        "run": Place("ostinato.cli.run:run", "Run a workflow to its end, in this process."),
        "rerun": Place(
            "ostinato.cli.rerun:rerun", "Start a closed execution again; what ended well is not done again."
        ),
        "activity": Place("ostinato.cli.activity:activity", "Run an activity of an execution once more, here."),
        "schedule": Place("ostinato.cli.schedule:schedule", "Start workflows at times: by cron, or in intervals."),
        "standalone": Place("ostinato.cli.standalone:standalone", "Run a workflow to its end, in child processes."),
    },
    "Operate executions": {
        "start": Place("ostinato.cli.start:start", "Start an execution, and print its ids."),
        "result": Place("ostinato.cli.result:result", "Wait for the end of an execution, and print its result."),
        "signal": Place("ostinato.cli.requests:signal", "Send a signal to an open execution."),
        "cancel": Place("ostinato.cli.requests:cancel", "Ask an open execution to cancel itself."),
        "terminate": Place("ostinato.cli.requests:terminate", "Close an open execution at once."),
    },
    "Look at executions": {
        "list": Place("ostinato.cli.list:list_", "List executions, by any combination of filters."),
        "count": Place("ostinato.cli.list:count", "Count executions, by any combination of filters."),
        "show": Place("ostinato.cli.looking:show", "Show where an execution is, and what it waits for."),
        "watch": Place("ostinato.cli.looking:watch", "Watch an execution live, to its end."),
        "tasks": Place("ostinato.cli.looking:tasks", "List an execution's activities, timers, children and more."),
        "history": Place("ostinato.cli.history:history", "Show or save the history of an execution."),
        "profile": Place("ostinato.cli.looking:profile", "Show where an execution's time went."),
        "tree": Place("ostinato.cli.looking:tree", "Show an execution's children, and theirs."),
    },
    "Register": {
        "register": Place(
            "ostinato.cli.register:register", "Register the types that code defines, and tell what differs."
        ),
        "domain": Place("ostinato.cli.domain:domain", "List, register, show and deprecate domains."),
        "type": Place("ostinato.cli.type:type_", "List, register, show, deprecate and delete types."),
    },
    "Serve": {
        "decider": Place("ostinato.cli.decider:decider", "Make the decisions of workflows."),
        "worker": Place("ostinato.cli.worker:worker", "Run activities."),
        "server": Place("ostinato.cli.server:server", "Serve Amazon SWF's API over HTTP."),
    },
    "Look after stores": {
        "payloads": Place("ostinato.cli.payloads:payloads", "Remove payloads from stores that nothing names any more."),
    },
    "Write workflows": {
        "check": Place("ostinato.cli.check:check", "Look through workflows for what no replay can repeat."),
        "replay": Place("ostinato.cli.replay:replay", "Say whether code agrees with histories, and where it does not."),
    },
    "This command": {
        "demo": Place("ostinato.cli.demo:demo", "Watch a workflow being killed half-way, and end well all the same."),
        "completion": Place("ostinato.cli.completion:completion", "Print the script by which a shell completes it."),
        "info": Place("ostinato.cli.info:info", "Show versions, settings and where they came from."),
    },
}
"""All commands: where they are, and the line that `ostinato --help` has of each."""


@click.group(
    cls=LazyGroup,
    sections=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ostinato", message="%(prog)s %(version)s")
def main() -> None:
    """Durable workflows in plain Python."""


@main.command("child-of-supervisor", hidden=True)
@click.pass_context
def child(context: click.Context) -> None:
    """Do what a supervisor says, on stdin."""
    from ostinato.cli.child import run_child  # noqa: PLC0415  # no other command needs it

    context.exit(run_child())
