"""Ark's tasks of video generation, as `docs/providers.md` describes them, on real sockets.

Every order is checked as the vendor checks it: what is not in the documented shape is refused.

Submit steps (the task is made in those marked *):
    ok*  drop*  500*  html*  no_id*     a clear answer; none; trouble; a page; an answer without id
    slow*                               a clear answer after a moment
    400 401 404 429 429:SECONDS         refusals with Ark's envelope
    overdue real_person text_moderated not_open limit overloaded
    vanish                              no answer and no task
Poll steps:
    queued running succeeded cancelled expired, or any other word
    failed:CODE                         with an error of that code
    succeeded_bare                      without an address
    404 502
Content steps: those of `trouble.clip_answer`, "502", "403", "drop", "not_ready".
"""

from __future__ import annotations

import json
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.serving import cut
from doubles.steps import STRANGE
from doubles.trouble import proxy_page
from doubles.vendor_double import Steps, VendorDouble, VendorJob

_TASKS = "/api/v3/contents/generations/tasks"
_RATIOS = {"16:9", "9:16", "4:3", "3:4", "1:1", "21:9", "adaptive"}
_FIELDS = {
    "model": str,
    "content": list,
    "safety_identifier": str,
    "callback_url": str,
    "return_last_frame": bool,
    "service_tier": str,
    "execution_expires_after": int,
    "priority": int,
    "generate_audio": bool,
    "draft": bool,
    "camera_fixed": bool,
    "watermark": bool,
    "seed": int,
    "resolution": str,
    "ratio": str,
    "duration": int,
    "frames": int,
    "tools": list,
    "output_format": str,
    "omni_reference_task_type": str,
}
_ERRORS = {
    "400": (400, "InvalidParameter", "the parameter `duration` is not valid"),
    "401": (401, "AuthenticationError", "The API key {key} doesn't exist."),
    "404": (404, "InvalidEndpointOrModel.NotFound", "The model does not exist."),
    "429": (429, "RateLimitExceeded.EndpointRPMExceeded", "Too many requests."),
    "overloaded": (429, "ServerOverloaded", "The service is overloaded."),
    "overdue": (403, "AccountOverdueError", "The account has an overdue balance."),
    "limit": (429, "SetLimitExceeded", "The set inference limit is reached."),
    "not_open": (404, "ModelNotOpen", "Your account has not activated the model."),
    "text_moderated": (400, "InputTextSensitiveContentDetected", "The text may be sensitive."),
    "real_person": (
        400,
        "InputImageSensitiveContentDetected.PrivacyInformation",
        "The request failed because the input image 'content[1]' may contain real person.",
    ),
}


