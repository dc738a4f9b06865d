"""A studio in a process of its own, that dies at a chosen point as by `kill -9`.

    python -m doubles.take_worker FOLDER BASE_URL [--order PROMPT [--times N]] [--die POINT]

Goes on with every take under way, or orders one, until all are at rest. POINT is `before:PHASE`,
`after:PHASE` (done, but not yet recorded by the runner) or a call of a port with its side, such as
`provider.submit:after`.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from doubles.clip_media import ClipMedia
from doubles.take_studio import Play, TakeStudio, quick
from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.domain.take import ACTIVE
from shortdrama.generation.life import Life
from shortdrama.generation.phases import Phase
from shortdrama.generation.ports import Provider, ProviderJob, Submission
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.registry import ProviderRegistry
from shortdrama.runner.dbos_runner import DbosRunner
from shortdrama.storage.blobs.files import FileBlobs

DEATH = ""


def reach(point: str) -> None:
    if point == DEATH:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingLife(Life):
    async def run(self, phase: Phase, take_id: TakeId) -> Phase | None:
        reach(f"before:{phase}")
        following = await super().run(phase, take_id)
        reach(f"after:{phase}")
        return following


class DyingProvider:
    def __init__(self, inner: Provider) -> None:
        self._inner = inner

    async def submit(self, submission: Submission) -> ProviderJob:
        reach("provider.submit:before")
        job = await self._inner.submit(submission)
        reach("provider.submit:after")
        return job

    async def poll(self, job_id: str) -> ProviderJob:
        return await self._inner.poll(job_id)

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        await self._inner.fetch(job, destination, on_progress)
        reach("provider.fetch:after")

    async def cancel(self, job_id: str) -> bool:
        return await self._inner.cancel(job_id)

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        return await self._inner.find(submission, since)


class DyingProviders(ProviderRegistry):
    def for_connection(self, connection_id: ConnectionId) -> Provider:
        return DyingProvider(super().for_connection(connection_id))


class DyingBlobs(FileBlobs):
    def put_file(self, path: Path, key: str | None = None) -> str:
        name = path.name.partition("-")[0]
        reach(f"blobs.put {name}:before")
        key = super().put_file(path, key)
        reach(f"blobs.put {name}:after")
        return key


class DyingStudio(TakeStudio):
    """The same studio with ports that may die."""

    def __init__(self, folder: Path, base_url: str, play: Play) -> None:
        super().__init__(folder, base_url, play)
        providers = DyingProviders(
            ProviderKinds(), lambda _id: self.connection, lambda _id: "key", play.built_in
        )
        tools = self.tools
        object.__setattr__(tools, "providers", providers)
        object.__setattr__(tools, "blobs", DyingBlobs(folder / "blobs"))
        object.__setattr__(tools, "media", ClipMedia())
        workflows = f"sqlite:///{folder / 'workflows.db'}"
        self.runner = DbosRunner(DyingLife(tools), workflows)
        self.takes._runner = self.runner


def main() -> None:
    global DEATH  # noqa: PLW0603 - a process has one death
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("base_url")
    parser.add_argument("--order")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--die", default="")
    arguments = parser.parse_args()
    DEATH = arguments.die
    limits = quick(search_pauses_s=(0, 1), unreachable_pauses_s=(1, 2))
    with DyingStudio(arguments.folder, arguments.base_url, Play(limits=limits)) as studio:
        for _ in range(arguments.times if arguments.order else 0):
            studio.order(arguments.order)
        studio.wait_until(lambda: is_at_rest(studio), 60)


def is_at_rest(studio: TakeStudio) -> bool:
    """By the rows and by the runner: a row is at rest a moment before its phase is over, and a
    studio that is stopped in that moment never comes to the point at which it is to die."""
    is_active = any(take.status in ACTIVE for take in studio.takes.page())
    return not is_active and not studio.runner.running()


if __name__ == "__main__":
    main()
