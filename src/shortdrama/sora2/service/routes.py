"""The routes of both dialects. Each reads, asks the store or the queue, and shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from shutil import copyfile

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shortdrama.domain.ids import new_id
from shortdrama.errors import InvalidInput, NotFound
from shortdrama.sora2.service.clips import Variant, clip_response, delete_bytes
from shortdrama.sora2.service.creation import read_creation, read_prompt
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.sora2.service.fields import Picture
from shortdrama.sora2.service.ports import (
    ContentStore,
    RenderSpec,
    ServiceJob,
    ServiceOptions,
    VideoEngine,
    VideoJobStore,
)
from shortdrama.sora2.service.query import limit_of, order_of, variant_of
from shortdrama.sora2.service.renders import RenderQueue
from shortdrama.sora2.service.views import show_model, show_page, show_seed_status, show_video
from shortdrama.sora2.wire import JobStatus

_Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Routes:
    jobs: VideoJobStore
    engine: VideoEngine
    content: ContentStore
    queue: RenderQueue
    options: ServiceOptions

    def table(self) -> list[Route]:
        rows: list[tuple[str, str, _Handler]] = [
            ("GET", "/models", self.list_models),
            ("GET", "/models/{id}", self.get_model),
            ("POST", "/videos", self.create),
            ("GET", "/videos", self.list_videos),
            ("GET", "/videos/{id}", self.get_video),
            ("DELETE", "/videos/{id}", self.delete_video),
            ("POST", "/videos/{id}/remix", self.remix),
            ("GET", "/videos/{id}/content", self.get_content),
            ("POST", "/generate", self.create_seed),
            ("GET", "/status/{id}", self.get_seed_status),
            ("GET", "/download/{id}", self.download_seed),
        ]
        return [Route(path, handler, methods=[method]) for method, path, handler in rows]

    async def list_models(self, _: Request) -> Response:
        rows = [show_model(model) for model in self.engine.models()]
        return JSONResponse({"object": "list", "data": rows})

    async def get_model(self, request: Request) -> Response:
        model = request.path_params["id"]
        if model not in self.engine.models():
            raise ApiError(
                404, f"The model '{model[:100]}' does not exist.", code="model_not_found"
            )
        return JSONResponse(show_model(model))

    async def create(self, request: Request) -> Response:
        job = await self._create(request)
        return JSONResponse(show_video(job), headers=self._pace(job))

    async def create_seed(self, request: Request) -> Response:
        job = await self._create(request)
        body = {"jobId": job.id, "status": job.status.value}
        return JSONResponse(body, headers=self._pace(job))

    async def list_videos(self, request: Request) -> Response:
        query = request.query_params
        limit, order = limit_of(query.get("limit", "20")), order_of(query.get("order", "desc"))
        after = query.get("after") or None
        rows = await to_thread.run_sync(self.jobs.list, after, limit + 1, order)
        page = tuple(self._now(job) for job in rows[:limit])
        return JSONResponse(show_page(page, len(rows) > limit))

    async def get_video(self, request: Request) -> Response:
        job = await self._job(request)
        return JSONResponse(show_video(job), headers=self._pace(job))

    async def get_seed_status(self, request: Request) -> Response:
        job = await self._job(request)
        return JSONResponse(show_seed_status(job, request), headers=self._pace(job))

    async def delete_video(self, request: Request) -> Response:
        job_id = request.path_params["id"]
        # The row goes first: a render that ends meanwhile then finds no job and leaves no clip.
        job = await to_thread.run_sync(self.jobs.delete, job_id)
        if job is None:
            raise _unknown_video(job_id)
        await self.queue.cancel(job_id)
        await to_thread.run_sync(delete_bytes, job, self.content, self.options.scratch)
        return JSONResponse({"id": job_id, "object": "video.deleted", "deleted": True})

    async def remix(self, request: Request) -> Response:
        """The same model, length, size and reference with other words."""
        prompt = await read_prompt(request)
        source = await self._job(request)
        if source.status is not JobStatus.COMPLETED:
            raise ApiError(
                400, "Only a completed video can be remixed.", code="video_not_completed"
            )
        spec = RenderSpec(source.model, prompt, source.seconds, source.size)
        try:
            self.engine.check(spec)
        except InvalidInput as error:
            raise ApiError(400, error.message, code="invalid_value") from error
        job = await self._admit(spec, None, source)
        return JSONResponse(show_video(job), headers=self._pace(job))

    async def get_content(self, request: Request) -> Response:
        return await self._clip(request, variant_of(request.query_params.get("variant", "video")))

    async def download_seed(self, request: Request) -> Response:
        return await self._clip(request, "video")

    async def _clip(self, request: Request, variant: Variant) -> Response:
        job = await self._job(request)
        if job.status is not JobStatus.COMPLETED or job.content_key is None:
            told = "failed" if job.status is JobStatus.FAILED else "not ready yet"
            raise ApiError(
                404,
                f"The video is {told} (status: {job.status.value}).",
                code="video_not_ready",
            )
        try:
            path = await to_thread.run_sync(self.content.path, job.content_key)
        except NotFound as error:
            raise ApiError(404, error.message, code="content_gone") from error
        return await clip_response(
            request=request,
            job_id=job.id,
            video=path,
            scratch=self.options.scratch,
            engine=self.engine,
            variant=variant,
        )

    async def _create(self, request: Request) -> ServiceJob:
        if self.queue.waiting >= self.options.max_waiting:
            raise ApiError(
                429, "Too many videos are waiting. Try again later.", code="rate_limit_exceeded"
            )
        creation = await read_creation(request, self.engine)
        return await self._admit(creation.spec, creation.picture, None)

    async def _admit(
        self, spec: RenderSpec, picture: Picture | None, source: ServiceJob | None
    ) -> ServiceJob:
        job = ServiceJob(
            id=f"video_{new_id()}",
            model=spec.model,
            prompt=spec.prompt,
            seconds=spec.seconds,
            size=spec.size,
            status=JobStatus.QUEUED,
            created_at=datetime.now(UTC),
            remixed_from=source.id if source else None,
        )
        job = await to_thread.run_sync(self._add, job, picture, source)
        self.queue.put(job.id)
        return job

    def _add(
        self, job: ServiceJob, picture: Picture | None, source: ServiceJob | None
    ) -> ServiceJob:
        """The reference first, then the row that names it: no row without its bytes."""
        part = self.options.scratch / f"{job.id}.part-reference"
        suffix = ""
        if picture is not None:
            part.write_bytes(picture.content)
            suffix = picture.suffix
        elif source is not None and source.reference_key is not None:
            original = self.content.path(source.reference_key)
            copyfile(original, part)
            suffix = original.suffix
        if part.exists():
            key = self.content.put_file(part, f"{job.id}-reference{suffix}")
            job = replace(job, reference_key=key)
        self.jobs.add(job)
        return job

    async def _job(self, request: Request) -> ServiceJob:
        job_id = request.path_params["id"]
        job = await to_thread.run_sync(self.jobs.get, job_id)
        if job is None:
            raise _unknown_video(job_id)
        return self._now(job)

    def _now(self, job: ServiceJob) -> ServiceJob:
        if job.status is not JobStatus.IN_PROGRESS:
            return job
        return replace(job, progress=self.queue.progress_of(job.id))

    def _pace(self, job: ServiceJob) -> dict[str, str]:
        if job.status in {JobStatus.QUEUED, JobStatus.IN_PROGRESS}:
            return {"openai-poll-after-ms": str(self.options.poll_after_ms)}
        return {}


def _unknown_video(job_id: str) -> ApiError:
    return ApiError(404, f"Video with id '{job_id[:100]}' not found.", code="not_found", param="id")
