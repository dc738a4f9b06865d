"""What works while a studio is open: the runner, the built-in engine, listening, tidying up.

A studio on SQLite is one process and everything there is. On PostgreSQL any number of processes
share the work; each has a name, a folder of its own, and beats. The composition root joins it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shortdrama.assets.service import AssetService
from shortdrama.generation.life import Life
from shortdrama.generation.phases import Tools
from shortdrama.generation.ports import Runner
from shortdrama.generation.sharing import Share
from shortdrama.providers.in_process import InProcessTransport
from shortdrama.runner.dbos_runner import DbosRunner
from shortdrama.runner.elsewhere import ElsewhereRunner
from shortdrama.settings import Settings
from shortdrama.sora2.service.app import Sora2Service
from shortdrama.state.hub import EventHub
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database

log = logging.getLogger(__name__)
_BEAT_S = 600.0
_TIDY_EVERY_S = 24 * 3600


class OpenRunner(Runner, Protocol):
    def open(self) -> None: ...

    def close(self) -> None: ...

    def hear(self, word: str) -> None:
        """What another process said."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where one process works: the only one of a studio, or one of several (with a `share`)."""

    work_path: Path
    previz_path: Path
    share: Share | None = None


def share_of(settings: Settings, database: Database) -> Share | None:
    """This process's part; None where the studio is one process."""
    if database.is_sqlite:
        return None
    name = settings.worker_name or f"{socket.gethostname()}-{os.getpid()}"
    # Never used again: a process that comes back under its name holds nothing of the earlier one.
    worker_id = f"{name}.{secrets.token_hex(4)}"
    return Share(database, worker_id, name, settings.max_concurrent_takes)


def open_runner(settings: Settings, tools: Tools, directory: DataDirectory) -> OpenRunner:
    """The one that works, or the one that leaves it to other processes."""
    if tools.share is None:
        most_begun = 2 * settings.max_concurrent_takes
        return DbosRunner(Life(tools), _workflows_url(directory), most_begun=most_begun)
    if not settings.work:
        return ElsewhereRunner(tools.share)
    url = settings.effective_database_url
    return DbosRunner(Life(tools), url, share=tools.share)


@dataclass(frozen=True, slots=True)
class Work:
    """What runs while the studio is open."""

    database: Database
    hub: EventHub
    sora2: Sora2Service
    transport: InProcessTransport
    runner: OpenRunner
    assets: AssetService
    events_kept: int
    ends: AsyncExitStack
    look_for_keys: Callable[[], None]  # a connection was changed, here or in another process

    async def start(self) -> None:
        """Take up what was under way when the studio last stopped."""
        self.transport.settle()
        await self.sora2.start()
        await asyncio.to_thread(self.runner.open)
        if not self.database.is_sqlite:
            listener = self.database.listen(self.hub.publish, self.runner.hear)
            self.ends.push_async_callback(asyncio.to_thread, listener.stop)
        listening = asyncio.create_task(self._hear_of_keys())
        self.ends.callback(listening.cancel)
        tidying = asyncio.create_task(self._tidy_daily())
        self.ends.callback(tidying.cancel)

    async def stop(self) -> None:
        """Stop working; everything goes on at the next start, or in other processes."""
        self.hub.close()
        await asyncio.to_thread(self.runner.close)
        await self.sora2.stop()
        await self.ends.aclose()

    async def _hear_of_keys(self) -> None:
        """Takes that wait for a key go on as soon as it was entered."""
        async for event in self.hub.listen(None, _BEAT_S):
            if event is not None and event.kind in {"connection.changed", "resync"}:
                self.look_for_keys()

    async def _tidy_daily(self) -> None:
        while True:
            await asyncio.to_thread(self._tidy)
            await asyncio.sleep(_TIDY_EVERY_S)

    def _tidy(self) -> None:
        """In one process at a time; the others leave it to that one."""
        with self.database.alone("tidy") as is_alone:
            if is_alone:
                self.assets.sweep()
                with self.database.begin() as tx:
                    tx.events.prune(self.events_kept)


def _workflows_url(directory: DataDirectory) -> str:
    file = directory.path / "workflows.db"
    if file.exists() and not _is_database(file):
        # What a take needs is told by its row: without this file every active take is begun again.
        damaged = file.with_name("workflows.damaged")
        log.warning("%s is damaged; it was set aside as %s", file, damaged.name)
        file.replace(damaged)
    return f"sqlite:///{file}"


def _is_database(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return False
    return True
