"""Rows of connections; their keys live in the vault, never here."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection, KeySource
from shortdrama.errors import Conflict
from shortdrama.storage.db.columns import insert_new
from shortdrama.storage.db.tables import connections

_CHANGES = frozenset(field.name for field in fields(Connection)) - {"id", "created_at"}


class ConnectionStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, connection: Connection) -> None:
        """Raises `Conflict` where the id is taken."""
        values = {**asdict(connection), "models": list(connection.models)}
        if not insert_new(self._connection, connections, values):
            raise Conflict("A connection with this id exists already.", code="connection_exists")

    def get(self, connection_id: ConnectionId) -> Connection | None:
        return self._one(sa.select(connections).where(connections.c.id == connection_id))

    def all(self) -> list[Connection]:
        """Oldest first."""
        statement = sa.select(connections).order_by(connections.c.created_at, connections.c.id)
        return [_connection(row) for row in self._connection.execute(statement)]

    def change(self, connection_id: ConnectionId, changes: dict[str, Any]) -> Connection | None:
        """Fields of `Connection` but its id; None where there is no such connection."""
        if unknown := changes.keys() - _CHANGES:
            raise ValueError(f"not changeable on a connection: {sorted(unknown)}")
        if not changes:
            return self.get(connection_id)
        values = dict(changes)
        if "models" in values:
            values["models"] = list(values["models"])
        statement = sa.update(connections).where(connections.c.id == connection_id)
        return self._one(statement.values(**values).returning(*connections.c))

    def remove(self, connection_id: ConnectionId) -> None:
        self._connection.execute(sa.delete(connections).where(connections.c.id == connection_id))

    def _one(self, statement: sa.Executable) -> Connection | None:
        row = self._connection.execute(statement).one_or_none()
        return _connection(row) if row else None


def _connection(row: sa.Row[Any]) -> Connection:
    values = dict(row._mapping)
    values["options"] = values["options"] or {}
    values["key_source"] = KeySource(values["key_source"])
    values["models"] = tuple(values["models"])
    return Connection(**values)
