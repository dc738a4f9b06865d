"""The composition root: opens what a studio stands on, has it joined, and closes it again.

`build_studio` opens a data directory and gives the whole studio; `build_sora2` the protocol's
server alone; `open_connections` and `open_access` one part for the command line. Nothing runs until
`Services.start` (the web application's lifespan calls it). `joining.py` knows all rooms.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from shortdrama.access.client_keys import ClientKeyService
from shortdrama.access.tries import SharedTries, TriesHere
from shortdrama.access.users import UserService
from shortdrama.address import announced
from shortdrama.built_in import open_pool, previz_engine, sora2_service
from shortdrama.connections.service import ConnectionService
from shortdrama.joining import Storage, join, join_connections
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.settings import Settings
from shortdrama.sora2.service.aliases import OPENAI_MODELS, AliasedEngine
from shortdrama.state.hub import EventHub
from shortdrama.state.ports import Event
from shortdrama.storage.blobs.opening import blobs_from_url
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.engine import sqlite_file
from shortdrama.storage.db.migration import migrate
from shortdrama.web.app import create_web
from shortdrama.web.gate import Gate
from shortdrama.web.log_in import LogIn
from shortdrama.web.security import LOOPBACK_NAMES
from shortdrama.web.services import Services


@dataclass(frozen=True, slots=True)
class Studio:
    """An open studio: its web application, and the services behind it."""

    web: ASGIApp
    services: Services


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
            stack.enter_context(announced(directory, url))
        services = join(settings, storage, stack, has_root=bool(password))
        yield Studio(_web(services, password, storage.database), services)


@contextmanager
def build_sora2(settings: Settings, key: str | None) -> Iterator[ASGIApp]:
    """The compatible server alone, under `/v1`, with its own start and stop."""
    pool = open_pool(settings)
    engine = AliasedEngine(previz_engine(settings, pool), OPENAI_MODELS)
    try:
        yield sora2_service(settings, settings.data / "sora2", engine, key).standalone()
    finally:
        pool.close()


@contextmanager
def open_connections(settings: Settings) -> Iterator[ConnectionService]:
    """The connections alone, beside a running studio or without one."""
    database = Database(settings.effective_database_url)
    try:
        migrate(database)
        yield join_connections(settings, database, ProviderKinds())
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


def _directory(settings: Settings) -> DataDirectory:
    """On PostgreSQL, several processes of one machine may use it at the same time."""
    records = sqlite_file(settings.effective_database_url)
    return DataDirectory(settings.data, is_shared=records is None, records=records)


@contextmanager
def _open_storage(settings: Settings, directory: DataDirectory) -> Iterator[Storage]:
    database = Database(settings.effective_database_url)
    try:
        migrate(database)
        blobs = blobs_from_url(settings.effective_blobs_url, directory.cache_path)
        hub = _open_hub(database)
        database.on_commit = hub.publish
        yield Storage(database, blobs, hub, directory)
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
