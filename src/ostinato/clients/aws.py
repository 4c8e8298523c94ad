"""`Swf` on Amazon, by way of boto3: credentials, regions, endpoints and profiles are found as in any AWS tool.

boto3 sends again what Amazon throttles and what the network loses ("adaptive" retries). Like every AWS tool it does so
for all operations, so that a start that was sent twice may answer `WorkflowExecutionAlreadyStartedFault`.
"""

import math
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ostinato.errors import ConnectionLostError, ForeignAnswerError, UsageError
from ostinato.model.limits import POLL_SECONDS
from ostinato.model.operations import Operation
from ostinato.model.wire_operations import answer_from_wire, fault_from, operation_to_wire

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

Answer = TypeVar("Answer")

TIMEOUT = POLL_SECONDS + 15.0
"""Seconds without an answer after which a call fails, unless given: a poll has its minute, and some time to travel."""

CONNECT_TIMEOUT = 10.0
CONNECTIONS = 1000
"""How many connections are kept, at most: as many as may poll one task list."""

ATTEMPTS = 10
_FAULTY = range(400, 500)
_TIME_FILTERS = ("startTimeFilter", "closeTimeFilter")


class AwsSwf:
    """Amazon SWF. Safe to call from several threads. Needs `pip install ostinato[aws]`.

    Args:
        region: the region; the one of the environment or the profile, unless given.
        endpoint_url: another place than Amazon's.
        profile: the profile of AWS's configuration files.
        timeout: seconds without an answer after which a call fails; polls take a minute.
        connections: how many calls may be made at once without connecting anew.

    Raises:
        UsageError: boto3 is missing, or there is no region or profile.
    """

    def __init__(
        self,
        region: str | None = None,
        *,
        endpoint_url: str | None = None,
        profile: str | None = None,
        timeout: float = TIMEOUT,
        connections: int = CONNECTIONS,
    ) -> None:
        self._client: Any = _client(region, endpoint_url, profile, timeout, connections)
        self.url: str = self._client.meta.endpoint_url
        self._methods = {operation: method for method, operation in self._client.meta.method_to_api_mapping.items()}

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation and give its answer, once what it changed is durable.

        Raises:
            SwfFault: SWF refuses the operation; nothing was changed.
            ConnectionLostError: no answer came.
            ForeignAnswerError: Amazon failed.
            UsageError: there are no credentials, or boto3 does not accept its settings.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # few have it

        request = _whole_seconds(operation_to_wire(operation))
        try:
            answer = getattr(self._client, self._methods[type(operation).__name__])(**request)
        except ClientError as error:
            raise self._fault(error) from None
        except BotoCoreError as error:
            raise self._failure(error) from None
        try:
            return answer_from_wire(operation, answer)
        except msgspec.ValidationError as error:
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
            raise ForeignAnswerError(where=self.url, found=f"HTTP {status}, {error}", status=status) from None

    def close(self) -> None:
        """Give all connections back. Polls in flight are not interrupted: boto3 has no way to. Twice is harmless."""
        self._client.close()

    def _fault(self, error: "ClientError") -> Exception:
        response: Any = error.response
        said = response.get("Error", {})
        fault = fault_from(said.get("Code", ""), said.get("Message", ""))
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status in _FAULTY:
            return fault
        return ForeignAnswerError(where=self.url, found=f"HTTP {status}, {fault}", status=status)

    def _failure(self, error: "BotoCoreError") -> Exception:
        from botocore import exceptions as b  # noqa: PLC0415  # few have it

        if isinstance(error, b.EndpointConnectionError | b.ConnectTimeoutError | b.ProxyConnectionError | b.SSLError):
            return ConnectionLostError(where=self.url, found=str(error), may_be_done=False)
        if isinstance(error, b.HTTPClientError):
            return ConnectionLostError(where=self.url, found=str(error), may_be_done=True)
        return UsageError(where=self.url, found=str(error), hint="Configure it as for Amazon's own command line")


def _client(region: str | None, endpoint_url: str | None, profile: str | None, timeout: float, connections: int) -> Any:
    try:
        import boto3  # noqa: PLC0415  # few have it
        import botocore.session  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            found="Amazon SWF is reached by way of boto3, which is not installed", hint="pip install 'ostinato[aws]'"
        ) from None
    # boto3's own annotations say too little to be checked.
    session: Any = botocore.session.Session(profile=profile)
    make_session: Any = boto3.Session
    # Times stay the numbers that they are on the wire.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=float)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=timeout,
        max_pool_connections=connections,
        retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
        # Whoever carries requests out validates them, in the service's own words.
        parameter_validation=False,
    )
    try:
        return make_session(botocore_session=session, region_name=region).client(
            "swf", endpoint_url=endpoint_url, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise UsageError(
            found=f"boto3 does not accept its settings: {error}", hint="Name a region (aws:REGION), or configure it"
        ) from None


def _whole_seconds(request: dict[str, Any]) -> dict[str, Any]:
    """The request with time filters that lose nothing: some versions of boto3 cut off parts of seconds."""
    for name in _TIME_FILTERS:
        latest = request.get(name, {}).get("latestDate")
        if latest is not None:
            request[name]["latestDate"] = math.ceil(latest)
    return request
