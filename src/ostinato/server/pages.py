"""What the server shows to people and to what watches it."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

INDEX = """\
This is an Ostinato server: Amazon SWF's API, on one SQLite file.

POST / with X-Amz-Target: SimpleWorkflowService.<Operation> carries out an operation, as any client of SWF does it.
GET /health says that it is well; GET /metrics tells Prometheus what goes on.
"""


async def _index(_: Request) -> PlainTextResponse:
    return PlainTextResponse(INDEX)


async def _health(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok\n")


def pages() -> Starlette:
    """The pages, as an ASGI application."""
    return Starlette(routes=[Route("/", _index), Route("/health", _health)])
