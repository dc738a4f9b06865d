"""Takes: order, follow, cancel, try again, decide."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query
from pydantic import AfterValidator, BaseModel, Field

from shortdrama.domain.ids import AssetId, ConnectionId, ShotId, TakeId, new_id
from shortdrama.domain.model import PREVIZ_MODEL, Mode
from shortdrama.domain.money import TakeCost
from shortdrama.domain.project import Shot
from shortdrama.domain.take import Failure, FailureKind, Money, Take, TakeStatus
from shortdrama.domain.waiting import left_s
from shortdrama.generation.orders import TakeOrder
from shortdrama.generation.service import Decision
from shortdrama.web.api.shapes import Id, may_answer
from shortdrama.web.i18n import say
from shortdrama.web.services import GivenServices, Services
from shortdrama.web.who import GivenWho, buyer_of

router = APIRouter(prefix="/api/takes", tags=["takes"])
_ID = "^[0-9a-f]{32}$"
AnyId = Annotated[str, Field(pattern=_ID)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern="^[!-~]+$",
        description="The same key with the same request is the same take; made here when absent",
    ),
]
_MOST_OWN_CHARS, _MOST_OWN_DEPTH = 64_000, 20


def _check_own_words(extra: dict[str, Any]) -> dict[str, Any]:
    """Raises `ValueError` for what could be stored with a take, and then not be sent."""
    try:
        is_too_much = len(json.dumps(extra, allow_nan=False)) > _MOST_OWN_CHARS
    except RecursionError:
        is_too_much = True
    if is_too_much or _depth(extra) > _MOST_OWN_DEPTH:
        raise ValueError("too large or too deep")
    return extra


def _depth(value: object) -> int:
    """Levels of objects and lists, one more than allowed where there are more."""
    levels, inside = 0, [value]
    while inside and levels <= _MOST_OWN_DEPTH:
        holders = [held for held in inside if isinstance(held, dict | list)]
        levels += bool(holders)
        inside = [
            item for held in holders for item in (held.values() if isinstance(held, dict) else held)
        ]
    return levels


class NewTake(BaseModel):
    """What to make. Without `shot_id` it goes to the newest shot."""

    prompt: str = Field(max_length=200_000, description="At most 32,000 characters are sent")
    model: str = Field(default=PREVIZ_MODEL, min_length=1, max_length=200)
    seconds: int = Field(default=4, ge=1, le=600, strict=True)
    size: str = Field(default="720x1280", max_length=40, description="Width x height in pixels")
    references: list[AnyId] = Field(default=[], max_length=100)
    shot_id: AnyId | None = None
    connection_id: str | None = Field(
        default=None,
        pattern="^[0-9a-z-]{1,64}$",
        description="Needed where several connections offer the model: without it the order is "
        "refused as `model_ambiguous`",
    )
    mode: Mode | None = Field(default=None, description="What the references are to the clip")
    extra: Annotated[dict[str, Any], AfterValidator(_check_own_words)] = Field(
        default={},
        max_length=40,
        description="What else the model takes: seed, sound, negative_prompt, or its own words",
    )
    confirmed_micro_usd: int | None = Field(
        default=None, ge=0, description="What a person agreed to pay for it at most"
    )


class Confirmation(BaseModel):
    """A person's word on the price of one order."""

    confirmed_micro_usd: int | None = Field(
        default=None, ge=0, description="Needed above the limit that the studio asks at"
    )


class Verdict(BaseModel):
    """A person's word on an uncertain take; `send_again` may be paid for twice."""

    decision: Decision


class Adoption(BaseModel):
    """Which of the provider's jobs is the take's own; of `error.details.candidates`."""

    job_id: str = Field(min_length=1, max_length=4096)


class FailureAnswer(BaseModel):
    code: str = Field(description="The provider's own word, or the kind")
    kind: FailureKind
    message: str
    money: Money
    can_retry: bool
    can_fetch_again: bool
    details: dict[str, Any]


