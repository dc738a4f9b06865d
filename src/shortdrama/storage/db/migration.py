"""Bring a database up to date at start: forward only, once, with a copy first on SQLite."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from shortdrama.errors import SetupProblem
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.engine import disk_trouble
from shortdrama.storage.db.lost_records import need_records

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0007"
_MIGRATION_LOCK = 0x5344_4556_0002  # beside the event log's
_one_at_a_time = threading.Lock()  # Alembic keeps what it works on in globals
_version = sa.table("alembic_version", sa.column("version_num", sa.String))


def migrate(database: Database) -> None:
    """Create or upgrade the tables. Starters at the same time wait for the first of them.

    An SQLite file that holds an older version is copied to `<name>.<version>.bak` first, while
    nobody else can write in it.

    Raises:
        SetupProblem: The database was written by a newer program, does not answer, or is gone
            from a studio that has worked.
        StorageFull: The disk that holds it takes no more.
    """
    if database.path is not None:
        need_records(database.path)
    try:
        with database.engine.connect() as connection:
            found = _read_version(connection)
        if found == NEWEST:
            return
        with _one_at_a_time, database.engine.begin() as connection:
            _upgrade(connection, database.path)
    except sqlite3.OperationalError as error:  # of the copy
        raise disk_trouble(error) or _not_opened() from error
    except sa.exc.OperationalError as error:
        is_full = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise (disk_trouble(error.orig) if is_full else None) or _not_opened() from error
    except sa.exc.DatabaseError as error:
        raise SetupProblem(
            "The studio's database is damaged. Nothing was changed; put a backup in its place."
        ) from error


def is_current(database: Database) -> bool:
    """Whether the tables are those of this program. Raises as every reading does."""
    with database.read() as tx:
        return tx.version() == NEWEST


def copy_sqlite(source: Path, destination: Path) -> None:
    """A consistent copy of a database that may be in use, written whole or not at all."""
    part = destination.with_name(destination.name + ".part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(part)) as writer:
        reader.backup(writer)
        # A copy in WAL mode would need two more files beside it.
        writer.execute("PRAGMA journal_mode = DELETE")
    part.chmod(0o600)
    part.replace(destination)


def _not_opened() -> SetupProblem:
    # The driver's words may hold the address, and the address a password.
    return SetupProblem(
        "The studio's database cannot be opened. Check its address, and that it is running."
    )


def _upgrade(connection: sa.Connection, file: Path | None) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = _read_version(connection)  # again: another starter may have been here
    if found is not None and found not in known:
        raise SetupProblem(
            "The studio's records were written by a newer version of the program. Install that "
            "version or a newer one, or restore a backup.",
            code="records_newer",
        )
    if file is not None and found not in {None, NEWEST}:
        copy_sqlite(file, file.with_name(f"{file.name}.{found}.bak"))
    command.upgrade(config, "head")


def alembic_config(connection: sa.Connection) -> Config:
    """Alembic's settings for the steps in this package, on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _read_version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(sa.select(_version.c.version_num))
