"""Errors as OpenAI's clients expect them: `{"error": {message, type, param, code}}`."""

from __future__ import annotations

from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from shortdrama.errors import StudioError

INVALID = "invalid_request_error"


class ApiError(Exception):
    """An answer that ends a request."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str | None = None,
    ) -> None:
        """`kind` is the envelope's type; None: the status's usual one."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind


def error_response(error: ApiError) -> JSONResponse:
    kinds = {429: "rate_limit_error"}
    kind = "server_error" if error.status >= 500 else kinds.get(error.status, INVALID)
    content = {
        "message": error.message,
        "type": error.kind or kind,
        "param": error.param,
        "code": error.code,
    }
    headers = {"www-authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse({"error": content}, error.status, headers=headers)


async def on_api_error(_: Request, error: Exception) -> JSONResponse:
    return error_response(cast(ApiError, error))


async def on_studio_error(_: Request, raised: Exception) -> JSONResponse:
    error = cast(StudioError, raised)
    status = 400 if error.status == 422 else error.status
    return error_response(ApiError(status, error.message, code=error.code))


async def on_http_error(request: Request, raised: Exception) -> JSONResponse:
    error = cast(HTTPException, raised)
    message = error.detail
    if error.status_code == 404:
        message = f"Invalid URL ({request.method} {request.url.path})"
    answer = error_response(ApiError(error.status_code, message))
    answer.headers.update(error.headers or {})
    return answer


async def on_bug(_: Request, __: Exception) -> JSONResponse:
    """Starlette raises the bug again behind this answer, so the server logs its traceback."""
    return error_response(ApiError(500, "The server had an error. Try again later."))