class CostAnswer(BaseModel):
    """Over all attempts at a take, as the ledger has it."""

    micro_usd: int
    money: Money | None = Field(description="Whether it was charged; null: not known yet")
    is_actual: bool = Field(description="The provider has said it; else it is the estimate")
    is_known: bool = Field(description="False: no price is known for some of it")


class TakeAnswer(BaseModel):
    """A take. Addresses are null until it is ready."""

    id: str
    shot_id: str
    number: int
    status: TakeStatus
    progress: int | None = Field(description="0–100, the source's own; then of the download")
    error: FailureAnswer | None
    video_url: str | None
    poster_url: str | None
    prompt: str
    model: str
    connection_id: str
    seconds: int
    size: str
    references: list[str]
    created_at: datetime
    submitted_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    elapsed_s: float | None
    left_s: float | None = Field(description="0: longer than usual; null: not known")
    queue_position: int | None
    is_selected: bool
    is_rejected: bool
    reject_reason: str
    estimate_micro_usd: int | None = Field(description="Null: not known; 0: free")
    cost: CostAnswer | None
    provider_job_id: str | None
    retry_of: str | None
    ordered_by: str = Field(
        description="`user:NAME`, `client:ID`, `page`, `cli` or `api`; empty: nobody wrote it"
    )


@router.post("", status_code=202, responses=may_answer(402, 404, 409, 423, 507))
def order_take(
    wanted: NewTake, services: GivenServices, who: GivenWho, key: Key = None
) -> TakeAnswer:
    """Make a take. May cost money, as the estimate says."""
    order = TakeOrder(
        prompt=wanted.prompt,
        model=wanted.model,
        seconds=wanted.seconds,
        size=wanted.size,
        references=tuple(AssetId(reference) for reference in wanted.references),
        shot_id=ShotId(wanted.shot_id) if wanted.shot_id else None,
        connection_id=ConnectionId(wanted.connection_id) if wanted.connection_id else None,
        mode=wanted.mode,
        extra=wanted.extra,
    )
    buyer = buyer_of(who, wanted.confirmed_micro_usd)
    return take_answer(services.takes.order(order, key or new_id(), buyer), services)


