"""Hearing of other processes' commits: NOTIFY on PostgreSQL, the file's version on SQLite."""

from __future__ import annotations

import os
import selectors
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import cast

import psycopg
import sqlalchemy as sa
from sqlalchemy import exc

from shortdrama.storage.db.events import CHANNEL
from shortdrama.storage.db.tables import events
from shortdrama.storage.db.work import CALLS

_SQLITE_LOOK_S = 0.5
_RECONNECT_S = (0.2, 1.0, 3.0, 5.0)
_ALIVE_CHECK_S = 30.0


class Listener:
    """A thread with a connection of its own. It hears its own process's commits too."""

    def __init__(
        self,
        engine: sa.Engine,
        callback: Callable[[int], None],
        on_call: Callable[[str], None] | None = None,
    ) -> None:
        self._engine = engine
        self._callback = callback
        self._on_call = on_call
        self._stopping = threading.Event()
        self._wake_reader, self._wake_writer = os.pipe()
        self._is_listening = threading.Event()
        target = self._watch_sqlite if engine.dialect.name == "sqlite" else self._watch_postgres
        self._thread = threading.Thread(target=target, name="event-listener", daemon=True)
        self._thread.start()

    def wait_until_listening(self, timeout_s: float) -> bool:
        """True once commits from now on will be heard."""
        return self._is_listening.wait(timeout_s)

    def stop(self) -> None:
        """Returns when the thread has ended."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        os.write(self._wake_writer, b".")
        self._thread.join()
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def _watch_sqlite(self) -> None:
        # The plain driver: the version only moves for a connection that holds no transaction.
        with closing(sqlite3.connect(self._engine.url.database or "")) as connection:
            version = _first(connection, "PRAGMA data_version")
            self._is_listening.set()
            while not self._stopping.wait(_SQLITE_LOOK_S):
                seen, version = version, _first(connection, "PRAGMA data_version")
                if seen != version:
                    self._tell(_first(connection, "SELECT max(id) FROM events"))

    def _watch_postgres(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._listen_once()
            except (psycopg.OperationalError, exc.OperationalError):
                # The server went away: come back, ever more slowly, and catch up then.
                failures = 0 if self._is_listening.is_set() else failures + 1
                self._is_listening.clear()
                self._stopping.wait(_RECONNECT_S[min(failures, len(_RECONNECT_S) - 1)])

    def _listen_once(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                connection.exec_driver_sql(f"LISTEN {CHANNEL}")
                if self._on_call is not None:
                    connection.exec_driver_sql(f"LISTEN {CALLS}")
                # What was committed while nobody listened.
                self._tell(connection.scalar(sa.select(sa.func.max(events.c.id))))
                self._is_listening.set()
                driver = cast("psycopg.Connection", connection.connection.driver_connection)
                self._hear(driver)
            finally:
                connection.invalidate()  # a listening connection must not go back to the pool

    def _hear(self, driver: psycopg.Connection) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(driver.fileno(), selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while not self._stopping.is_set():
                if not selector.select(_ALIVE_CHECK_S):
                    driver.execute("SELECT 1")  # a silent line may be a dead one
                driver.pgconn.consume_input()
                self._pass_on(driver)

    def _pass_on(self, driver: psycopg.Connection) -> None:
        newest = 0
        while notice := driver.pgconn.notifies():
            if notice.relname == CHANNEL.encode():
                newest = max(newest, int(notice.extra))
            elif self._on_call is not None and not self._stopping.is_set():
                self._on_call(notice.extra.decode())
        self._tell(newest)

    def _tell(self, newest: int | None) -> None:
        if newest and not self._stopping.is_set():
            self._callback(newest)


def _first(connection: sqlite3.Connection, statement: str) -> int:
    """The number a query gives; 0 where it gives none."""
    return connection.execute(statement).fetchone()[0] or 0
