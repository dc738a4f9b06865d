"""A ComfyUI server: workflows exported in API format are its models.

Written from ComfyUI's `server.py`, `execution.py` and `comfy_execution/jobs.py` (2026). A job's id
is ours: new servers take the `prompt_id` that is sent, and old ones keep the `client_id`.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from shortdrama.domain.model import Capability, Connection
from shortdrama.domain.take import FailureKind
from shortdrama.errors import (
    InvalidInput,
    ProviderError,
    Sentence,
    StudioError,
    SubmissionUncertain,
    mark,
)
from shortdrama.generation.ports import JobPhase, ProviderJob, Reference, Submission
from shortdrama.providers.comfyui.answers import (
    find_queued,
    history_items,
    is_video_dropped,
    matching,
    node_refusal,
    queue_items,
    read_record,
    refused_workflow,
)
from shortdrama.providers.comfyui.check import check_workflow
from shortdrama.providers.comfyui.slots import Graph
from shortdrama.providers.comfyui.workflow import (
    Filling,
    Workflow,
    capability_of,
    fill_workflow,
    read_workflow,
)
from shortdrama.providers.kind import Access, CheckRow, Option, ProviderKind
from shortdrama.providers.vendor_api import Manners, VendorApi
from shortdrama.providers.wishes import need_mode, need_no, wishes_of
from shortdrama.sora2.answers import Answer
from shortdrama.sora2.options import Auth

NAME = "comfyui"
WORKFLOW = "workflow"  # the option, with a colon and the model behind it
_OURS = uuid.UUID("6f0f6a0e-6c1c-5b55-9d9c-2f8b8a1c0d7e")  # namespace of job ids
_FOLDER = "shortdrama"  # of uploaded pictures, within ComfyUI's input folder
_MOST_ENDED = 16  # jobs that may have ended between two looks at the queue
_RECENT = 200  # jobs of the history that are looked through for a lost one
_IS_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_SEED_BITS = 32  # what every sampler takes


class ComfyUI:
    """Satisfies `providers.kind.OpenProvider`."""

    def __init__(self, access: Access) -> None:
        self._connection = access.connection
        header = access.connection.auth_header
        scheme = "Bearer" if header.lower() == "authorization" else ""
        self._api = VendorApi(access, Manners(auth=Auth(header, scheme)))

    async def close(self) -> None:
        await self._api.close()

    async def submit(self, submission: Submission) -> ProviderJob:
        """Upload the pictures, then queue the filled workflow, once."""
        workflow = workflow_of(self._connection, submission.model)
        need_mode(submission, {workflow.mode}, len(workflow.pictures))
        job_id = _job_id(submission.idempotency_key)
        # Refused before anything is uploaded where it cannot go as asked.
        names = tuple(reference.name for reference in submission.references)
        fill_workflow(workflow, _filling(submission, job_id, names))
        names = tuple([await self._upload(each) for each in submission.references])
        graph = fill_workflow(workflow, _filling(submission, job_id, names))
        body = {"prompt": graph, "prompt_id": job_id, "client_id": _client_id(job_id)}
        try:
            answer = await self._api.submit("/prompt", body)
        except SubmissionUncertain:
            raise
        except ProviderError as error:
            raise _explained(error, graph) from error
        made = answer.body.get("prompt_id") if isinstance(answer.body, dict) else None
        if not isinstance(made, str) or not _IS_ID.fullmatch(made):
            raise self._api.uncertain(answer)
        errors = answer.body.get("node_errors")
        if is_video_dropped(errors, workflow.savers):
            await self.cancel(made)
            raise node_refusal(errors, graph)
        return ProviderJob(made, JobPhase.QUEUED, "pending", model=submission.model)

    async def poll(self, job_id: str) -> ProviderJob:
        """From the queue, else from the history: in this order no job is in neither."""
        waiting = find_queued(await self._queue(), job_id)
        if waiting is not None:
            return waiting
        record = (await self._history(job_id)).get(job_id)
        if not isinstance(record, dict):
            raise ProviderError(
                "ComfyUI does not know this job any more: it was restarted, or its queue was "
                "cleared. Try again.",
                kind=FailureKind.NOT_FOUND,
                http_status=404,
            )
        return read_record(job_id, record, self._connection.base_url)

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        """The queue tells of all that wait or run; of each that has ended the history does."""
        queue = await self._queue()
        found = {each: job for each in job_ids if (job := find_queued(queue, each))}
        for job_id in [each for each in job_ids if each not in found][:_MOST_ENDED]:
            record = (await self._history(job_id)).get(job_id)
            if isinstance(record, dict):
                found[job_id] = read_record(job_id, record, self._connection.base_url)
        return found

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        """Bring the video by `/view`; where it is is asked for again where it is not known."""
        await self._api.fetch_job(job, self.poll, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        """Take it from the queue, or interrupt it where it is the one that runs."""
        queued = find_queued(await self._queue(), job_id)
        if queued is not None and queued.phase is JobPhase.QUEUED:
            await self._api.ask("POST", "/queue", content={"json": {"delete": [job_id]}})
            queued = find_queued(await self._queue(), job_id)
            if queued is None:
                return not await self._history(job_id)
        if queued is None or queued.phase is not JobPhase.RUNNING:
            return False
        # With its id a server of today stops nothing else, should this job just have ended.
        await self._api.ask("POST", "/interrupt", content={"json": {"prompt_id": job_id}})
        return True

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        """The job of this very submission: it carries the id that was sent with it."""
        job_id = _job_id(submission.idempotency_key)
        ids = (job_id, _client_id(job_id))
        found = matching(queue_items(await self._queue()), ids, submission)
        if not found:
            records = await self._history(job_id) or await self._history("", max_items=_RECENT)
            found = matching(history_items(records), ids, submission)
        # Old servers do not say when; the id is enough.
        return [j for j in found if j.created_at is None or j.created_at >= since.timestamp()]

    async def check(self) -> list[CheckRow]:
        try:
            answer = await self._api.ask_any("GET", "/system_stats")
        except StudioError as error:
            return [(mark("Address"), False, error.message)]
        if answer.status in {401, 403}:
            return [(mark("Key"), False, self._api.refused(answer).message)]
        system = answer.body.get("system") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not isinstance(system, dict):
            said = mark("No ComfyUI answers there. Its address is like http://127.0.0.1:8188.")
            return [(mark("Address"), False, said)]
        version = str(system.get("comfyui_version") or "")
        rows: list[CheckRow] = [
            (mark("Address"), True, Sentence("ComfyUI %(version)s answers.", version=version))
        ]
        for model in self._connection.models:
            rows.append(await self._check_model(model))
        return rows

    async def _check_model(self, model: str) -> CheckRow:
        try:
            said = await check_workflow(self._api, workflow_of(self._connection, model))
        except StudioError as error:
            return (model, False, error.message)
        return (model, True, said)

    async def _queue(self) -> dict[str, Any]:
        return _object(await self._api.ask("GET", "/queue"))

    async def _history(self, job_id: str, **params: int) -> dict[str, Any]:
        path = f"/history/{job_id}" if job_id else "/history"
        return _object(await self._api.ask("GET", path, params))

    async def _upload(self, picture: Reference) -> str:
        content = await asyncio.to_thread(picture.path.read_bytes)
        suffix = PurePosixPath(picture.name).suffix.lower()[:6]
        # Named by what is in it: sent again it is the same file.
        name = f"{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
        files = {"image": (name, content, picture.mime)}
        fields = {"type": "input", "subfolder": _FOLDER, "overwrite": "true"}
        sent = {"files": files, "data": fields}
        try:
            body = (await self._api.ask("POST", "/upload/image", content=sent)).body
        except ProviderError as error:
            error.details["not_sent"] = True  # the workflow, that is
            raise
        kept = body.get("name") if isinstance(body, dict) else None
        if not isinstance(kept, str):
            raise ProviderError(
                "ComfyUI did not say where it put the picture.", kind=FailureKind.PROVIDER_FAILURE
            )
        folder = str(body.get("subfolder") or "")
        return f"{folder}/{kept}" if folder else kept


def _object(answer: Answer) -> dict[str, Any]:
    if isinstance(answer.body, dict):
        return answer.body
    raise ProviderError(
        "ComfyUI’s answer cannot be read.", kind=FailureKind.NETWORK, is_transient=True
    )


def workflow_of(connection: Connection, model: str) -> Workflow:
    """Raises `InvalidInput` where the connection has none of this name, or one of no use."""
    text = connection.options.get(f"{WORKFLOW}:{model}")
    if not text:
        raise InvalidInput(
            "There is no workflow for %(model)s. Add its file to the connection in the settings.",
            model=model,
        )
    return read_workflow(text)


def _capability(connection: Connection, model: str) -> Capability | None:
    return capability_of(model, workflow_of(connection, model))


def _filling(submission: Submission, job_id: str, pictures: tuple[str, ...]) -> Filling:
    wishes = wishes_of(submission)
    need_no(wishes.sound, mark("a switch for sound"), submission.model)
    seed = wishes.seed
    if seed is None:
        # ComfyUI makes nothing where nothing has changed since the last time.
        seed = uuid.UUID(job_id).int % 2**_SEED_BITS
    return Filling(
        submission.prompt,
        submission.seconds,
        submission.size,
        seed,
        wishes.negative_prompt or None,
        pictures,
        wishes.own,
    )


def _job_id(key: str) -> str:
    return str(uuid.uuid5(_OURS, key) if key else uuid.uuid4())


def _client_id(job_id: str) -> str:
    return f"shortdrama-{job_id}"


def _explained(error: ProviderError, graph: Graph) -> ProviderError:
    """A refused workflow in a sentence that names the node."""
    body = error.body if isinstance(error.body, dict) else {}
    if errors := body.get("node_errors"):
        return node_refusal(errors, graph)
    told = body.get("error")
    if error.kind != FailureKind.INVALID_REQUEST or not isinstance(told, dict):
        return error
    said = " ".join(str(told.get(name) or "") for name in ("message", "details")).strip()
    return refused_workflow(said)


def _open(access: Access) -> ComfyUI:
    return ComfyUI(access)


KINDS = (
    ProviderKind(
        NAME,
        "ComfyUI",
        _open,
        base_url="http://127.0.0.1:8188",
        needs_key=False,
        options=(
            Option(
                WORKFLOW,
                mark("Workflows"),
                mark(
                    "In ComfyUI choose Workflow, then Export (API). "
                    "Each file becomes a model of its name."
                ),
                is_long=True,
                is_per_model=True,
            ),
        ),
        describe=_capability,
    ),
)
