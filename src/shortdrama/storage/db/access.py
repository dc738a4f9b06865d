"""Rows of people, their log-in, and the keys of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.people import ClientId, ClientKey, KeyId, Role, User, UserId
from shortdrama.errors import Conflict
from shortdrama.storage.db.access_tables import client_keys, log_in_failures, secrets, users
from shortdrama.storage.db.columns import fold, insert_new


class UserStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, user: User) -> None:
        """Raises `Conflict` where the name is taken, in any case of its letters."""
        values = {**asdict(user), "folded_name": fold(user.name)}
        if not insert_new(self._connection, users, values):
            raise Conflict("Somebody of this name is here already.", code="user_exists")

    def all(self) -> list[User]:
        """Oldest first."""
        statement = sa.select(users).order_by(users.c.created_at, users.c.id)
        return [_user(row) for row in self._connection.execute(statement)]

    def change(self, user_id: UserId, changes: dict[str, Any]) -> User | None:
        """Role, password hash or last log-in."""
        if unknown := changes.keys() - {"role", "password_hash", "last_log_in_at"}:
            raise ValueError(f"not changeable on a user: {sorted(unknown)}")
        statement = sa.update(users).where(users.c.id == user_id).values(**changes)
        row = self._connection.execute(statement.returning(*users.c)).one_or_none()
        return _user(row) if row else None

    def remove(self, user_id: UserId) -> None:
        self._connection.execute(sa.delete(users).where(users.c.id == user_id))


class SecretStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def keep(self, name: str, value: str) -> str:
        """The secret of this name: the one that is kept already, else this one."""
        insert_new(self._connection, secrets, {"name": name, "value": value})
        kept = self._connection.scalar(sa.select(secrets.c.value).where(secrets.c.name == name))
        return str(kept)

    def named(self, prefix: str) -> dict[str, str]:
        """Those whose names begin so."""
        found = sa.select(secrets).where(secrets.c.name.startswith(prefix, autoescape=True))
        return {row.name: row.value for row in self._connection.execute(found)}

    def remove(self, names: Sequence[str]) -> None:
        if names:
            self._connection.execute(sa.delete(secrets).where(secrets.c.name.in_(names)))


class LogInFailureStore:
    """Wrong passwords, for servers of several processes."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, address: str, at: datetime) -> None:
        self._connection.execute(sa.insert(log_in_failures).values(address=address, at=at))

    def count(self, address: str, since: datetime) -> int:
        counted = sa.select(sa.func.count()).where(
            log_in_failures.c.address == address, log_in_failures.c.at >= since
        )
        return self._connection.scalar(counted) or 0

    def forget_before(self, moment: datetime) -> None:
        self._connection.execute(sa.delete(log_in_failures).where(log_in_failures.c.at < moment))


class ClientKeyStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, key: ClientKey) -> None:
        values = {**asdict(key), "models": list(key.models)}
        self._connection.execute(sa.insert(client_keys).values(**values))

    def all(self) -> list[ClientKey]:
        """Oldest first, revoked ones too."""
        statement = sa.select(client_keys).order_by(client_keys.c.id)
        return [_key(row) for row in self._connection.execute(statement)]

    def by_hash(self, token_hash: str) -> ClientKey | None:
        statement = sa.select(client_keys).where(client_keys.c.token_hash == token_hash)
        row = self._connection.execute(statement).one_or_none()
        return _key(row) if row else None

    def is_empty(self) -> bool:
        return self._connection.execute(sa.select(client_keys.c.id).limit(1)).first() is None

    def change(self, key_id: KeyId, changes: dict[str, Any]) -> ClientKey | None:
        """Last use or revocation; a key that is revoked stays revoked."""
        if unknown := changes.keys() - {"last_used_at", "revoked_at"}:
            raise ValueError(f"not changeable on a key: {sorted(unknown)}")
        statement = sa.update(client_keys).where(client_keys.c.id == key_id)
        if "revoked_at" in changes:
            statement = statement.where(client_keys.c.revoked_at.is_(None))
        self._connection.execute(statement.values(**changes))
        found = sa.select(client_keys).where(client_keys.c.id == key_id)
        row = self._connection.execute(found).one_or_none()
        return _key(row) if row else None


def _user(row: sa.Row[Any]) -> User:
    return User(
        id=UserId(row.id),
        name=row.name,
        role=Role(row.role),
        password_hash=row.password_hash,
        created_at=row.created_at,
        last_log_in_at=row.last_log_in_at,
    )


def _key(row: sa.Row[Any]) -> ClientKey:
    values = dict(row._mapping)
    values["id"], values["client_id"] = KeyId(values["id"]), ClientId(values["client_id"])
    values["models"] = tuple(values["models"])
    return ClientKey(**values)
