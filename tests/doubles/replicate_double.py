"""Replicate's predictions, on a real socket, with its list, its files and its hour.

with ReplicateDouble(key="r8_…") as double:
    double.script(polls=("starting", "failed"), error="… flagged as sensitive. (E005)")
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.serving import Serving, cut, listen
from doubles.steps import CONTENT, STRANGE, need_known
from doubles.trouble import clip_answer, proxy_page

_THROTTLED = "Request was throttled. Your rate limit resets in ~7s."
_PAGE = 20


@dataclass(frozen=True)
class ReplicateScript:
    """How predictions go. The last of several steps is repeated.

    Attributes:
        submit: ok, lost, 500, html, no_id, 200_error, 422, 401, 402, 429.
        polls: Status words; or 502, 404, gone (the hour is over: succeeded, without its output).
        error: What a failed prediction says.
        output: text, list, none.
        clip: ok, 502, json, cut.
    """

    submit: str = "ok"
    polls: Sequence[str] = ("starting", "processing", "succeeded")
    error: str = ""
    output: str = "text"
    clip: Sequence[str] = ("ok",)
    is_clip_elsewhere: bool = False

    def __post_init__(self) -> None:
        need_known("submit", self.submit, {"ok", "lost", "500", "html", "no_id", *_REFUSALS})
        need_known("polls", self.polls, _WORDS)
        need_known("output", self.output, {"text", "list", "none"})
        need_known("clip", self.clip, CONTENT)


@dataclass
class Prediction:
    id: str
    model: str
    version: str
    input: dict[str, Any]
    script: ReplicateScript
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "starting"
    is_removed: bool = False
    taken: dict[str, int] = field(default_factory=dict)

    def next(self, kind: str) -> str:
        steps = getattr(self.script, kind)
        at = self.taken.get(kind, 0)
        self.taken[kind] = at + 1
        return str(steps[min(at, len(steps) - 1)])


class ReplicateDouble:
    def __init__(self, key: str = "") -> None:
        self.key = key
        self.made: list[Prediction] = []
        self.files: list[bytes] = []
        self.seen: list[tuple[str, str, dict[str, str], bool]] = []  # method, path, headers, other
        self._submits = 0
        self._script = ReplicateScript()
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
        return f"http://127.0.0.1:{self._ports[0]}/v1"

    def script(self, **fields: Any) -> None:
        """For predictions from now on, and for those under way."""
        self._script = ReplicateScript(**fields)
        for made in self.made:
            made.script = replace(self._script, submit=made.script.submit)

    def submits(self) -> int:
        """Paid requests that arrived, refused and lost ones too."""
        return self._submits

    def elsewhere(self) -> list[dict[str, str]]:
        """Headers of what came to the other origin."""
        return [headers for _, _, headers, is_other in self.seen if is_other]

    def _app(self) -> Starlette:
        get, post = ["GET"], ["POST"]
        return Starlette(
            routes=[
                Route("/v1/account", self._account, methods=get),
                Route("/v1/models/{owner}/{name}", self._model, methods=get),
                Route("/v1/models/{owner}/{name}/predictions", self._submit, methods=post),
                Route("/v1/predictions", self._submit, methods=post),
                Route("/v1/predictions", self._list, methods=get),
                Route("/v1/predictions/{id}", self._poll, methods=get),
                Route("/v1/predictions/{id}/cancel", self._cancel, methods=post),
                Route("/v1/files", self._upload, methods=post),
                Route("/delivery/{id}/clip.mp4", self._clip, methods=get),
            ]
        )

    def _refused(self, request: Request) -> Response | None:
        is_other = request.url.port == self._ports[1]
        headers = dict(request.headers)
        self.seen.append((request.method, request.url.path, headers, is_other))
        told = headers.get("authorization", "")
        if is_other or not self.key or told == f"Bearer {self.key}":
            return None
        return _problem(401, "Unauthenticated", f"{told} is not a valid token.")

    async def _account(self, request: Request) -> Response:
        return self._refused(request) or JSONResponse({"type": "user", "username": "studio"})

    async def _model(self, request: Request) -> Response:
        owner, name = request.path_params["owner"], request.path_params["name"]
        known = JSONResponse({"owner": owner, "name": name})
        is_known = owner != "nobody"
        return self._refused(request) or (known if is_known else _problem(404, "", "Not found."))

    async def _submit(self, request: Request) -> Response:
        self._submits += 1
        if (refused := self._refused(request)) is not None:
            return refused
        step = self._script.submit
        if step in _REFUSALS:
            status, title, detail = _REFUSALS[step]
            return _problem(status, title, detail.replace("KEY", self.key))
        made = self._make(request, json.loads(await request.body()))
        if step == "lost":
            return await cut(request)
        if step == "500":
            return _problem(500, "", "Internal server error")
        if step == "html":
            return proxy_page(200)
        told = self._told(made)
        if step == "no_id":
            del told["id"]
        return JSONResponse(told, 201)

    def _make(self, request: Request, body: dict[str, Any]) -> Prediction:
        names = request.path_params
        model = f"{names['owner']}/{names['name']}" if names else "owner/of-the-version"
        made = Prediction(
            f"gm3qorzdhgbfurvjtvhg6dckh{len(self.made)}",
            model,
            body.get("version", "hidden"),
            body["input"],
            self._script,
        )
        self.made.append(made)
        return made

    def _told(self, made: Prediction) -> dict[str, Any]:
        base = self.base_url
        told: dict[str, Any] = {
            "id": made.id,
            "model": made.model,
            "version": made.version,
            "status": made.status,
            "input": {} if made.is_removed else made.input,
            "output": self._output(made) if made.status == "succeeded" else None,
            "error": made.script.error or None,
            "logs": "",
            "metrics": {},
            "urls": {"get": f"{base}/predictions/{made.id}"},
            "created_at": made.made_at.isoformat().replace("+00:00", "Z"),
            "data_removed": made.is_removed,
        }
        if made.status in {"succeeded", "failed", "canceled"}:
            told["metrics"] = {"predict_time": 61.5, "video_output_duration_seconds": 4}
        return told

    def _output(self, made: Prediction) -> object:
        if made.script.output == "none" or made.is_removed:
            return None
        port = self._ports[1 if made.script.is_clip_elsewhere else 0]
        url = f"http://127.0.0.1:{port}/delivery/{made.id}/clip.mp4"
        return [url] if made.script.output == "list" else url

    def _find(self, request: Request) -> Prediction | None:
        wanted = request.path_params["id"]
        return next((made for made in self.made if made.id == wanted), None)

    async def _poll(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        made = self._find(request)
        if made is None:
            return _problem(404, "", "Prediction not found.")
        step = _move(made)
        if step == "502":
            return proxy_page()
        if step == "404":
            return _problem(404, "", "Prediction not found.")
        return JSONResponse(self._told(made))

    async def _list(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        start = int(request.query_params.get("cursor", 0))
        newest = list(reversed(self.made))
        more = len(newest) > start + _PAGE
        following = f"{self.base_url}/predictions?cursor={start + _PAGE}" if more else None
        listed = newest[start : start + _PAGE]
        if start == 0:
            for made in newest:
                _move(made)
        rows = [self._told(made) for made in listed]
        return JSONResponse({"next": following, "previous": None, "results": rows})

    async def _cancel(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        made = self._find(request)
        if made is None:
            return _problem(404, "", "Prediction not found.")
        if made.status not in {"succeeded", "failed"}:
            made.status = "canceled"
        return JSONResponse(self._told(made))

    async def _upload(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        async with request.form() as form:
            part = form["content"]
            assert not isinstance(part, str)
            self.files.append(await part.read())
        number = len(self.files) - 1
        told = {"id": f"file-{number}", "urls": {"get": f"{self.base_url}/files/file-{number}"}}
        return JSONResponse(told, 201)

    async def _clip(self, request: Request) -> Response:
        self._refused(request)
        made = self._find(request)
        assert made is not None
        step = made.next("clip")
        return proxy_page() if step == "502" else await clip_answer(request, 1, step)


def _move(made: Prediction) -> str:
    step = made.status if made.status == "canceled" else made.next("polls")
    if step not in {"502", "404"}:
        made.is_removed = made.is_removed or step == "gone"
        made.status = "succeeded" if made.is_removed else step
    return step


def _problem(status: int, title: str, detail: str) -> Response:
    return JSONResponse({"title": title, "detail": detail, "status": status}, status)


_WORDS = {"starting", "processing", "succeeded", "failed", "canceled", "aborted", "502", "404"} | {
    "gone",
    STRANGE,
}
_REFUSALS = {
    "422": (422, "Input validation failed", "- input.duration: Must be one of 4, 6, 8\n"),
    "401": (401, "Unauthenticated", "KEY is not a valid token."),
    "402": (402, "Insufficient credit", "You have insufficient credit to run this model."),
    "429": (429, "", _THROTTLED),
    "200_error": (200, "", "This model is disabled."),
}
