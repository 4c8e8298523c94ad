"""What the server shows to people and to what watches it, without credentials: nothing of a domain is shown."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ostinato.engine.engine import Engine
from ostinato.server.metrics import CONTENT_TYPE, Metrics

_UNAVAILABLE = 503

INDEX = """\
This is an Ostinato server: Amazon SWF's API, on one SQLite file.

POST / with X-Amz-Target: SimpleWorkflowService.<Operation> carries out an operation, as any client of SWF does it.
GET /health says whether it is well; GET /metrics tells Prometheus what goes on.
"""


def pages(engine: Engine, metrics: Metrics) -> Starlette:
    """The pages, as an ASGI application."""

    async def index(_: Request) -> Response:
        return PlainTextResponse(INDEX)

    def health(_: Request) -> Response:
        trouble = engine.trouble()
        if trouble is None:
            return PlainTextResponse("ok\n")
        # Where the database is, is nobody's business.
        said = f"{trouble.found}. {trouble.hint}".removesuffix(". ")
        return PlainTextResponse(f"nothing can be kept: {said}\n", _UNAVAILABLE)

    async def numbers(_: Request) -> Response:
        return Response(metrics.text(engine.statistics()._asdict()), media_type=CONTENT_TYPE)

    return Starlette(routes=[Route("/", index), Route("/health", health), Route("/metrics", numbers)])
