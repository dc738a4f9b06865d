"""The composition root: the only place that knows all rooms and joins them.

`build_studio` opens a data directory and gives the whole studio; `build_sora2` the protocol's
server alone. Nothing runs until `Services.start` (the web application's lifespan calls it).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from shortdrama.access.client_keys import ClientKeyService
from shortdrama.access.secret import secret_of, shared_secret
from shortdrama.access.tries import SharedTries, TriesHere
from shortdrama.access.users import UserService
from shortdrama.assets.service import AssetService
from shortdrama.board.service import BoardService
from shortdrama.connections.environment import EnvironmentConnection
from shortdrama.connections.ports import KeyVault
from shortdrama.connections.service import ConnectionService
from shortdrama.domain.ids import ConnectionId, ShotId, new_id
from shortdrama.domain.model import BUILT_IN, ENVIRONMENT, PREVIZ_MODEL, Capability
from shortdrama.errors import InvalidInput, NotFound
from shortdrama.generation.orders import TakeOrder, Terms
from shortdrama.generation.phases import Tools
from shortdrama.generation.service import TakeService
from shortdrama.health import Health
from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
from shortdrama.media.workers import DEFAULT_LANES, WorkerPool
from shortdrama.money.service import MoneyService
from shortdrama.previz.video_engine import PREVIZ_FUNCTIONS, PrevizVideoEngine
from shortdrama.prompts.service import PromptForm, PromptService
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.connection_probe import ProviderProbe
from shortdrama.providers.in_process import InProcessTransport
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.registry import ProviderRegistry
from shortdrama.settings import Settings
from shortdrama.sora2.service.aliases import OPENAI_MODELS, AliasedEngine
from shortdrama.sora2.service.app import ServiceOptions, Sora2Service
from shortdrama.sora2.service.files import FileContent, FileJobs
from shortdrama.sora2.service.ports import VideoEngine
from shortdrama.state.hub import EventHub
from shortdrama.state.ports import Event
from shortdrama.state.snapshot import StateService
from shortdrama.storage.blobs.opening import Blobs, blobs_from_url
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.engine import sqlite_file
from shortdrama.storage.db.migration import migrate
from shortdrama.storage.keys import KeyringVault
from shortdrama.storage.process_folder import ProcessFolder
from shortdrama.storage.sealed_keys import SealedVault
from shortdrama.web.app import create_web
from shortdrama.web.door.ports import DoorTools
from shortdrama.web.gate import Gate, load_secret
from shortdrama.web.log_in import LogIn
from shortdrama.web.security import LOOPBACK_NAMES
from shortdrama.web.services import Services
from shortdrama.work import Place, Work, open_runner, share_of

log = logging.getLogger(__name__)
DEFAULT_MODEL = "sora-2"
# The studio's own copy of a take is in its blobs; the service keeps one for other clients.
_KEPT_FOR = timedelta(days=1)
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
def build_studio(settings: Settings, url: str, password: str | None = None) -> Iterator[Studio]:
    """Open the data directory and join everything; close it all at the end of the block.

    Args:
        settings: All of them.
        url: Where the studio answers; told to the command line.
        password: The studio's own; "" where it has none. Without one and without users nobody has
            to log in. None: only this very process asks, so nobody ever has to.

    Raises:
        SetupProblem: Another studio uses the directory, or a setting cannot be used.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(_directory(settings))
        storage = stack.enter_context(_open_storage(settings, directory))
        if storage.database.is_sqlite:
            stack.enter_context(_announced(directory, url))
        services = _join(settings, storage, stack, has_root=bool(password))
        yield Studio(_web(services, password, storage.database), services)


@contextmanager
def build_sora2(settings: Settings, key: str | None) -> Iterator[ASGIApp]:
    """The compatible server alone, under `/v1`, with its own start and stop."""
    pool = _open_pool(settings)
    engine = AliasedEngine(_previz_engine(settings, pool), OPENAI_MODELS)
    try:
        yield _sora2_service(settings, settings.data / "sora2", engine, key).standalone()
    finally:
        pool.close()


@contextmanager
def open_connections(settings: Settings) -> Iterator[ConnectionService]:
    """The connections alone, beside a running studio or without one."""
    database = Database(settings.effective_database_url)
    try:
        migrate(database)
        yield _connections(settings, database, ProviderKinds())
    finally:
        database.close()


@contextmanager
def open_access(settings: Settings) -> Iterator[tuple[UserService, ClientKeyService]]:
    """People and keys alone, beside a running studio or without one."""
    database = Database(settings.effective_database_url)
    try:
        migrate(database)
        has_root = bool(os.environ.get("SHORTDRAMA_PASSWORD"))
        yield UserService(database, has_root), ClientKeyService(database)
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


def _directory(settings: Settings) -> DataDirectory:
    """On PostgreSQL, several processes of one machine may use it at the same time."""
    records = sqlite_file(settings.effective_database_url)
    return DataDirectory(settings.data, is_shared=records is None, records=records)


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


def _previz_engine(settings: Settings, pool: WorkerPool) -> PrevizVideoEngine:
    return PrevizVideoEngine(pool, MediaTools(pool, settings.max_pixels))


def _sora2_service(
    settings: Settings,
    folder: Path,
    engine: VideoEngine,
    key: str | None = None,
    keep_for: timedelta | None = None,
) -> Sora2Service:
    options = ServiceOptions(
        scratch=folder / "scratch",
        api_key=key,
        max_renders=settings.previz_workers,
        poll_after_ms=_BUILT_IN_POLL_MS,
        keep_for=keep_for,
    )
    return Sora2Service(FileJobs(folder / "jobs"), engine, FileContent(folder / "clips"), options)


