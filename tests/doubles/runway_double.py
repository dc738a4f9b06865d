"""Runway as its SDK and its pages describe it: tasks, credits, links that are told anew.

A field that the model does not know is refused, as is a request without the version.
Refusals: `key`, `busy`, `daily`, `no_credit`, `wrong_value`, `no_model`. Words of polls: `queued`,
`throttled`, `running:SHARE`, `done`, `done_empty`, `failed`, `failed_plain`, `moderated_input`,
`moderated_before`, `moderated_output`, and any other as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.scripted_vendor import ScriptedVendor, VendorJob

CREDITS = 180
_WORDS = {"queued": "PENDING", "throttled": "THROTTLED", "running": "RUNNING"}
_FAILURES = {
    "failed": ("An unexpected error occurred.", "INTERNAL.BAD_OUTPUT.CODE01"),
    "failed_plain": ("An unexpected error occurred.", None),
    "bad_asset": ("The image could not be read.", "ASSET.INVALID"),
    "moderated_input": ("Your prompt did not pass.", "SAFETY.INPUT.TEXT"),
    "moderated_before": ("Your prompt did not pass.", "INPUT_PREPROCESSING.SAFETY.TEXT"),
    "moderated_output": ("The generation did not pass.", "SAFETY.OUTPUT.VIDEO"),
}
_REFUSALS = {
    "key": (401, "The API key {key} is not valid."),
    "busy": (429, "Too many requests. Slow down."),
    "daily": (429, "You have exceeded your daily generation limit for this model."),
    "no_credit": (400, "You do not have enough credits to run this task."),
    "wrong_value": (400, "Validation of body failed: duration is not one of 4, 6, 8."),
    "no_model": (400, "Model variant this-one is not available."),
    "no_version": (400, "The X-Runway-Version header is missing."),
    "unknown_job": (404, "Not found."),
    "500": (500, "Internal server error."),
}


class RunwayDouble(ScriptedVendor):
    refusals = frozenset(_REFUSALS)
    words = frozenset({*_WORDS, *_FAILURES, "done", "done_empty"})
    models = ("seedance2", "gen4.5")
    credit_balance = 5000

    @property
    def base_url(self) -> str:
        return self.url

    def routes(self) -> list[Route]:
        return [
            Route("/v1/text_to_video", self._submit, methods=["POST"]),
            Route("/v1/image_to_video", self._submit, methods=["POST"]),
            Route("/v1/tasks/{id}", self.poll, methods=["GET"]),
            Route("/v1/tasks/{id}", self._delete, methods=["DELETE"]),
            Route("/v1/organization", self._organization),
        ]

    def is_let_in(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"

    async def _submit(self, request: Request) -> Response:
        if request.headers.get("x-runway-version") != "2024-11-06":
            return self.refused("no_version")
        return await self.submit(request)

    def accepted(self, job: VendorJob) -> Response:
        return JSONResponse({"id": job.id, "estimatedCost": {"credits": CREDITS}})

    def told(self, job: VendorJob, step: str, argument: str) -> Response:
        task: dict[str, Any] = {
            "id": job.id,
            "createdAt": datetime.fromtimestamp(job.made_at, UTC).isoformat(),
            "status": _WORDS.get(step, step),
        }
        if job.is_cancelled:
            return JSONResponse({**task, "status": "CANCELLED", "cost": {"credits": 0}})
        if step in _FAILURES:
            failure, code = _FAILURES[step]
            task |= {"status": "FAILED", "failure": failure, "cost": {"credits": 0}}
            task |= {"failureCode": code} if code else {}
        elif step.startswith("done"):
            output = [self.clip_url(job)] if step == "done" else []
            task |= {"status": "SUCCEEDED", "output": output, "cost": {"credits": CREDITS}}
        else:
            task |= {"estimatedCost": {"credits": CREDITS}}
        if step == "running":
            task["progress"] = float(argument or 0.4)
        return JSONResponse(task)

    def refused(self, step: str) -> Response:
        status, message = _REFUSALS[step]
        headers = {"retry-after": "7"} if step == "busy" else {}
        return JSONResponse({"error": message.format(key=self.key)}, status, headers=headers)

    async def _delete(self, request: Request) -> Response:
        if (refused := await self.receive(request)) is not None:
            return refused
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return self.refused("unknown_job")
        job.is_cancelled = True
        return Response(status_code=204)

    async def _organization(self, request: Request) -> Response:
        if (refused := await self.receive(request)) is not None:
            return refused
        limits = {"maxConcurrentGenerations": 3, "maxDailyGenerations": 200}
        return JSONResponse(
            {
                "creditBalance": self.credit_balance,
                "tier": {
                    "maxMonthlyCreditSpend": 100_000,
                    "models": dict.fromkeys(self.models, limits),
                },
                "usage": {"models": {model: {"dailyGenerations": 1} for model in self.models}},
            }
        )