@router.get("", responses=may_answer())
def list_takes(
    services: GivenServices,
    before: Annotated[str | None, Query(pattern=_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[TakeAnswer]:
    """All takes, newest first; give the last one's id as `before` for the next page."""
    takes = services.takes.page(TakeId(before) if before else None, limit)
    shots = {shot_id: services.board.shot(shot_id) for shot_id in {t.shot_id for t in takes}}
    costs = services.money.costs([take.id for take in takes])
    return [_answer(take, shots[take.shot_id], services, costs.get(take.id)) for take in takes]


@router.get("/{take_id}", responses=may_answer(404))
def get_take(take_id: Id, services: GivenServices) -> TakeAnswer:
    return take_answer(services.takes.get(TakeId(take_id)), services)


@router.post("/{take_id}/cancellation", status_code=202, responses=may_answer(404, 409))
def cancel_take(take_id: Id, services: GivenServices) -> TakeAnswer:
    """Stop it. A take that its provider has stays `cancelling` until it is over there."""
    return take_answer(services.takes.cancel(TakeId(take_id)), services)


@router.post("/{take_id}/retry", status_code=202, responses=may_answer(402, 404, 409, 423, 507))
def retry_take(
    take_id: Id,
    services: GivenServices,
    who: GivenWho,
    key: Key = None,
    word: Annotated[Confirmation | None, Body()] = None,
) -> TakeAnswer:
    """A new take with the same request. May cost money."""
    buyer = buyer_of(who, word.confirmed_micro_usd if word else None)
    return take_answer(services.takes.retry(TakeId(take_id), key or new_id(), buyer), services)


@router.post("/{take_id}/fetch", status_code=202, responses=may_answer(404, 409))
def fetch_take(take_id: Id, services: GivenServices) -> TakeAnswer:
    """Download the finished clip again; nothing is generated."""
    return take_answer(services.takes.fetch_again(TakeId(take_id)), services)


@router.post("/{take_id}/check", status_code=202, responses=may_answer(404, 409))
def check_take(take_id: Id, services: GivenServices) -> TakeAnswer:
    """Ask the provider again for a stalled take."""
    return take_answer(services.takes.check_again(TakeId(take_id)), services)


@router.post("/{take_id}/decision", status_code=202, responses=may_answer(402, 404, 409))
def decide_take(
    take_id: Id, verdict: Verdict, services: GivenServices, who: GivenWho
) -> TakeAnswer:
    """Say what becomes of an uncertain take. Sending it again is signed with who decided."""
    decision = verdict.decision
    take = services.takes.resolve_uncertain(TakeId(take_id), decision, who.actor)
    return take_answer(take, services)


@router.post("/{take_id}/adoption", status_code=202, responses=may_answer(404, 409))
def adopt_job(take_id: Id, adoption: Adoption, services: GivenServices) -> TakeAnswer:
    """Say which job of the provider an uncertain take is. Nothing is paid."""
    return take_answer(services.takes.adopt(TakeId(take_id), adoption.job_id), services)


def take_answer(take: Take, services: Services) -> TakeAnswer:
    """A take as the API tells of it."""
    cost = services.money.costs([take.id]).get(take.id)
    return _answer(take, services.board.shot(take.shot_id), services, cost)


def _answer(take: Take, shot: Shot, services: Services, cost: TakeCost | None) -> TakeAnswer:
    request, clip = take.request, take.clip if take.status is TakeStatus.READY else None
    return TakeAnswer(
        id=take.id,
        shot_id=take.shot_id,
        number=take.number,
        status=take.status,
        progress=take.progress,
        error=_failure(take.failure),
        video_url=_media_url(clip.video_key, f"{_file_name(take, shot)}.mp4") if clip else None,
        poster_url=_media_url(clip.poster_key, "poster.webp") if clip else None,
        prompt=request.prompt,
        model=request.model,
        connection_id=request.connection_id,
        seconds=request.seconds,
        size=request.size,
        references=list(request.references),
        created_at=take.created_at,
        submitted_at=take.submitted_at,
        finished_at=take.finished_at,
        duration_ms=clip.duration_ms if clip else None,
        elapsed_s=_elapsed_s(take),
        left_s=_left_s(take),
        queue_position=services.takes.queue_position(take),
        is_selected=take.id == shot.selected_take_id,
        is_rejected=take.is_rejected,
        reject_reason=take.reject_reason,
        estimate_micro_usd=take.estimate_micro_usd,
        cost=_cost(cost),
        provider_job_id=take.provider_job_id,
        retry_of=take.retry_of,
        ordered_by=take.ordered_by,
    )


def _cost(cost: TakeCost | None) -> CostAnswer | None:
    if cost is None:
        return None
    return CostAnswer(
        micro_usd=cost.micro_usd,
        money=cost.money,
        is_actual=cost.is_actual,
        is_known=cost.is_known,
    )


def _failure(failure: Failure | None) -> FailureAnswer | None:
    if failure is None:
        return None
    return FailureAnswer(
        code=failure.provider_code or failure.kind.value,
        kind=failure.kind,
        message=say(failure.message, failure.details),
        money=failure.money,
        can_retry=failure.can_retry,
        can_fetch_again=failure.can_fetch_again,
        details=failure.details,
    )


def _media_url(key: str | None, name: str) -> str | None:
    return f"/media/{key}/{name}" if key else None


def _file_name(take: Take, shot: Shot) -> str:
    return f"shot-{shot.number:02d}-take-{take.number}"


def _elapsed_s(take: Take) -> float | None:
    """Since it was sent, until now or its end."""
    if take.submitted_at is None:
        return None
    until = take.finished_at or datetime.now(UTC)
    return round(max(0.0, (until - take.submitted_at).total_seconds()), 1)


def _left_s(take: Take) -> float | None:
    left = left_s(take, datetime.now(UTC))
    return None if left is None else round(left, 1)
