"""What a process of `ostinato decider` or `ostinato worker` does: it begins, serves, and drains within a grace."""

import os
import socket
import threading
from collections.abc import Iterable
from typing import Protocol, TypeVar

from ostinato.client.registration import register_domain, register_types
from ostinato.errors import UnknownResourceFault, UsageError
from ostinato.model.limits import IDENTITY_CHARACTERS
from ostinato.model.operations import DescribeDomain, Operation
from ostinato.replay.definitions import Definition
from ostinato.swf import Swf
from ostinato.worker.calls import PatientCaller
from ostinato.worker.notices import Watch

Answer = TypeVar("Answer")

_FOREVER = 1e9


class Service(Protocol):
    """Something that serves task lists on threads of its own."""

    def start(self) -> None:
        """Begin to poll."""
        ...

    def drain(self, grace: float) -> bool:
        """Poll no more, finish what runs or hand it back within so many seconds; False if something was handed back."""
        ...

    def gauges(self) -> dict[str, float]:
        """What it has at this moment."""
        ...


def process_identity() -> str:
    """Who this process is, as histories show it: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"[:IDENTITY_CHARACTERS]


class _Patient:
    """A `Swf` that waits until the service is there."""

    def __init__(self, caller: PatientCaller) -> None:
        self._caller = caller

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation, however long that takes."""
        return self._caller.call(operation, patience=_FOREVER)


def prepare(
    swf: Swf,
    *,
    domain: str,
    definitions: Iterable[Definition],
    may_create_domain: bool,
    stopping: threading.Event,
    watch: Watch,
) -> None:
    """Register what is missing, waiting for a service that is out of reach.

    Raises:
        UsageError: there is no such domain, and it may not be created.
        SwfFault: SWF refuses a registration.
    """
    patient = _Patient(PatientCaller(swf, stopping=stopping, watch=watch))
    if may_create_domain:
        register_domain(patient, domain)
    else:
        try:
            patient.call(DescribeDomain(name=domain))
        except UnknownResourceFault:
            raise UsageError(
                where=f"--domain {domain}",
                found="there is no such domain",
                hint="--create-domain registers it, for good: SWF never forgets a domain",
            ) from None
    register_types(patient, domain, definitions)
