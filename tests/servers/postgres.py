"""A throw-away PostgreSQL cluster on a socket of its own, and a fresh database for each test."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from servers.absence import go_without
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "150",
}
_TEMPLATE = "studio_template"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """`folder` holds the data and is the socket's place."""

    binaries: Path
    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql://studio@/{name}?host={self.folder}"

    def start(self) -> None:
        settings = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        log = str(self.folder / "log")
        options = f"-k {self.folder} {settings}"
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", log, "-o", options)

    def restart(self) -> None:
        """As after a crash: whoever is connected is cut off in the middle of what they do."""
        self._run("pg_ctl", "restart", "-w", "-m", "immediate", "-D", self._data)

    def guard(self) -> subprocess.Popen[bytes]:
        """A process that removes the cluster when its input ends: with us, however we end."""
        stop = 'read _; "$1" stop -w -m immediate -D "$2/data" >/dev/null; rm -rf "$2"'
        return subprocess.Popen(
            ["/bin/sh", "-c", stop, "sh", str(self.binaries / "pg_ctl"), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **other_user(),
        )

    def make_cluster(self) -> None:
        self._run("initdb", "-D", self._data, "-U", "studio", "-A", "trust", "-E", "UTF8", "-N")

    def execute(self, statement: str, **names: str) -> None:
        quoted = {key: sql.Identifier(name) for key, name in names.items()}
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(**quoted))

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            cwd=self.folder,
            check=False,
            **other_user(),
        )
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stdout}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One cluster for the session (for each worker of a parallel run)."""
    binaries = find_binaries()
    if binaries is None:
        go_without("PostgreSQL's server programs are not installed")
    # Not under pytest's folder: another user has to enter it, and socket paths are short.
    folder = Path(tempfile.mkdtemp(prefix="studio-pg-"))
    server = PostgresServer(binaries, folder)
    if user := other_user():
        os.chown(folder, user["user"], user["group"])
    with server.guard():
        server.make_cluster()
        server.start()
        yield server
    if folder.exists():
        folder.rmdir()  # emptied by another user, who may not remove it from its parent


@pytest.fixture(scope="session")
def _migrated_template(postgres_server: PostgresServer) -> str:
    postgres_server.execute("CREATE DATABASE {name}", name=_TEMPLATE)
    database = Database(postgres_server.url(_TEMPLATE))
    migrate(database)
    database.close()
    return _TEMPLATE


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _migrated_template: str) -> Iterator[str]:
    """The address of a database of this test's own, with all tables and no rows."""
    yield from _fresh(postgres_server, _migrated_template)


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a database of this test's own, without tables."""
    yield from _fresh(postgres_server, "template0")


def _fresh(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(8)}"
    server.execute("CREATE DATABASE {name} TEMPLATE {template}", name=name, template=template)
    try:
        yield server.url(name)
    finally:
        server.execute("DROP DATABASE {name} WITH (FORCE)", name=name)


def find_binaries() -> Path | None:
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        newest_first.append(Path(on_path).resolve().parent)
    return next((path for path in newest_first if (path / "postgres").exists()), None)


def other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return go_without("PostgreSQL refuses to run as root, and there is no other user")
