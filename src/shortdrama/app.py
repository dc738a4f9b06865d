"""The composition root: the only place that knows all rooms and joins them.

`build_studio` opens a data directory and gives the whole studio; `build_sora2` the protocol's
server alone. Nothing runs until `Services.start` (the web application's lifespan calls it).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from starlette.types import ASGIApp

from shortdrama.assets.service import AssetService
from shortdrama.board.service import BoardService
from shortdrama.connections.service import ConnectionService, EnvironmentConnection
from shortdrama.domain.ids import ShotId
from shortdrama.domain.model import PREVIZ_MODEL, Capability
from shortdrama.errors import InvalidInput
from shortdrama.generation.life import Life
from shortdrama.generation.orders import TakeOrder, Terms
from shortdrama.generation.phases import Tools
from shortdrama.generation.service import TakeService
from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
from shortdrama.media.workers import DEFAULT_LANES, WorkerPool
from shortdrama.previz.video_engine import PREVIZ_FUNCTIONS, PrevizVideoEngine
from shortdrama.prompts.service import PromptForm, PromptService
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.connection_probe import ProviderProbe
from shortdrama.providers.in_process import InProcessTransport
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.registry import ProviderRegistry
from shortdrama.runner.dbos_runner import DbosRunner
from shortdrama.settings import Settings
from shortdrama.sora2.service.app import ServiceOptions, Sora2Service
from shortdrama.sora2.service.files import FileContent, FileJobs
from shortdrama.state.hub import EventHub
from shortdrama.state.ports import Event
from shortdrama.state.snapshot import StateService
from shortdrama.storage.blobs.opening import Blobs, blobs_from_url
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate
from shortdrama.storage.keys import KeyringVault
from shortdrama.web.app import create_web
from shortdrama.web.gate import Gate, load_secret
from shortdrama.web.services import Services

log = logging.getLogger(__name__)
DEFAULT_MODEL = "sora-2"
# The studio's own copy of a take is in its blobs; the service keeps one for other clients.
_KEPT_FOR = timedelta(days=1)
_TIDY_EVERY_S = 24 * 3600
_BUILT_IN_POLL_MS = 250  # within this process a question costs a millisecond


@dataclass(frozen=True, slots=True)
class Studio:
    """An open studio: its web application, and the services behind it."""

    web: ASGIApp
    services: Services


@dataclass(frozen=True, slots=True)
class _Storage:
    database: Database
    blobs: Blobs
    hub: EventHub
    directory: DataDirectory


@contextmanager
def build_studio(settings: Settings, url: str, password: str = "") -> Iterator[Studio]:
    """Open the data directory and join everything; close it all at the end of the block.

    Raises:
        SetupProblem: Another studio uses the directory, or a setting cannot be used.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(DataDirectory(settings.data))
        storage = stack.enter_context(_open_storage(settings, directory))
        stack.enter_context(_announced(directory, url))
        services = _join(settings, storage, stack)
        yield Studio(_web(services, password, directory), services)


@contextmanager
def build_sora2(settings: Settings, key: str | None) -> Iterator[ASGIApp]:
    """The compatible server alone, under `/v1`, with its own start and stop."""
    pool = _open_pool(settings)
    try:
        yield _sora2_service(settings, settings.data / "sora2", pool, key).standalone()
    finally:
        pool.close()


@contextmanager
def open_connections(settings: Settings) -> Iterator[ConnectionService]:
    """The connections alone, beside a running studio or without one."""
    database = Database(settings.effective_database_url)
    try:
        migrate(database)
        yield _connections(settings, database)
    finally:
        database.close()


def running_studio(settings: Settings) -> str | None:
    """The address of the studio that runs on this data directory, if one does."""
    directory = DataDirectory(settings.data)
    if not directory.is_in_use():
        return None
    try:
        return _address_file(directory).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def _address_file(directory: DataDirectory) -> Path:
    return directory.path / "studio.url"


