"""The gate: lets nobody in without a log-in, once the studio has a password or people.

Sessions are signed tokens in an HttpOnly cookie; programs send the password as a bearer token, or
name and password as `Basic`. What those who are in may do is decided in `web.roles`. The door for
programs (`/v1`) asks for keys of its own and is only told who is logged in.
"""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shortdrama.access.client_keys import looks_like_token
from shortdrama.access.tries import WINDOW_S
from shortdrama.domain.people import Who
from shortdrama.web.i18n import _
from shortdrama.web.log_in import COOKIE, SESSION_S, LogIn
from shortdrama.web.pages import Pages
from shortdrama.web.who import is_of_another, let_in

_OPEN_PREFIXES = ("/static/", "/healthz", "/readyz")
_DOOR = "/v1/"
_MAX_FORM_BYTES = 4096


class Gate:
    """ASGI middleware. `pages` renders the log-in page."""

    def __init__(self, app: ASGIApp, log_in: LogIn, pages: Pages) -> None:
        self._app = app
        self._log_in = log_in
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_OPEN_PREFIXES):
            await self._app(scope, receive, send)
            return
        answer = await self._answer(Request(scope, receive))
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """None where the application answers."""
        path = request.url.path
        if not await self._log_in.is_needed():
            return RedirectResponse("/", 303) if path == "/login" else None
        if path == "/login":
            return await self._answer_log_in(request)
        if path == "/logout" and request.method == "POST":
            await self._log_in.end_session(request)
            return _log_out()
        who = await self._who(request)
        if who is not None:
            let_in(request.scope, who, partial(self._is_still, who, request))
            return _another_person() if is_of_another(request, who) else None
        if path.startswith(_DOOR):
            request.scope.setdefault("state", {})["needs_log_in"] = True
            return None
        return await self._refusal(request)

    async def _who(self, request: Request) -> Who | None:
        who = await self._log_in.by_session(request)
        if who is None and not _is_key(request):
            who = await self._log_in.by_header(request)
        return who

    async def _is_still(self, who: Who, request: Request) -> bool:
        return await self._who(request) == who

    async def _refusal(self, request: Request) -> Response:
        if _wants_page(request.headers):
            return await self._page(401, "")
        body = {"code": "log_in", "message": _("Log in first."), "can_retry": False, "details": {}}
        return JSONResponse({"error": body}, status_code=401)

    async def _answer_log_in(self, request: Request) -> Response:
        if request.method != "POST":
            return await self._page(200, "")
        if await self._log_in.is_exhausted(request):
            page = await self._page(429, _("Too many wrong passwords. Wait a minute."))
            page.headers["Retry-After"] = str(round(WINDOW_S))
            return page
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_FORM_BYTES:
                return await self._page(413, _("That is not a password."))
        form = parse_qs(body.decode("utf-8", "replace"))
        name, given = (form.get(field, [""])[0] for field in ("name", "password"))
        who = await self._log_in.by_password(name, given, request)
        if who is None:
            return await self._page(401, _("That is not the password."), name)
        return await self._welcome(request, who)

    async def _welcome(self, request: Request, who: Who) -> Response:
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            COOKIE,
            await self._log_in.new_session(who),
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            # Behind a TLS proxy uvicorn sees its X-Forwarded-Proto.
            secure=request.url.scheme == "https",
        )
        return response

    async def _page(self, status: int, problem: str, name: str = "") -> Response:
        has_names = await self._log_in.has_names()
        text = self._pages.text(
            "studio/login.html", problem=problem, has_names=has_names, name=name
        )
        return Response(text, status_code=status, media_type="text/html")


def load_secret(path: Path) -> bytes:
    """The studio's own random secret, made at the first call, readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def _log_out() -> Response:
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    # The pages that the service worker keeps it forgets itself; jobs in IndexedDB have owners.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _another_person() -> Response:
    message = _("Somebody else is logged in now. It is kept until its own person logs in here.")
    body = {"code": "another_person", "message": message, "can_retry": True, "details": {}}
    return JSONResponse({"error": body}, status_code=409)


def _is_key(request: Request) -> bool:
    """Keys of programs open the door and nothing else: they are no passwords to be counted."""
    _scheme, _sep, given = request.headers.get("authorization", "").partition(" ")
    return looks_like_token(given.strip())


def _wants_page(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")
