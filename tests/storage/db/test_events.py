from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from servers.pairs import StudioStorage
from servers.postgres import PostgresServer
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.listener import Listener
from shortdrama.storage.db.migration import migrate
from storage.db.test_database import run_threads
from storage.samples import make_shot


def append(records: Database, kind: str = "project.changed") -> None:
    with records.begin() as tx:
        tx.events.append(kind, {})


def test_replays_what_came_after_oldest_first(records: Database) -> None:
    for number in range(5):
        append(records, f"kind.{number}")
    with records.read() as tx:
        events = tx.events.after(0)
        assert [event.kind for event in events] == [f"kind.{number}" for number in range(5)]
        assert tx.events.after(events[2].id, limit=1) == [events[3]]
        assert (tx.events.oldest_id(), tx.events.newest_id()) == (events[0].id, events[4].id)
        assert all(event.created_at.tzinfo for event in events)


def test_data_comes_back_as_it_was(records: Database) -> None:
    data = {"take_id": "1", "progress": 50, "left_s": None, "名": "雨夜"}
    with records.begin() as tx:
        tx.events.append("take.progress", data)
        assert tx.events.after(0)[0].data == data


def test_a_pruned_id_is_never_given_again(records: Database) -> None:
    for _ in range(4):
        append(records)
    with records.begin() as tx:
        newest = tx.events.newest_id()
        assert tx.events.prune(keep=1) == 3
        assert tx.events.oldest_id() == newest
        assert tx.events.prune(keep=1) == 0
        assert tx.events.prune(keep=0) == 1
        assert (tx.events.oldest_id(), tx.events.newest_id()) == (0, 0)
    append(records)
    with records.read() as tx:
        assert tx.events.newest_id() == newest + 1


def test_ids_grow_in_the_order_of_commits(records: Database) -> None:
    """A follower that asks "after the newest I know" misses nothing under many writers."""
    seen: list[int] = []
    is_over = threading.Event()

    def follow() -> None:
        while True:
            last_round = is_over.is_set()
            with records.read() as tx:
                seen.extend(event.id for event in tx.events.after(seen[-1] if seen else 0))
            if last_round:
                return

    def write(_number: int) -> None:
        for _ in range(15):
            append(records)

    follower = threading.Thread(target=follow)
    follower.start()
    failures = run_threads(12, write)
    is_over.set()
    follower.join()
    assert failures == []
    assert len(seen) == 12 * 15
    assert seen == sorted(seen)


def test_writers_that_append_early_do_not_block_each_other(records: Database) -> None:
    """Each appends first and then changes a row the other has changed already."""
    with records.begin() as tx:
        shot = make_shot(tx)

    def change(number: int) -> None:
        for turn in range(10):
            with records.begin() as tx:
                if number % 2:
                    tx.events.append("shot.changed", {})
                tx.shots.change(shot.id, {"prompt_text": f"{number}.{turn}"})
                tx.events.append("shot.changed", {})

    assert run_threads(8, change) == []


@contextmanager
def listening(database: Database, heard: queue.Queue[int]) -> Iterator[Listener]:
    listener = database.listen(heard.put)
    try:
        assert listener.wait_until_listening(10)
        yield listener
    finally:
        listener.stop()


def wait_for(heard: queue.Queue[int], event_id: int) -> None:
    while heard.get(timeout=15) < event_id:
        pass


def newest_id(records: Database) -> int:
    with records.read() as tx:
        return tx.events.newest_id()


def test_hears_the_commits_of_another_process(studio_storage: StudioStorage) -> None:
    here = studio_storage.database
    elsewhere = Database(here.engine.url.render_as_string(hide_password=False))
    heard: queue.Queue[int] = queue.Queue()
    with listening(here, heard):
        append(elsewhere)
        append(elsewhere)
        wait_for(heard, newest_id(elsewhere))
    elsewhere.close()


def test_stops_cleanly_and_at_once(studio_storage: StudioStorage) -> None:
    listener = studio_storage.database.listen(lambda _: None)
    listener.stop()
    listener.stop()
    assert "event-listener" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.postgres
def test_comes_back_when_the_server_cut_the_line(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    database = Database(postgres_url)
    heard: queue.Queue[int] = queue.Queue()
    with listening(database, heard):
        append(database)
        wait_for(heard, 1)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        append(database)
        wait_for(heard, 2)
    database.close()


def test_a_rolled_back_event_is_not_heard(studio_storage: StudioStorage) -> None:
    database = studio_storage.database
    heard: queue.Queue[int] = queue.Queue()
    with listening(database, heard):
        with pytest.raises(ZeroDivisionError), database.begin() as tx:  # noqa: PT012
            tx.events.append("project.changed", {})
            assert tx.events.newest_id() > 0
            _ = 1 / 0
        append(database)
        wait_for(heard, newest_id(database))
        assert heard.empty()


def test_sqlite_does_not_keep_a_lock_while_listening(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    migrate(database)
    path = tmp_path / "studio.db"
    with listening(database, queue.Queue()), closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN EXCLUSIVE")
        other.rollback()
    database.close()
