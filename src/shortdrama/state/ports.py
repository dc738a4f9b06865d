"""What the state manager needs of storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that has been committed. `id` grows in commit order and survives restarts."""

    id: int
    kind: str  # "take.changed", "take.progress", "asset.added", "asset.changed", "shot.changed" …
    data: dict[str, Any]
    created_at: datetime


class EventLog(Protocol):
    """Part of every transaction."""

    def append(self, kind: str, data: dict[str, Any]) -> None: ...

    def after(self, event_id: int, limit: int = 500) -> list[Event]:
        """Oldest first."""
        ...

    def newest_id(self) -> int:
        """0 where there is none."""
        ...

    def oldest_id(self) -> int:
        """The oldest kept; 0 where there is none."""
        ...

    def prune(self, keep: int) -> int:
        """Drop all but the newest `keep`; how many went."""
        ...
