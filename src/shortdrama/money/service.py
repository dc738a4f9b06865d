"""Caps and what was spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shortdrama.domain.ids import EpisodeId, ProjectId, ShotId, TakeId
from shortdrama.domain.money import (
    MOST_MICRO_USD,
    Cap,
    Entry,
    Rules,
    Scope,
    Sum,
    TakeCost,
    check_caps,
    cost_of,
    must_ask,
)
from shortdrama.domain.spending import By, Span, Spend
from shortdrama.errors import InvalidInput, OverBudget
from shortdrama.money.ports import MoneyRecords, MoneyTransaction

_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CapView:
    """A cap as it stands; `micro_usd` None: there is none."""

    scope: Scope
    micro_usd: int | None
    sum: Sum

    @property
    def percent(self) -> int | None:
        """Of the cap that is spent or reserved, at most 100."""
        if not self.micro_usd:
            return None if self.micro_usd is None else 100
        return min(100, self.sum.counted_micro_usd * 100 // self.micro_usd)


@dataclass(frozen=True, slots=True)
class NamedSpend:
    """`number` and `title` where the row has them; both empty for what is gone."""

    spend: Spend
    number: int | None
    title: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What stands against a click, before it is made."""

    refusal: OverBudget | None
    must_ask: bool
    ask_above_micro_usd: int | None


class MoneyService:
    def __init__(self, records: MoneyRecords) -> None:
        self._records = records

    def rules(self) -> Rules:
        with self._records.read() as tx:
            return tx.ledger.rules()

    def set_rules(self, ask_above_micro_usd: int | None, allows_unknown_prices: bool) -> Rules:
        """When a click is asked about, and whether caps let models without a price pass."""
        _check_amount(ask_above_micro_usd)
        with self._records.begin() as tx:
            tx.ledger.lock()
            tx.ledger.set_rules(ask_above_micro_usd, allows_unknown_prices)
            tx.events.append("project.changed", {})
            return tx.ledger.rules()

    def set_cap(self, scope: Scope, owner_id: str, micro_usd: int | None) -> None:
        """None takes the cap away. What is under way goes on, also past a lower cap.

        Raises:
            InvalidInput: No amount of money, or a cap that needs an owner and has none.
        """
        _check_amount(micro_usd)
        if scope is Scope.ACTOR or (scope is Scope.DAY) is bool(owner_id):
            raise InvalidInput("There is no such cap.", code="cap_unknown")
        with self._records.begin() as tx:
            tx.ledger.lock()
            tx.ledger.set_cap(scope, owner_id, micro_usd)
            tx.events.append("project.changed", {})

    def today(self) -> CapView:
        with self._records.read() as tx:
            return _day(tx, tx.ledger.rules())

    def caps(self, project_id: ProjectId, episode_id: EpisodeId) -> tuple[CapView, ...]:
        """Of the day, of this episode, of this project; in that order."""
        with self._records.read() as tx:
            rules = tx.ledger.rules()
            episode = tx.ledger.counted(Scope.EPISODE, episode_id)
            project = tx.ledger.counted(Scope.PROJECT, project_id)
            return (
                _day(tx, rules),
                CapView(Scope.EPISODE, rules.episode_caps.get(episode_id), episode),
                CapView(Scope.PROJECT, rules.project_caps.get(project_id), project),
            )

    def spent_by(self, actor: str) -> Sum:
        """What somebody has ordered so far; what counts against their budget."""
        with self._records.read() as tx:
            return tx.ledger.counted(Scope.ACTOR, actor)

    def quote(self, micro_usd: int | None, shot_id: ShotId | None = None) -> Quote:
        """Whether a click that costs this much in all would be refused or asked about.

        It is only a forecast: what counts is looked at again when the order is written.
        """
        with self._records.read() as tx:
            rules = tx.ledger.rules()
            views = [_day(tx, rules)]
            if shot_id is not None:
                project_id, episode_id = tx.ledger.place_of(shot_id)
                views += _place_caps(tx, rules, project_id, episode_id)
        caps = [
            Cap(view.scope, view.micro_usd, view.sum.counted_micro_usd)
            for view in views
            if view.micro_usd is not None
        ]
        refusal = None
        try:
            check_caps(caps, micro_usd, rules)
        except OverBudget as error:
            refusal = error
        return Quote(refusal, must_ask(micro_usd, rules), rules.ask_above_micro_usd)

    def spend(self, span: Span) -> Spend:
        with self._records.read() as tx:
            return tx.spending.whole(span)

    def spend_by(self, by: By, span: Span) -> list[NamedSpend]:
        """Dearest first; days newest first."""
        with self._records.read() as tx:
            rows = tx.spending.by(by, span)
            names = tx.spending.names(by, [row.key for row in rows])
        return [NamedSpend(row, *names.get(row.key, (None, ""))) for row in rows]

    def costs(self, take_ids: Sequence[TakeId]) -> dict[TakeId, TakeCost]:
        """What each take has cost; takes that were never written of are left out."""
        with self._records.read() as tx:
            found = tx.ledger.of_takes(take_ids)
        return {take_id: cost_of(entries) for take_id, entries in found.items()}

    def entries(self, span: Span) -> Iterator[Entry]:
        """Every row of the ledger, oldest first, a page at a time."""
        after: tuple[TakeId, int] | None = None
        while True:
            with self._records.read() as tx:
                rows = tx.spending.entries(span, after, _ROWS_AT_ONCE)
            yield from rows
            if len(rows) < _ROWS_AT_ONCE:
                return
            after = (rows[-1].take_id, rows[-1].attempt)


def _day(tx: MoneyTransaction, rules: Rules) -> CapView:
    today = datetime.now().astimezone().date()
    return CapView(Scope.DAY, rules.day_cap_micro_usd, tx.ledger.counted(Scope.DAY, today))


def _place_caps(
    tx: MoneyTransaction, rules: Rules, project_id: ProjectId, episode_id: EpisodeId
) -> list[CapView]:
    views = []
    for scope, owner, most in (
        (Scope.EPISODE, episode_id, rules.episode_caps.get(episode_id)),
        (Scope.PROJECT, project_id, rules.project_caps.get(project_id)),
    ):
        if most is not None:
            views.append(CapView(scope, most, tx.ledger.counted(scope, owner)))
    return views


def _check_amount(micro_usd: int | None) -> None:
    if micro_usd is not None and not 0 <= micro_usd <= MOST_MICRO_USD:
        raise InvalidInput("An amount of money is from $0 to $1,000,000,000.", code="amount_range")
