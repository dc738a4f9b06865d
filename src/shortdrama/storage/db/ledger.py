"""Rows of the ledger, of caps and of what is to be done about prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import EpisodeId, ProjectId, ShotId, TakeId
from shortdrama.domain.money import Entry, Outcome, Rules, Scope, Sum
from shortdrama.domain.take import Money
from shortdrama.errors import NotFound
from shortdrama.storage.db.columns import insert_new
from shortdrama.storage.db.money_tables import caps, ledger, money_rules
from shortdrama.storage.db.tables import episodes, shots

_MONEY_LOCK = 0x5344_4556_0003  # beside the event log's and the migrations'
_IDS_PER_QUERY = 500
_ONLY = 1  # the id of the one row of rules
_OWNERS: dict[Scope, sa.Column[Any]] = {
    Scope.DAY: ledger.c.day,
    Scope.EPISODE: ledger.c.episode_id,
    Scope.PROJECT: ledger.c.project_id,
    Scope.ACTOR: ledger.c.actor,
}

# The same as `Entry.counts_micro_usd`, where the rows are.
is_open = ledger.c.money.is_(None)
counted = sa.case(
    (ledger.c.money == Money.NONE.value, 0),
    else_=sa.func.coalesce(ledger.c.actual_micro_usd, ledger.c.estimate_micro_usd, 0),
)
_has_no_price = sa.and_(
    sa.func.coalesce(ledger.c.actual_micro_usd, ledger.c.estimate_micro_usd).is_(None),
    sa.func.coalesce(ledger.c.money, "") != Money.NONE.value,
)
SUMS = (
    sa.func.coalesce(sa.func.sum(sa.case((is_open, 0), else_=counted)), 0),
    sa.func.coalesce(sa.func.sum(sa.case((is_open, counted), else_=0)), 0),
    sa.func.coalesce(
        sa.func.sum(sa.case((ledger.c.money == Money.MAYBE.value, counted), else_=0)), 0
    ),
    sa.func.coalesce(sa.func.sum(sa.case((_has_no_price, 1), else_=0)), 0),
)


class LedgerStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Whoever orders or sets a cap waits here for the others, of every process, until commit.

        SQLite has one writer at a time anyway. Take it before any row is locked.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MONEY_LOCK)))

    def place_of(self, shot_id: ShotId) -> tuple[ProjectId, EpisodeId]:
        """Raises `NotFound` where there is no such shot."""
        statement = (
            sa.select(episodes.c.project_id, episodes.c.id)
            .join(shots, shots.c.episode_id == episodes.c.id)
            .where(shots.c.id == shot_id)
        )
        row = self._connection.execute(statement).one_or_none()
        if row is None:
            raise NotFound("This shot is not there any more.", code="shot_not_found")
        return ProjectId(row[0]), EpisodeId(row[1])

    def add(self, entry: Entry) -> None:
        """Nothing where the attempt has a row already."""
        insert_new(self._connection, ledger, _values(entry))

    def of_take(self, take_id: TakeId) -> list[Entry]:
        """In order of the attempts."""
        return self.of_takes([take_id]).get(take_id, [])

    def of_takes(self, take_ids: Sequence[TakeId]) -> dict[TakeId, list[Entry]]:
        """In order of the attempts; takes without rows are left out."""
        found: dict[TakeId, list[Entry]] = {}
        for start in range(0, len(take_ids), _IDS_PER_QUERY):
            some = ledger.c.take_id.in_(take_ids[start : start + _IDS_PER_QUERY])
            statement = sa.select(ledger).where(some).order_by(ledger.c.take_id, ledger.c.attempt)
            for row in self._connection.execute(statement):
                found.setdefault(TakeId(row.take_id), []).append(read_entry(row))
        return found

    def change(self, take_id: TakeId, attempt: int, changes: dict[str, Any]) -> None:
        """`changes` are fields of `Entry`."""
        statement = sa.update(ledger).where(
            ledger.c.take_id == take_id, ledger.c.attempt == attempt
        )
        self._connection.execute(statement.values(**changes))

    def counted(self, scope: Scope, owner: object) -> Sum:
        """All that counts against a cap. `owner` is an id, or the day."""
        statement = sa.select(*SUMS).where(_OWNERS[scope] == owner)
        return read_sum(self._connection.execute(statement).one())

    def rules(self) -> Rules:
        found = self._connection.execute(sa.select(caps)).all()
        by_scope: dict[str, dict[str, int]] = {scope.value: {} for scope in Scope}
        for row in found:
            by_scope.setdefault(row.scope, {})[row.owner_id] = row.micro_usd
        rules = Rules(
            day_cap_micro_usd=by_scope[Scope.DAY].get(""),
            project_caps=by_scope[Scope.PROJECT],
            episode_caps=by_scope[Scope.EPISODE],
        )
        said = self._connection.execute(sa.select(money_rules)).one_or_none()
        if said is None:
            return rules
        return replace(
            rules,
            ask_above_micro_usd=said.ask_above_micro_usd,
            allows_unknown_prices=said.allows_unknown_prices,
        )

    def set_cap(self, scope: Scope, owner_id: str, micro_usd: int | None) -> None:
        """None removes it. Under `lock`."""
        mine = sa.and_(caps.c.scope == scope.value, caps.c.owner_id == owner_id)
        self._connection.execute(sa.delete(caps).where(mine))
        if micro_usd is not None:
            values = {"scope": scope.value, "owner_id": owner_id, "micro_usd": micro_usd}
            self._connection.execute(sa.insert(caps).values(**values))

    def set_rules(self, ask_above_micro_usd: int | None, allows_unknown_prices: bool) -> None:
        """Under `lock`."""
        values = {
            "ask_above_micro_usd": ask_above_micro_usd,
            "allows_unknown_prices": allows_unknown_prices,
        }
        self._connection.execute(sa.delete(money_rules))
        self._connection.execute(sa.insert(money_rules).values(id=_ONLY, **values))


def read_entry(row: sa.Row[Any]) -> Entry:
    values = dict(row._mapping)
    values["outcome"] = Outcome(values["outcome"])
    values["money"] = None if values["money"] is None else Money(values["money"])
    values["usage"] = values["usage"] or {}
    values["unit_prices"] = values["unit_prices"] or {}
    return Entry(**values)


def read_sum(row: Sequence[Any]) -> Sum:
    # PostgreSQL sums 64-bit integers into decimals.
    spent, reserved, maybe, without_price = row[:4]
    return Sum(int(spent), int(reserved), int(maybe), int(without_price))


def _values(entry: Entry) -> dict[str, Any]:
    values = asdict(entry)
    values["usage"] = dict(entry.usage) or None
    values["unit_prices"] = dict(entry.unit_prices) or None
    return values
