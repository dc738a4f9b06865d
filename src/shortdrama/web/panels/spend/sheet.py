"""What the spend page shows. Pure, but for what it asks the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shortdrama.board.service import BoardView
from shortdrama.domain.ids import ConnectionId, EpisodeId, ProjectId
from shortdrama.domain.model import BUILT_IN
from shortdrama.domain.money import Scope, Sum, dollars
from shortdrama.domain.spending import By, Span, Spend
from shortdrama.money.service import CapView, NamedSpend
from shortdrama.web.i18n import _
from shortdrama.web.panels.takes.card import orderer
from shortdrama.web.services import Services

SPANS = ("episode", "project", "all")
_BYS = (By.SHOT, By.CONNECTION, By.MODEL, By.DAY, By.EPISODE, By.PROJECT, By.ACTOR)


@dataclass(frozen=True, slots=True)
class CapField:
    """A cap as a field to fill in. `typed` is what stands in it."""

    name: str
    label: str
    typed: str
    percent: int | None  # of the cap; None where there is none
    words: str
    without_price: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the page's views."""

    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    spent: str
    reserved: str
    wasted: str
    attempts: int
    failed: int
    per_second: str
    unknown: int


@dataclass(frozen=True, slots=True)
class CapSheet:
    """The form's fields; amounts as they are typed."""

    fields: tuple[CapField, ...]
    ask_above: str
    allows_unknown_prices: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was spent; `facts` are pairs of a name and a figure."""

    facts: tuple[tuple[str, str], ...]
    spans: tuple[Choice, ...]
    bys: tuple[Choice, ...]
    heading: str
    rows: tuple[Row, ...]
    csv_href: str


def make_sheet(services: Services, board: BoardView, span_name: str, by: By) -> Sheet:
    """The page for the episode that is open; `span_name` is one of `SPANS`."""
    span = _span(board, span_name)
    whole = services.money.spend(span)
    # One that comes from the environment has no row of its own in the records.
    names = {connection.id: connection.name for connection in services.connections.all()}
    return Sheet(
        facts=tuple(_facts(whole)),
        spans=tuple(_span_choices(span_name, by)),
        bys=tuple(Choice(_by_label(each), _href(span_name, each), each is by) for each in _BYS),
        heading=_by_label(by),
        rows=tuple(_row(named, by, names) for named in services.money.spend_by(by, span)),
        csv_href=_csv(span),
    )


def cap_sheet(services: Services, board: BoardView) -> CapSheet:
    caps = services.money.caps(board.project.id, board.episode.id)
    rules = services.money.rules()
    limit = rules.ask_above_micro_usd
    return CapSheet(
        fields=tuple(_cap_field(cap) for cap in caps),
        ask_above="" if limit is None else _plain(limit),
        allows_unknown_prices=rules.allows_unknown_prices,
    )


def _cap_field(cap: CapView) -> CapField:
    labels = {
        Scope.DAY: _("A day"),
        Scope.EPISODE: _("This episode"),
        Scope.PROJECT: _("The project"),
    }
    return CapField(
        name=cap.scope.value,
        label=labels[cap.scope],
        typed="" if cap.micro_usd is None else _plain(cap.micro_usd),
        percent=cap.percent,
        words=_sum_words(cap.sum),
        without_price=cap.sum.without_price,
    )


def _sum_words(found: Sum) -> str:
    spent = _("%(amount)s spent") % {"amount": dollars(found.spent_micro_usd)}
    if not found.reserved_micro_usd:
        return spent
    reserved = _("%(amount)s reserved") % {"amount": dollars(found.reserved_micro_usd)}
    return f"{spent}, {reserved}"


def _plain(micro_usd: int) -> str:
    return dollars(micro_usd).lstrip("$")


def _facts(whole: Spend) -> list[tuple[str, str]]:
    second, waste = whole.per_finished_second_micro_usd, whole.waste_permille
    return [
        (_("Spent"), dollars(whole.sum.spent_micro_usd)),
        (_("A finished second"), "–" if second is None else dollars(second)),
        (_("Paid and not kept"), "–" if waste is None else _percent(waste)),
        (_("Perhaps charged"), dollars(whole.sum.maybe_micro_usd)),
    ]


def _percent(permille: int) -> str:
    return f"{(permille + 5) // 10} %"


def _row(named: NamedSpend, by: By, names: Mapping[ConnectionId, str]) -> Row:
    spend = named.spend
    second = spend.per_finished_second_micro_usd
    reserved, wasted = spend.sum.reserved_micro_usd, spend.wasted_micro_usd
    return Row(
        label=_label(named, by, names),
        spent=dollars(spend.sum.spent_micro_usd),
        reserved=dollars(reserved) if reserved else "",
        wasted=dollars(wasted) if wasted else "",
        attempts=spend.attempts,
        failed=spend.failed,
        per_second="" if second is None else dollars(second),
        unknown=spend.sum.without_price,
    )


def _label(named: NamedSpend, by: By, names: Mapping[ConnectionId, str]) -> str:
    key = named.spend.key
    match by:
        case By.SHOT:
            return _("Shot %(number)s") % {"number": f"{named.number:02d}"}
        case By.EPISODE:
            return f"{named.number} · {named.title or _('Untitled episode')}"
        case By.PROJECT:
            return named.title or _("Untitled project")
        case By.CONNECTION:
            here = _("This machine")
            return here if key == BUILT_IN else names.get(ConnectionId(key), named.title or key)
        case By.ACTOR:
            return orderer(key, {}) or _("This page")
    return key


def _by_label(by: By) -> str:
    return {
        By.SHOT: _("Shot"),
        By.CONNECTION: _("Provider"),
        By.MODEL: _("Model"),
        By.DAY: _("Day"),
        By.EPISODE: _("Episode"),
        By.PROJECT: _("Project"),
        By.ACTOR: _("Ordered by"),
    }[by]


def _span(board: BoardView, name: str) -> Span:
    if name == "all":
        return Span()
    if name == "project":
        return Span(project_id=ProjectId(board.project.id))
    return Span(episode_id=EpisodeId(board.episode.id))


def _span_choices(current: str, by: By) -> list[Choice]:
    labels = {
        "episode": _("This episode"),
        "project": _("The project"),
        "all": _("Everything"),
    }
    return [Choice(labels[name], _href(name, by), name == current) for name in SPANS]


def _href(span: str, by: By) -> str:
    return f"/spend?span={span}&by={by.value}"


def _csv(span: Span) -> str:
    if span.project_id:
        return f"/api/spend.csv?project_id={span.project_id}"
    return f"/api/spend.csv?episode_id={span.episode_id}" if span.episode_id else "/api/spend.csv"
