from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from servers.pairs import StudioStorage
from shortdrama.domain.ids import ProjectId, new_id
from shortdrama.domain.project import Project
from shortdrama.errors import Conflict, InvalidInput, SetupProblem, StorageFull
from shortdrama.storage.db.database import Database, Transaction
from shortdrama.storage.db.engine import parse_url
from shortdrama.storage.db.migration import migrate
from storage.samples import make_shot, make_take, moment


def make_project(title: str = "A") -> Project:
    return Project(ProjectId(new_id()), title, moment())


def run_threads(count: int, work: Callable[[int], None]) -> list[BaseException]:
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_commits_at_the_end_and_rolls_back_on_an_error(records: Database) -> None:
    kept, lost = make_project(), make_project()
    with records.begin() as tx:
        tx.projects.add(kept)
    with pytest.raises(ZeroDivisionError), records.begin() as tx:  # noqa: PT012
        tx.projects.add(lost)
        tx.events.append("project.changed", {})
        _ = 1 / 0
    with records.read() as tx:
        assert tx.projects.all() == [kept]
        assert tx.events.newest_id() == 0


def test_moments_come_back_aware_in_utc(records: Database) -> None:
    with records.begin() as tx:
        tx.projects.add(make_project())
    with records.read() as tx:
        made = tx.projects.all()[0].created_at
    assert made == moment()
    assert made.utcoffset() is not None
    assert made.isoformat().endswith("+00:00")


def test_a_moment_without_zone_is_refused(records: Database) -> None:
    naive = Project(ProjectId(new_id()), "A", datetime(2026, 1, 1))
    with pytest.raises(Exception, match="no zone"), records.begin() as tx:
        tx.projects.add(naive)


def test_fifty_threads_write_without_a_locked_database(records: Database) -> None:
    project = make_project()
    with records.begin() as tx:
        tx.projects.add(project)

    def write(number: int) -> None:
        for turn in range(4):
            with records.begin() as tx:
                assert tx.projects.all()
                tx.projects.rename(project.id, f"{number}.{turn}")
                tx.events.append("project.changed", {"by": number})

    assert run_threads(50, write) == []
    with records.read() as tx:
        assert len(tx.events.after(0, 1000)) == 200


def test_two_processes_write_without_a_locked_database(tmp_path: Path) -> None:
    """Two `Database`s stand for them: they share nothing but the file."""
    both = [Database(f"sqlite:///{tmp_path / 'studio.db'}") for _ in range(2)]
    migrate(both[0])
    project = make_project("0")
    with both[0].begin() as tx:
        tx.projects.add(project)

    def count_up(number: int) -> None:
        for _ in range(20):
            with both[number].begin() as tx:
                seen = int(tx.projects.all()[0].title)
                tx.projects.rename(project.id, str(seen + 1))

    assert run_threads(2, count_up) == []
    with both[0].read() as tx:
        assert tx.projects.all()[0].title == "40"
    for database in both:
        database.close()


def test_a_reader_does_not_wait_for_a_writer(records: Database) -> None:
    with records.begin() as tx:
        tx.projects.add(make_project("unseen"))
        seen: list[int] = []
        reader = threading.Thread(target=lambda: seen.append(count_projects(records)))
        reader.start()
        reader.join(10)
        assert seen == [0]
    assert count_projects(records) == 1


def count_projects(records: Database) -> int:
    with records.read() as tx:
        return len(tx.projects.all())


def test_writing_while_reading_is_refused(studio_storage: StudioStorage) -> None:
    with (
        pytest.raises(DBAPIError, match=r"read-only|readonly"),
        studio_storage.database.read() as tx,
    ):
        tx.projects.add(make_project())
    assert count_projects(studio_storage.database) == 0


def test_a_transaction_inside_another_is_a_bug_that_speaks(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with (
        pytest.raises(RuntimeError, match="inside another"),
        database.begin(),
        database.begin(),
    ):
        pass
    database.close()


def test_a_broken_rule_of_the_tables_is_a_conflict(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)
        make_take(tx, shot)
    with pytest.raises(Conflict), records.begin() as tx:
        tx.shots.remove(shot.id)
    with records.read() as tx:
        assert tx.shots.get(shot.id) == shot


def test_on_commit_hears_the_newest_event_after_the_commit(records: Database) -> None:
    heard: list[tuple[int, int]] = []

    def hear(event_id: int) -> None:
        with records.read() as tx:
            heard.append((event_id, tx.events.newest_id()))

    records.on_commit = hear
    with records.begin() as tx:
        tx.events.append("shot.added", {"shot_id": "1"})
        tx.events.append("shot.changed", {"shot_id": "1"})
        assert heard == []
    with records.begin() as tx:
        tx.projects.all()
    newest = heard[0][0]
    assert heard == [(newest, newest)]
    with records.read() as tx:
        assert [event.kind for event in tx.events.after(0)] == ["shot.added", "shot.changed"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_addresses_mean_psycopg(scheme: str) -> None:
    assert parse_url(f"{scheme}://host/studio").drivername == "postgresql+psycopg"


@pytest.mark.parametrize("url", ["mysql://host/studio", "sqlite://", "nonsense", ""])
def test_other_addresses_are_refused_in_words(url: str) -> None:
    with pytest.raises(SetupProblem, match="sqlite:///"):
        parse_url(url)


@pytest.mark.postgres
def test_text_that_postgres_cannot_keep_is_refused_in_words(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(InvalidInput), database.begin() as tx:
        tx.projects.add(make_project("a\0b"))
    database.close()


def test_sqlite_keeps_a_commit_through_a_power_cut(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}
    assert pragmas == expected


def test_a_file_that_cannot_grow_is_told_in_words(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(database)
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    database.close()

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}").close()

    event.listen(database.engine, "connect", limit)
    with pytest.raises(StorageFull, match="is full"), database.begin() as tx:
        write_a_megabyte(tx)
    with database.begin() as tx:  # what fits is still written
        tx.projects.add(make_project())
    database.close()


TOO_LARGE = """
import resource, signal, sys
from pathlib import Path
from shortdrama.errors import StorageFull
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate
from storage.db.test_database import write_a_megabyte
file = Path(sys.argv[1])
database = Database(f"sqlite:///{file}")
migrate(database)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = file.with_name(file.name + "-wal").stat().st_size + 10_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    with database.begin() as tx:
        write_a_megabyte(tx)
except StorageFull as error:
    print(error.code)
"""


def test_a_log_that_cannot_grow_is_told_in_words(tmp_path: Path) -> None:
    """The system says that as an I/O error."""
    told = subprocess.run(
        [sys.executable, "-c", TOO_LARGE, str(tmp_path / "a.db")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout == "records_not_written\n", told.stderr


def test_a_read_only_file_is_told_in_words(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(made)
    database = Database(f"sqlite:///file:{tmp_path / 'a.db'}?mode=ro&uri=true")
    with pytest.raises(StorageFull, match="read-only or failing"), database.begin() as tx:
        tx.projects.add(make_project())
    assert count_projects(database) == 0
    database.close()
    made.close()


def write_a_megabyte(tx: Transaction) -> None:
    for _ in range(100):
        tx.events.append("take.changed", {"text": "x" * 10_000})
    tx.events.flush()
