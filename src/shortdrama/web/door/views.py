"""A take as OpenAI's Video object."""

from __future__ import annotations

import hmac
import time
from datetime import UTC, datetime
from typing import Any

from shortdrama.domain.model import ModelChoice
from shortdrama.domain.take import Failure, FailureKind, Take, TakeStatus
from shortdrama.domain.waiting import left_s
from shortdrama.errors import fill, mark
from shortdrama.web.door.desk import PREFIX, Job

LINK_S = 24 * 3600
_SOON_MS, _LATE_MS = 500, 10_000
_UNTOLD_MS = 2_000
_PERSON_MS = 30_000  # somebody has to decide first
_S = TakeStatus
# The protocol knows four words and no more: its clients give up on any other.
STATUS = {
    _S.DRAFT: "queued",
    _S.QUEUED: "queued",
    _S.SUBMITTING: "queued",
    _S.GENERATING: "in_progress",
    _S.DOWNLOADING: "in_progress",
    _S.CANCELLING: "in_progress",
    # Not failed: the provider may have made it, and a client would order, and pay, again.
    _S.UNCERTAIN: "in_progress",
    _S.STALLED: "in_progress",
    _S.READY: "completed",
    _S.FAILED: "failed",
    _S.CANCELLED: "failed",
}
_UNDECIDED = {
    _S.UNCERTAIN: mark(
        "It is not known whether the provider got this request, and it may have been charged. "
        "Nothing is sent again by itself: somebody has to decide in the studio. Ordering it again "
        "may be paid for twice."
    ),
    _S.STALLED: mark(
        "The provider has said nothing of this video for a long time. Somebody has to decide in "
        "the studio. Ordering it again may be paid for twice."
    ),
}
_MODERATED = frozenset({FailureKind.MODERATION_INPUT, FailureKind.MODERATION_OUTPUT})


def show_video(found: Job, video_url: str | None = None) -> dict[str, Any]:
    """Every field of the object; `video_url` only where it is asked for."""
    take, job = found.take, found.job
    is_ready = take.status is _S.READY
    shown = {
        "id": f"{PREFIX}{take.id}",
        "object": "video",
        "model": take.request.model,
        "connection_id": take.request.connection_id,  # ours: whose model it is
        "status": STATUS[take.status],
        "progress": 100 if is_ready else min(99, take.progress or 0),
        "created_at": _unix(take.created_at),
        "completed_at": _unix(take.finished_at) if is_ready else None,
        "expires_at": None,  # the studio keeps what was paid for
        "prompt": take.request.prompt,
        "size": take.request.size,
        "seconds": str(take.request.seconds),
        "remixed_from_video_id": f"{PREFIX}{job.remixed_from}" if job.remixed_from else None,
        "error": _error(take),
    }
    return shown | ({"video_url": video_url} if video_url else {})


def show_page(videos: list[dict[str, Any]], has_more: bool) -> dict[str, Any]:
    return {
        "object": "list",
        "data": videos,
        "first_id": videos[0]["id"] if videos else None,
        "last_id": videos[-1]["id"] if videos else None,
        "has_more": has_more,
    }


def show_model(name: str, choice: ModelChoice) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": choice.connection_name or "shortdrama",
    }


def poll_after_ms(take: Take) -> int | None:
    """When asking again is worth it; None where nothing will change."""
    if take.status in _UNDECIDED:
        return _PERSON_MS
    if not take.is_active:
        return None
    left = left_s(take, datetime.now(UTC))
    return _UNTOLD_MS if left is None else max(_SOON_MS, min(_LATE_MS, int(left * 200)))


def sign_link(secret: bytes, job_id: str, now: float | None = None) -> str:
    """What makes the address of a clip good for a day, for clients that send no key with it."""
    expires = int(now or time.time()) + LINK_S
    return f"expires={expires}&signature={_signature(secret, job_id, str(expires))}"


def is_signed(secret: bytes, job_id: str, expires: str, signature: str) -> bool:
    wanted = _signature(secret, job_id, expires)
    is_right = hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))
    return is_right and expires.isascii() and expires.isdigit() and int(expires) > time.time()


def _signature(secret: bytes, job_id: str, expires: str) -> str:
    text = f"clip\n{job_id}\n{expires}"
    return hmac.digest(secret, text.encode("utf-8", "replace"), "sha256").hex()


def _error(take: Take) -> dict[str, Any] | None:
    if take.status in _UNDECIDED:
        return {"code": take.status.value, "message": _UNDECIDED[take.status]}
    if take.status is _S.CANCELLED:
        return {"code": "cancelled", "message": "The video was cancelled in the studio."}
    if take.status is not _S.FAILED:
        return None
    if take.failure is None:
        return {"code": "unknown", "message": "The video failed."}
    return {
        "code": _code(take.failure),
        "message": fill(take.failure.message, take.failure.details),
    }


def _code(failure: Failure) -> str:
    return "moderation_blocked" if failure.kind in _MODERATED else failure.kind.value


def _unix(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment is not None else None
