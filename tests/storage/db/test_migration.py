from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from shortdrama.domain.spending import Span
from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.errors import SetupProblem
from shortdrama.storage.db import migration
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import NEWEST, alembic_config, migrate
from shortdrama.storage.db.tables import metadata
from storage.db.test_database import run_threads
from storage.samples import make_clip, make_shot, make_take, moment


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'studio.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


def test_migrations_make_just_the_tables_that_the_stores_use(empty: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    migrate(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_step_is_the_one_the_program_names(empty: Database) -> None:
    from alembic.script import ScriptDirectory

    with empty.engine.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
    assert scripts.get_heads() == [NEWEST]


def test_migrating_again_changes_nothing(empty: Database) -> None:
    migrate(empty)
    with empty.begin() as tx:
        shot = make_shot(tx)
    migrate(empty)
    with empty.read() as tx:
        assert tx.shots.get(shot.id) == shot


def test_starters_at_the_same_time_are_one_after_the_other(empty_url: str) -> None:
    barrier = threading.Barrier(4)

    def start(_number: int) -> None:
        database = Database(empty_url)
        barrier.wait()
        migrate(database)
        with database.begin() as tx:
            make_shot(tx)
        database.close()

    assert run_threads(4, start) == []


def test_records_of_a_newer_program_are_left_alone(empty: Database) -> None:
    migrate(empty)
    set_version(empty, "9999")
    with pytest.raises(SetupProblem, match="newer version") as caught:
        migrate(empty)
    assert caught.value.code == "records_newer"


def set_version(database: Database, version: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_an_older_sqlite_file_is_copied_before_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    migrate(database)
    assert [path.name for path in tmp_path.glob("*.bak")] == []
    with database.begin() as tx:
        shot = make_shot(tx)
    monkeypatch.setattr(migration, "NEWEST", "9999")
    migrate(database)
    with closing(sqlite3.connect(tmp_path / f"studio.db.{NEWEST}.bak")) as copy:
        assert copy.execute("SELECT id FROM shots").fetchall() == [(shot.id,)]
    database.close()


def test_nobody_writes_between_the_copy_and_the_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    migrate(database)
    copied = migration.copy_sqlite
    copies: list[str] = []

    def copy(source: Path, destination: Path) -> None:
        with (
            closing(sqlite3.connect(source, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        copied(source, destination)
        copies.append(destination.name)

    monkeypatch.setattr(migration, "NEWEST", "9999")
    monkeypatch.setattr(migration, "copy_sqlite", copy)
    migrate(database)
    assert copies == [f"studio.db.{NEWEST}.bak"]
    database.close()


def test_clips_of_the_first_version_are_kept_and_tell_no_frame_rate(
    empty: Database, tmp_path: Path
) -> None:
    today = Database(f"sqlite:///{tmp_path / 'today.db'}")
    migrate(today)
    with today.begin() as tx:
        shot = make_shot(tx)
        old = make_take(tx, shot, status=TakeStatus.READY, clip=make_clip("old"))
    write_as_the_first_version(today, empty)
    today.close()
    migrate(empty)
    with empty.begin() as tx:
        new = make_take(tx, shot, status=TakeStatus.READY, clip=make_clip("new"))
    with empty.read() as tx:
        assert tx.takes.get(old.id) == replace(old, clip=replace(make_clip("old"), fps=None))
        assert tx.takes.get(new.id) == new


def write_as_the_first_version(source: Database, database: Database) -> None:
    """The rows of `source` in the tables as they first were, without what came later."""
    from alembic import command

    with database.engine.begin() as connection, source.engine.connect() as reader:
        command.upgrade(alembic_config(connection), "0001")
        first = sa.MetaData()
        first.reflect(connection)
        for table in metadata.sorted_tables:
            if table.name not in first.tables or table.name == "events":
                continue
            then = first.tables[table.name]
            kept = [column for column in table.c if column.name in then.c]
            rows = reader.execute(sa.select(*kept)).mappings().all()
            if rows:
                old = sa.table(table.name, *(sa.column(c.name, c.type) for c in kept))
                connection.execute(sa.insert(old), [dict(row) for row in rows])


def test_a_failed_migration_leaves_nothing(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(op, "execute", fail)  # the last thing that the first step does
        with pytest.raises(ZeroDivisionError):
            migrate(empty)
    with empty.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    migrate(empty)


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    database = Database(f"postgresql://studio:s3cret@/studio?host={tmp_path}")
    with pytest.raises(SetupProblem) as caught:
        migrate(database)
    assert "s3cret" not in str(caught.value)
    database.close()


def test_what_was_spent_before_there_was_a_ledger_is_written_in(
    empty: Database, tmp_path: Path
) -> None:
    today = Database(f"sqlite:///{tmp_path / 'today.db'}")
    migrate(today)
    price = {"estimate_micro_usd": 400_000, "submitted_at": moment(1)}
    refusal = Failure(FailureKind.AUTH, "no", Money.NONE)
    with today.begin() as tx:
        shot = make_shot(tx)
        made = {
            "ready": make_take(tx, shot, status=TakeStatus.READY, clip=make_clip("r"), **price),
            "refused": make_take(tx, shot, status=TakeStatus.FAILED, failure=refusal, **price),
            "again": make_take(tx, shot, status=TakeStatus.QUEUED, **price),
            "queued": make_take(tx, shot, status=TakeStatus.QUEUED, estimate_micro_usd=400_000),
            "twice": make_take(tx, shot, status=TakeStatus.GENERATING, **price),
        }
        calls = {"ready": ["accepted"], "refused": ["refused"], "again": ["lost"], "twice": None}
        for name, outcomes in calls.items():
            for outcome in outcomes or ["lost", "accepted"]:
                attempt = tx.submissions.open(made[name].id, moment(1))
                tx.submissions.close(made[name].id, attempt, outcome, f"job {name}")
    write_as_the_first_version(today, empty)
    today.close()
    migrate(empty)
    with empty.read() as tx:
        told = {
            name: [(e.outcome.value, e.money, e.counts_micro_usd) for e in tx.ledger.of_take(t.id)]
            for name, t in made.items()
        }
        assert {e.day for e in tx.spending.entries(Span(), None, 100)} == {moment().date()}
    assert told == {
        "ready": [("ready", Money.CHARGED, 400_000)],
        "refused": [("refused", Money.NONE, 0)],
        "again": [("uncertain", Money.MAYBE, 400_000), ("reserved", None, 400_000)],
        "queued": [("reserved", None, 400_000)],
        "twice": [("uncertain", Money.MAYBE, 400_000), ("sent", None, 400_000)],
    }
