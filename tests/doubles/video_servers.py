"""Doubles of servers that speak `/v1/videos`, each as its source has it.

Read in litellm 1.106.2 (`proxy/video_endpoints`, `types/videos`; its proxy was run too), sglang
0.5.23 (`multimodal_gen/runtime/entrypoints/openai/video_api.py`), vllm_omni 0.30.0
(`entrypoints/openai/api_server.py`) and QuantumNous/new-api (`relay/relay_task.go`, `dto/`,
`controller/video_proxy.go`), 2026-11-23; Azure and relays from their documentation.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.videos_base import Job, Seen, VideosDouble

_WORDS = {
    "queued": "queued",
    "running": "in_progress",
    "done": "completed",
    "failed": "failed",
    "moderated": "failed",
}
_PROGRESS = {"queued": 0, "running": 40, "done": 100}
_ERRORS = {
    "failed": {"code": "video_generation_failed", "message": "The render broke."},
    "moderated": {"code": "moderation_blocked", "message": "The output was blocked."},
}


def _openai(status: int, code: str, message: str, kind: str = "invalid_request_error") -> Response:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, status)


def _detail(status: int, message: str) -> Response:
    return JSONResponse({"detail": message}, status)


def _video(job: Job, word: str) -> dict[str, Any]:
    return {
        "id": job.id,
        "object": "video",
        "model": job.fields.get("model"),
        "status": _WORDS.get(word, word),
        "progress": _PROGRESS.get(word, 0),
        "created_at": job.made_at,
    }


class AzureDouble(VideosDouble):
    """The resource's own path, a header of its own, and a version in every query."""

    prefix = "/openai/v1"

    def key_of(self, request: Request) -> str:
        return request.headers.get("api-key", "")

    def told(self, job: Job, word: str) -> dict[str, Any]:
        return {
            **_video(job, word),
            "completed_at": None,
            "expires_at": None,
            "prompt": job.fields["prompt"],
            "size": job.fields["size"],
            "seconds": job.fields["seconds"],
            "remixed_from_video_id": None,
            "error": _ERRORS.get(word),
        }

    def refusal(self, status: int, code: str, message: str) -> Response:
        return _openai(status, code, message)

    async def receive(self, request: Request) -> Response | None:
        answer = await super().receive(request)
        if answer is None and request.query_params.get("api-version") != "preview":
            return _openai(404, "404", "Resource not found")
        return answer


class LiteLLMDouble(VideosDouble):
    """Ids that hold the way and change with every answer, words of Google's, no DELETE.

    The list wants to be told a vendor, and has the upstream's name of the model. What fails
    upstream is sent there again, twice unless a header says otherwise: `submits` counts those.
    """

    upstream = "sora-2"
    retries = 2

    def new_id(self) -> str:
        return self.packed("deployment-" * 30, super().new_id())

    def packed(self, model: str, inner: str) -> str:
        way = f"litellm:custom_llm_provider:openai;model_id:{model};video_id:{inner}"
        return f"video_{base64.b64encode(way.encode()).decode()}"

    def told(self, job: Job, word: str) -> dict[str, Any]:
        words = {**_WORDS, "running": "processing"}
        is_listed = self.seen[-1].path.endswith("/videos") and self.seen[-1].method == "GET"
        told = {
            **_video(job, word),
            "status": words.get(word, word),
            "size": job.fields["size"],
            "seconds": job.fields["seconds"],
            "error": _ERRORS.get(word),
            "usage": {"duration_seconds": float(job.seconds), "video_resolution": None},
        }
        if is_listed:  # as the upstream told it
            return {**told, "model": self.upstream, "prompt": job.fields["prompt"]}
        if self.seen[-1].method == "GET":  # without the deployment that it was made with
            inner = base64.b64decode(job.id.removeprefix("video_")).decode().rpartition(":")[2]
            return {**told, "id": self.packed("", inner)}
        return told

    async def create(self, request: Request) -> Response:
        answer = await super().create(request)
        if answer.status_code in {429, 500}:
            told = request.headers.get("x-litellm-num-retries", str(self.retries))
            self.submits += int(told)
        return answer

    def refusal(self, status: int, code: str, message: str) -> Response:
        told = json.dumps({"error": {"message": message, "code": code}})
        said = f"litellm.APIError: OpenAIException - {told}\n\nNo fallback was attempted."
        answer = _openai(status, str(status), said, kind="None")
        if status == 429:
            answer.headers["llm_provider-retry-after"] = "7"
        return answer

    def refused(self, request: Request) -> Response | None:
        answer = super().refused(request)
        if answer is not None and self.play == "busy":
            del answer.headers["retry-after"]
        return answer

    def no_credit(self) -> Response:
        message = "Budget has been exceeded! Current cost: 1.2, Max budget: 1.0"
        return _openai(400, "400", message, kind="budget_exceeded")

    async def list(self, request: Request) -> Response:
        if "custom_llm_provider" in request.query_params:
            return await super().list(request)
        await self.receive(request)
        return _openai(400, "400", "litellm.BadRequestError: LLM Provider NOT provided.")

    async def delete(self, request: Request) -> Response:
        await self.receive(request)
        return _detail(405, "Method Not Allowed")

    def word_of(self, job: Job) -> str:
        return "cancelled" if self.play == "cancelled" else super().word_of(job)

    async def clip(self, request: Request, job: Job) -> Response:
        if self.play == "filtered":  # Google's filter is told only here
            return _openai(500, "500", "Video was blocked by a content policy: safety", kind="None")
        return await super().clip(request, job)


