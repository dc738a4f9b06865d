"""All rooms, joined: which services there are, and which store, vault and secret they are given.

On SQLite a studio is one process of one machine; on PostgreSQL several share, and what has to be
the same in all of them is kept where all of them see it. `app.py` opens the storage and closes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from shortdrama.access.client_keys import ClientKeyService
from shortdrama.access.secret import secret_of, shared_secret
from shortdrama.access.users import UserService
from shortdrama.assets.service import AssetService
from shortdrama.between_rooms import connection_in_use, default_shot, terms_of
from shortdrama.board.service import BoardService
from shortdrama.built_in import open_pool, previz_engine, sora2_service
from shortdrama.connections.environment import EnvironmentConnection
from shortdrama.connections.ports import KeyVault
from shortdrama.connections.service import ConnectionService
from shortdrama.domain.ids import new_id
from shortdrama.domain.model import PREVIZ_MODEL, Capability
from shortdrama.generation.phases import Tools
from shortdrama.generation.service import TakeService
from shortdrama.health import Health
from shortdrama.media.service import MediaTools
from shortdrama.money.service import MoneyService
from shortdrama.prompts.service import PromptService
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.connection_probe import ProviderProbe
from shortdrama.providers.in_process import InProcessTransport
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.registry import ProviderRegistry
from shortdrama.settings import Settings
from shortdrama.state.hub import EventHub
from shortdrama.state.snapshot import StateService
from shortdrama.storage.blobs.opening import Blobs
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.keys import KeyringVault
from shortdrama.storage.process_folder import ProcessFolder
from shortdrama.storage.sealed_keys import SealedVault
from shortdrama.web.door.ports import DoorTools
from shortdrama.web.gate import load_secret
from shortdrama.web.services import Services
from shortdrama.work import Place, Work, open_runner, share_of

DEFAULT_MODEL = "sora-2"
# The studio's own copy of a take is in its blobs; the service keeps one for other clients.
_KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Storage:
    """What a studio stands on, open."""

    database: Database
    blobs: Blobs
    hub: EventHub
    directory: DataDirectory


def join(settings: Settings, storage: Storage, stack: ExitStack, has_root: bool) -> Services:
    """Nothing runs yet; `stack` closes what is opened here.

    Args:
        settings: All of them.
        storage: Stays open for as long as the services are used.
        stack: Of the studio's whole life.
        has_root: The studio has a password of its own, besides those of its users.
    """
    pool = open_pool(settings)
    stack.callback(pool.close)
    media = MediaTools(pool, settings.max_pixels)
    place = _place(settings, storage, stack)
    engine = previz_engine(settings, pool)
    sora2 = sora2_service(settings, place.previz_path, engine, keep_for=_KEPT_FOR)
    transport = InProcessTransport(sora2.app, root_path="/v1")
    database = storage.database
    kinds = ProviderKinds()
    connections = join_connections(settings, database, kinds)
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
        database, runner, terms_of(connections, prompts), lambda: default_shot(board)
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
        state=StateService(database, partial(connection_in_use, connections)),
        hub=storage.hub,
        blobs=storage.blobs,
        users=UserService(database, has_root),
        client_keys=ClientKeyService(database),
        door=_door(storage, media, place),
        health=Health(database, storage.blobs),
        metrics_token=os.environ.get("SHORTDRAMA_METRICS_TOKEN", ""),
        start=work.start,
        stop=work.stop,
    )


def _door(storage: Storage, media: MediaTools, place: Place) -> DoorTools:
    return DoorTools(
        records=storage.database,
        spritesheet=_sheets(storage, media),
        secret=_secret(storage),
        scratch=place.work_path,
    )


def join_connections(
    settings: Settings, database: Database, kinds: ProviderKinds
) -> ConnectionService:
    """The service of connections: it needs no more of a studio than its database."""
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


def _place(settings: Settings, storage: Storage, stack: ExitStack) -> Place:
    directory, share = storage.directory, share_of(settings, storage.database)
    if share is None:
        return Place(directory.work_path, directory.previz_path)
    own = stack.enter_context(ProcessFolder(directory.processes_path, share.worker_id))
    return Place(own / "work", own / "previz", share)


def _sheets(storage: Storage, media: MediaTools) -> Callable[[str], Path]:
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


def _secret(storage: Storage) -> bytes:
    """What signs sessions and links: the same in every process of the studio."""
    chosen = os.environ.get("SHORTDRAMA_SECRET")
    if chosen:
        return secret_of(chosen)
    if storage.database.is_sqlite:
        return load_secret(storage.directory.path / "session.key")
    return shared_secret(storage.database)