class SeedanceDouble(VendorDouble):
    way: Steps = ("queued", "running", "succeeded")
    submit_steps = frozenset({"ok", "drop", "500", "html", "no_id", "slow", "vanish", *_ERRORS})
    poll_steps = frozenset(
        {"queued", "running", "succeeded", "cancelled", "expired", "failed", "succeeded_bare"}
        | {"404", "502", STRANGE}
    )
    tells_seeds = True
    deleted: list[str]

    def __init__(self, key: str = "ark-key-1c4d9e") -> None:
        super().__init__(key)
        self.deleted = []
        self._steps_told: dict[str, tuple[str, str]] = {}

    @property
    def base_url(self) -> str:
        return f"{self.origin}/api/v3"

    def routes(self) -> list[Any]:
        task = f"{_TASKS}/{{id}}"
        return [
            Route(_TASKS, self._create, methods=["POST"]),
            Route(_TASKS, self._list, methods=["GET"]),
            Route(task, self._poll, methods=["GET"]),
            Route(task, self._delete, methods=["DELETE"]),
            Route("/clips/{id}.mp4", self.clip, methods=["GET"]),
        ]

    async def _refused(self, request: Request) -> Response | None:
        seen = await self.note(request)
        told = seen.headers.get("authorization", "")
        return None if told == f"Bearer {self.key}" else self._error("401", told)

    async def _create(self, request: Request) -> Response:
        refused = await self._refused(request)
        body = json.loads(self.seen[-1].body)
        self.bodies.append(body)
        if refused is not None:
            return refused
        step, argument = self.next_step("submit")
        if step in _ERRORS:
            return self._error(step, self.key, argument)
        if step == "slow":
            await self.linger()
        if (wrong := _wrong_in(body)) is not None:
            return JSONResponse({"error": {"code": "InvalidParameter", "message": wrong}}, 400)
        if step == "vanish":
            return await cut(request)
        return await self._made(request, self.make(body), step)

    async def _made(self, request: Request, job: VendorJob, step: str) -> Response:
        if step == "drop":
            return await cut(request)
        if step == "500":
            return JSONResponse({"error": {"code": "InternalServiceError", "message": "x"}}, 500)
        if step == "html":
            return proxy_page(200)
        return JSONResponse({} if step == "no_id" else {"id": job.id})

    def make(self, body: dict[str, Any]) -> VendorJob:
        """A task, as of another program on the same account."""
        number = len(self.jobs) + 1
        job = VendorJob(f"cgt-20261123-{number:05d}", body, int(body["duration"]))
        job.made_at += number / 1000  # in order, whatever the clock tells
        self.jobs[job.id] = job
        return job

    async def _list(self, request: Request) -> Response:
        if (refused := await self._refused(request)) is not None:
            return refused
        jobs = sorted(self.jobs.values(), key=lambda job: -job.made_at)
        wanted = request.query_params.getlist("filter.task_ids")
        if wanted:
            jobs = [job for job in jobs if job.id in wanted]
            for job in jobs:
                self._move(job)
        size = int(request.query_params.get("page_size", 10))
        start = (int(request.query_params.get("page_num", 1)) - 1) * size
        rows = [self._told(job) for job in jobs[start : start + size]]
        for row in rows:
            if not self.tells_seeds:
                del row["seed"]
        return JSONResponse({"total": len(jobs), "items": rows})

    async def _poll(self, request: Request) -> Response:
        if (refused := await self._refused(request)) is not None:
            return refused
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.id in self.deleted:
            return self._error("404")
        step = self._move(job)
        if step == "502":
            return proxy_page()
        return self._error("404") if step == "404" else JSONResponse(self._told(job))

    def _move(self, job: VendorJob) -> str:
        """A look at a task, or at a list of certain tasks, is what moves them on."""
        if job.status == "cancelled":
            return "cancelled"
        step, argument = self.next_step("poll", job)
        if step not in {"502", "404"}:
            job.status = step.removesuffix("_bare")
            self._steps_told[job.id] = step, argument
        return step

    def _told(self, job: VendorJob) -> dict[str, Any]:
        step, argument = self._steps_told.get(job.id, ("", ""))
        told = self._task(job)
        if step == "failed":
            told["error"] = {"code": argument or "InternalServiceError", "message": "It broke."}
        if step == "succeeded":
            told["content"] = {
                "video_url": f"{self.other_origin}/clips/{job.id}.mp4?X-Tos-Signature=abc",
                "last_frame_url": f"{self.other_origin}/clips/{job.id}.png?X-Tos-Signature=abc",
            }
            told["usage"] = {"completion_tokens": 108900, "total_tokens": 108900}
        return told

    async def _delete(self, request: Request) -> Response:
        """Cancels what is queued, throws away what is done, and cannot stop what runs."""
        if (refused := await self._refused(request)) is not None:
            return refused
        job = self.jobs[request.path_params["id"]]
        if job.status == "running":
            message = "The task is running and cannot be cancelled."
            return JSONResponse({"error": {"code": "InvalidAction", "message": message}}, 409)
        if job.status == "queued":
            job.status = "cancelled"
        else:
            self.deleted.append(job.id)
        return JSONResponse({})

    def clip_refusal(self, status: int) -> Response:
        if status == 400:
            return JSONResponse({"error": {"code": "video_not_ready", "message": "wait"}}, 400)
        return super().clip_refusal(status)

    def _task(self, job: VendorJob) -> dict[str, Any]:
        body = job.body
        return {
            "id": job.id,
            "model": body["model"],
            "status": job.status,
            "created_at": int(job.made_at),
            "updated_at": int(job.made_at),
            "seed": body.get("seed", 4),
            "resolution": body["resolution"],
            "ratio": body["ratio"],
            "duration": body["duration"],
            "framespersecond": 24,
            "generate_audio": body.get("generate_audio", True),
            "service_tier": "default",
        }

    def _error(self, step: str, key: str = "", wait: str = "") -> Response:
        status, code, message = _ERRORS[step]
        headers = {"retry-after": wait} if wait else {}
        error = {"code": code, "message": message.format(key=key), "param": "", "type": "x"}
        return JSONResponse({"error": error}, status, headers)


def _wrong_in(body: dict[str, Any]) -> str | None:
    """What the vendor would refuse in an order."""
    for name, value in body.items():
        if name not in _FIELDS:
            return f"unknown parameter {name}"
        if type(value) is not _FIELDS[name]:
            return f"{name} must be {_FIELDS[name]}"
    if body["ratio"] not in _RATIOS or body["resolution"] not in {"480p", "720p", "1080p", "4k"}:
        return "ratio or resolution is not supported"
    if not 2 <= body["duration"] <= 30 or not -1 <= body["seed"] < 2**32:
        return "duration or seed is out of range"
    return _wrong_in_content(cast("list[dict[str, Any]]", body["content"]))


def _wrong_in_content(content: list[dict[str, Any]]) -> str | None:
    roles = [item.get("role") for item in content if item["type"] == "image_url"]
    wrong = [wrong for item in content if (wrong := _wrong_in_item(item)) is not None]
    if "reference_image" in roles and len(set(roles)) > 1:
        wrong.append("first/last frame content cannot be mixed with reference media content")
    if not set(roles) <= {"first_frame", "last_frame", "reference_image"}:
        wrong.append("role is missing or unknown")
    if roles.count("first_frame") > 1 or ("last_frame" in roles and "first_frame" not in roles):
        wrong.append("frames do not go together like this")
    return next(iter(wrong), None)


def _wrong_in_item(item: dict[str, Any]) -> str | None:
    if item["type"] == "text":
        return None if item.get("text") else "text is empty"
    url = item["image_url"]["url"]
    if not url.startswith(("data:image/", "https://", "asset://")):
        return "image_url is not supported"
    kind = url.partition(";")[0]
    is_readable = not url.startswith("data:") or kind == kind.lower()
    return None if is_readable else "the format must be in lower case"
