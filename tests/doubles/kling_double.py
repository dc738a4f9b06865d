"""Kling as its pages describe it: an envelope with `code`, a path for each kind of task, tokens
that are signed and end, ids of the caller's that are taken once.

Refusals: `key`, `busy`, `parallel_200`, `pack_empty`, `arrears`, `not_let_in`, `wrong_value`,
`moderated`, `inner_200`. Words of polls: `queued`, `running`, `done`, `done_empty`, `failed`,
`moderated_input`, `moderated_output`, and any other as it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.scripted_vendor import ScriptedVendor, VendorJob

_WORDS = {"queued": "submitted", "running": "processing", "done": "succeed"}
_FAILURES = {
    "failed": "Generation failed, please try again later.",
    "moderated_input": "The prompt contains sensitive content.",
    "moderated_output": "Failure to pass the risk control system.",
}
_REFUSALS = {
    "key": (401, 1002, "Authorization is invalid: {key} ({secret}, {token})."),
    "clock": (401, 1003, "Authorization is not yet valid."),
    "busy": (429, 1303, "parallel task over resource pack limit"),
    "parallel_200": (200, 1303, "parallel task over resource pack limit"),
    "pack_empty": (429, 1102, "Account balance not enough"),
    "arrears": (429, 1101, "Account in arrears"),
    "not_let_in": (429, 1304, "IP is not in the whitelist"),
    "wrong_value": (400, 1201, "duration value is invalid"),
    "bad_picture": (400, 1201, "image is not valid base64"),
    "id_taken": (400, 1201, "external_task_id already exists"),
    "moderated": (400, 1301, "Content security policy triggered"),
    "inner_200": (200, 5000, "Internal error"),
    "unknown_job": (404, 1203, "The requested resource does not exist"),
    "500": (500, 5000, "Internal error"),
}
_KINDS = ("text2video", "image2video", "multi-image2video", "omni-video")


class KlingDouble(ScriptedVendor):
    """`key` is "access:secret". `is_ahead_s`: how far its clock is ahead of ours."""

    refusals = frozenset(_REFUSALS)
    words = frozenset({*_WORDS, *_FAILURES})
    is_ahead_s = 0
    knows_own_ids = True  # as an address of their own; the list tells them anyway
    packs: tuple[dict[str, Any], ...] = ()

    @property
    def base_url(self) -> str:
        return self.url

    def routes(self) -> list[Route]:
        return [
            Route("/v1/videos/{kind}", self._submit, methods=["POST"]),
            Route("/v1/videos/{kind}", self._list, methods=["GET"]),
            Route("/v1/videos/{kind}/{id}", self._poll, methods=["GET"]),
            Route("/account/costs", self._costs),
        ]

    def is_let_in(self, request: Request) -> bool:
        return self._refusal_of(request) is None

    def _refusal_of(self, request: Request) -> str | None:
        access, colon, secret = self.key.partition(":")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not colon:
            return None if token == self.key else "key"  # a relay with keys of its own
        head, _, rest = token.partition(".")
        claims, _, signature = rest.partition(".")
        made = hmac.new(secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        if scheme != "Bearer" or _decoded(signature) != made:
            return "key"
        told = json.loads(_decoded(claims))
        now = time.time() + self.is_ahead_s
        if json.loads(_decoded(head)) != {"alg": "HS256", "typ": "JWT"} or told["iss"] != access:
            return "key"
        return None if told["nbf"] <= now < told["exp"] else "clock"

    async def _submit(self, request: Request) -> Response:
        if request.path_params["kind"] not in _KINDS:
            return self.refused("unknown_job")
        body = json.loads(await request.body())
        wrong = self._wrong_in(body) if self.is_let_in(request) else None
        if wrong is not None:
            await self.receive(request)
            self._submits += 1
            return self.refused(wrong)
        return await self.submit(request)

    def _wrong_in(self, body: dict[str, Any]) -> str | None:
        if not isinstance(body.get("duration"), str):
            return "wrong_value"
        texts = [body.get("image"), body.get("image_tail")]
        texts += [item.get("image", item.get("image_url")) for item in body.get("image_list", [])]
        if any(text is not None and text.startswith("data:") for text in texts):
            return "bad_picture"
        own_id = body.get("external_task_id")
        taken = {job.body.get("external_task_id") for job in self.made()}
        return "id_taken" if own_id is not None and own_id in taken else None

    def accepted(self, job: VendorJob) -> Response:
        return JSONResponse(_envelope(self._task(job, "submitted")))

    def told(self, job: VendorJob, step: str, argument: str) -> Response:
        return JSONResponse(_envelope(self._told(job, step)))

    def _told(self, job: VendorJob, step: str) -> dict[str, Any]:
        task = self._task(job, _WORDS.get(step, step))
        if step in _FAILURES:
            task |= {
                "task_status": "failed",
                "task_status_msg": _FAILURES[step],
                "final_unit_deduction": "0",
            }
        if step.startswith("done"):
            video = {"id": "v1", "url": self.clip_url(job), "duration": "5.1"}
            task |= {
                "task_status": "succeed",
                "task_result": {"videos": [video] if step == "done" else []},
                "final_unit_deduction": "2.5",
            }
        return task

    def _task(self, job: VendorJob, word: str) -> dict[str, Any]:
        return {
            "task_id": job.id,
            "task_status": word,
            "task_status_msg": "",
            "task_info": {"external_task_id": job.body.get("external_task_id")},
            "created_at": int(job.made_at * 1000),
            "updated_at": int(job.made_at * 1000),
        }

    def refused(self, step: str) -> Response:
        status, code, message = _REFUSALS[step]
        headers = {"retry-after": "7"} if step == "busy" else {}
        sent = self.requests[-1].headers.get("authorization", "") if self.requests else ""
        told = message.format(
            key=self.key, secret=self.key.rpartition(":")[2], token=sent.rpartition(" ")[2]
        )
        body = {"code": code, "message": told, "request_id": "req-1"}
        return JSONResponse(body, status, headers=headers)

    async def receive(self, request: Request) -> Response | None:
        refused = await super().receive(request)
        return refused and self.refused(self._refusal_of(request) or "key")

    async def _poll(self, request: Request) -> Response:
        """Only under the path that it was made at."""
        job = self.find(request.path_params["id"])
        if job is not None and job.path != f"/v1/videos/{request.path_params['kind']}":
            await self.receive(request)
            return self.refused("unknown_job")
        return await self.poll(request)

    def find(self, job_id: str) -> VendorJob | None:
        own = (job for job in self.made() if job.body.get("external_task_id") == job_id)
        return self.jobs.get(job_id) or (next(own, None) if self.knows_own_ids else None)

    async def _list(self, request: Request) -> Response:
        if (refused := await self.receive(request)) is not None:
            return refused
        path = f"/v1/videos/{request.path_params['kind']}"
        rows = [
            self._told(job, job.next_step("poll").partition(":")[0])
            for job in self.made()
            if job.path == path
        ]
        size = int(request.query_params.get("pageSize", 30))
        first = (int(request.query_params.get("pageNum", 1)) - 1) * size
        return JSONResponse(_envelope(rows[::-1][first : first + size]))

    async def _costs(self, request: Request) -> Response:
        if (refused := await self.receive(request)) is not None:
            return refused
        assert request.query_params["start_time"] < request.query_params["end_time"]
        told = {"code": 0, "msg": "ok", "resource_pack_subscribe_infos": list(self.packs)}
        return JSONResponse(_envelope(told))


def _envelope(data: object) -> dict[str, Any]:
    return {"code": 0, "message": "SUCCEED", "request_id": "req-1", "data": data}


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
