"""What was spent on what: sums over the ledger, and its rows for an export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import TakeId
from shortdrama.domain.money import Entry, Outcome
from shortdrama.domain.spending import By, Span, Spend
from shortdrama.domain.take import TakeStatus
from shortdrama.storage.db.ledger import SUMS, counted, is_open, read_entry, read_sum
from shortdrama.storage.db.money_tables import ledger
from shortdrama.storage.db.tables import connections, episodes, projects, shots, takes

_KEYS: dict[By, sa.Column[Any]] = {
    By.PROJECT: ledger.c.project_id,
    By.EPISODE: ledger.c.episode_id,
    By.SHOT: ledger.c.shot_id,
    By.CONNECTION: ledger.c.connection_id,
    By.MODEL: ledger.c.model,
    By.DAY: ledger.c.day,
    By.ACTOR: ledger.c.actor,
}
_WITHOUT_CLIP = tuple(
    outcome.value
    for outcome in (
        Outcome.UNCERTAIN,
        Outcome.REFUSED,
        Outcome.NOT_SENT,
        Outcome.FAILED,
        Outcome.CANCELLED,
    )
)
_is_ready = ledger.c.outcome == Outcome.READY.value
_is_wasted = sa.and_(~is_open, sa.or_(~_is_ready, takes.c.is_rejected))
_is_finished = sa.and_(
    _is_ready,
    counted > 0,
    takes.c.status == TakeStatus.READY.value,
    shots.c.selected_take_id == takes.c.id,
)


def _total(case: sa.ColumnElement[bool], value: Any) -> sa.ColumnElement[Any]:  # noqa: ANN401
    return sa.func.coalesce(sa.func.sum(sa.case((case, value), else_=0)), 0)


_FIGURES = (
    _total(_is_wasted, counted),
    _total(_is_finished, takes.c.clip_duration_ms),
    sa.func.count(),
    _total(ledger.c.outcome.in_(_WITHOUT_CLIP), 1),
)


class SpendingStore:
    """Reads only."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def whole(self, span: Span) -> Spend:
        return self._read("", sa.select(*SUMS, *_FIGURES), span)[0]

    def by(self, by: By, span: Span, limit: int = 1000) -> list[Spend]:
        """Dearest first; days newest first."""
        key = _KEYS[by]
        order = key.desc() if by is By.DAY else sa.func.sum(counted).desc()
        statement = sa.select(*SUMS, *_FIGURES, key).group_by(key).order_by(order, key).limit(limit)
        return self._read(None, statement, span)

    def entries(self, span: Span, after: tuple[TakeId, int] | None, limit: int) -> list[Entry]:
        """Oldest first, keyset-paged by take and attempt."""
        statement = sa.select(ledger).where(*_within(span))
        if after is not None:
            here = sa.tuple_(ledger.c.take_id, ledger.c.attempt)
            statement = statement.where(here > sa.tuple_(*map(sa.literal, after)))
        statement = statement.order_by(ledger.c.take_id, ledger.c.attempt).limit(limit)
        return [read_entry(row) for row in self._connection.execute(statement)]

    def names(self, by: By, keys: Sequence[str]) -> dict[str, tuple[int | None, str]]:
        """Number and title of each, where it has them; what is gone is left out."""
        statements: dict[By, sa.Select[Any]] = {
            By.PROJECT: sa.select(projects.c.id, sa.null(), projects.c.title),
            By.EPISODE: sa.select(episodes.c.id, episodes.c.number, episodes.c.title),
            By.SHOT: sa.select(shots.c.id, shots.c.number, sa.literal("")),
            By.CONNECTION: sa.select(connections.c.id, sa.null(), connections.c.name),
        }
        statement = statements.get(by)
        if statement is None or not keys:
            return {}
        column = statement.selected_columns[0]
        rows = self._connection.execute(statement.where(column.in_(list(keys))))
        return {row[0]: (row[1], row[2]) for row in rows}

    def _read(self, key: str | None, statement: sa.Select[Any], span: Span) -> list[Spend]:
        joined = (
            statement.select_from(ledger)
            .join(takes, takes.c.id == ledger.c.take_id)
            .join(shots, shots.c.id == takes.c.shot_id)
            .where(*_within(span))
        )
        return [_spend(row, key) for row in self._connection.execute(joined)]


def _spend(row: Sequence[Any], key: str | None) -> Spend:
    wasted, finished_ms, attempts, failed = (int(figure) for figure in row[4:8])
    named = str(row[8]) if key is None else key
    return Spend(named, read_sum(row), wasted, finished_ms, attempts, failed)


def _within(span: Span) -> list[sa.ColumnElement[bool]]:
    wanted: tuple[tuple[sa.Column[Any], object | None], ...] = (
        (ledger.c.project_id, span.project_id),
        (ledger.c.episode_id, span.episode_id),
        (ledger.c.shot_id, span.shot_id),
        (ledger.c.connection_id, span.connection_id),
    )
    found = [column == value for column, value in wanted if value is not None]
    if span.since is not None:
        found.append(ledger.c.day >= span.since)
    if span.until is not None:
        found.append(ledger.c.day <= span.until)
    return found
