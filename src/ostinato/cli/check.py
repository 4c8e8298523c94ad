"""`ostinato check`: its options."""

import click

from ostinato.cli.output_options import Format, Output

EXIT_CODES = """
\b
Exit codes:
  0  nothing was found
  1  something was; it is on stdout
  2  wrong usage, or there is no such target
"""


@click.command(epilog=EXIT_CODES)
@click.argument("targets", metavar="TARGET...", nargs=-1)
@click.option(
    "-o",
    "--format",
    "format_",
    type=click.Choice(["human", *(each.value for each in Format)]),
    default="human",
    show_default=True,
    envvar="OSTINATO_FORMAT",
    help="How findings are written: as linters do, or as data.",
)
@click.option(
    "--select", metavar="CODES", multiple=True, help="Only these rules, or those that begin so; may be repeated."
)
@click.option(
    "--ignore", metavar="CODES", multiple=True, help="Not these rules, or those that begin so; may be repeated."
)
@click.option("--rules", "lists_rules", is_flag=True, help="List the rules, and check nothing.")
@click.pass_context
def check(
    context: click.Context,
    targets: tuple[str, ...],
    format_: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    *,
    lists_rules: bool,
) -> None:
    """Look through the workflows of the TARGETs for what no replay can repeat, without running them.

    A TARGET is path/to/file.py, a directory, package.module, or a file or module with :name. Functions that workflows
    call are looked through as well, as far as they lie in the same project; activities, and what runs by run_once, are
    not.

    A line that ends with `# noqa: OST101` is not complained of by that rule, one with `# noqa` by none.
    """
    if not targets and not lists_rules:
        raise click.UsageError("Missing argument 'TARGET...'.")
    from ostinato.cli.checking import Checking, list_rules, run_check  # noqa: PLC0415  # --help does without

    output = None if format_ == "human" else Output(format=Format(format_))
    if lists_rules:
        context.exit(list_rules(output))
    context.exit(run_check(Checking(targets=targets, output=output, selected=_codes(select), ignored=_codes(ignore))))


def _codes(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip().upper() for each in given for code in each.split(",") if code.strip())
