"""The database: transactions whose attributes are the stores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from shortdrama.errors import Busy
from shortdrama.storage.db.access import (
    ClientKeyStore,
    LogInFailureStore,
    SecretStore,
    UserStore,
)
from shortdrama.storage.db.assets import AssetStore
from shortdrama.storage.db.board import EpisodeStore, ProjectStore, SceneStore, ShotStore
from shortdrama.storage.db.connections import ConnectionStore
from shortdrama.storage.db.door_jobs import DoorJobStore
from shortdrama.storage.db.engine import is_refused_write, open_engine, studio_error
from shortdrama.storage.db.events import EventStore
from shortdrama.storage.db.keys import KeyStore
from shortdrama.storage.db.ledger import LedgerStore
from shortdrama.storage.db.prompts import PromptStore
from shortdrama.storage.db.spending import SpendingStore
from shortdrama.storage.db.takes import SubmissionStore, TakeStore
from shortdrama.storage.db.work import WorkStore

if TYPE_CHECKING:
    from shortdrama.storage.db.listener import Listener

_WRITER_TIMEOUT_S = 30.0
_VERSION = sa.table("alembic_version")


class Transaction:
    """The stores on one connection, valid inside the block that opened them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.projects = ProjectStore(connection)
        self.episodes = EpisodeStore(connection)
        self.scenes = SceneStore(connection)
        self.shots = ShotStore(connection)
        self.takes = TakeStore(connection)
        self.submissions = SubmissionStore(connection)
        self.prompts = PromptStore(connection)
        self.assets = AssetStore(connection)
        self.connections = ConnectionStore(connection)
        self.events = EventStore(connection)
        self.ledger = LedgerStore(connection)
        self.work = WorkStore(connection)
        self.spending = SpendingStore(connection)
        self.keys = KeyStore(connection)
        self.users = UserStore(connection)
        self.secrets = SecretStore(connection)
        self.log_in_failures = LogInFailureStore(connection)
        self.client_keys = ClientKeyStore(connection)
        self.door_jobs = DoorJobStore(connection)

    def lock(self, what: str) -> None:
        """Until the transaction ends, nobody else gets past this, in any process.

        SQLite has one writer at a time anyway.
        """
        if self._connection.dialect.name == "postgresql":
            number = sa.func.hashtext(f"shortdrama {what}")
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def version(self) -> str | None:
        """Of the tables."""
        return self._connection.scalar(sa.select(sa.column("version_num")).select_from(_VERSION))


class Database:
    """Safe from any thread. `on_commit` hears the newest event id after each commit with events."""

    def __init__(self, url: str, on_commit: Callable[[int], None] | None = None) -> None:
        """Connects lazily; `sqlite:///<file>` or `postgresql://…`."""
        self.engine = open_engine(url)
        self.on_commit = on_commit
        self._writer = _Writer() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(self.engine.url.database or "") if self.is_sqlite else None

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """One transaction: committed when the block ends well, else rolled back.

        Blocks while another thread writes (SQLite). Do not open one inside another, and call no
        provider inside it.

        Raises:
            StorageFull: The disk is full, read-only or failing.
            Busy: Somebody held the records for too long, or the database does not answer.
            Conflict: A rule of the tables was broken: a key taken, a row still in use.
        """
        with self._writing(), _in_studio_words(), self.engine.begin() as connection:
            transaction = Transaction(connection)
            yield transaction
            transaction.events.flush()
        newest = transaction.events.newest_written_id
        if newest is not None and self.on_commit is not None:
            self.on_commit(newest)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One view of the records that never waits for a writer; writing in it is a bug."""
        with _in_studio_words(is_reading=True), self.engine.connect() as pooled:
            connection = pooled.execution_options(shortdrama_read=True)
            if not self.is_sqlite:
                connection = connection.execution_options(
                    postgresql_readonly=True, isolation_level="REPEATABLE READ"
                )
            with connection.begin():
                yield Transaction(connection)

    @contextmanager
    def hold(self, what: str) -> Iterator[None]:
        """Wait for it, against other processes; within this one nothing is held. Blocks."""
        if self.is_sqlite:
            yield
            return
        lock = sa.func.hashtext(f"shortdrama {what}")
        with _in_studio_words(), self.engine.connect() as connection, connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
            yield

    @contextmanager
    def alone(self, what: str) -> Iterator[bool]:
        """True in one process at a time, for as long as the block lasts; for chores."""
        if self.is_sqlite:
            yield True
            return
        lock = sa.func.hashtext(f"shortdrama {what}")
        with _in_studio_words(), self.engine.connect() as connection, connection.begin():
            yield bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(lock))))

    def listen(
        self, callback: Callable[[int], None], on_call: Callable[[str], None] | None = None
    ) -> Listener:
        """Tell `callback` the newest event id when other processes commit; end it with `stop()`.

        `on_call` hears what others say through `work.call`, on PostgreSQL.
        """
        from shortdrama.storage.db.listener import Listener

        return Listener(self.engine, callback, on_call)

    def close(self) -> None:
        self.engine.dispose()

    def _writing(self) -> AbstractContextManager[None]:
        return self._writer.hold() if self._writer else nullcontext()


class _Writer:
    """Threads wait their turn here, because SQLite's own waiting sleeps longer than it must."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction was begun inside another one of the same thread")
        if not self._lock.acquire(timeout=_WRITER_TIMEOUT_S):
            raise Busy("The studio's records are busy. Try again.")
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = None
            self._lock.release()


@contextmanager
def _in_studio_words(*, is_reading: bool = False) -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        told = studio_error(error)
        # Writing in a transaction that only reads is a bug of ours, and no fault of the disk.
        if told is None or (is_reading and is_refused_write(error)):
            raise
        raise told from error
    except exc.TimeoutError as error:
        raise Busy("The studio's records are busy. Try again.") from error
