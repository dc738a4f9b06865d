"""Engines: how each database is opened, and its errors in the studio's words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc

from shortdrama.errors import Busy, Conflict, InvalidInput, SetupProblem, StorageFull, StudioError
from shortdrama.storage.db.old_text import read_json, read_text

_BUSY_TIMEOUT_MS = 15_000
_WAL_KEPT_BYTES = 64 * 1024 * 1024
# A server that is gone without a word is noticed within half a minute.
_LIVELY = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
# A full disk is told as an I/O error too, where a file beside the records cannot grow.
_UNUSABLE = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_PRIMARY = 0xFF  # of an extended result code
_POSTGRES_SCHEMES = ("postgres", "postgresql")


def parse_url(text: str) -> sa.URL:
    """A database URL; `postgres://` and `postgresql://` mean psycopg 3.

    Raises:
        SetupProblem: No URL, or a database the studio does not speak.
    """
    try:
        url = sa.make_url(text)
    except exc.ArgumentError as error:
        raise SetupProblem(
            "The database address cannot be read; it starts with sqlite:/// or postgresql://."
        ) from error
    if url.drivername in _POSTGRES_SCHEMES:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database:
        return url
    if url.drivername == "postgresql+psycopg":
        return url
    raise SetupProblem(
        "The studio keeps its records in an SQLite file or in PostgreSQL, not in "
        "“%(kind)s”; the address starts with sqlite:/// or postgresql://.",
        kind=url.drivername,
    )


def sqlite_file(text: str) -> Path | None:
    """The file that the address names; None on PostgreSQL. Raises as `parse_url` does."""
    url = parse_url(text)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def open_engine(text: str) -> sa.Engine:
    """An engine with the settings the studio relies on. Connects lazily."""
    url = parse_url(text)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    return sa.create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        json_deserializer=read_json,
        connect_args=_LIVELY,
    )


def _open_sqlite(url: sa.URL) -> sa.Engine:
    # Writers queue before they take a connection, so only readers add to the pool.
    engine = sa.create_engine(url, pool_size=10, max_overflow=-1, json_deserializer=read_json)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions of its own accord: `_begin_sqlite` does.
    connection.isolation_level = None
    connection.text_factory = read_text
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # a committed intent survives a power cut
        "foreign_keys = ON",
        f"journal_size_limit = {_WAL_KEPT_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer would fail instead of waiting.
    is_reading = connection.get_execution_options().get("shortdrama_read", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(is_reading)}")
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def studio_error(error: exc.DBAPIError) -> StudioError | None:
    """The studio's word for a database error; None where it is a bug."""
    state = getattr(error.orig, "sqlstate", None) or ""
    words = str(error.orig)
    if (trouble := disk_trouble(error.orig)) is not None:
        return trouble
    if state in {"40001", "40P01", "55P03"} or "database is locked" in words:
        return Busy("The studio's records are busy. Try again.")
    if isinstance(error, exc.IntegrityError):
        return Conflict("Something else still belongs to this, or it exists already.")
    if isinstance(error, exc.DataError):
        return InvalidInput("The text or number cannot be stored as it is.")
    if error.connection_invalidated or state.startswith(("08", "57P")) or _is_silence(error):
        return Busy("The studio's database does not answer. Try again.", code="database_away")
    return None


def disk_trouble(error: BaseException | None) -> StorageFull | None:
    """What a driver says where the disk takes no more; None where it says something else."""
    state = getattr(error, "sqlstate", None) or ""
    code = (getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_OK) & _PRIMARY
    if state == "53100" or code == sqlite3.SQLITE_FULL:
        return StorageFull("The disk that holds the studio's records is full. Free some space.")
    if state == "58030" or code in _UNUSABLE:
        return StorageFull(
            "The studio's records cannot be written: the disk that holds them is full, read-only "
            "or failing. Free some space and check the disk, then try again.",
            code="records_not_written",
        )
    return None


def is_refused_write(error: exc.DBAPIError) -> bool:
    """SQLite's word for writing in what is read-only: a file, or a transaction that only reads."""
    code = getattr(error.orig, "sqlite_errorcode", None) or sqlite3.SQLITE_OK
    return code & _PRIMARY == sqlite3.SQLITE_READONLY


def _is_silence(error: exc.DBAPIError) -> bool:
    """PostgreSQL could not be reached, or fell silent: its driver then has no state to tell."""
    is_state_told = getattr(error.orig, "sqlstate", None)
    is_postgres = type(error.orig).__module__.startswith("psycopg")
    return is_postgres and not is_state_told and isinstance(error, exc.OperationalError)
