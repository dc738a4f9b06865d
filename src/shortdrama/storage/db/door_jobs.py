"""Rows of the door: whose job a take is, and whether they deleted it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import TakeId
from shortdrama.domain.people import DoorJob
from shortdrama.storage.db.access_tables import door_jobs

_DOOR_LOCK = 0x5344_4556_0004  # beside the event log's, the migrations' and the ledger's


class DoorJobStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Orders through the door are one after another until commit, also across processes.

        SQLite has one writer at a time anyway. Taken behind the ledger's lock, never before it.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_DOOR_LOCK)))

    def add(self, job: DoorJob) -> None:
        self._connection.execute(sa.insert(door_jobs).values(**asdict(job)))

    def get(self, take_id: TakeId) -> DoorJob | None:
        statement = sa.select(door_jobs).where(door_jobs.c.take_id == take_id)
        row = self._connection.execute(statement).one_or_none()
        return _job(row) if row else None

    def twin(self, actor: str, fingerprint: str, since: datetime) -> DoorJob | None:
        """The newest job of the same asker and request."""
        statement = (
            sa.select(door_jobs)
            .where(door_jobs.c.actor == actor, door_jobs.c.fingerprint == fingerprint)
            .where(door_jobs.c.created_at >= since, door_jobs.c.hidden_at.is_(None))
            .order_by(door_jobs.c.take_id.desc())
            .limit(1)
        )
        row = self._connection.execute(statement).one_or_none()
        return _job(row) if row else None

    def page(self, actor: str, after: str | None, limit: int, is_rising: bool) -> list[DoorJob]:
        """One asker's jobs that they did not delete, by time; `after` need not exist any more."""
        take_id = door_jobs.c.take_id
        statement = sa.select(door_jobs).where(
            door_jobs.c.actor == actor, door_jobs.c.hidden_at.is_(None)
        )
        if after is not None:
            statement = statement.where(take_id > after if is_rising else take_id < after)
        order = take_id if is_rising else take_id.desc()
        rows = self._connection.execute(statement.order_by(order).limit(limit))
        return [_job(row) for row in rows]

    def hide(self, take_id: TakeId, at: datetime) -> None:
        statement = sa.update(door_jobs).where(door_jobs.c.take_id == take_id)
        self._connection.execute(statement.values(hidden_at=at))


def _job(row: sa.Row[Any]) -> DoorJob:
    return DoorJob(**row._mapping)
