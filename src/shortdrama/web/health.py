"""What machines ask: `/healthz` (the process lives), `/readyz` (it can work), `/metrics`.

`/metrics` stands behind the password like everything else. Where a token for it is set, that opens
it too, and nothing else. A worker has no page to log in at: there the token alone opens it, or,
where none is set, the password.
"""

from __future__ import annotations

import hmac
from typing import Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shortdrama.metrics import CONTENT_TYPE


class Health(Protocol):
    def troubles(self) -> dict[str, str]: ...

    def figures(self) -> str: ...


def health_routes(health: Health) -> list[Route]:
    async def live(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(_: Request) -> Response:
        troubles = await run_in_threadpool(health.troubles)
        word = "not ready" if troubles else "ready"
        return JSONResponse({"status": word, **troubles}, 503 if troubles else 200)

    async def figures(_: Request) -> Response:
        text = await run_in_threadpool(health.figures)
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

    return [Route("/healthz", live), Route("/readyz", ready), Route("/metrics", figures)]


def health_alone(health: Health, secret: str) -> ASGIApp:
    """For a worker, which has no page. Only the secret opens `/metrics`; without one, nothing."""
    app = Starlette(routes=health_routes(health))
    return MetricsDoor(_Closed(app), app, secret) if secret else _Closed(app)


class MetricsDoor:
    """Lets who has the token pass to `/metrics`; everybody else goes the usual way."""

    def __init__(self, usual: ASGIApp, inner: ASGIApp, token: str) -> None:
        self._usual = usual
        self._inner = inner
        self._token = f"bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_wanted = scope["type"] == "http" and scope["path"] == "/metrics"
        has_token = is_wanted and self._is_right(Headers(scope=scope).get("authorization", ""))
        await (self._inner if has_token else self._usual)(scope, receive, send)

    def _is_right(self, given: str) -> bool:
        scheme, _, token = given.partition(" ")
        told = f"{scheme.lower()} {token}".encode()
        return hmac.compare_digest(told, self._token)


class _Closed:
    """Everything but `/metrics`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/metrics":
            closed = PlainTextResponse(
                "Send SHORTDRAMA_METRICS_TOKEN (or, where it is not set, SHORTDRAMA_PASSWORD) of "
                "this worker as a bearer token.",
                401,
                headers={"WWW-Authenticate": "Bearer"},
            )
            await closed(scope, receive, send)
            return
        await self._app(scope, receive, send)
