"""The password door, for a studio that listens beyond loopback.

Sessions are signed tokens in an HttpOnly cookie; programs send the password as a bearer token.
Wrong passwords are counted per address, and each one is checked slowly and one at a time, so that
guessing from many addresses stays slow too without locking out who knows the password.
"""

from __future__ import annotations

import asyncio
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
_SALT_BYTES = 16
_MAX_FORM_BYTES = 4096


class Tries:
    """Counts wrong passwords of the last minute."""

    def __init__(self) -> None:
        self._failures: deque[tuple[float, str]] = deque()

    def is_exhausted(self, address: str, now: float) -> bool:
        while self._failures and self._failures[0][0] < now - _WINDOW_S:
            self._failures.popleft()
        return sum(who == address for _when, who in self._failures) >= _TRIES_PER_ADDRESS

    def add(self, address: str, now: float) -> None:
        self._failures.append((now, address))


class Gate:
    """Lets nobody in without the password. `pages` renders the log-in page."""

    def __init__(self, app: ASGIApp, password: str, secret: bytes, pages: Pages) -> None:
        self._app = app
        # A changed password ends every session.
        self._secret = hmac.digest(secret, password.encode(), "sha256")
        self._salt = secrets.token_bytes(_SALT_BYTES)
        self._hash = _slow_hash(password, self._salt)
        self._known = b""  # the mark of the password, once it has been given
        self._checking = asyncio.Lock()
        self._pages = pages
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or await self._is_open(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    async def _is_open(self, scope: Scope) -> bool:
        if scope["path"].startswith(_OPEN_PREFIXES):
            return True
        request = Request(scope)
        return self._has_session(request) or await self._has_bearer(request)

    def _has_session(self, request: Request) -> bool:
        expiry, _sep, signature = request.cookies.get(COOKIE, "").partition(".")
        if not (expiry.isascii() and expiry.isdigit()):
            return False
        if not hmac.compare_digest(signature.encode(), self._sign(expiry).encode()):
            return False
        return int(expiry) > time.time()

    async def _has_bearer(self, request: Request) -> bool:
        scheme, _sep, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and await self._is_right(token, request)

    async def _is_right(self, given: str, request: Request) -> bool:
        """Whether this is the password; a wrong one is counted."""
        if self._known and hmac.compare_digest(self._mark(given), self._known):
            return True
        if self._tries.is_exhausted(_address(request), _now()):
            return False
        async with self._checking:
            made = await asyncio.to_thread(_slow_hash, given, self._salt)
        if not hmac.compare_digest(made, self._hash):
            self._tries.add(_address(request), _now())
            return False
        self._known = self._mark(given)
        return True

    def _mark(self, given: str) -> bytes:
        return hmac.digest(self._secret, given.encode("utf-8", "replace"), "sha256")

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
        if not await self._is_right(given, request):
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


def _slow_hash(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(text.encode("utf-8", "replace"), salt=salt, n=2**14, r=8, p=1)


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
