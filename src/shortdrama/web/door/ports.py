"""What the door needs beside the services of the features."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shortdrama.board.ports import BoardTransaction
from shortdrama.domain.ids import TakeId
from shortdrama.domain.people import DoorJob


class DoorJobStore(Protocol):
    def lock(self) -> None:
        """Orders through the door are one after another until commit, across processes."""
        ...

    def add(self, job: DoorJob) -> None: ...

    def get(self, take_id: TakeId) -> DoorJob | None: ...

    def twin(self, actor: str, fingerprint: str, since: datetime) -> DoorJob | None:
        """The newest job of the same asker and request."""
        ...

    def page(self, actor: str, after: str | None, limit: int, is_rising: bool) -> list[DoorJob]: ...

    def hide(self, take_id: TakeId, at: datetime) -> None: ...


class DoorTransaction(BoardTransaction, Protocol):
    @property
    def door_jobs(self) -> DoorJobStore: ...


class DoorRecords(Protocol):
    def begin(self) -> AbstractContextManager[DoorTransaction]: ...

    def read(self) -> AbstractContextManager[DoorTransaction]:
        """One view that never waits for a writer."""
        ...


@dataclass(frozen=True, slots=True)
class DoorTools:
    """`spritesheet` gives the contact sheet of a clip's key as a file; it blocks."""

    records: DoorRecords
    spritesheet: Callable[[str], Path]
    secret: bytes  # signs links to clips
    scratch: Path
