"""What money needs of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from shortdrama.domain.ids import EpisodeId, ProjectId, ShotId, TakeId
from shortdrama.domain.money import Entry, Rules, Scope, Sum
from shortdrama.domain.spending import By, Span, Spend
from shortdrama.state.ports import EventLog


class CapStore(Protocol):
    def lock(self) -> None:
        """Orders wait until the transaction ends. Taken before any row is changed."""
        ...

    def place_of(self, shot_id: ShotId) -> tuple[ProjectId, EpisodeId]:
        """Raises `NotFound`."""
        ...

    def of_takes(self, take_ids: Sequence[TakeId]) -> dict[TakeId, list[Entry]]: ...

    def counted(self, scope: Scope, owner: object) -> Sum: ...

    def rules(self) -> Rules: ...

    def set_cap(self, scope: Scope, owner_id: str, micro_usd: int | None) -> None: ...

    def set_rules(self, ask_above_micro_usd: int | None, allows_unknown_prices: bool) -> None: ...


class Spending(Protocol):
    def whole(self, span: Span) -> Spend: ...

    def by(self, by: By, span: Span, limit: int = 1000) -> list[Spend]: ...

    def entries(self, span: Span, after: tuple[TakeId, int] | None, limit: int) -> list[Entry]: ...

    def names(self, by: By, keys: Sequence[str]) -> dict[str, tuple[int | None, str]]: ...


class MoneyTransaction(Protocol):
    @property
    def ledger(self) -> CapStore: ...
    @property
    def spending(self) -> Spending: ...
    @property
    def events(self) -> EventLog: ...


class MoneyRecords(Protocol):
    def begin(self) -> AbstractContextManager[MoneyTransaction]: ...

    def read(self) -> AbstractContextManager[MoneyTransaction]: ...