class SGLangDouble(VideosDouble):
    """One model, no keys, jobs that do not know their prompt, DELETE that only forgets."""

    has_keys = False
    is_in_cloud = False

    def told(self, job: Job, word: str) -> dict[str, Any]:
        told = {
            **_video(job, word),
            "size": job.fields["size"],
            "seconds": str(job.seconds),
            "quality": "standard",
            "url": None,
            "file_path": f"/srv/outputs/{job.id}.mp4",
            "error": {"message": "CUDA out of memory"} if word == "failed" else None,
        }
        if self.is_in_cloud and word == "done":
            told["url"] = self.cloud_url(job)
        return told

    def cloud_url(self, job: Job) -> str:
        return f"{self._serving.url}/bucket/{job.id}.mp4"

    def routes(self) -> list[Route]:
        return [
            Route("/bucket/{id}.mp4", self.bucket, methods=["GET"]),
            Route("/models", self.models, methods=["GET"]),
            *super().routes()[:-1],  # /v1/models is not there
        ]

    def refusal(self, status: int, code: str, message: str) -> Response:
        return _detail(status, message)

    def check(self, fields: dict[str, Any], files: dict[str, bytes]) -> Response | None:
        if not str(fields.get("seconds", "4")).isdigit():
            return _detail(400, "Invalid request body: seconds: should be a valid integer")
        if isinstance(fields.get("input_reference"), dict):
            return _detail(400, "Invalid request body: input_reference: should be a valid string")
        return None

    async def delete(self, request: Request) -> Response:
        job = self.jobs[request.path_params["id"]]
        await super().delete(request)
        return JSONResponse({**self.told(job, "queued"), "status": "deleted"})

    async def content(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["id"])
        variant = request.query_params.get("variant", "0")
        if job is not None and (job.polls < 3 or not variant.isdigit()):
            await self.receive(request)
            return _detail(404, f"Video variant {variant} not found")
        if job is not None and self.is_in_cloud:
            await self.receive(request)
            url = self.cloud_url(job)
            said = "Video has been uploaded to cloud storage. Please use the cloud URL: "
            return _detail(400, said + url)
        return await super().content(request)

    async def bucket(self, request: Request) -> Response:
        return await self.clip(request, self.jobs[request.path_params["id"]])