def _connections(settings: Settings, database: Database, kinds: ProviderKinds) -> ConnectionService:
    own_file = Path(settings.capabilities_file) if settings.capabilities_file else None
    table = CapabilityTable(own_file, kinds.capability_files())

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
        database, _vault(database), ProviderProbe(kinds), capability_of, environment
    )


def _vault(database: Database) -> KeyVault:
    """The machine's keyring; where there are several machines and a secret, all of them share."""
    secret = os.environ.get("SHORTDRAMA_SECRET")
    return KeyringVault() if database.is_sqlite or not secret else SealedVault(database, secret)


def _place(settings: Settings, storage: _Storage, stack: ExitStack) -> Place:
    directory, share = storage.directory, share_of(settings, storage.database)
    if share is None:
        return Place(directory.work_path, directory.previz_path)
    own = stack.enter_context(ProcessFolder(directory.processes_path, share.worker_id))
    return Place(own / "work", own / "previz", share)


def _join(settings: Settings, storage: _Storage, stack: ExitStack, has_root: bool) -> Services:
    pool = _open_pool(settings)
    stack.callback(pool.close)
    media = MediaTools(pool, settings.max_pixels)
    place = _place(settings, storage, stack)
    engine = _previz_engine(settings, pool)
    sora2 = _sora2_service(settings, place.previz_path, engine, keep_for=_KEPT_FOR)
    transport = InProcessTransport(sora2.app, root_path="/v1")
    database = storage.database
    kinds = ProviderKinds()
    connections = _connections(settings, database, kinds)
    board = BoardService(database)
    prompts = PromptService(database, connections, settings.max_concurrent_takes)
    registry = ProviderRegistry(kinds, connections.get, connections.key_of, transport)
    tools = Tools(
        database,
        registry,
        storage.blobs,
        media,
        place.work_path,
        max_takes=settings.max_concurrent_takes,
        share=place.share,
    )
    runner = open_runner(settings, tools, storage.directory)
    assets = AssetService(database, storage.blobs, media, settings)
    takes = TakeService(
        database, runner, _terms(connections, prompts), lambda: _default_shot(board)
    )
    work = Work(
        database=database,
        hub=storage.hub,
        sora2=sora2,
        transport=transport,
        runner=runner,
        assets=assets,
        events_kept=settings.events_kept,
        ends=AsyncExitStack(),
        look_for_keys=tools.keys.look_again,
    )
    return Services(
        settings=settings,
        assets=assets,
        takes=takes,
        money=MoneyService(database),
        prompts=prompts,
        board=board,
        connections=connections,
        state=StateService(database, partial(_connection_in_use, connections)),
        hub=storage.hub,
        blobs=storage.blobs,
        users=UserService(database, has_root),
        client_keys=ClientKeyService(database),
        door=DoorTools(
            records=database,
            spritesheet=_sheets(storage, media),
            secret=_secret(storage),
            scratch=place.work_path,
        ),
        health=Health(database, storage.blobs),
        metrics_token=os.environ.get("SHORTDRAMA_METRICS_TOKEN", ""),
        start=work.start,
        stop=work.stop,
    )


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
            order.extra,
        )
        problems = prompts.check(form)
        if problems:
            first = problems[0]
            raise InvalidInput(first.template, code=first.code, field=first.where, **first.details)
        estimate = prompts.estimate(form)
        capability = choice.capability
        mode = capability.mode_for(len(order.references), order.mode)
        return Terms(
            choice.connection_id,
            estimate.micro_usd,
            estimate.seconds,
            mode,
            capability.unit_prices,
            is_kept=choice.connection_id not in {BUILT_IN, ENVIRONMENT},
        )

    return terms


def _default_shot(board: BoardService) -> ShotId:
    return board.current().shots[-1].shot.id


def _connection_in_use(
    connections: ConnectionService, last: ConnectionId | None
) -> tuple[str, bool]:
    if last is None:
        last = connections.default_choice().connection_id
    if last == BUILT_IN:
        return "/v1", False
    try:
        connection = connections.get(last)
    except NotFound:
        return _connection_in_use(connections, None)
    return connection.base_url, connection.has_key


def _sheets(storage: _Storage, media: MediaTools) -> Callable[[str], Path]:
    """Contact sheets of clips, made when they are first asked for."""
    folder = storage.directory.cache_path / "sheets"

    def sheet_of(key: str) -> Path:
        path = folder / f"{key}.jpg"
        if path.exists():
            return path
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{key}.{new_id()}.jpg"
        try:
            with storage.blobs.local_path(key) as clip:
                media.spritesheet(clip, part)
            return part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    return sheet_of


def _secret(storage: _Storage) -> bytes:
    """What signs sessions and links: the same in every process of the studio."""
    chosen = os.environ.get("SHORTDRAMA_SECRET")
    if chosen:
        return secret_of(chosen)
    if storage.database.is_sqlite:
        return load_secret(storage.directory.path / "session.key")
    return shared_secret(storage.database)


def _web(services: Services, password: str | None, database: Database) -> ASGIApp:
    if password is None:
        return create_web(services)
    tries = TriesHere() if database.is_sqlite else SharedTries(database)
    log_in = LogIn(
        services.users,
        password,
        services.door.secret,
        tries,
        is_always_needed=services.settings.host not in LOOPBACK_NAMES,
    )
    return create_web(services, lambda app, pages: Gate(app, log_in, pages))
