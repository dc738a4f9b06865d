"""What every request passes first: a name for it, the key, and the limit on its body."""

from __future__ import annotations

import hmac
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortdrama.sora2.service.envelope import ApiError, error_response


class Door:
    """ASGI middleware. Without an `api_key` everybody who can reach the service may come in."""

    def __init__(self, app: ASGIApp, api_key: str | None, max_body_bytes: int) -> None:
        self._app = app
        self._key = api_key.encode() if api_key else None
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        named = _name_answers(send)
        if (refused := self._refuse(headers)) is not None:
            await error_response(refused)(scope, receive, named)
            return
        await self._app(scope, self._bounded(receive), named)

    def _refuse(self, headers: Headers) -> ApiError | None:
        if self._key is not None and not hmac.compare_digest(_told_key(headers), self._key):
            return ApiError(
                401,
                "Incorrect API key provided. Send it as 'Authorization: Bearer KEY'.",
                code="invalid_api_key",
            )
        length = headers.get("content-length", "")
        return self._too_large() if length.isdigit() and self._is_over(int(length)) else None

    def _is_over(self, count: int) -> bool:
        return count > self._max_body_bytes

    def _too_large(self) -> ApiError:
        told = f"The request is larger than {self._max_body_bytes:,} bytes."
        return ApiError(413, told, code="too_large")

    def _bounded(self, receive: Receive) -> Receive:
        """Counts what really comes in; the length that was told may be missing or wrong."""
        count = 0

        async def bounded() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if self._is_over(count):
                raise self._too_large()
            return message

        return bounded


def _told_key(headers: Headers) -> bytes:
    scheme, _, told = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return told.strip().encode("latin-1", "replace")
    return headers.get("api-key", "").encode("latin-1", "replace")


def _name_answers(send: Send) -> Send:
    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("x-request-id", f"req_{secrets.token_hex(12)}")
        await send(message)

    return named
