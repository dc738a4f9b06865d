"""Joins the door: routes, errors in OpenAI's form, the limit on bodies, a name for each answer."""

from __future__ import annotations

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from shortdrama.errors import OverBudget, StudioError
from shortdrama.sora2.service.door import Door
from shortdrama.sora2.service.envelope import (
    ApiError,
    error_response,
    on_api_error,
    on_bug,
    on_http_error,
)
from shortdrama.web.door.desk import Desk
from shortdrama.web.door.ports import DoorTools
from shortdrama.web.door.routes import Routes
from shortdrama.web.services import Services

MAX_BODY_BYTES = 64 * 1024 * 1024


def create_door(services: Services, tools: DoorTools) -> ASGIApp:
    """To be mounted at `/v1`."""
    routes = Routes(services, tools, Desk(services, tools))
    inner = Starlette(
        routes=routes.table(),
        exception_handlers={
            ApiError: on_api_error,
            StudioError: _on_studio_error,
            HTTPException: on_http_error,
            Exception: on_bug,
        },
    )
    inner.router.redirect_slashes = False
    return Door(inner, None, MAX_BODY_BYTES)


async def _on_studio_error(_: Request, raised: Exception) -> JSONResponse:
    error = cast(StudioError, raised)
    status, code, kind = error.status, error.code, None
    if isinstance(error, OverBudget):
        status, code, kind = 429, "billing_hard_limit_reached", "insufficient_quota"
    elif status == 422:
        status = 400
    answer = error_response(ApiError(status, error.message, code=code, kind=kind))
    if not error.can_retry:
        # OpenAI's clients repeat 409 and 429 unless they are told that it is no use.
        answer.headers["x-should-retry"] = "false"
    return answer
