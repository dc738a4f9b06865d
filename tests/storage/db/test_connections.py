from __future__ import annotations

from dataclasses import replace

import pytest

from shortdrama.domain.ids import ConnectionId, new_id
from shortdrama.domain.model import VIDEOS, Connection, KeySource
from shortdrama.errors import Conflict
from shortdrama.storage.db.database import Database
from storage.samples import moment


def make_connection(minutes: float = 0) -> Connection:
    return Connection(
        id=ConnectionId(new_id()),
        name="Gateway",
        base_url="https://gateway.example/v1",
        protocol=VIDEOS,
        models=("sora-2", "sora-2-pro"),
        auth_header="Authorization",
        key_source=KeySource.KEYRING,
        created_at=moment(minutes),
    )


def test_connections_oldest_first(records: Database) -> None:
    newer, older = make_connection(1), make_connection(0)
    with records.begin() as tx:
        tx.connections.add(newer)
        tx.connections.add(older)
    with records.read() as tx:
        assert tx.connections.all() == [older, newer]
        assert tx.connections.get(newer.id) == newer
        assert tx.connections.get(ConnectionId("none")) is None


def test_changes_of_a_connection(records: Database) -> None:
    connection = make_connection()
    changes = {"models": ("a",), "key_source": KeySource.SESSION, "has_key": True}
    with records.begin() as tx:
        tx.connections.add(connection)
        changed = tx.connections.change(connection.id, changes)
        assert changed == replace(connection, **changes)  # type: ignore[arg-type]
        assert tx.connections.change(ConnectionId("none"), changes) is None
        with pytest.raises(ValueError, match="created_at"):
            tx.connections.change(connection.id, {"created_at": moment()})
        with pytest.raises(Conflict):
            tx.connections.add(connection)
        tx.connections.remove(connection.id)
        assert tx.connections.all() == []
