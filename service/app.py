"""The composition root of the api: settings in, a FastAPI application out.

Every router is listed in `ROUTERS`, those asked most often first, since a request is held against
one route after the other; the layers around them, outermost first, are the request log
and the guard.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from service.accounts.endpoints import accounts, sessions
from service.bookings.endpoints import router as bookings
from service.chores.endpoints import router as chores
from service.console.endpoints import router as console
from service.console.pages import router as console_pages
from service.db.engine import Database, make_engine
from service.decisions.endpoints import router as decisions
from service.dispatch.endpoints import router as dispatch
from service.dispatch.process import running_dispatcher
from service.estimates.endpoints import router as estimates
from service.experiments.endpoints import router as experiments
from service.figures.endpoints import router as figures
from service.hand.endpoints import router as hand
from service.health import router as health
from service.http import problems
from service.http.access import SessionWatch
from service.http.documentation import DESCRIPTION, TAGS, document
from service.http.guard import Guard
from service.http.limits import Limits
from service.http.logs import RequestLog, configure_logs
from service.live.cache import Tiles
from service.live.endpoints import router as live
from service.markets.endpoints import router as markets
from service.offers.endpoints import router as offers
from service.offers.of_chore import router as offers_of_chore
from service.offers.turns import Turns
from service.policies.endpoints import router as policies
from service.push.delivery import open_delivery
from service.push.endpoints import router as push
from service.runtime import Runtime
from service.settings import Settings
from service.stream.endpoints import router as stream
from service.stream.opening import open_stream
from service.taskers.routes import ROUTERS as TASKERS
from service.whatif.endpoints import router as whatifs
from service.whatif.runner import running_runner

ROUTERS: tuple[APIRouter, ...] = (
    offers,
    estimates,
    chores,
    health,
    accounts,
    sessions,
    markets,
    policies,
    whatifs,
    experiments,
    decisions,
    *TASKERS,
    bookings,
    offers_of_chore,
    dispatch,
    push,
    stream,
    live,
    hand,
    figures,
    console,
    console_pages,
)


def create_app(settings: Settings, *, dispatching: bool = False) -> FastAPI:
    """The api. Opens its database when it starts and closes everything when it stops.

    `dispatching`: the dispatcher and the runner of what-ifs run in this process too, on the same
    connections.
    """
    app = FastAPI(
        title="Dibs",
        version="1",
        description=DESCRIPTION,
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        lifespan=lambda app: running(app, settings, dispatching=dispatching),
        openapi_url="/v1/openapi.json",
        docs_url="/v1/docs",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        telemetry={"exclude": lambda _: True},
        generate_unique_id_function=_operation_id,
    )
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    document(app)
    app.add_middleware(Guard, limit=settings.body_limit_bytes, depth=settings.json_depth_limit)
    app.add_middleware(RequestLog)
    return app


@asynccontextmanager
async def running(
    app: FastAPI, settings: Settings, *, dispatching: bool = False
) -> AsyncIterator[None]:
    """The app with its runtime and its stream, and its dispatcher if wanted, for the block."""
    configure_logs(settings)
    database = Database(
        make_engine(settings.url(), pool=settings.database_pool, application="dibs-api")
    )
    app.state.runtime = Runtime(
        settings,
        database,
        SessionWatch(settings.session_check_s),
        Limits(settings),
        Tiles(),
        Turns(),
    )
    try:
        async with open_stream(app, app.state.runtime) as node, AsyncExitStack() as more:
            await more.enter_async_context(open_delivery(app, app.state.runtime, node.bus))
            if dispatching:
                await more.enter_async_context(running_dispatcher(database, node.bus, settings))
                await more.enter_async_context(running_runner(database, node.bus, settings))
            yield
    finally:
        await database.dispose()


def _operation_id(route: APIRoute) -> str:
    """The endpoint's function name: stable, and what a generated client calls its method."""
    return route.name
