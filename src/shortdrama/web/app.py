"""The web application: routes, static files, locks and the door for programs under one roof."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

import shortdrama
from shortdrama.web import errors, media_files
from shortdrama.web.api import access as access_api
from shortdrama.web.api import assets as assets_api
from shortdrama.web.api import connections as connections_api
from shortdrama.web.api import money as money_api
from shortdrama.web.api import prompts as prompts_api
from shortdrama.web.api import shots as shots_api
from shortdrama.web.api import state as state_api
from shortdrama.web.api import takes as takes_api
from shortdrama.web.api import uploads as uploads_api
from shortdrama.web.door.app import create_door
from shortdrama.web.health import MetricsDoor, health_routes
from shortdrama.web.pages import Pages
from shortdrama.web.panels.access import routes as access_panel
from shortdrama.web.panels.assets import routes as assets_panel
from shortdrama.web.panels.compare import routes as compare_panel
from shortdrama.web.panels.filmstrip import routes as filmstrip_panel
from shortdrama.web.panels.library import routes as library_panel
from shortdrama.web.panels.prompt import routes as prompt_panel
from shortdrama.web.panels.settings import routes as settings_panel
from shortdrama.web.panels.spend import routes as spend_panel
from shortdrama.web.panels.studio import routes as studio_panel
from shortdrama.web.panels.takes import routes as takes_panel
from shortdrama.web.panels.viewer import routes as viewer_panel
from shortdrama.web.roles import check_role
from shortdrama.web.security import Locks
from shortdrama.web.services import Services
from shortdrama.web.static_files import StaticFiles

_APIS = (
    takes_api,
    money_api,
    assets_api,
    uploads_api,
    prompts_api,
    shots_api,
    connections_api,
    access_api,
    state_api,
)
_PANELS = (
    studio_panel,
    assets_panel,
    viewer_panel,
    takes_panel,
    filmstrip_panel,
    prompt_panel,
    compare_panel,
    library_panel,
    settings_panel,
    access_panel,
    spend_panel,
)


def create_web(
    services: Services, guard: Callable[[ASGIApp, Pages], ASGIApp] | None = None
) -> ASGIApp:
    """The whole application, locked. Its lifespan starts and stops the services.

    `guard` may stand between the locks and the application: the password door.
    """
    app = FastAPI(
        title="Short-form drama workflow",
        version=shortdrama.__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(check_role)],
    )
    static = StaticFiles()
    app.state.services = services
    app.state.static = static
    app.state.pages = Pages(static)
    errors.install(app)
    for module in (*_APIS, *_PANELS):
        app.include_router(module.router)
    app.router.routes += [static.route(), media_files.route(), *health_routes(services.health)]
    app.add_api_route("/service-worker.js", _service_worker, include_in_schema=False)
    app.mount("/v1", create_door(services, services.door))
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    guarded = guard(app, app.state.pages) if guard else app
    if services.metrics_token:
        guarded = MetricsDoor(guarded, app, services.metrics_token)
    return Locks(guarded, services.settings.allowed_hosts)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await services.start()
    try:
        yield
    finally:
        await services.stop()


def _service_worker(request: Request) -> Response:
    static: StaticFiles = request.app.state.static
    version = static.version.encode()
    body = static.body("static/service-worker.js").replace(b"__VERSION__", version)
    headers = {"Service-Worker-Allowed": "/", "Cache-Control": "no-cache"}
    return Response(body, media_type="text/javascript", headers=headers)
