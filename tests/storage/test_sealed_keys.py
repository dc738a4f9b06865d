"""Keys of connections in a database that several machines share."""

from __future__ import annotations

import sqlalchemy as sa

from shortdrama.storage.db.database import Database
from shortdrama.storage.db.work_tables import sealed_keys
from shortdrama.storage.sealed_keys import SealedVault


def rows(records: Database) -> list[str]:
    with records.engine.connect() as connection:
        return list(connection.scalars(sa.select(sealed_keys.c.sealed)))


def test_a_key_typed_here_is_known_there(records: Database) -> None:
    here, there = SealedVault(records, "secret"), SealedVault(records, "secret")
    assert here.put("one", "sk-1")
    assert there.get("one") == "sk-1"
    there.put("one", "sk-2")
    assert here.get("one") == "sk-2"
    here.remove("one")
    assert there.get("one") is None


def test_the_database_alone_gives_nothing_away(records: Database) -> None:
    SealedVault(records, "secret").put("one", "sk-very-secret")
    (sealed,) = rows(records)
    assert "sk-very" not in sealed
    assert SealedVault(records, "other").get("one") is None


def test_a_key_opens_only_its_own_connection(records: Database) -> None:
    vault = SealedVault(records, "secret")
    vault.put("one", "sk-1")
    with records.engine.begin() as connection:
        connection.execute(sa.update(sealed_keys).values(name="other"))
    assert vault.get("other") is None
