"""What commands share that look at a service or change it: the options that say which, and the error boundary.

`engine_options`, or `engine_and_payloads_options`, gives a command an `Access`, and its `carry_out` runs what the
command does. Exit codes mean the same in all of them.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click
from click.core import ParameterSource

from ostinato.cli.completing import complete_domains
from ostinato.cli.middleware_option import middleware_option
from ostinato.cli.payloads_option import payloads_option

if TYPE_CHECKING:
    from ostinato.client.client import Client

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_ENGINE = "sqlite:ostinato.db"

ENVIRONMENT = """
\b
Environment:
  OSTINATO_ENGINE  what --engine is if not given
  OSTINATO_DOMAIN  what --domain is if not given; SWF_DOMAIN, if that is not set either
  OSTINATO_PAYLOADS
                   what --payloads is if not given; without it a bucket in
                   SIMPLEFLOW_JUMBO_FIELDS_BUCKET is used in simpleflow's way
  OSTINATO_ACCESS_KEY_ID, OSTINATO_SECRET_ACCESS_KEY
                   a key, if the server at an http: engine wants one
"""

EXIT_CODES = """
\b
Exit codes:
  0    done
  1    a fault of Ostinato's own
  2    wrong usage, no such execution, refused by the service, or the engine cannot be used
  130  interrupted
  141  whoever reads stdout has gone
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Which service a command works with, and how it tells of errors.

    Args:
        engine: the engine's URL.
        domain: the domain.
        debug: show tracebacks.
        payloads: how values travel: see `load_payloads`.
        middleware: the names of what is put around starts.
    """

    engine: str
    domain: str
    debug: bool = False
    payloads: str = ""
    middleware: tuple[str, ...] = ()

    def carry_out(
        self, work: "Callable[[Client, TextIO], int | None]", *, makes_file: bool = False, only_looks: bool = False
    ) -> int:
        """Do a command's work with a client, and give the exit code.

        Args:
            work: gets the client, and the stream for data: stdout, which nothing else can write to meanwhile.
            makes_file: whether a database file is made if there is none.
            only_looks: whether payloads that cannot be had are shown as they stand.
        """
        from ostinato.cli.boundary import bounded  # noqa: PLC0415  # --help does without
        from ostinato.cli.opening import open_client  # noqa: PLC0415

        def opened(data: TextIO) -> int | None:
            with open_client(self, makes_file=makes_file, only_looks=only_looks) as client:
                return work(client, data)

        return bounded(opened, debug=self.debug)


def engine_option_for(forms: str) -> Callable[[Command], Command]:
    """What gives a command the options `--engine` and `--db`, and an `engine` made of both.

    Args:
        forms: the forms of URLs that the command takes.
    """

    def engine_option(command: Command) -> Command:
        @functools.wraps(command)
        def with_engine(*args: Any, engine: str, db: str | None, **kwargs: Any) -> Any:
            return command(*args, engine=_engine(click.get_current_context(), engine, db), **kwargs)

        options = (
            click.option("--db", metavar="FILE", help="The database file: short for --engine sqlite:FILE."),
            click.option(
                "--engine",
                metavar="URL",
                envvar="OSTINATO_ENGINE",
                default=DEFAULT_ENGINE,
                show_default=True,
                help=forms,
            ),
        )
        wrapped: Any = with_engine
        for option in options:
            wrapped = option(wrapped)
        return cast("Command", wrapped)

    return engine_option


engine_option = engine_option_for("sqlite:FILE, http://HOST:PORT, aws: or aws:REGION.")
running_engine_option = engine_option_for("sqlite:FILE, memory:, http://HOST:PORT, aws: or aws:REGION.")
"""For commands that begin and end what they run, so that it may be in memory."""

_WEIGHTS = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT)
"""Where options come from, but for the command line; what counts least first."""


def _engine(context: click.Context, engine: str, db: str | None) -> str:
    """The engine that is meant: of a file and a URL that which was said more expressly."""
    if db is None:
        return engine
    of_engine, of_db = (context.get_parameter_source(name) for name in ("engine", "db"))
    if of_engine is of_db is ParameterSource.COMMANDLINE:
        raise click.UsageError("Give --db or --engine, not both.")
    if of_db is not ParameterSource.COMMANDLINE and _weight(of_engine) > _weight(of_db):
        return engine
    return engine_in_file(db)


def _weight(source: ParameterSource | None) -> int:
    return _WEIGHTS.index(source) if source in _WEIGHTS else len(_WEIGHTS)


def engine_in_file(db: str) -> str:
    """The URL of the engine in that file; `:memory:` is none, as SQLite has it."""
    return "memory:" if db == ":memory:" else f"sqlite:{db}"


domain_option = click.option(
    "--domain",
    metavar="NAME",
    envvar=["OSTINATO_DOMAIN", "SWF_DOMAIN"],
    shell_complete=complete_domains,
    default="default",
    show_default=True,
    help="The domain.",
)
debug_option = click.option("--debug", is_flag=True, envvar="OSTINATO_DEBUG", help="Show the traceback of an error.")


def engine_options(command: Command) -> Command:
    """Give the command the options `--engine`, `--db`, `--domain` and `--debug`, and an `access` made of them."""

    @functools.wraps(command)
    def with_access(
        *args: Any,
        engine: str,
        domain: str,
        debug: bool,
        payloads: str = "",
        middleware: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> Any:
        access = Access(engine=engine, domain=domain, debug=debug, payloads=payloads, middleware=middleware)
        return command(*args, access=access, **kwargs)

    wrapped: Any = with_access
    for option in (debug_option, domain_option, engine_option):
        wrapped = option(wrapped)
    return cast("Command", wrapped)


def starting_options(command: Command) -> Command:
    """The same as `engine_and_payloads_options` and `--middleware`, for commands that start executions."""
    return cast("Command", middleware_option(cast("Any", engine_and_payloads_options(command))))


def engine_and_payloads_options(command: Command) -> Command:
    """The same and `--payloads`, for commands that write or show what workflows and activities are given and give."""
    return cast("Command", payloads_option(cast("Any", engine_options(command))))
