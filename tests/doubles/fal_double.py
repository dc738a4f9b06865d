"""fal's queue, on a real socket: submit, status, result, cancel, and the clip on another path.

    with FalDouble(key="id:secret") as double:
        double.script(polls=("IN_QUEUE", "COMPLETED"), result="moderated:prompt")

The addresses that a submit returns have a shape that nobody could guess, so that only who uses
them as they are gets through. `other_url` is another origin, where keys must never arrive.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.serving import Serving, cut, listen
from doubles.steps import CONTENT, STRANGE, need_known
from doubles.trouble import clip_answer, proxy_page

_RUNNER = {"detail": "Runner disconnected", "error_type": "runner_disconnected"}
_LOCKED = "User is locked. Reason: Exhausted balance. Top up at fal.ai/dashboard/billing."


@dataclass(frozen=True)
class FalScript:
    """How requests go. The last of several steps is repeated.

    Attributes:
        submit: ok, lost, 500, html, 200_error, no_id, 422, moderated, 401, 402, 429, bare (without
            addresses).
        polls: Status words; or 502, 404.
        result: ok, none (no clip in it), moderated:prompt, moderated:image_url, moderated: (no
            input named), invalid:image_urls.1, runner (the platform failed), 502, 404, silent
            (200, but the status tells an error).
        clip: ok, 502, json, cut.
        cancel: 202 (what waits leaves the queue, what runs is told and goes on), told (what runs
            heeds it), 200 (it left the queue at once), 400, 404.
    """

    submit: str = "ok"
    polls: Sequence[str] = ("IN_QUEUE", "IN_PROGRESS", "COMPLETED")
    result: Sequence[str] = ("ok",)
    clip: Sequence[str] = ("ok",)
    cancel: str = "202"
    is_elsewhere: bool = False  # the addresses lead to the other origin
    is_clip_elsewhere: bool = False

    def __post_init__(self) -> None:
        need_known(
            "submit", self.submit, {"ok", "lost", "500", "html", "no_id", "bare", *_REFUSALS}
        )
        need_known("polls", self.polls, {*_WORDS, *_ANYWHERE})
        results = {"ok", "none", "moderated", "invalid", "runner", "silent", *_ANYWHERE}
        need_known("result", self.result, results)
        need_known("clip", self.clip, CONTENT)
        need_known("cancel", self.cancel, _CANCELS)


@dataclass
class FalRequest:
    number: int
    endpoint: str
    arguments: dict[str, Any]
    script: FalScript
    taken: dict[str, int] = field(default_factory=dict)
    is_cancelled: bool = False
    word: str = "IN_QUEUE"  # told last

    def next(self, kind: str) -> str:
        steps = getattr(self.script, kind)
        at = self.taken.get(kind, 0)
        self.taken[kind] = at + 1
        return str(steps[min(at, len(steps) - 1)])


class FalDouble:
    def __init__(self, key: str = "") -> None:
        self.key = key
        self.made: list[FalRequest] = []
        self.seen: list[tuple[str, str, dict[str, str], bool]] = []  # method, path, headers, other
        self._submits = 0
        self._script = FalScript()
        self._sockets = [listen(), listen()]
        self._ports = [sock.getsockname()[1] for sock in self._sockets]
        self._serving = Serving(self._app(), self._sockets)

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._serving.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def other_url(self) -> str:
        return f"http://127.0.0.1:{self._ports[1]}"

    def script(self, **fields: Any) -> None:
        """For requests that come from now on; those under way go on with what is left out."""
        self._script = FalScript(**fields)
        for request in self.made:
            request.script = replace(self._script, submit=request.script.submit)

    def submits(self) -> int:
        """Paid requests that arrived, refused and lost ones too."""
        return self._submits

    def elsewhere(self) -> list[dict[str, str]]:
        """Headers of what came to the other origin."""
        return [headers for _, _, headers, is_other in self.seen if is_other]

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/q/{number:int}/state", self._status, methods=["GET"]),
                Route("/q/{number:int}/outcome", self._result, methods=["GET"]),
                Route("/q/{number:int}/stop", self._cancel, methods=["PUT"]),
                Route("/files/{number:int}.mp4", self._clip, methods=["GET"]),
                Route("/{app:path}/requests/{number:int}/status", self._status, methods=["GET"]),
                Route("/{app:path}/requests/{number:int}/cancel", self._cancel, methods=["PUT"]),
                Route("/{app:path}/requests/{number:int}", self._result, methods=["GET"]),
                Route("/{endpoint:path}", self._submit, methods=["POST"]),
                Route("/{path:path}", self._unknown, methods=["GET", "PUT"]),
            ]
        )

    def _refused(self, request: Request) -> Response | None:
        is_other = request.url.port == self._ports[1]
        headers = dict(request.headers)
        self.seen.append((request.method, request.url.path, headers, is_other))
        told = headers.get("authorization", "")
        if is_other or not self.key or told == f"Key {self.key}":
            return None
        return JSONResponse({"detail": f"No user found for {told}"}, 401)

    async def _submit(self, request: Request) -> Response:
        self._submits += 1
        if (refused := self._refused(request)) is not None:
            return refused
        step = self._script.submit
        if step in _REFUSALS:
            status, body, headers = _REFUSALS[step]
            return JSONResponse(json.loads(body.replace("KEY", self.key)), status, headers)
        arguments = json.loads(await request.body())
        endpoint = request.path_params["endpoint"]
        made = FalRequest(len(self.made), endpoint, arguments, self._script)
        self.made.append(made)
        if step == "lost":
            return await cut(request)
        if step == "500":
            return JSONResponse({"detail": "Internal Server Error"}, 500)
        if step == "html":
            return proxy_page(200)
        told = self._addresses(made) | {"status": "IN_QUEUE", "queue_position": 0}
        if step == "no_id":
            del told["request_id"]
        if step == "bare":
            told = {"request_id": str(made.number), "status": "IN_QUEUE"}
        return JSONResponse(told)

    def _addresses(self, made: FalRequest) -> dict[str, Any]:
        base = self.other_url if made.script.is_elsewhere else self.base_url
        own = f"{base}/q/{made.number}"
        return {
            "request_id": f"764cabcf-b745-4b3e-ae38-{made.number:012}",
            "status_url": f"{own}/state",
            "response_url": f"{own}/outcome",
            "cancel_url": f"{own}/stop",
        }

    def _made(self, request: Request) -> FalRequest | None:
        number = int(request.path_params["number"])
        return self.made[number] if number < len(self.made) else None

    async def _status(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        made = self._made(request)
        if made is None:
            return _not_found()
        if made.is_cancelled:
            told = {"error": "Request cancelled", "error_type": "client_cancelled"}
            return JSONResponse({"status": "COMPLETED", **told})
        return self._status_answer(made, made.next("polls"))

    def _status_answer(self, made: FalRequest, step: str) -> Response:
        if step in _ANYWHERE:
            return _ANYWHERE[step]()
        told = {"status": step, **self._addresses(made)}
        made.word = step
        if step != "COMPLETED":
            return JSONResponse(told, 202)
        if made.script.result[0] == "silent":
            told |= {"error": "Unprocessable", "error_type": "bad_request"}
        return JSONResponse({**told, "logs": None, "metrics": {"inference_time": 41.5}})

    async def _result(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        made = self._made(request)
        if made is None:
            return _not_found()
        if made.is_cancelled:
            told = {"detail": "Request cancelled", "error_type": "client_cancelled"}
            return JSONResponse(told, 499)
        step, _, argument = made.next("result").partition(":")
        return self._clip_told(made) if step == "ok" else _no_clip(step, argument, made)

    def _clip_told(self, made: FalRequest) -> Response:
        base = self.other_url if made.script.is_clip_elsewhere else self.base_url
        file = {"url": f"{base}/files/{made.number}.mp4", "content_type": "video/mp4"}
        sheet = {"url": f"{base}/files/sheet.png", "content_type": "image/png"}
        return JSONResponse(
            {"thumbnail": sheet, "video": file, "seed": 7}, headers={"x-fal-billable-units": "4"}
        )

    async def _cancel(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        made = self._made(request)
        if made is None:
            return _not_found()
        step = "400" if made.word == "COMPLETED" else made.script.cancel
        made.is_cancelled = step in {"200", "told"} or (step == "202" and made.word == "IN_QUEUE")
        status, word = _CANCELS[step]
        return JSONResponse({"status": word}, status)

    async def _clip(self, request: Request) -> Response:
        self._refused(request)
        made = self._made(request)
        if made is None:
            return _not_found()
        step = made.next("clip")
        return proxy_page() if step == "502" else await clip_answer(request, 1, step)

    async def _unknown(self, request: Request) -> Response:
        return self._refused(request) or _not_found()


def _not_found() -> Response:
    return JSONResponse({"detail": "Request not found"}, 404)


_WORDS = {"IN_QUEUE", "IN_PROGRESS", "COMPLETED", "FAILED", "CANCELED", "CANCELLED"} | {
    STRANGE.upper()
}
_CANCELS = {
    "200": (200, "OK"),
    "202": (202, "CANCELLATION_REQUESTED"),
    "told": (202, "CANCELLATION_REQUESTED"),
    "400": (400, "ALREADY_COMPLETED"),
    "404": (404, "NOT_FOUND"),
}
_ANYWHERE = {"502": proxy_page, "404": _not_found}


def _no_clip(step: str, argument: str, made: FalRequest) -> Response:
    if step in _ANYWHERE:
        return _ANYWHERE[step]()
    if step == "runner":
        return JSONResponse(_RUNNER, 503, {"x-fal-error-type": "runner_disconnected"})
    if step == "moderated":
        return JSONResponse({"detail": [_moderated(argument, made.arguments)]}, 422)
    if step == "invalid":
        loc = ["body", *argument.split(".")]
        row = {"loc": loc, "msg": "Could not load the image.", "type": "image_load_error"}
        return JSONResponse({"detail": [row]}, 422)
    return JSONResponse({"seed": 7})


def _moderated(argument: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A model's refusal, which quotes what was sent, as fal's do."""
    return {
        "loc": ["body", *argument.split(".")] if argument else ["body"],
        "msg": "The content was flagged by a content checker.",
        "type": "content_policy_violation",
        "url": "https://docs.fal.ai/errors#content_policy_violation",
        "input": arguments,
    }


_INVALID = {
    "detail": [{"loc": ["body", "duration"], "msg": "Input should be '4'", "type": "literal_error"}]
}
_REFUSALS: dict[str, tuple[int, str, dict[str, str]]] = {
    "422": (422, json.dumps(_INVALID), {}),
    "moderated": (422, json.dumps({"detail": [_moderated("prompt", {})]}), {}),
    "401": (401, '{"detail": "Authentication failed for key KEY"}', {}),
    "402": (403, json.dumps({"detail": _LOCKED}), {}),
    "429": (429, '{"detail": "Too many requests"}', {"retry-after": "7"}),
    "200_error": (200, '{"detail": "The app is disabled."}', {}),
}
