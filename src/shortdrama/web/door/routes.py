"""The door's routes. Each finds out who asks, then asks the desk in a thread, and shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shortdrama.sora2.service.envelope import ApiError
from shortdrama.sora2.service.fields import fields_of, prompt_of
from shortdrama.sora2.service.query import limit_of, order_of, variant_of
from shortdrama.web.door.content import answer_content
from shortdrama.web.door.desk import Attempt, Desk, Job
from shortdrama.web.door.entrance import caller_of
from shortdrama.web.door.orders import open_models, read_wish
from shortdrama.web.door.ports import DoorTools
from shortdrama.web.door.views import (
    STATUS,
    is_signed,
    poll_after_ms,
    show_model,
    show_page,
    show_video,
    sign_link,
)
from shortdrama.web.services import Services

_Handler = Callable[[Request], Awaitable[Response]]
_MAX_KEY_CHARS = 200
_NOT_HERE = ("edits", "extensions", "characters")


@dataclass(frozen=True, slots=True)
class Routes:
    services: Services
    tools: DoorTools
    desk: Desk

    def table(self) -> list[Route]:
        rows: list[tuple[str, str, _Handler]] = [
            ("GET", "/models", self.list_models),
            ("GET", "/models/{id:path}", self.get_model),
            ("POST", "/videos", self.create),
            ("GET", "/videos", self.list_videos),
            *(("POST", f"/videos/{name}", self.refuse) for name in _NOT_HERE),
            ("GET", "/videos/{id}", self.get_video),
            ("DELETE", "/videos/{id}", self.delete_video),
            ("POST", "/videos/{id}/remix", self.remix),
            ("GET", "/videos/{id}/content", self.get_content),
            ("POST", "/generate", self.create_seed),
            ("GET", "/status/{id}", self.get_seed_status),
            ("GET", "/download/{id}", self.download_seed),
        ]
        return [Route(path, handler, methods=[method]) for method, path, handler in rows]

    async def list_models(self, request: Request) -> Response:
        caller = await caller_of(request, self.services)
        menu = await to_thread.run_sync(open_models, self.services, caller)
        rows = [show_model(name, choice) for name, choice in menu.rows()]
        return JSONResponse({"object": "list", "data": rows})

    async def get_model(self, request: Request) -> Response:
        caller = await caller_of(request, self.services)
        wanted = request.path_params["id"]
        menu = await to_thread.run_sync(open_models, self.services, caller)
        choice = menu.find(wanted)
        if choice is None:
            told = f"The model '{wanted[:100]}' does not exist."
            raise ApiError(404, told, code="model_not_found")
        return JSONResponse(show_model(wanted, choice))

    async def create(self, request: Request) -> Response:
        found = await self._create(request)
        return JSONResponse(self._show(request, found), headers=_pace(found))

    async def create_seed(self, request: Request) -> Response:
        found = await self._create(request)
        shown = show_video(found)
        body = {"jobId": shown["id"], "status": shown["status"]}
        return JSONResponse(body, headers=_pace(found))

    async def list_videos(self, request: Request) -> Response:
        caller = await caller_of(request, self.services)
        query = request.query_params
        limit, order = limit_of(query.get("limit", "20")), order_of(query.get("order", "desc"))
        after = query.get("after") or None
        found = await to_thread.run_sync(self.desk.page, caller, after, limit + 1, order == "asc")
        videos = [self._show(request, each) for each in found[:limit]]
        return JSONResponse(show_page(videos, len(found) > limit))

    async def get_video(self, request: Request) -> Response:
        found = await self._find(request)
        return JSONResponse(self._show(request, found), headers=_pace(found))

    async def get_seed_status(self, request: Request) -> Response:
        found = await self._find(request)
        shown = show_video(found)
        body = {"jobId": shown["id"], "status": shown["status"], "progress": shown["progress"]}
        if shown["status"] == "completed":
            body["videoUrl"] = f"{_home(request)}/download/{shown['id']}"
        if shown["error"] is not None:
            body["error"] = shown["error"]
        return JSONResponse(body, headers=_pace(found))

    async def delete_video(self, request: Request) -> Response:
        caller = await caller_of(request, self.services)
        caller.need_to_generate()
        job_id = request.path_params["id"]
        await to_thread.run_sync(self.desk.delete, job_id, caller)
        return JSONResponse({"id": job_id, "object": "video.deleted", "deleted": True})

    async def remix(self, request: Request) -> Response:
        caller = await caller_of(request, self.services)
        caller.need_to_generate()
        async with fields_of(request) as fields:
            prompt = prompt_of(fields.get("prompt"))
        source = await to_thread.run_sync(self.desk.find, request.path_params["id"], caller)
        if STATUS[source.take.status] != "completed":
            raise ApiError(
                400, "Only a completed video can be remixed.", code="video_not_completed"
            )
        if not caller.may_use(source.take.request.model):
            raise ApiError(404, "This key may not use that video's model.", code="model_not_found")
        attempt = _attempt(request)
        found = await to_thread.run_sync(self.desk.remix, source, prompt, caller, attempt)
        return JSONResponse(self._show(request, found), headers=_pace(found))

    async def refuse(self, request: Request) -> Response:
        await caller_of(request, self.services)
        raise ApiError(
            400,
            "This server has no edits, extensions or characters: models differ too much in them. "
            "Create a video with a picture, or remix one.",
            code="unsupported_endpoint",
        )

    async def get_content(self, request: Request) -> Response:
        variant = variant_of(request.query_params.get("variant", "video"))
        found = await self._find(request, takes_links=True)
        return await to_thread.run_sync(
            answer_content, request, self.services, self.tools, found, variant
        )

    async def download_seed(self, request: Request) -> Response:
        found = await self._find(request)
        return await to_thread.run_sync(
            answer_content, request, self.services, self.tools, found, "video"
        )

    async def _create(self, request: Request) -> Job:
        caller = await caller_of(request, self.services)
        caller.need_to_generate()
        attempt = _attempt(request)
        async with fields_of(request) as fields:
            wish = await read_wish(fields, self.services, caller)
        return await to_thread.run_sync(self.desk.order, wish, caller, attempt)

    async def _find(self, request: Request, takes_links: bool = False) -> Job:
        job_id, query = request.path_params["id"], request.query_params
        if takes_links and "signature" in query:
            signed = (job_id, query.get("expires", ""), query["signature"])
            if not is_signed(self.tools.secret, *signed):
                raise ApiError(403, "This link is not valid any more.", code="link_expired")
            return await to_thread.run_sync(self.desk.signed_for, job_id)
        caller = await caller_of(request, self.services)
        return await to_thread.run_sync(self.desk.find, job_id, caller)

    def _show(self, request: Request, found: Job) -> dict[str, object]:
        shown = show_video(found)
        if not self.services.settings.door_video_urls or shown["status"] != "completed":
            return shown
        link = sign_link(self.tools.secret, shown["id"])
        return shown | {"video_url": f"{_home(request)}/videos/{shown['id']}/content?{link}"}


def _attempt(request: Request) -> Attempt:
    key = request.headers.get("idempotency-key", "")
    if len(key) > _MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise ApiError(
            400, "An Idempotency-Key has 1 to 200 plain characters.", code="invalid_value"
        )
    count = request.headers.get("x-stainless-retry-count", "0")
    return Attempt(key, is_again=count.isascii() and count.isdigit() and int(count[:9]) > 0)


def _home(request: Request) -> str:
    # `request.base_url` is that of the outermost application, not of the mount.
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _pace(found: Job) -> dict[str, str]:
    wait_ms = poll_after_ms(found.take)
    return {} if wait_ms is None else {"openai-poll-after-ms": str(wait_ms)}
