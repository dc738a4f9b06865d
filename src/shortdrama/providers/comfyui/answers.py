"""What a ComfyUI's queue and history say of a job. Pure.

A queued item is `[number, prompt id, workflow, extra data, outputs, …]`; a record of the history
holds such an item as `prompt`, and `outputs` by node, and `status`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, TypeGuard
from urllib.parse import urlencode

from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, Sentence
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.comfyui.slots import Graph, Slots, find_slots, name_of
from shortdrama.sora2.wire import parse_time

_CLIPS = frozenset({".mp4", ".m4v", ".mov"})
_OTHER_CLIPS = frozenset({".webm", ".mkv", ".avi", ".gif", ".webp", ".apng"})
_MEMORY = ("outofmemory", "out of memory", "allocation on device")


def find_queued(queue: dict[str, Any], job_id: str) -> ProviderJob | None:
    """The job as it waits or runs; None where it does neither."""
    running, waiting = _list(queue, "queue_running"), _list(queue, "queue_pending")
    if any(item[1] == job_id for item in running):
        return ProviderJob(job_id, JobPhase.RUNNING, "running")
    mine = next((item for item in waiting if item[1] == job_id), None)
    if mine is None:
        return None
    ahead = len(running) + sum(1 for item in waiting if _number(item) < _number(mine))
    return ProviderJob(job_id, JobPhase.QUEUED, f"pending, {ahead} ahead")


def queue_items(queue: dict[str, Any]) -> list[list[Any]]:
    return [*_list(queue, "queue_running"), *_list(queue, "queue_pending")]


def history_items(records: dict[str, Any]) -> list[list[Any]]:
    items = [record.get("prompt") for record in records.values() if isinstance(record, dict)]
    return [item for item in items if _is_item(item)]


def matching(
    items: list[list[Any]], ids: tuple[str, str], submission: Submission
) -> list[ProviderJob]:
    """Jobs of a submission; `ids`: of the job, and of the client, which a server that makes ids
    of its own keeps."""
    ours = [item for item in items if item[1] == ids[0] or _extra(item).get("client_id") == ids[1]]
    return [_found(item, submission) for item in ours if _prompt(item) == submission.prompt]


def _found(item: list[Any], submission: Submission) -> ProviderJob:
    """A job that was found again; its phase is for the next poll to say."""
    made = parse_time(_extra(item).get("create_time"))  # in milliseconds
    return ProviderJob(
        str(item[1]),
        JobPhase.QUEUED,
        "found",
        created_at=made.timestamp() if made else None,
        model=submission.model,
        prompt=submission.prompt,
        is_certain=True,
    )


def _prompt(item: list[Any]) -> object:
    """The prompt that the workflow was filled with."""
    slots = _slots(item)
    places = slots.places.get("prompt") if slots else None
    try:
        return item[2][places[0].node]["inputs"][places[0].field] if places else None
    except (KeyError, TypeError):
        return None  # another's workflow


def read_record(job_id: str, record: dict[str, Any], base_url: str) -> ProviderJob:
    """A job that is over."""
    status = record.get("status")
    status = status if isinstance(status, dict) else {}
    # Servers before 2024 said nothing.
    word = str(status.get("status_str") or ("success" if record.get("outputs") else "error"))
    job = ProviderJob(job_id, JobPhase.UNKNOWN, word)
    if word == "success":
        return _finished(job, record, base_url)
    if word != "error":
        return job
    told = {str(m[0]): m[1] for m in _rows(status.get("messages")) if _is_message(m)}
    if "execution_interrupted" in told:
        return replace(job, phase=JobPhase.CANCELLED, raw_status="interrupted")
    return _broken(job, told.get("execution_error") or {}, record)


def is_video_dropped(errors: object, savers: tuple[str, ...]) -> bool:
    """ComfyUI queues a workflow where any of its outputs can be made; of use is the video."""
    told = errors.values() if isinstance(errors, dict) else ()
    dropped = {
        str(output)
        for each in told
        if isinstance(each, dict)
        for output in _rows(each.get("dependent_outputs"))
    }
    return bool(savers) and dropped.issuperset(savers)


def node_refusal(errors: object, graph: Graph) -> ProviderError:
    """The first node that cannot run, and why, in ComfyUI's words."""
    nodes = errors if isinstance(errors, dict) else {}
    node, told = next(iter(nodes.items()), ("?", None))
    reasons = _rows(told.get("errors")) if isinstance(told, dict) else []
    first = reasons[0] if reasons and isinstance(reasons[0], dict) else {}
    said = ": ".join(str(first[n]) for n in ("message", "details") if first.get(n))
    return ProviderError(
        "ComfyUI refused the workflow at node %(node)s: %(reason)s. "
        "Mend it in ComfyUI and export the workflow again.",
        node=name_of(graph, str(node)),
        reason=said[:300] or "?",
        nodes=len(nodes),
        kind=FailureKind.INVALID_REQUEST,
        explains=True,
    )


