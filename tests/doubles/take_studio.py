"""The part of a studio that makes takes, joined from its real parts, on one folder and one server.

with TakeStudio(folder, double.base_url) as studio:
    take = studio.order("a cat")
    take = studio.wait_for(take.id)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from doubles.clip_media import ClipMedia
from shortdrama.domain.ids import (
    ConnectionId,
    EpisodeId,
    ProjectId,
    SceneId,
    ShotId,
    TakeId,
    new_id,
)
from shortdrama.domain.model import BUILT_IN, VIDEOS, Connection, KeySource, Mode
from shortdrama.domain.project import Episode, Project, Scene, Shot
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.generation.life import Life
from shortdrama.generation.orders import TakeOrder, Terms
from shortdrama.generation.pauses import Pauses
from shortdrama.generation.phases import Limits, Tools
from shortdrama.generation.ports import TakeMedia
from shortdrama.generation.service import TakeService
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.registry import ProviderRegistry
from shortdrama.runner.dbos_runner import DbosRunner
from shortdrama.storage.blobs.files import FileBlobs
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate

CONNECTION = ConnectionId("c" * 32)
KEY = "sk-test-secret"
RESTING = frozenset(TakeStatus) - {
    TakeStatus.QUEUED,
    TakeStatus.SUBMITTING,
    TakeStatus.GENERATING,
    TakeStatus.DOWNLOADING,
    TakeStatus.CANCELLING,
}


@dataclass
class Play:
    """How the studio is set up for a test."""

    scale: float = 0.02  # of every pause
    limits: Limits = field(default_factory=Limits)
    protocol: str = VIDEOS
    options: dict[str, str] = field(default_factory=dict)  # of the connection
    connection: ConnectionId = CONNECTION
    built_in: httpx.AsyncBaseTransport = field(default_factory=httpx.AsyncHTTPTransport)
    max_takes: int = 64
    media: TakeMedia = field(default_factory=ClipMedia)
    database_url: str = ""
    workflows_url: str = ""


class TakeStudio:
    def __init__(self, folder: Path, base_url: str, play: Play | None = None) -> None:
        self.play = play or Play()
        self.folder = folder
        self.connection = Connection(
            id=CONNECTION,
            name="Double",
            base_url=base_url,
            protocol=self.play.protocol,
            models=("sora-2",),
            auth_header="Authorization",
            key_source=KeySource.ENVIRONMENT,
            created_at=datetime.now(UTC),
            has_key=True,
            options=self.play.options,
        )
        self.key: str | None = KEY  # on this machine
        self._changed = threading.Condition()
        url = self.play.database_url or f"sqlite:///{folder / 'studio.db'}"
        self.records = Database(url, self._on_commit)
        self.blobs = FileBlobs(folder / "blobs")
        self.providers = ProviderRegistry(
            ProviderKinds(), lambda _id: self.connection, lambda _id: self.key, self.play.built_in
        )
        self.tools = Tools(
            records=self.records,
            providers=self.providers,
            blobs=self.blobs,
            media=self.play.media,
            tmp=folder / "tmp",
            pauses=Pauses(self.play.scale),
            limits=self.play.limits,
            max_takes=self.play.max_takes,
        )
        workflows = self.play.workflows_url or f"sqlite:///{folder / 'workflows.db'}"
        self.runner = DbosRunner(Life(self.tools), workflows)
        self.shot_id = ShotId("")
        self.takes = TakeService(
            self.records,
            self.runner,
            self._terms,
            lambda: self.shot_id,
        )

    def __enter__(self) -> Self:
        migrate(self.records)
        self.shot_id = first_shot(self.records)
        self.runner.open()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.runner.close()
        self.records.close()

    def _terms(self, order: TakeOrder) -> Terms:
        mode = Mode.FIRST_FRAME if order.references else Mode.TEXT
        return Terms(self.play.connection, 400_000, None, mode)

    def order(self, prompt: str, key: str | None = None, seconds: int = 1) -> Take:
        return self.takes.order(TakeOrder(prompt, "sora-2", seconds, "720x1280"), key or new_id())

    def wait_for(
        self, take_id: TakeId, statuses: frozenset[TakeStatus] = RESTING, timeout_s: float = 20
    ) -> Take:
        """The take, once it is in one of these states; told by commits, not by looking often."""
        self.wait_until(lambda: self.takes.get(take_id).status in statuses, timeout_s)
        return self.takes.get(take_id)

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float = 20) -> None:
        """Looked at after every commit, and now and then for what needs none."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not is_so():
                assert time.monotonic() < deadline, "it did not happen in time"
                self._changed.wait(0.1)

    def events(self, kind: str) -> list[dict[str, object]]:
        with self.records.read() as tx:
            return [event.data for event in tx.events.after(0, 10_000) if event.kind == kind]

    def _on_commit(self, _newest: int) -> None:
        with self._changed:
            self._changed.notify_all()


def first_shot(records: Database) -> ShotId:
    """The newest shot; a project with one is made where there is none."""
    now = datetime.now(UTC)
    with records.begin() as tx:
        there = tx.shots.newest()
        if there is not None:
            return there.id
        project = Project(ProjectId(new_id()), "", now)
        episode = Episode(EpisodeId(new_id()), project.id, 1, "", now)
        scene = Scene(SceneId(new_id()), episode.id, 1, "")
        shot = Shot(ShotId(new_id()), scene.id, episode.id, 1, "", None, now)
        tx.projects.add(project)
        tx.episodes.add(episode)
        tx.scenes.add(scene)
        tx.shots.add(shot)
    return shot.id


def quick(limits: Limits | None = None, **changes: object) -> Limits:
    """Limits for tests: the same rules, shorter lists."""
    return replace(limits or Limits(), **changes)  # type: ignore[arg-type]


__all__ = ["BUILT_IN", "CONNECTION", "KEY", "Play", "TakeStudio", "first_shot", "quick"]
