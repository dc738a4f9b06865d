"""What two processes do in the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shortdrama.board.service import BoardService
from shortdrama.errors import SetupProblem
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.storage.db.database import Database
from shortdrama.storage.process_folder import ProcessFolder


def at_once(*works: Callable[[], object]) -> None:
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_fresh_studio_is_founded_once(records: Database) -> None:
    boards = [BoardService(records) for _ in range(4)]
    at_once(*(board.current for board in boards))
    with records.read() as tx:
        assert len(tx.projects.all()) == 1


def test_shots_have_numbers_of_their_own(records: Database) -> None:
    board = BoardService(records)
    episode_id = board.current().episode.id
    at_once(*(lambda: board.add_shot(episode_id) for _ in range(6)))
    with records.read() as tx:
        numbers = [shot.number for shot in tx.shots.of_episode(episode_id)]
    assert sorted(numbers) == list(range(1, 8))


def test_episodes_have_numbers_of_their_own(records: Database) -> None:
    board = BoardService(records)
    project_id = board.current().project.id
    at_once(*(lambda: board.add_episode(project_id) for _ in range(6)))
    with records.read() as tx:
        numbers = [episode.number for episode in tx.episodes.of_project(project_id)]
    assert sorted(numbers) == list(range(1, 8))


def test_a_chore_is_done_by_one(records: Database) -> None:
    with records.alone("tidy") as first, records.alone("tidy") as second:
        assert first
        assert second is records.is_sqlite  # one process anyway


def test_a_shared_folder_is_shared_with_sharers_only(tmp_path: Path) -> None:
    with (
        DataDirectory(tmp_path, is_shared=True),
        DataDirectory(tmp_path, is_shared=True),
        pytest.raises(SetupProblem),
    ):
        DataDirectory(tmp_path).lock()


def test_the_folder_of_a_killed_process_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    (left / "part.mp4").touch()
    with ProcessFolder(tmp_path, "one") as one, ProcessFolder(tmp_path, "two"):
        assert one.is_dir()
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []
