"""DashScope as its pages describe it: tasks that wait, `output` and `usage`, errors with
`code` and `message` at the top, some of them with HTTP 200.

Refusals: `key`, `busy`, `throttled_200`, `arrears`, `wrong_value`, `moderated`, `no_model`,
`not_activated`, `free_tier`, `inner_200` (an internal error with 200). Words of polls: `queued`,
`suspended`, `running`, `done`, `cancelled`, `failed`, `moderated_input`, `moderated_output`,
`unknown`, and any other as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.scripted_vendor import ScriptedVendor, VendorJob

_WORDS = {
    "queued": "PENDING",
    "suspended": "SUSPENDED",
    "running": "RUNNING",
    "done": "SUCCEEDED",
    "cancelled": "CANCELED",
    "unknown": "UNKNOWN",
}
_FAILURES = {
    "failed": ("InternalError", "Internal server error!"),
    "moderated_input": ("DataInspectionFailed", "Input data may contain inappropriate content."),
    "moderated_output": (
        "DataInspectionFailed",
        "Input or output data may contain inappropriate content.",
    ),
}
_REFUSALS = {
    "key": (401, "InvalidApiKey", "Invalid API-key provided: {key}."),
    "busy": (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "throttled_200": (200, "Throttling", "Requests throttling triggered."),
    "arrears": (400, "Arrearage", "Access denied, make sure your account is in good standing."),
    "wrong_value": (400, "InvalidParameter", "duration must be one of 5, 10"),
    "moderated": (400, "DataInspectionFailed", "Input data may contain inappropriate content."),
    "not_activated": (403, "AccessDenied.Unpurchased", "Access to model denied."),
    "free_tier": (403, "AllocationQuota.FreeTierOnly", "The free tier of the model is exhausted."),
    "no_model": (400, "ModelNotFound", "Model can not be found."),
    "inner_200": (200, "InternalError.Timeout", "An internal timeout error has occurred."),
    "synchronous": (
        403,
        "AccessDenied",
        "current user api does not support synchronous calls.",
    ),
    "not_waiting": (400, "UnsupportedOperation", "The task is not pending, can not be canceled."),
    "500": (500, "InternalError", "Internal server error!"),
}
_CHINA = timedelta(hours=8)


class WanDouble(ScriptedVendor):
    refusals = frozenset(_REFUSALS)
    words = frozenset({*_WORDS, *_FAILURES})

    @property
    def base_url(self) -> str:
        return f"{self.url}/api/v1"

    def routes(self) -> list[Route]:
        made = "/api/v1/services/aigc"
        return [
            Route(f"{made}/video-generation/video-synthesis", self._submit, methods=["POST"]),
            Route(f"{made}/image2video/video-synthesis", self._submit, methods=["POST"]),
            Route("/api/v1/tasks/", self._list),
            Route("/api/v1/tasks/{id}", self.poll),
            Route("/api/v1/tasks/{id}/cancel", self._cancel, methods=["POST"]),
        ]

    def is_let_in(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"

    async def _submit(self, request: Request) -> Response:
        if request.headers.get("x-dashscope-async") != "enable":
            return self.refused("synchronous")
        return await self.submit(request)

    def accepted(self, job: VendorJob) -> Response:
        return JSONResponse(
            {"output": {"task_id": job.id, "task_status": "PENDING"}, "request_id": "req-1"}
        )

    def told(self, job: VendorJob, step: str, argument: str) -> Response:
        if job.is_cancelled:
            step = "cancelled"
        output: dict[str, Any] = {"task_id": job.id, "task_status": _WORDS.get(step, step)}
        answer: dict[str, Any] = {"request_id": "req-2", "output": output}
        if step == "unknown":
            return JSONResponse(answer)
        output["submit_time"] = _local(job.made_at)
        if step in _FAILURES:
            code, message = _FAILURES[step]
            output |= {"task_status": "FAILED", "code": code, "message": message}
        if step == "done":
            # Only now is the prompt told.
            seconds = job.body["parameters"]["duration"]
            output |= {
                "scheduled_time": _local(job.made_at),
                "end_time": _local(job.made_at),
                "orig_prompt": job.body["input"]["prompt"],
                "actual_prompt": "A rewritten prompt.",
                "video_url": self.clip_url(job),
            }
            answer["usage"] = {
                "duration": float(seconds),
                "output_video_duration": seconds,
                "video_count": 1,
                "SR": 720,
                "ratio": "9:16",
            }
        return JSONResponse(answer)

    def refused(self, step: str) -> Response:
        if step == "unknown_job":
            return JSONResponse(
                {"request_id": "req-3", "output": {"task_id": "?", "task_status": "UNKNOWN"}}
            )
        status, code, message = _REFUSALS[step]
        body = {"code": code, "message": message.format(key=self.key), "request_id": "req-3"}
        headers = {"retry-after": "7"} if step == "busy" else {}
        return JSONResponse(body, status, headers=headers)

    async def _list(self, request: Request) -> Response:
        if (refused := await self.receive(request)) is not None:
            return refused
        model = request.query_params.get("model_name")
        rows = [
            {
                "api_key_id": "1",
                "gmt_create": int(job.made_at * 1000),
                "model_name": job.body["model"],
                "region": "cn-beijing",
                "start_time": int(job.made_at * 1000),
                "status": self._listed(job),
                "task_id": job.id,
            }
            for job in self.made()
            if model in (None, job.body["model"])
        ]
        size, page = (int(request.query_params[name]) for name in ("page_size", "page_no"))
        told = rows[(page - 1) * size : page * size]
        return JSONResponse(
            {"total": len(rows), "data": told, "total_page": 1, "page_no": page, "page_size": size}
        )

    def _listed(self, job: VendorJob) -> str:
        """A list is a look at each of its tasks, which moves them on; it tells no reasons."""
        if job.is_cancelled:
            return "CANCELED"
        step = job.next_step("poll")
        return "FAILED" if step in _FAILURES else _WORDS.get(step, step)

    async def _cancel(self, request: Request) -> Response:
        if (refused := await self.receive(request)) is not None:
            return refused
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return self.refused("unknown_job")
        if job.next_step("poll") != "queued":
            return self.refused("not_waiting")
        job.is_cancelled = True
        return JSONResponse({"request_id": "req-4"})


def _local(moment: float) -> str:
    """As told: in China's time, without a zone."""
    local = datetime.fromtimestamp(moment, UTC) + _CHINA
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