def refused_workflow(said: str) -> ProviderError:
    """A refusal that names no node, such as a node that is not installed."""
    return ProviderError(
        "ComfyUI refused the workflow: %(reason)s. Mend it in ComfyUI and export it again.",
        reason=said[:300].rstrip("."),
        kind=FailureKind.INVALID_REQUEST,
        explains=True,
    )


def _finished(job: ProviderJob, record: dict[str, Any], base_url: str) -> ProviderJob:
    files = _files(record)
    clips = [file for file in files if _suffix(file) in _CLIPS]
    if clips:
        best = min(clips, key=lambda file: file.get("type") != "output")
        query = {name: str(best.get(name) or "") for name in ("filename", "subfolder", "type")}
        url = f"{base_url.rstrip('/')}/view?{urlencode(query)}"
        return replace(job, phase=JobPhase.SUCCEEDED, result_url=url)
    others = [str(file["filename"]) for file in files if _suffix(file) in _OTHER_CLIPS]
    if not others:
        return _failed(
            job,
            Sentence("The workflow ended without a video. It needs a node that saves one as MP4."),
        )
    return _failed(
        job,
        Sentence(
            "The workflow saved %(name)s; the studio takes MP4. Set the format of the node that "
            "saves the video to MP4 (H.264) and export the workflow again.",
            name=others[0][:100],
        ),
    )


def _files(record: dict[str, Any]) -> list[dict[str, Any]]:
    """All that was handed out, by the nodes that save the video first."""
    outputs = record.get("outputs")
    outputs = outputs if isinstance(outputs, dict) else {}
    savers = _savers(record)
    found = []
    for node in sorted(outputs, key=lambda node: node not in savers):
        keys = outputs[node].values() if isinstance(outputs[node], dict) else ()
        rows = [row for rows in keys if isinstance(rows, list) for row in rows]
        found += [row for row in rows if isinstance(row, dict) and row.get("filename")]
    return found


def _savers(record: dict[str, Any]) -> tuple[str, ...]:
    item = record.get("prompt")
    slots = _slots(item) if _is_item(item) else None
    return slots.savers if slots else ()


def _slots(item: list[Any]) -> Slots | None:
    try:
        return find_slots(item[2])
    except (InvalidInput, AttributeError, KeyError, TypeError):
        return None  # another's workflow, or one of a shape nobody knows


def _broken(job: ProviderJob, told: dict[str, Any], record: dict[str, Any]) -> ProviderJob:
    item = record.get("prompt")
    graph = item[2] if _is_item(item) and isinstance(item[2], dict) else {}
    node = str(told.get("node_id") or "")
    said = str(told.get("exception_message") or "").strip()
    kind = str(told.get("exception_type") or "")
    if any(word in f"{kind} {said}".lower() for word in _MEMORY):
        text = Sentence(
            "The graphics card had not enough memory at node %(node)s. "
            "Try a smaller size or fewer seconds.",
            node=name_of(graph, node),
        )
        return _failed(job, text, "out_of_memory")
    text = Sentence(
        "Node %(node)s failed: %(reason)s",
        node=name_of(graph, node) or "?",
        reason=said.partition("\n")[0][:300] or kind or "?",
    )
    return _failed(job, text, kind or None)


def _failed(job: ProviderJob, said: str, code: str | None = None) -> ProviderJob:
    return replace(
        job,
        phase=JobPhase.FAILED,
        failure_kind=FailureKind.PROVIDER_FAILURE,
        error_code=code,
        error_message=said,
    )


def _list(queue: dict[str, Any], name: str) -> list[list[Any]]:
    return [item for item in _rows(queue.get(name)) if _is_item(item)]


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_item(item: Any) -> TypeGuard[list[Any]]:  # noqa: ANN401 - JSON
    return isinstance(item, list) and len(item) >= 4


def _is_message(message: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(message, list) and len(message) == 2 and isinstance(message[1], dict)


def _number(item: list[Any]) -> float:
    return float(item[0]) if isinstance(item[0], int | float) else 0.0


def _extra(item: list[Any]) -> dict[str, Any]:
    return item[3] if isinstance(item[3], dict) else {}


def _suffix(file: dict[str, Any]) -> str:
    return PurePosixPath(str(file["filename"])).suffix.lower()
