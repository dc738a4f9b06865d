"""What the prompt input needs of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from shortdrama.domain.asset import Asset
from shortdrama.domain.ids import AssetId, ConnectionId, PromptId
from shortdrama.domain.model import Capability
from shortdrama.domain.prompt import Prompt
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.domain.waiting import Run


class PromptReader(Protocol):
    def page(self, query: str, before: PromptId | None, limit: int) -> list[Prompt]: ...


class AssetReader(Protocol):
    def get_many(self, asset_ids: Sequence[AssetId]) -> list[Asset]: ...


class TakeHistory(Protocol):
    def recent_runs(
        self, model: str, connection_id: ConnectionId | None, limit: int = 60
    ) -> list[Run]:
        """The latest takes of a model that became ready; None: on any connection."""
        ...

    def with_status(self, statuses: frozenset[TakeStatus]) -> list[Take]: ...


class PromptTransaction(Protocol):
    @property
    def prompts(self) -> PromptReader: ...
    @property
    def assets(self) -> AssetReader: ...
    @property
    def takes(self) -> TakeHistory: ...


class PromptRecords(Protocol):
    def read(self) -> AbstractContextManager[PromptTransaction]:
        """One view that never waits for a writer."""
        ...


class Models(Protocol):
    def capability(self, model: str, connection_id: ConnectionId | None) -> Capability:
        """Raises `InvalidInput` for a model that no connection offers."""
        ...