class VllmOmniDouble(VideosDouble):
    """Forms alone, failed jobs behind their HTTP status, DELETE that aborts, `/sync`."""

    def routes(self) -> list[Route]:
        # In front: `/videos/{id}` would take it for a job.
        at_once = Route(f"{self.prefix}/videos/sync", self.make_at_once, methods=["POST"])
        return [at_once, *super().routes()]

    async def make_at_once(self, request: Request) -> Response:
        """The clip is the answer; plays "clip_cut" and "clip_an_error" are of that clip."""
        answer = await self.create(request)
        if answer.status_code != 200 or self.play == "unreadable":
            return answer
        if self.play == "timeout":
            return _detail(504, "Generation timed out")
        if self.play == "failed":
            return _detail(500, "Generation failed")
        clip = await self.clip(request, self.last)
        clip.headers["x-request-id"] = self.last.id
        return clip

    def told(self, job: Job, word: str) -> dict[str, Any]:
        error = {**_ERRORS["failed"], "code": 500} if word == "failed" else None
        return {
            **_video(job, word),
            "model": "Wan-AI/Wan2.2-T2V-A14B-Diffusers",
            "prompt": job.fields["prompt"],
            "size": job.fields.get("size"),
            "seconds": job.fields.get("seconds", "4"),
            "quality": "default",
            "media_type": "video/mp4",
            "error": error,
        }

    def failed(self, job: Job, word: str) -> Response:
        return JSONResponse(self.told(job, word), 500)

    def refusal(self, status: int, code: str, message: str) -> Response:
        return JSONResponse({"error": message}, 401) if status == 401 else _detail(status, message)

    async def create(self, request: Request) -> Response:
        if "multipart" not in request.headers.get("content-type", ""):
            self.submits += 1
            rows = [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required"}]
            return JSONResponse({"detail": rows}, 422)
        return await super().create(request)

    def check(self, fields: dict[str, Any], files: dict[str, bytes]) -> Response | None:
        if not re.fullmatch(r"[1-9]\d*", fields.get("seconds", "4")):
            return _detail(422, "seconds: String should match pattern")
        if "input_reference" in files and "image_reference" in fields:
            return _detail(400, "Provide only one of input_reference, image_reference.")
        return None

    async def delete(self, request: Request) -> Response:
        if self.play == "aborting":
            self.play = "fine"
            await self.receive(request)
            return _detail(409, "Cancellation in progress. Please try again later.")
        return await super().delete(request)

    async def content(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is not None and self.play == "failed":
            await self.receive(request)
            return _detail(422, "Video generation failed. Check job status for error details.")
        if job is not None and job.polls < 3:
            await self.receive(request)
            return _detail(404, "Generation is still in-progress")
        return await super().content(request)


class NewApiDouble(VideosDouble):
    """Jobs under two names, no list, no DELETE, "no such task" as a bad request."""

    words: ClassVar[dict[str, str]] = _WORDS

    def new_id(self) -> str:
        return f"task_{len(self.jobs) + 1:032d}"

    def routes(self) -> list[Route]:
        gone = {"list", "delete"}
        return [route for route in super().routes() if route.name not in gone]

    def told(self, job: Job, word: str) -> dict[str, Any]:
        told = {
            **_video(job, word),
            "task_id": job.id,
            "status": self.words.get(word, word),
            "seconds": job.fields.get("seconds"),
            "usage": {"completion_tokens": 108000, "total_tokens": 108000},
        }
        if word == "done":
            told["metadata"] = {"url": f"{self._serving.url}/files/{job.id}.mp4"}
        if word in _ERRORS:
            told["error"] = _ERRORS[word]
        return {name: value for name, value in told.items() if value is not None}

    def refusal(self, status: int, code: str, message: str) -> Response:
        if status == 401:
            error = {"message": f"{message} (request id: 1)", "type": "new_api_error", "code": ""}
            return JSONResponse({"error": error}, status)
        return JSONResponse({"code": code, "message": message, "data": None}, status)

    def no_credit(self) -> Response:
        return self.refusal(403, "insufficient_user_quota", "用户额度不足, 剩余额度: ＄0.000000")

    def not_found(self) -> Response:
        return self.refusal(400, "task_not_exist", "task_not_exist")

    async def clip(self, request: Request, job: Job) -> Response:
        if self.play == "no_content":  # as of channels whose clip it cannot pass on
            return _openai(502, "", "Failed to fetch video content", kind="server_error")
        return await super().clip(request, job)


class OldNewApiDouble(NewApiDouble):
    """`/v1/video/generations`: answers in an envelope, words in capitals, no bytes."""

    words: ClassVar[dict[str, str]] = {
        "queued": "NOT_START",
        "running": "IN_PROGRESS",
        "done": "SUCCESS",
        "failed": "FAILURE",
        "moderated": "FAILURE",
    }

    def routes(self) -> list[Route]:
        top = f"{self.prefix}/video/generations"
        return [
            Route(top, self.create, methods=["POST"]),
            Route(f"{top}/{{id}}", self.poll, methods=["GET"]),
            Route("/files/{id}.mp4", self.content, methods=["GET"]),
            Route(f"{self.prefix}/models", self.models, methods=["GET"]),
        ]

    def told(self, job: Job, word: str) -> dict[str, Any]:
        if self.seen[-1].method == "POST":
            return {"task_id": job.id, "status": ""}
        address = f"{self._serving.url}/files/{job.id}.mp4"
        reasons = {"failed": "The render broke.", "moderated": "content policy violation"}
        task: dict[str, Any] = {
            "id": 4711,
            "task_id": job.id,
            "action": "generate",
            "status": self.words.get(word, word),
            "fail_reason": reasons.get(word, address if word == "done" else ""),
            "progress": f"{_PROGRESS.get(word, 0)}%",
            "data": {},
        }
        return {"code": "success", "message": "", "data": task}

    async def receive(self, request: Request) -> Response | None:
        if request.url.path.startswith("/files/"):  # a bucket, which asks for no key
            self.seen.append(Seen("GET", request.url.path, {}, dict(request.headers), b""))
            return None
        return await super().receive(request)


class RelayDouble(VideosDouble):
    """A reseller: the bare key, more fields than OpenAI's, and the clip at its own address."""

    def key_of(self, request: Request) -> str:
        return request.headers.get("authorization", "")

    def routes(self) -> list[Route]:
        return [
            *(route for route in super().routes() if route.name not in {"content", "delete"}),
            Route("/files/{id}.mp4", self.content, methods=["GET"]),
        ]

    async def receive(self, request: Request) -> Response | None:
        if request.url.path.startswith("/files/"):
            return None
        return await super().receive(request)

    def told(self, job: Job, word: str) -> dict[str, Any]:
        words = {**_WORDS, "queued": "submitted", "running": "processing"}
        told = {
            **_video(job, word),
            "status": words.get(word, word),
            "prompt": job.fields["prompt"],
            "seconds": job.seconds,
            "detail": {"pending_info": {}},
            "error": "The render broke." if word == "failed" else None,
        }
        if word == "moderated":
            told["error"] = "output violates our content policy"
        if word == "done":
            told["video_url"] = f"{self._serving.url}/files/{job.id}.mp4"
        return told

    def refusal(self, status: int, code: str, message: str) -> Response:
        return JSONResponse({"error": {"message": message, "type": code}}, status)
