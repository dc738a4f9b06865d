"""The password door, for a studio that listens beyond loopback.

Sessions are signed tokens in an HttpOnly cookie; wrong passwords are counted per address and
over all, so that guessing stays slow. Programs send the password as a bearer token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import deque
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shortdrama.web.i18n import _
from shortdrama.web.pages import Pages

COOKIE = "shortdrama_session"
SESSION_S = 30 * 24 * 3600
_OPEN_PREFIXES = ("/static/", "/healthz")
_WINDOW_S = 60.0
_TRIES_PER_ADDRESS = 5
_TRIES_OVER_ALL = 30
_MAX_FORM_BYTES = 4096


class Tries:
    """Counts wrong passwords of the last minute."""

    def __init__(self) -> None:
        self._failures: deque[tuple[float, str]] = deque()

    def is_exhausted(self, address: str, now: float) -> bool:
        while self._failures and self._failures[0][0] < now - _WINDOW_S:
            self._failures.popleft()
        mine = sum(1 for _when, who in self._failures if who == address)
        return mine >= _TRIES_PER_ADDRESS or len(self._failures) >= _TRIES_OVER_ALL

    def add(self, address: str, now: float) -> None:
        self._failures.append((now, address))


class Gate:
    """Lets nobody in without the password. `pages` renders the log-in page."""

    def __init__(self, app: ASGIApp, password: str, secret: bytes, pages: Pages) -> None:
        self._app = app
        self._password = password.encode()
        # A changed password ends every session.
        self._secret = hmac.digest(secret, self._password, "sha256")
        self._pages = pages
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_open(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        if scope["path"].startswith(_OPEN_PREFIXES):
            return True
        request = Request(scope)
        return self._has_session(request) or self._has_bearer(request)

    def _has_session(self, request: Request) -> bool:
        expiry, _sep, signature = request.cookies.get(COOKIE, "").partition(".")
        if not expiry.isdigit() or not hmac.compare_digest(signature, self._sign(expiry)):
            return False
        return int(expiry) > time.time()

    def _has_bearer(self, request: Request) -> bool:
        scheme, _sep, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self._tries.is_exhausted(_address(request), _now()):
            return False
        if self._is_password(token):
            return True
        self._tries.add(_address(request), _now())
        return False

    def _is_password(self, text: str) -> bool:
        digests = (
            hashlib.sha256(t).digest() for t in (text.encode("utf-8", "replace"), self._password)
        )
        return hmac.compare_digest(*digests)

    def _sign(self, expiry: str) -> str:
        return hmac.digest(self._secret, expiry.encode(), "sha256").hex()

    async def _answer(self, request: Request) -> Response:
        if request.url.path == "/login" and request.method == "POST":
            return await self._log_in(request)
        if _wants_page(request.headers):
            return self._page(200 if request.url.path == "/login" else 401, "")
        body = {"code": "log_in", "message": _("Log in first."), "can_retry": False, "details": {}}
        return JSONResponse({"error": body}, status_code=401)

    async def _log_in(self, request: Request) -> Response:
        if self._tries.is_exhausted(_address(request), _now()):
            problem = _("Too many wrong passwords. Wait a minute.")
            return self._page(429, problem, {"Retry-After": str(round(_WINDOW_S))})
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_FORM_BYTES:
                return self._page(413, _("That is not a password."))
        given = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        if not self._is_password(given):
            self._tries.add(_address(request), _now())
            return self._page(401, _("That is not the password."))
        return self._welcome(request)

    def _welcome(self, request: Request) -> Response:
        expiry = str(int(time.time()) + SESSION_S)
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            COOKIE,
            f"{expiry}.{self._sign(expiry)}",
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            # Behind a TLS proxy uvicorn sees its X-Forwarded-Proto.
            secure=request.url.scheme == "https",
        )
        return response

    def _page(self, status: int, problem: str, headers: dict[str, str] | None = None) -> Response:
        text = self._pages.text("studio/login.html", problem=problem)
        return Response(text, status_code=status, headers=headers, media_type="text/html")


def load_secret(path: Path) -> bytes:
    """The studio's own random secret, made at the first call, readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def _wants_page(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _now() -> float:
    return time.monotonic()