@contextmanager
def _announced(directory: DataDirectory, url: str) -> Iterator[None]:
    file = _address_file(directory)
    file.write_text(url, encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def _open_storage(settings: Settings, directory: DataDirectory) -> Iterator[_Storage]:
    database = Database(settings.effective_database_url)
    try:
        migrate(database)
        blobs = blobs_from_url(settings.effective_blobs_url, directory.cache_path)
        hub = _open_hub(database)
        database.on_commit = hub.publish
        yield _Storage(database, blobs, hub, directory)
    finally:
        database.close()


def _open_hub(database: Database) -> EventHub:
    def read(after: int, limit: int) -> list[Event]:
        with database.read() as tx:
            return tx.events.after(after, limit)

    def bounds() -> tuple[int, int]:
        with database.read() as tx:
            return tx.events.oldest_id(), tx.events.newest_id()

    return EventHub(read, bounds)


def _open_pool(settings: Settings) -> WorkerPool:
    lanes = {
        "media": replace(DEFAULT_LANES["media"], size=settings.media_workers),
        "previz": replace(DEFAULT_LANES["previz"], size=settings.previz_workers),
    }
    return WorkerPool({**MEDIA_FUNCTIONS, **PREVIZ_FUNCTIONS}, lanes=lanes)


def _sora2_service(
    settings: Settings,
    folder: Path,
    pool: WorkerPool,
    key: str | None = None,
    keep_for: timedelta | None = None,
) -> Sora2Service:
    engine = PrevizVideoEngine(pool, MediaTools(pool, settings.max_pixels))
    options = ServiceOptions(
        scratch=folder / "scratch",
        api_key=key,
        max_renders=settings.previz_workers,
        poll_after_ms=_BUILT_IN_POLL_MS,
        keep_for=keep_for,
    )
    return Sora2Service(FileJobs(folder / "jobs"), engine, FileContent(folder / "clips"), options)


def _connections(settings: Settings, database: Database) -> ConnectionService:
    own_file = Path(settings.capabilities_file) if settings.capabilities_file else None
    table = CapabilityTable(own_file)

    def capability_of(model: str) -> Capability:
        capability = table.capability_of(model)
        is_here = model == PREVIZ_MODEL
        return replace(capability, at_once=settings.previz_workers) if is_here else capability

    environment = None
    if settings.sora2_base_url:
        environment = EnvironmentConnection(
            settings.sora2_base_url,
            settings.sora2_model or DEFAULT_MODEL,
            lambda: os.environ.get("SORA2_API_KEY") or None,
        )
    return ConnectionService(
        database, KeyringVault(), ProviderProbe(ProviderKinds()), capability_of, environment
    )


def _join(settings: Settings, storage: _Storage, stack: ExitStack) -> Services:
    pool = _open_pool(settings)
    stack.callback(pool.close)
    media = MediaTools(pool, settings.max_pixels)
    sora2 = _sora2_service(settings, storage.directory.previz_path, pool, keep_for=_KEPT_FOR)
    transport = InProcessTransport(sora2.app, root_path="/v1")
    database = storage.database
    connections = _connections(settings, database)
    board = BoardService(database)
    prompts = PromptService(database, connections, settings.max_concurrent_takes)
    registry = ProviderRegistry(ProviderKinds(), connections.get, connections.key_of, transport)
    tools = Tools(
        database,
        registry,
        storage.blobs,
        media,
        storage.directory.work_path,
        max_takes=settings.max_concurrent_takes,
    )
    runner = DbosRunner(Life(tools), _workflows_url(settings, storage.directory))
    assets = AssetService(database, storage.blobs, media, settings)
    takes = TakeService(
        database, runner, _terms(connections, prompts), lambda: _default_shot(board)
    )
    work = _Work(storage, sora2, transport, runner, assets, settings.events_kept, AsyncExitStack())
    return Services(
        settings=settings,
        assets=assets,
        takes=takes,
        prompts=prompts,
        board=board,
        connections=connections,
        state=StateService(database, lambda: _default_connection(connections)),
        hub=storage.hub,
        blobs=storage.blobs,
        sora2_app=sora2.app,
        start=work.start,
        stop=work.stop,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What runs while the studio is open."""

    storage: _Storage
    sora2: Sora2Service
    transport: InProcessTransport
    runner: DbosRunner
    assets: AssetService
    events_kept: int
    ends: AsyncExitStack

    async def start(self) -> None:
        """Take up what was under way when the studio last stopped."""
        self.transport.settle()
        tidying = asyncio.create_task(self._tidy_daily())
        self.ends.callback(tidying.cancel)
        await self.sora2.start()
        await asyncio.to_thread(self.runner.open)
        if not self.storage.database.is_sqlite:
            listener = self.storage.database.listen(self.storage.hub.publish)
            self.ends.push_async_callback(asyncio.to_thread, listener.stop)

    async def stop(self) -> None:
        """Stop working; everything goes on at the next start."""
        self.storage.hub.close()
        await asyncio.to_thread(self.runner.close)
        await self.sora2.stop()
        await self.ends.aclose()

    async def _tidy_daily(self) -> None:
        while True:
            await asyncio.to_thread(self._tidy)
            await asyncio.sleep(_TIDY_EVERY_S)

    def _tidy(self) -> None:
        self.assets.sweep()
        with self.storage.database.begin() as tx:
            tx.events.prune(self.events_kept)


def _workflows_url(settings: Settings, directory: DataDirectory) -> str:
    if not settings.effective_database_url.startswith("sqlite"):
        return settings.effective_database_url
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


def _terms(connections: ConnectionService, prompts: PromptService) -> Callable[[TakeOrder], Terms]:
    def terms(order: TakeOrder) -> Terms:
        choice = connections.choice(order.model, order.connection_id)
        form = PromptForm(
            order.prompt,
            order.model,
            order.seconds,
            order.size,
            order.references,
            choice.connection_id,
            order.mode,
        )
        problems = prompts.check(form)
        if problems:
            first = problems[0]
            raise InvalidInput(first.template, code=first.code, field=first.where, **first.details)
        estimate = prompts.estimate(form)
        mode = choice.capability.mode_for(len(order.references), order.mode)
        return Terms(choice.connection_id, estimate.micro_usd, estimate.seconds, mode)

    return terms


def _default_shot(board: BoardService) -> ShotId:
    return board.current().shots[-1].shot.id


def _default_connection(connections: ConnectionService) -> tuple[str, bool]:
    choice = connections.default_choice()
    if choice.connection_id == "built-in":
        return "/v1", False
    connection = connections.get(choice.connection_id)
    return connection.base_url, connection.has_key


def _web(services: Services, password: str, directory: DataDirectory) -> ASGIApp:
    if not password:
        return create_web(services)
    secret = load_secret(directory.path / "session.key")
    return create_web(services, lambda app, pages: Gate(app, password, secret, pages))
