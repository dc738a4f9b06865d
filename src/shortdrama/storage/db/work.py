"""Who works on which take: heartbeats of processes, their leases, and the room there is.

A lease is a row: it is there or it is not, and one insert decides who gets it. A process that has
not beaten for too long is buried with all its leases, by whoever notices first. All times are the
database's own.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import ACTIVE, TakeStatus
from shortdrama.generation.ports import LeaseState
from shortdrama.storage.db.columns import UtcTime, insert_new
from shortdrama.storage.db.tables import connections, takes
from shortdrama.storage.db.work_tables import leases, workers

CALLS = "shortdrama_calls"
_ROOM_LOCK = 0x5344_4556_0003  # beside the event log's and the migration's
_UNDER_WAY = ACTIVE - {TakeStatus.QUEUED}


class WorkStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def enlist(self, worker_id: str, name: str, lives_s: float) -> None:
        """A process begins, or comes back after it was buried."""
        values: dict[str, Any] = {"id": worker_id, "name": name, "started_at": datetime.now(UTC)}
        self._connection.execute(sa.insert(workers).values(**values, alive_until=self._in(lives_s)))

    def beat(self, worker_id: str, lives_s: float) -> bool:
        """False where the process was given up for dead meanwhile."""
        statement = sa.update(workers).where(workers.c.id == worker_id)
        beaten = statement.values(alive_until=self._in(lives_s)).returning(workers.c.id)
        return self._connection.execute(beaten).first() is not None

    def count_alive(self) -> int:
        alive = workers.c.alive_until > self._in(0)
        counted = sa.select(sa.func.count()).select_from(workers).where(alive)
        return self._connection.scalar(counted) or 0

    def bury(self) -> list[str]:
        """Strike out processes that do not beat any more, with their leases; who they were."""
        dead = sa.delete(workers).where(workers.c.alive_until < self._in(0))
        gone = list(self._connection.scalars(dead.returning(workers.c.id)))
        if gone:
            self._connection.execute(sa.delete(leases).where(leases.c.worker_id.in_(gone)))
        return gone

    def leave(self, worker_id: str) -> None:
        """The process ends in good order: its takes are anybody's."""
        self._connection.execute(sa.delete(leases).where(leases.c.worker_id == worker_id))
        self._connection.execute(sa.delete(workers).where(workers.c.id == worker_id))

    def lease(self, worker_id: str, take_id: TakeId) -> bool:
        """True where the take is this process's now, or was already."""
        values = {"take_id": take_id, "worker_id": worker_id, "state": LeaseState.HELD}
        return insert_new(self._connection, leases, values) or self.holder(take_id) == worker_id

    def holder(self, take_id: TakeId) -> str | None:
        return self._connection.scalar(
            sa.select(leases.c.worker_id).where(leases.c.take_id == take_id)
        )

    def held_by(self, worker_id: str) -> set[TakeId]:
        mine = sa.select(leases.c.take_id).where(leases.c.worker_id == worker_id)
        return {TakeId(take_id) for take_id in self._connection.scalars(mine)}

    def mark(self, worker_id: str, take_id: TakeId, state: LeaseState) -> bool:
        """Say how far it is; False, and nothing changed, where the lease is not this process's."""
        mine = (leases.c.take_id == take_id, leases.c.worker_id == worker_id)
        statement = sa.update(leases).where(*mine).values(state=state)
        return self._connection.execute(statement.returning(leases.c.take_id)).first() is not None

    def drop(self, worker_id: str, take_id: TakeId) -> None:
        mine = (leases.c.take_id == take_id, leases.c.worker_id == worker_id)
        self._connection.execute(sa.delete(leases).where(*mine))

    def being_sent(self) -> set[TakeId]:
        """Takes whose paid call some living process has under way."""
        sending = sa.select(leases.c.take_id).where(leases.c.state == LeaseState.SENDING)
        return {TakeId(take_id) for take_id in self._connection.scalars(sending)}

    def pick(self, worker_id: str, most: int, max_takes: int) -> list[TakeId]:
        """Lease takes that nobody works on: all that providers have, and queued ones, oldest
        first, as far as there is room for them. At most `most` at a time."""
        self._lock_room()
        found = list(self._connection.scalars(self._idle(_UNDER_WAY).limit(most)))
        states = dict.fromkeys(found, LeaseState.HELD)
        if len(found) < most:
            queued = self._queued_with_room(most - len(found), max_takes)
            states |= dict.fromkeys(queued, LeaseState.STARTING)
        for take_id, state in states.items():
            values = {"take_id": take_id, "worker_id": worker_id, "state": state}
            self._connection.execute(sa.insert(leases).values(**values))
        return [TakeId(take_id) for take_id in states]

    def has_room(self, take_id: TakeId, max_takes: int) -> bool:
        """Whether this queued take may be sent now. It stays true until the transaction ends."""
        self._lock_room()
        statement = sa.select(takes.c.connection_id).where(takes.c.id == take_id)
        connection_id = self._connection.execute(statement).scalar_one()
        under_way = self._under_way(but=take_id)
        limit = self._limits().get(connection_id, max_takes)
        return under_way.total() < max_takes and under_way[connection_id] < limit

    def _queued_with_room(self, most: int, max_takes: int) -> list[str]:
        under_way, limits = self._under_way(), self._limits()
        found: list[str] = []
        while len(found) < most and under_way.total() < max_takes:
            full = [name for name, limit in limits.items() if under_way[name] >= limit]
            waiting = self._idle(frozenset({TakeStatus.QUEUED}))
            waiting = waiting.where(takes.c.connection_id.not_in(full), takes.c.id.not_in(found))
            rows = self._connection.execute(waiting.limit(most - len(found))).all()
            for take_id, connection_id in rows:
                has_room = under_way[connection_id] < limits.get(connection_id, max_takes)
                if has_room and under_way.total() < max_takes:
                    under_way[connection_id] += 1
                    found.append(take_id)
            if not rows:
                break
        return found

    def _idle(self, statuses: frozenset[TakeStatus]) -> sa.Select[Any]:
        """Ids and connections of takes without a lease, oldest first."""
        is_leased = sa.exists().where(leases.c.take_id == takes.c.id)
        chosen = sa.select(takes.c.id, takes.c.connection_id).where(~is_leased)
        return chosen.where(takes.c.status.in_(sorted(statuses))).order_by(takes.c.id)

    def _under_way(self, but: TakeId | None = None) -> Counter[str]:
        """Takes that count against the limits, by connection: sent, or just about to be."""
        is_starting = sa.and_(
            takes.c.status == TakeStatus.QUEUED, leases.c.state == LeaseState.STARTING
        )
        statement = (
            sa.select(takes.c.connection_id, sa.func.count())
            .select_from(takes.outerjoin(leases, leases.c.take_id == takes.c.id))
            .where(takes.c.status.in_(sorted(ACTIVE)))
            .where(sa.or_(takes.c.status != TakeStatus.QUEUED, is_starting))
            .group_by(takes.c.connection_id)
        )
        if but is not None:
            statement = statement.where(takes.c.id != but)
        return Counter({row[0]: row[1] for row in self._connection.execute(statement)})

    def _limits(self) -> dict[str, int]:
        limited = sa.select(connections.c.id, connections.c.max_at_once)
        rows = self._connection.execute(limited.where(connections.c.max_at_once.is_not(None)))
        return {row.id: row.max_at_once for row in rows}

    def call(self, word: str) -> None:
        """Heard by every process that listens, once this transaction is committed."""
        if self._is_postgres:
            self._connection.execute(sa.select(sa.func.pg_notify(CALLS, word)))

    def _lock_room(self) -> None:
        if self._is_postgres:
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ROOM_LOCK)))

    @property
    def _is_postgres(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def _in(self, seconds: float) -> sa.ColumnElement[datetime]:
        """That far from now, by the database's clock; SQLite's is this process's own."""
        if self._is_postgres:
            return sa.func.clock_timestamp() + sa.literal(timedelta(seconds=seconds), sa.Interval)
        return sa.literal(datetime.now(UTC) + timedelta(seconds=seconds), UtcTime)
