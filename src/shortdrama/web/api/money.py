"""Money: caps, what was spent on what, and the ledger as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from shortdrama.domain.ids import ConnectionId, EpisodeId, ProjectId, ShotId
from shortdrama.domain.money import MOST_MICRO_USD, Entry, Scope, exact_dollars
from shortdrama.domain.spending import By, Span, Spend
from shortdrama.domain.take import Money
from shortdrama.money.service import CapView, NamedSpend
from shortdrama.web.api.shapes import may_answer
from shortdrama.web.services import GivenServices, Services

router = APIRouter(prefix="/api", tags=["money"])
_ID = "^[0-9a-f]{32}$"
Amount = Annotated[int, Field(ge=0, le=MOST_MICRO_USD, strict=True)]
AnyId = Annotated[str | None, Query(pattern=_ID)]

_COLUMNS = (
    "ordered_at",
    "day",
    "take_id",
    "attempt",
    "project_id",
    "episode_id",
    "shot_id",
    "connection_id",
    "model",
    "seconds",
    "actor",
    "outcome",
    "money",
    "estimate_usd",
    "actual_usd",
    "counted_usd",
    "usage",
    "provider_job_id",
    "sent_at",
    "settled_at",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would carry out


class CapAnswer(BaseModel):
    """All amounts are micro USD. A cap counts what is spent and what is reserved."""

    scope: Scope
    owner_id: str = Field(description="The episode or project; empty for a day")
    cap_micro_usd: int | None = Field(description="Null: there is none")
    spent_micro_usd: int
    reserved_micro_usd: int = Field(description="Of attempts under way")
    maybe_micro_usd: int = Field(description="Of what is spent: may not have been charged")
    without_price: int = Field(description="Attempts whose price nobody knows; not counted")


class CapsAnswer(BaseModel):
    caps: list[CapAnswer]
    ask_above_micro_usd: int | None = Field(description="Above it an order must be confirmed")
    allows_unknown_prices: bool = Field(description="Whether caps let models without a price pass")


class NewCap(BaseModel):
    scope: Literal["day", "episode", "project"]
    owner_id: str = Field(default="", pattern="^([0-9a-f]{32})?$")
    micro_usd: Amount | None = Field(description="Null takes the cap away")


class NewRules(BaseModel):
    ask_above_micro_usd: Amount | None
    allows_unknown_prices: bool


class SpendAnswer(BaseModel):
    """All amounts are micro USD."""

    key: str
    title: str
    number: int | None
    spent_micro_usd: int
    reserved_micro_usd: int
    maybe_micro_usd: int
    wasted_micro_usd: int = Field(description="Paid for takes that failed or were not kept")
    without_price: int
    attempts: int
    failed: int
    finished_ms: int = Field(description="Of the paid takes that are selected for their shots")
    per_finished_second_micro_usd: int | None
    waste_permille: int | None


class SpendsAnswer(BaseModel):
    whole: SpendAnswer
    rows: list[SpendAnswer]


class SpanForm(BaseModel):
    """Which attempts are meant; all where nothing is said. Days are included."""

    project_id: str | None = Field(default=None, pattern=_ID)
    episode_id: str | None = Field(default=None, pattern=_ID)
    shot_id: str | None = Field(default=None, pattern=_ID)
    connection_id: str | None = Field(default=None, pattern="^[0-9a-z-]{1,64}$")
    since: date | None = None
    until: date | None = None

    def span(self) -> Span:
        return Span(
            ProjectId(self.project_id) if self.project_id else None,
            EpisodeId(self.episode_id) if self.episode_id else None,
            ShotId(self.shot_id) if self.shot_id else None,
            ConnectionId(self.connection_id) if self.connection_id else None,
            self.since,
            self.until,
        )


class SpendForm(SpanForm):
    by: By = By.PROJECT


@router.get("/caps", responses=may_answer(404))
def get_caps(services: GivenServices, episode_id: AnyId = None) -> CapsAnswer:
    """The caps of the day, of an episode and of its project; the newest episode by default."""
    return _caps(services, episode_id)


@router.put("/caps", responses=may_answer(404, 423))
def set_cap(wanted: NewCap, services: GivenServices) -> CapsAnswer:
    """What is under way goes on, also past a lower cap."""
    scope = Scope(wanted.scope)
    if scope is Scope.EPISODE:
        services.board.episode_view(EpisodeId(wanted.owner_id))
    services.money.set_cap(scope, wanted.owner_id, wanted.micro_usd)
    return _caps(services, wanted.owner_id if scope is Scope.EPISODE else None)


@router.put("/caps/rules", responses=may_answer(423))
def set_rules(wanted: NewRules, services: GivenServices) -> CapsAnswer:
    services.money.set_rules(wanted.ask_above_micro_usd, wanted.allows_unknown_prices)
    return _caps(services, None)


@router.get("/spend", responses=may_answer())
def get_spend(form: Annotated[SpendForm, Query()], services: GivenServices) -> SpendsAnswer:
    """What was spent on what; dearest first, days newest first."""
    rows = services.money.spend_by(form.by, form.span())
    whole = NamedSpend(services.money.spend(form.span()), None, "")
    return SpendsAnswer(whole=_spend(whole), rows=[_spend(row) for row in rows])


@router.get("/spend.csv", response_class=StreamingResponse)
def export_ledger(form: Annotated[SpanForm, Query()], services: GivenServices) -> StreamingResponse:
    """Every attempt, oldest first, as a spreadsheet reads it."""
    headers = {"Content-Disposition": 'attachment; filename="spend.csv"'}
    lines = _lines(services.money.entries(form.span()))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _caps(services: Services, episode_id: str | None) -> CapsAnswer:
    board = services.board
    view = board.episode_view(EpisodeId(episode_id)) if episode_id else board.current()
    owners = {Scope.EPISODE: view.episode.id, Scope.PROJECT: view.project.id}
    rules = services.money.rules()
    return CapsAnswer(
        caps=[
            _cap(cap, owners.get(cap.scope, ""))
            for cap in services.money.caps(view.project.id, view.episode.id)
        ],
        ask_above_micro_usd=rules.ask_above_micro_usd,
        allows_unknown_prices=rules.allows_unknown_prices,
    )


def _cap(cap: CapView, owner_id: str) -> CapAnswer:
    return CapAnswer(
        scope=cap.scope,
        owner_id=owner_id,
        cap_micro_usd=cap.micro_usd,
        spent_micro_usd=cap.sum.spent_micro_usd,
        reserved_micro_usd=cap.sum.reserved_micro_usd,
        maybe_micro_usd=cap.sum.maybe_micro_usd,
        without_price=cap.sum.without_price,
    )


def _spend(named: NamedSpend) -> SpendAnswer:
    spend: Spend = named.spend
    return SpendAnswer(
        key=spend.key,
        title=named.title,
        number=named.number,
        spent_micro_usd=spend.sum.spent_micro_usd,
        reserved_micro_usd=spend.sum.reserved_micro_usd,
        maybe_micro_usd=spend.sum.maybe_micro_usd,
        wasted_micro_usd=spend.wasted_micro_usd,
        without_price=spend.sum.without_price,
        attempts=spend.attempts,
        failed=spend.failed,
        finished_ms=spend.finished_ms,
        per_finished_second_micro_usd=spend.per_finished_second_micro_usd,
        waste_permille=spend.waste_permille,
    )


def _lines(entries: Iterable[Entry]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for entry in entries:
        writer.writerow([_cell(value) for value in _values(entry)])
        if buffer.tell() > 64 * 1024:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _values(entry: Entry) -> tuple[object, ...]:
    actual = 0 if entry.money is Money.NONE else entry.actual_micro_usd
    return (
        entry.ordered_at.isoformat(timespec="seconds"),
        entry.day.isoformat(),
        entry.take_id,
        entry.attempt,
        entry.project_id,
        entry.episode_id,
        entry.shot_id,
        entry.connection_id,
        entry.model,
        entry.seconds,
        entry.actor,
        entry.outcome.value,
        entry.money.value if entry.money else "open",
        _usd(entry.estimate_micro_usd),
        _usd(actual),
        _usd(None if entry.has_no_price else entry.counts_micro_usd),
        " ".join(f"{unit}={count}" for unit, count in entry.usage.items()),
        entry.provider_job_id,
        entry.sent_at.isoformat(timespec="seconds") if entry.sent_at else None,
        entry.settled_at.isoformat(timespec="seconds") if entry.settled_at else None,
    )


def _usd(micro_usd: int | None) -> str:
    return "" if micro_usd is None else exact_dollars(micro_usd)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
