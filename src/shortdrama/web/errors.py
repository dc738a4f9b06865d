"""The HTTP boundary: every error in one shape, for JSON and for HTML.

JSON: `{"error": {"code", "message", "can_retry", "details"}}`. Pages and partials get the same
sentence in a problem card. Only here are tracebacks logged.
"""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shortdrama.errors import StudioError, mark
from shortdrama.web.i18n import _, say
from shortdrama.web.pages import render
from shortdrama.web.validation import read_problems

log = logging.getLogger(__name__)
_STATUS_TEXT = {
    404: ("not_found", mark("There is nothing here.")),
    405: ("method_not_allowed", mark("This address does not take that method.")),
    413: ("too_large", mark("This is more than the studio takes in one request.")),
}

# What the pages call the fields of their forms.
_LABELS = {
    "base_url": mark("Base URL"),
    "models": mark("Model ids, with commas between"),
    "name": mark("Name, if you like"),
    "protocol": mark("Protocol"),
    "auth_header": mark("Header that carries the key"),
    "key": mark("Key"),
    "is_trusted": mark("I trust this server: allow plain HTTP and private addresses"),
}


def install(app: FastAPI) -> None:
    app.add_exception_handler(StudioError, _studio_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)


def error_body(code: str, message: str, can_retry: bool, details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "can_retry": can_retry, "details": details}}


def answer(request: Request, status: int, body: dict[str, Any]) -> Response:
    """The error as the asker wants it: a problem card for a page, JSON for everything else."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not request.url.path.startswith(("/api/", "/v1/", "/media/")):
        is_partial = request.headers.get("hx-request-type") == "partial"
        template = "studio/_problem.html" if is_partial else "studio/error.html"
        return render(request, template, status_code=status, error=body["error"])
    return JSONResponse(body, status_code=status)


async def _studio_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StudioError)  # noqa: S101 - registered for this class only
    if error.status >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, error.message)
    details = jsonable_encoder(error.details)
    message = say(error.template, error.details)
    body = error_body(error.code, message, error.can_retry, details)
    return answer(request, error.status, body)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    is_page = not request.url.path.startswith("/api/")
    wrong = read_problems(error.errors(), {k: _(v) for k, v in _LABELS.items()} if is_page else {})
    problems = [
        {
            "where": each.where,
            "code": each.code,
            "message": say(each.template, each.details),
            **each.limits,
        }
        for each in wrong
    ]
    message = problems[0]["message"] if problems else _("The request does not have the right form.")
    body = error_body("invalid_request", message, False, {"problems": problems})
    return answer(request, 422, body)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code, message = _STATUS_TEXT.get(error.status_code, ("http_error", str(error.detail)))
    response = answer(request, error.status_code, error_body(code, _(message), False, {}))
    response.headers.update(error.headers or {})
    return response


async def _bug(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = _("The studio made a mistake. Its log has the details.")
    return answer(request, 500, error_body("internal_error", message, True, {}))
