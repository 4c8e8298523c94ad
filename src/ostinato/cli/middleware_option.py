"""The option `--middleware` of the commands that start executions."""

import click

middleware_option = click.option(
    "--middleware",
    metavar="NAME",
    multiple=True,
    help="package.module:name, or an entry point's name, as otel; may be repeated, the first is outermost.",
)
