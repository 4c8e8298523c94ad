"""Opens the client that a command works with, and says what to do where that cannot be."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ostinato.cli.names import check_name
from ostinato.cli.reaching import reach
from ostinato.client.client import Client
from ostinato.client.middleware import Starting, StartMiddleware, around_start
from ostinato.engines import EngineKind, EngineUrl, parse_engine
from ostinato.errors import (
    DatabaseInUseError,
    DomainAlreadyExistsFault,
    SwfFault,
    TypeAlreadyExistsFault,
    UnknownResourceFault,
    UsageError,
    WorkflowExecutionAlreadyStartedFault,
)
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.storage.sealed import Travel, seal

if TYPE_CHECKING:
    from ostinato.cli.access import Access


@contextmanager
def open_client(access: "Access", *, makes_file: bool = False, only_looks: bool = False) -> Generator[Client]:
    """A client of the engine, until the end of the context.

    Args:
        access: the engine and the domain.
        makes_file: whether a database file is made if there is none.
        only_looks: whether payloads that cannot be had are shown as they stand.

    Raises:
        UsageError: the engine or the domain cannot be used; the message says what to do.
    """
    url = parse_engine(access.engine, where="--engine")
    check_name(access.domain, where="--domain")
    _require_kept(url, makes_file=makes_file)
    try:
        with reach(url) as swf:
            payloads = _payloads(access)
            yield Client(
                seal(swf, Travel(payloads, is_lenient=only_looks)),
                domain=access.domain,
                payloads=payloads,
                middleware=_middleware(access.middleware),
            )
    except DatabaseInUseError as error:
        raise UsageError(
            where=error.where,
            found=error.found,
            hint="To look at it meanwhile, let it be served: `ostinato server --db FILE`, and --engine http://HOST:PORT",
        ) from None
    except SwfFault as fault:
        raise _explained(fault, access, url) from None


def _explained(fault: SwfFault, access: "Access", url: EngineUrl) -> UsageError:
    """What SWF refuses, with what to do; most of its faults say all themselves."""
    what, said = fault.message.partition(",")[0].partition(":")[0], fault.message
    match fault:
        case UnknownResourceFault() if what == "Unknown domain":
            name = said.partition(": ")[2] or access.domain
            return UsageError(
                where=f"--domain {name}" if name == access.domain else name,
                found=f"there is no such domain at {url}",
                hint="--domain or OSTINATO_DOMAIN names another, --engine another place; "
                "`ostinato domain register` makes one",
            )
        case UnknownResourceFault() if what == "Unknown execution":
            return UsageError(where=f"--domain {access.domain}", found=said, hint="`ostinato list` has all")
        case UnknownResourceFault() if what == "Unknown type":
            return UsageError(
                where=f"--domain {access.domain}",
                found=said,
                hint="`ostinato type list` has all, `ostinato register TARGET` registers those of code",
            )
        case DomainAlreadyExistsFault():
            return UsageError(where=str(url), found=f"there is a domain {said} already")
        case TypeAlreadyExistsFault():
            return UsageError(where=f"--domain {access.domain}", found=f"there is such a type already: {said}")
        case WorkflowExecutionAlreadyStartedFault():
            return UsageError(
                where=f"--domain {access.domain}",
                found="an execution with that id is open",
                hint="`ostinato terminate ID` closes it; or give the new one another id",
            )
        case _:
            return fault


def _payloads(access: "Access") -> Payloads:
    if not access.payloads:
        return PLAIN
    from ostinato.worker.targets import load_payloads  # noqa: PLC0415  # few need it

    return load_payloads(access.payloads)


def _middleware(names: Sequence[str]) -> tuple[StartMiddleware, ...]:
    """What is put around starts; found when something is started, as the target that is loaded by then may hold it."""

    def around(starting: Starting, start: Callable[[Starting], WorkflowExecution]) -> WorkflowExecution:
        from ostinato.worker.middleware import START_GROUP, load_middleware  # noqa: PLC0415  # few need it

        return around_start(load_middleware(names, START_GROUP), starting, start)

    return (around,) if names else ()


def _require_kept(url: EngineUrl, *, makes_file: bool) -> None:
    if url.kind is EngineKind.MEMORY:
        raise UsageError(
            where="--engine", found="memory:, which nobody shares", expected="sqlite:FILE, http://HOST:PORT or aws:"
        )
    if url.kind is EngineKind.SQLITE and not makes_file and not Path(url.place).exists():
        raise UsageError(
            where="--engine",
            found=f"there is no file {url.place}",
            hint="--engine names another place: sqlite:FILE, http://HOST:PORT, aws: or aws:REGION",
        )
