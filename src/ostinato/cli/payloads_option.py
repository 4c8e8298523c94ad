"""The option `--payloads`, which several commands share."""

import os

import click

JUMBO = "SIMPLEFLOW_JUMBO_FIELDS_BUCKET"


def _of_simpleflow() -> str:
    """What simpleflow's own variable says, if it is set."""
    bucket = os.environ.get(JUMBO, "").strip().rstrip("/")
    return f"simpleflow+s3://{bucket}" if bucket else ""


payloads_option = click.option(
    "--payloads",
    metavar="NAME|URL",
    envvar="OSTINATO_PAYLOADS",
    default=_of_simpleflow,
    help="How values travel: package.module:name of a Payloads, or the URL of a store for long ones (file:DIRECTORY, "
    "sqlite:FILE, s3://BUCKET/PREFIX, gs://..., az://..., redis://HOST:PORT/N, postgresql+psycopg://HOST/DATABASE).",
)
