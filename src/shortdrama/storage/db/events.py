"""The event log: facts written in the transaction of the change they tell of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from shortdrama.state.ports import Event
from shortdrama.storage.db.tables import events

CHANNEL = "shortdrama_events"
_APPEND_LOCK = 0x5344_4556_0001  # an advisory lock's number, ours alone: "SDEV", 1


class EventStore:
    """Ids grow in the order of commits, so "after id n" never misses a late commit.

    SQLite has one writer at a time anyway. On PostgreSQL the numbers are drawn under a lock that
    the transaction holds until it commits. Events wait in memory until then (or until they are
    read back), so that no row is locked after that lock and two writers cannot block each other.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._waiting: list[dict[str, Any]] = []
        self.newest_written_id: int | None = None

    def append(self, kind: str, data: dict[str, Any]) -> None:
        self._waiting.append({"kind": kind, "data": data, "created_at": datetime.now(UTC)})

    def flush(self) -> None:
        """Write what waits; called last in a transaction."""
        if not self._waiting:
            return
        is_postgres = self._connection.dialect.name == "postgresql"
        if is_postgres:
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPEND_LOCK)))
        for row in self._waiting:
            statement = sa.insert(events).values(**row).returning(events.c.id)
            self.newest_written_id = self._connection.execute(statement).scalar_one()
        self._waiting.clear()
        if is_postgres:
            told = sa.func.pg_notify(CHANNEL, str(self.newest_written_id))
            self._connection.execute(sa.select(told))

    def after(self, event_id: int, limit: int = 500) -> list[Event]:
        """Oldest first."""
        self.flush()
        statement = sa.select(events).where(events.c.id > event_id).order_by(events.c.id)
        return [Event(*row) for row in self._connection.execute(statement.limit(limit))]

    def newest_id(self) -> int:
        """0 where there is none."""
        self.flush()
        return self._connection.scalar(sa.select(sa.func.max(events.c.id))) or 0

    def oldest_id(self) -> int:
        """The oldest kept; 0 where there is none."""
        self.flush()
        return self._connection.scalar(sa.select(sa.func.min(events.c.id))) or 0

    def prune(self, keep: int) -> int:
        """Drop all but the newest `keep`; how many went."""
        self.flush()
        newest_dropped = sa.select(events.c.id).order_by(events.c.id.desc()).offset(keep).limit(1)
        statement = sa.delete(events).where(events.c.id <= newest_dropped.scalar_subquery())
        return self._connection.execute(statement).rowcount
