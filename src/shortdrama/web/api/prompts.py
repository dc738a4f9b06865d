"""Prompts: history, models, and the check before the click."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from shortdrama.domain.ids import AssetId, ConnectionId, PromptId, ShotId
from shortdrama.domain.model import Mode, Sound
from shortdrama.errors import InvalidInput, OverBudget
from shortdrama.prompts.service import Estimate, PromptForm
from shortdrama.web.api.shapes import may_answer
from shortdrama.web.i18n import say
from shortdrama.web.services import GivenServices, Services

router = APIRouter(prefix="/api", tags=["prompts"])
ID_PATTERN = "^[0-9a-f]{32}$"
AnyId = Annotated[str, Field(pattern=ID_PATTERN)]


class PromptAnswer(BaseModel):
    id: str
    text: str
    shot_id: str
    created_at: datetime
    take_id: str | None


class ModelAnswer(BaseModel):
    model: str
    label: str
    connection_id: str
    connection_name: str
    is_ready: bool
    is_known: bool
    seconds: list[int]
    sizes: list[str]
    max_references: int | None
    max_prompt_chars: int
    micro_usd_per_second: int | None
    default_seconds: int
    default_size: str
    modes: list[Mode] = Field(description="What pictures can be; empty: not known")
    sound: Sound
    has_seed: bool
    has_negative_prompt: bool


class CheckForm(BaseModel):
    prompt: str = Field(max_length=200_000)
    model: str = Field(max_length=200)
    seconds: int = Field(ge=0, le=100_000)
    size: str = Field(max_length=40)
    references: list[AnyId] = Field(default=[], max_length=100)
    connection_id: str | None = Field(
        default=None,
        max_length=64,
        description="Needed where several connections offer the model",
    )
    takes: int = Field(default=1, ge=1, le=20)
    mode: Mode | None = None
    extra: dict[str, Any] = Field(default={}, max_length=40)
    shot_id: AnyId | None = Field(default=None, description="Whose caps are looked at as well")


class ProblemAnswer(BaseModel):
    field: str
    code: str
    message: str


class CheckAnswer(BaseModel):
    """`micro_usd` null: the price is not known; 0: free."""

    problems: list[ProblemAnswer]
    micro_usd: int | None
    seconds: float | None = Field(description="Until all are ready; null: nobody knows")
    is_behind: bool = Field(description="The first of them has to wait for takes under way")
    must_ask: bool = Field(description="All together cost more than a click may without a word")
    ask_above_micro_usd: int | None


@router.get("/prompts", responses=may_answer())
def list_prompts(
    services: GivenServices,
    query: Annotated[str, Query(max_length=500)] = "",
    before: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[PromptAnswer]:
    """All prompts ever sent, newest first."""
    cursor = PromptId(before) if before else None
    return [
        PromptAnswer(
            id=p.id,
            text=p.text,
            shot_id=p.shot_id,
            created_at=p.created_at,
            take_id=p.last_take_id,
        )
        for p in services.prompts.history(query, cursor, limit)
    ]


@router.get("/models")
def list_models(services: GivenServices) -> list[ModelAnswer]:
    """Every model that can be chosen; the built-in engine first."""
    return [
        ModelAnswer(
            model=choice.capability.model,
            label=choice.capability.label,
            connection_id=choice.connection_id,
            connection_name=choice.connection_name,
            is_ready=choice.is_ready,
            is_known=choice.capability.is_known,
            seconds=list(choice.capability.seconds),
            sizes=list(choice.capability.sizes),
            max_references=choice.capability.max_references,
            max_prompt_chars=choice.capability.max_prompt_chars,
            micro_usd_per_second=choice.capability.micro_usd_per_second,
            default_seconds=choice.capability.default_seconds,
            default_size=choice.capability.default_size,
            modes=list(choice.capability.modes),
            sound=choice.capability.sound,
            has_seed=choice.capability.has_seed,
            has_negative_prompt=choice.capability.has_negative_prompt,
        )
        for choice in services.connections.models()
    ]


@router.post("/prompts/check", responses=may_answer(404))
def check_prompt(form: CheckForm, services: GivenServices) -> CheckAnswer:
    """What the model cannot do, what it would cost and how long it would take."""
    connection_id = ConnectionId(form.connection_id) if form.connection_id else None
    references = tuple(AssetId(reference) for reference in form.references)
    asked = PromptForm(
        form.prompt,
        form.model,
        form.seconds,
        form.size,
        references,
        connection_id,
        form.mode,
        form.extra,
    )
    problems = services.prompts.check(asked)
    answers = [
        ProblemAnswer(field=p.where, code=p.code, message=say(p.template, p.details))
        for p in problems
    ]
    estimate = _estimate(services, asked, form.takes)
    shot_id = ShotId(form.shot_id) if form.shot_id else None
    quote = services.money.quote(estimate.micro_usd, shot_id)
    # Where the model is not even known, a price is the lesser trouble.
    if quote.refusal is not None and not any(p.where == "model" for p in problems):
        answers.append(_refusal(quote.refusal))
    return CheckAnswer(
        problems=answers,
        micro_usd=estimate.micro_usd,
        seconds=estimate.seconds,
        is_behind=estimate.is_behind,
        must_ask=quote.must_ask,
        ask_above_micro_usd=quote.ask_above_micro_usd,
    )


def _estimate(services: Services, form: PromptForm, takes: int) -> Estimate:
    try:
        return services.prompts.estimate(form, takes)
    except InvalidInput:
        return Estimate(None, None)


def _refusal(refusal: OverBudget) -> ProblemAnswer:
    sentence = say(refusal.template, refusal.details)
    return ProblemAnswer(field="money", code=refusal.code, message=sentence)
