"""The locks of the front door, as one ASGI middleware.

- Host allow-list: a page of a foreign name that resolves to this machine (DNS rebinding) is
  refused before anything is read.
- Unsafe methods must come from the studio's own pages, or from a program that is no browser.
- Strict headers on every answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortdrama.web.i18n import choose_language, language

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Locks:
    """Wraps the application. `hosts` are names beyond loopback that may address it."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK_NAMES | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        language.set(choose_language(headers.get("accept-language", "")))
        await self._app(scope, receive, _with_headers(send))

    def _refusal(self, method: str, headers: Headers) -> JSONResponse | None:
        if _host_name(headers.get("host", "")) not in self._hosts:
            return _refuse(
                "host_not_allowed",
                "This studio does not answer to that name. Use http://127.0.0.1, or add the "
                "name to allowed_hosts in config.toml.",
            )
        if method not in _SAFE_METHODS and not _is_same_origin(headers):
            return _refuse(
                "cross_origin", "Another site tried to act on this studio. It was refused."
            )
        return None


def _host_name(host: str) -> str:
    try:
        parts = urlsplit(f"//{host}")
    except ValueError:  # such as "[::1" without its end
        return ""
    return "" if "@" in host else (parts.hostname or "").lower()


def _is_same_origin(headers: Headers) -> bool:
    """Browsers always tell where an unsafe request comes from; programs tell nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:
        return False


def _refuse(code: str, message: str) -> JSONResponse:
    body = {"error": {"code": code, "message": message, "can_retry": False, "details": {}}}
    return JSONResponse(body, status_code=403)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
