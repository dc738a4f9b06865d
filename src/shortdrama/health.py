"""Whether this process can do its work, and its figures for Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from shortdrama import metrics
from shortdrama.domain.take import TakeStatus
from shortdrama.errors import StudioError
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import is_current
from shortdrama.storage.db.tables import takes
from shortdrama.storage.db.work_tables import workers

_NO_KEY = "0" * 64
_PATIENCE_S = 5.0


class SizedBlobs(Protocol):
    def size(self, key: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Health:
    """Blocks; each part is given a few seconds."""

    database: Database
    blobs: SizedBlobs
    asking: dict[str, threading.Thread] = field(default_factory=dict)

    def troubles(self) -> dict[str, str]:
        """By part; empty where all is well."""
        parts = {"database": self._see_database, "files": self._see_blobs}
        found: dict[str, str] = {}
        for name, look in parts.items():
            word = self._within_patience(name, look)
            if word:
                found[name] = word
        return found

    def figures(self) -> str:
        """In Prometheus' text form."""
        by_status = sa.select(takes.c.status, sa.func.count()).group_by(takes.c.status)
        with self.database.engine.connect() as connection:
            counted: dict[str, float] = {row[0]: row[1] for row in connection.execute(by_status)}
            alive = connection.scalar(sa.select(sa.func.count()).select_from(workers)) or 0
        statuses: dict[metrics.Labels, float] = {
            (("status", str(status)),): counted.get(status, 0) for status in TakeStatus
        }
        gauges: dict[tuple[str, str], dict[metrics.Labels, float]] = {
            ("shortdrama_takes", "Takes of the studio, by their state."): statuses,
            ("shortdrama_workers", "Processes that share the work; 0 on SQLite."): {(): alive},
        }
        return metrics.exposition(gauges)

    def _see_database(self) -> str:
        return "" if is_current(self.database) else "its tables are of another version"

    def _see_blobs(self) -> str:
        self.blobs.size(_NO_KEY)
        return ""

    def _within_patience(self, name: str, look: Callable[[], str]) -> str:
        """A part that hangs is asked once, however often we are."""
        said: list[str] = []
        earlier = self.asking.get(name)
        if earlier is not None and earlier.is_alive():
            return "no answer yet"
        asker = threading.Thread(target=_ask, args=(look, said), daemon=True, name=f"see-{name}")
        self.asking[name] = asker
        asker.start()
        asker.join(_PATIENCE_S)
        return said[0] if said else "no answer yet"


def _ask(look: Callable[[], str], said: list[str]) -> None:
    try:
        said.append(look())
    except StudioError as error:
        said.append(error.message)
    except Exception as error:  # noqa: BLE001 - whatever it is, the part does not work
        said.append(type(error).__name__)
