"""A ComfyUI that does wrong on demand, on real sockets of 127.0.0.1.

    with ComfyUIDouble() as double:
        double.script("a cat", polls=["pending", "running"], outcome="error")
        ... Access(connection with base_url=double.url) ...
        assert double.submits("a cat") == 1

A job goes on by one step each time that `/queue` is asked: `polls` are what it says, then the
job is over as `outcome` says. The shapes are those of ComfyUI's server.py and execution.py.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from doubles.serving import Serving, cut
from doubles.trouble import clip_answer, proxy_page
from shortdrama.providers.comfyui.slots import find_slots

MENUS = {
    ("UNETLoader", "unet_name"): ["wan2.2_ti2v_5B_fp16.safetensors"],
    ("KSampler", "sampler_name"): ["euler", "uni_pc"],
    ("LoadImage", "image"): ["example.png"],
}


@dataclass
class Script:
    """How the jobs of a prompt go.

    Attributes:
        submit: "ok", "node_error", "missing_node", "partial" (the video's node is left out),
            "drop_after_accept", "500_after_accept", "page_after_accept", "429".
        polls: "pending" or "running", one each time the queue is asked; "odd" stands in the
            history with a word that nobody knows.
        outcome: "success", "error", "out_of_memory", "interrupted", "lost" (a restart),
            "empty" (no output).
        files: what the saver hands out; {"key": "gifs", "name": "a.webm"}; None: one MP4.
        queue_fails: times that the queue breaks before it works.
        seconds: of the clip.
    """

    submit: str = "ok"
    polls: list[str] = field(default_factory=lambda: ["pending", "running"])
    outcome: str = "success"
    files: list[dict[str, str]] | None = None
    queue_fails: int = 0
    view: list[str] = field(default_factory=lambda: ["ok"])  # "502", or a step of `clip_answer`
    seconds: int = 1


@dataclass
class Job:
    id: str
    number: int
    graph: dict[str, Any]
    extra: dict[str, Any]
    script: Script
    prompt: str
    steps: list[str]
    state: str = "pending"
    ahead: int = 0


class ComfyUIDouble:
    def __init__(self, *, api_key: str | None = None, takes_ids: bool = True) -> None:
        """`takes_ids`: as servers since 2025; older ones make every id themselves."""
        self.api_key = api_key
        self.takes_ids = takes_ids
        self.jobs: dict[str, Job] = {}
        self.requests: list[tuple[str, str, bytes]] = []
        self.uploads: dict[str, bytes] = {}
        self.interrupts: list[str | None] = []
        self.foreign_runs = False  # somebody else's job is the one that runs
        self.missing_classes: set[str] = set()
        self._scripts: dict[str, Script] = {}
        self._default = Script()
        self._submits: list[str] = []
        self._serving = Serving(self._app())

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
    def url(self) -> str:
        return self._serving.url

    def script(self, prompt: str, **fields: Any) -> Script:
        self._scripts[prompt] = Script(**fields)
        return self._scripts[prompt]

    def default(self, **fields: Any) -> Script:
        self._default = Script(**fields)
        return self._default

    def submits(self, prompt: str | None = None) -> int:
        return sum(prompt in {None, sent} for sent in self._submits)

    def made(self, prompt: str | None = None) -> list[Job]:
        return [job for job in self.jobs.values() if prompt in {None, job.prompt}]

    def paths(self, method: str) -> list[str]:
        return [path for sent, path, _ in self.requests if sent == method]

    def bodies(self, path: str) -> list[Any]:
        return [
            json.loads(body) for sent, at, body in self.requests if at == path and sent == "POST"
        ]

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/prompt", self._prompt, methods=["POST"]),
                Route("/queue", self._queue, methods=["GET"]),
                Route("/queue", self._delete, methods=["POST"]),
                Route("/history", self._history, methods=["GET"]),
                Route("/history/{id}", self._history, methods=["GET"]),
                Route("/interrupt", self._interrupt, methods=["POST"]),
                Route("/upload/image", self._upload, methods=["POST"]),
                Route("/view", self._view, methods=["GET"]),
                Route("/system_stats", self._stats, methods=["GET"]),
                Route("/object_info/{name}", self._info, methods=["GET"]),
            ]
        )

    async def _heard(self, request: Request) -> Response | None:
        body = (
            b"" if "multipart" in request.headers.get("content-type", "") else await request.body()
        )
        self.requests.append((request.method, request.url.path, body))
        wanted = f"Bearer {self.api_key}" if self.api_key else None
        if wanted and request.headers.get("authorization") != wanted:
            given = request.headers.get("authorization", "")
            return JSONResponse({"error": f"Unauthorized: {given}"}, status_code=401)
        return None

    async def _prompt(self, request: Request) -> Response:
        body = await request.json()
        graph = body["prompt"]
        prompt = _prompt_of(graph)
        self._submits.append(prompt)
        if (refused := await self._heard(request)) is not None:
            return refused
        script = replace(self._scripts.get(prompt, self._default))
        if (answer := _refusal(script.submit, graph)) is not None:
            return answer
        job = self._make(body, graph, prompt, script)
        match script.submit:
            case "drop_after_accept":
                return await cut(request)
            case "500_after_accept":
                return PlainTextResponse("Internal Server Error", status_code=500)
            case "page_after_accept":
                return proxy_page(200)
        errors = _node_errors(graph, dropped=True) if script.submit == "partial" else {}
        return JSONResponse({"prompt_id": job.id, "number": job.number, "node_errors": errors})

    def _make(self, body: dict[str, Any], graph: Any, prompt: str, script: Script) -> Job:
        job_id = str(body["prompt_id"]) if self.takes_ids else str(uuid.uuid4())
        extra = {"client_id": body["client_id"], "create_time": int(time.time() * 1000)}
        job = Job(job_id, len(self.jobs), graph, extra, script, prompt, list(script.polls))
        script.view = list(script.view)
        self.jobs[job_id] = job
        return job

    async def _queue(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        for job in self.jobs.values():
            if job.script.queue_fails > 0:
                job.script.queue_fails -= 1
                return proxy_page()
        for job in self.jobs.values():
            if job.state in {"pending", "running", "odd"}:
                job.state = job.steps.pop(0) if job.steps else "over"
        running = [_item(job) for job in self.jobs.values() if job.state == "running"]
        if self.foreign_runs:
            running.insert(0, [-1, "somebody-else", {}, {"client_id": "theirs"}, []])
        pending = [_item(job) for job in self.jobs.values() if job.state == "pending"]
        return JSONResponse({"queue_running": running, "queue_pending": pending})

    async def _delete(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        for job_id in (await request.json()).get("delete", []):
            if job_id in self.jobs and self.jobs[job_id].state == "pending":
                self.jobs[job_id].state = "deleted"
        return Response(status_code=200)

    async def _interrupt(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        job_id = json.loads(await request.body() or b"{}").get("prompt_id")
        self.interrupts.append(job_id)
        for job in self.jobs.values():
            if job.state == "running" and job_id in {None, job.id}:
                job.state, job.script = "over", Script(outcome="interrupted")
        return Response(status_code=200)

    async def _history(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        wanted = request.path_params.get("id")
        over = [job for job in self.jobs.values() if job.state in {"over", "odd"}]
        return JSONResponse(
            {
                job.id: _record(job)
                for job in over
                if wanted in {None, job.id} and job.script.outcome != "lost"
            }
        )

    async def _upload(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        async with request.form() as form:
            picture, folder = form["image"], str(form.get("subfolder", ""))
            assert isinstance(picture, UploadFile)
            self.uploads[f"{folder}/{picture.filename}"] = await picture.read()
        return JSONResponse({"name": picture.filename, "subfolder": folder, "type": "input"})

    async def _view(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        name = request.query_params["filename"]
        job = next((j for j in self.jobs.values() if j.id[:8] in name), None)
        if job is None:
            return Response(status_code=404)
        step = job.script.view.pop(0) if len(job.script.view) > 1 else job.script.view[0]
        if step == "502":
            return proxy_page()
        return await clip_answer(request, job.script.seconds, step)

    async def _stats(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        return JSONResponse({"system": {"comfyui_version": "0.9.2", "os": "posix"}, "devices": []})

    async def _info(self, request: Request) -> Response:
        if (refused := await self._heard(request)) is not None:
            return refused
        name = request.path_params["name"]
        if name in self.missing_classes:
            return JSONResponse({})
        menus = {at: [menu, {}] for (node, at), menu in MENUS.items() if node == name}
        return JSONResponse({name: {"input": {"required": menus}, "output_node": False}})


def _prompt_of(graph: dict[str, Any]) -> str:
    place = find_slots(graph).places["prompt"][0]
    return str(graph[place.node]["inputs"][place.field])


def _item(job: Job) -> list[Any]:
    return [job.number, job.id, job.graph, job.extra, ["58"]]


def _saver(graph: dict[str, Any]) -> str:
    return (find_slots(graph).savers or tuple(graph))[-1]


def _record(job: Job) -> dict[str, Any]:
    outcome = job.script.outcome
    node = _saver(job.graph)
    names = job.script.files or [{"key": "images", "name": f"ComfyUI_{job.id[:8]}_.mp4"}]
    outputs: dict[str, Any] = {}
    for file in names if outcome == "success" else ():
        told = {"filename": file["name"], "subfolder": "video", "type": file.get("type", "output")}
        outputs.setdefault(node, {}).setdefault(file["key"], []).append(told)
    if outcome == "success":
        outputs[node]["animated"] = [True]
    word = "success" if outcome in {"success", "empty"} else "error"
    word = "frobnicating" if job.state == "odd" else word
    return {
        "prompt": _item(job),
        "outputs": outputs,
        "status": {"status_str": word, "completed": word == "success", "messages": _messages(job)},
        "meta": {},
    }


def _messages(job: Job) -> list[list[Any]]:
    told: dict[str, Any] = {"prompt_id": job.id, "timestamp": int(time.time() * 1000)}
    started = ["execution_start", told]
    node = next((n for n in job.graph if "ampler" in job.graph[n]["class_type"]), "1")
    where = {**told, "node_id": node, "node_type": job.graph[node]["class_type"], "executed": []}
    match job.script.outcome:
        case "error":
            said = "mat1 and mat2 shapes cannot be multiplied\nat line 3"
            broken = {"exception_message": said, "exception_type": "RuntimeError", "traceback": []}
            return [started, ["execution_error", {**where, **broken}]]
        case "out_of_memory":
            said = "Allocation on device 0 would exceed allowed memory."
            broken = {"exception_message": said, "exception_type": "torch.OutOfMemoryError"}
            return [started, ["execution_error", {**where, **broken}]]
        case "interrupted":
            return [started, ["execution_interrupted", where]]
    return [started, ["execution_success", told]]


def _node_errors(graph: dict[str, Any], *, dropped: bool) -> dict[str, Any]:
    node = next((n for n in graph if graph[n]["class_type"] == "UNETLoader"), next(iter(graph)))
    details = "unet_name: 'wan.safetensors' not in ['other.safetensors']"
    error = {"type": "value_not_in_list", "message": "Value not in list", "details": details}
    outputs = [_saver(graph)] if dropped else []
    return {
        node: {
            "errors": [{**error, "extra_info": {}}],
            "dependent_outputs": outputs,
            "class_type": graph[node]["class_type"],
        }
    }


def _refusal(submit: str, graph: dict[str, Any]) -> Response | None:
    match submit:
        case "node_error":
            error = {
                "type": "prompt_outputs_failed_validation",
                "message": "Prompt outputs failed validation",
                "details": "",
                "extra_info": {},
            }
            errors = _node_errors(graph, dropped=True)
            return JSONResponse({"error": error, "node_errors": errors}, status_code=400)
        case "missing_node":
            error = {
                "type": "invalid_prompt",
                "message": "Cannot execute because node WanMagic does not exist.",
                "details": "Node ID '#12'",
                "extra_info": {},
            }
            return JSONResponse({"error": error, "node_errors": {}}, status_code=400)
        case "429":
            headers = {"Retry-After": "7"}
            return JSONResponse({"error": "busy"}, status_code=429, headers=headers)
    return None
