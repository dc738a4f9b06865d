"""What people and keys need of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from shortdrama.domain.people import ClientKey, KeyId, User, UserId


class UserStore(Protocol):
    def add(self, user: User) -> None:
        """Raises `Conflict` where the name is taken."""
        ...

    def all(self) -> list[User]:
        """Oldest first."""
        ...

    def change(self, user_id: UserId, changes: dict[str, Any]) -> User | None: ...

    def remove(self, user_id: UserId) -> None: ...


class ClientKeyStore(Protocol):
    def add(self, key: ClientKey) -> None: ...

    def all(self) -> list[ClientKey]:
        """Oldest first, revoked ones too."""
        ...

    def by_hash(self, token_hash: str) -> ClientKey | None: ...

    def is_empty(self) -> bool:
        """Whether no key was ever made."""
        ...

    def change(self, key_id: KeyId, changes: dict[str, Any]) -> ClientKey | None: ...


class SecretStore(Protocol):
    def keep(self, name: str, value: str) -> str:
        """The secret of this name: the one that is kept already, else this one."""
        ...

    def named(self, prefix: str) -> dict[str, str]:
        """Those whose names begin so."""
        ...

    def remove(self, names: Sequence[str]) -> None: ...


class LogInFailureStore(Protocol):
    def add(self, address: str, at: datetime) -> None: ...

    def count(self, address: str, since: datetime) -> int: ...

    def forget_before(self, moment: datetime) -> None: ...


class AccessTransaction(Protocol):
    @property
    def users(self) -> UserStore: ...
    @property
    def client_keys(self) -> ClientKeyStore: ...
    @property
    def secrets(self) -> SecretStore: ...
    @property
    def log_in_failures(self) -> LogInFailureStore: ...


class AccessRecords(Protocol):
    def begin(self) -> AbstractContextManager[AccessTransaction]: ...

    def read(self) -> AbstractContextManager[AccessTransaction]:
        """One view that never waits for a writer."""
        ...
