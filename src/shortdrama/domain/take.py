"""A take: one generated result for a shot, and the states of its life.

    draft ─ queued ─ submitting ─ generating ─ downloading ─ ready
                        │             │            └ failed(kind)      cancelling ─ cancelled
                        └ uncertain   └ stalled (check again resumes)

The program never leaves a terminal state. A person may reopen three of them, because the
provider may still hold what was paid for: `uncertain`, `stalled` and a failed download.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shortdrama.domain.ids import AssetId, ConnectionId, PromptId, ShotId, TakeId


class TakeStatus(StrEnum):
    DRAFT = "draft"
    QUEUED = "queued"
    SUBMITTING = "submitting"
    GENERATING = "generating"
    DOWNLOADING = "downloading"
    READY = "ready"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    STALLED = "stalled"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class FailureKind(StrEnum):
    """Closed set; `providers.md` section D.2."""

    AUTH = "auth"
    QUOTA = "quota"
    RATE_LIMITED = "rate_limited"
    INVALID_REQUEST = "invalid_request"
    UNSUPPORTED = "unsupported"
    MODERATION_INPUT = "moderation_input"
    MODERATION_OUTPUT = "moderation_output"
    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    PROVIDER_FAILURE = "provider_failure"
    TIMEOUT = "timeout"
    NETWORK = "network"
    DOWNLOAD = "download"
    STORAGE = "storage"
    UNKNOWN = "unknown"


class Money(StrEnum):
    """What a failure may have cost."""

    NONE = "none"
    CHARGED = "charged"
    MAYBE = "maybe"


_S = TakeStatus
ACTIVE = frozenset({_S.QUEUED, _S.SUBMITTING, _S.GENERATING, _S.DOWNLOADING, _S.CANCELLING})
TERMINAL = frozenset({_S.READY, _S.FAILED, _S.CANCELLED})
WAITING_FOR_PERSON = frozenset({_S.UNCERTAIN, _S.STALLED})

MOVES: dict[TakeStatus, frozenset[TakeStatus]] = {
    _S.DRAFT: frozenset({_S.QUEUED, _S.CANCELLED}),
    # To generating: its earlier attempt was found at the provider after all.
    _S.QUEUED: frozenset({_S.SUBMITTING, _S.GENERATING, _S.CANCELLED, _S.FAILED}),
    _S.SUBMITTING: frozenset({_S.GENERATING, _S.QUEUED, _S.UNCERTAIN, _S.FAILED, _S.CANCELLING}),
    # To queued: the built-in engine's job ended with its process, and another one is free.
    _S.GENERATING: frozenset({_S.DOWNLOADING, _S.FAILED, _S.STALLED, _S.CANCELLING, _S.QUEUED}),
    _S.DOWNLOADING: frozenset({_S.READY, _S.FAILED, _S.CANCELLING, _S.QUEUED}),
    _S.CANCELLING: frozenset({_S.CANCELLED, _S.DOWNLOADING, _S.FAILED}),
    _S.STALLED: frozenset({_S.GENERATING, _S.CANCELLED}),
    _S.UNCERTAIN: frozenset({_S.GENERATING, _S.QUEUED, _S.CANCELLED}),
    _S.READY: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.FAILED: frozenset(),
}


def may_move(current: TakeStatus, to: TakeStatus) -> bool:
    return to in MOVES[current]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a take is failed, uncertain or stalled, for a person and for a bug report.

    `details` holds only what may be shown: request line, HTTP status, redacted answer.
    """

    kind: FailureKind
    message: str
    money: Money
    can_retry: bool = False  # the same request may work another time
    can_fetch_again: bool = False  # the provider may still hold the clip
    provider_code: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakeRequest:
    """What was asked, frozen once submitted."""

    prompt: str
    model: str
    connection_id: ConnectionId
    seconds: int
    size: str  # "720x1280", width x height in pixels
    references: tuple[AssetId, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)  # seed, sound, negative_prompt, and others
    mode: str = ""  # of `model.Mode`: what the references are; "" where nobody said


@dataclass(frozen=True, slots=True)
class Clip:
    """The stored, checked result: keys into the blob store, and what the probe said."""

    video_key: str  # SHA-256 in hex
    poster_key: str | None
    last_frame_key: str | None
    bytes: int
    duration_ms: int
    width: int
    height: int
    has_audio: bool
    fps: float | None = None  # frames a second; None: nobody measured it


@dataclass(frozen=True, slots=True)
class Take:
    id: TakeId
    shot_id: ShotId
    prompt_id: PromptId
    number: int  # counts within the shot, from 1
    request: TakeRequest
    status: TakeStatus
    created_at: datetime
    updated_at: datetime
    progress: int | None = None  # 0–100, the source's own; None where it tells none
    submitted_at: datetime | None = None  # the intent, committed before the call
    finished_at: datetime | None = None
    provider_job_id: str | None = None
    provider_status: str | None = None  # the vendor's raw word
    failure: Failure | None = None
    clip: Clip | None = None
    is_rejected: bool = False
    reject_reason: str = ""
    retry_of: TakeId | None = None
    estimate_micro_usd: int | None = None  # None: unknown; 0: free
    estimate_s: float | None = None  # until ready, since it was sent, or else made (waiting.py)
    ordered_by: str = ""  # "user:Mei", "client:<id>", "page", "cli", "api"; "": nobody wrote it

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def was_charged(self) -> bool:
        """Whether money was, or may have been, spent on it; its estimate says how much."""
        if self.submitted_at is None:
            return False
        if self.status is TakeStatus.FAILED:
            return self.failure is None or self.failure.money is not Money.NONE
        return True

    @property
    def can_fetch_again(self) -> bool:
        return (
            self.status is TakeStatus.FAILED
            and self.failure is not None
            and self.failure.can_fetch_again
            and self.provider_job_id is not None
        )
