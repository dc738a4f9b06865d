"""The board on real rows: shots in order, and the choice among takes."""

from __future__ import annotations

import pytest

from samples import add_take, kinds_of_events
from shortdrama.board.api_project import API_PROJECT, found_api_shot
from shortdrama.board.service import BoardService
from shortdrama.domain.ids import ProjectId, ShotId, TakeId, new_id
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import Conflict, InvalidInput, NotFound
from shortdrama.storage.db.database import Database


@pytest.fixture
def board(records: Database) -> BoardService:
    return BoardService(records)


def test_a_fresh_studio_has_one_untitled_shot_and_only_one(board: BoardService) -> None:
    first, second = board.current(), board.current()
    assert first == second
    assert [view.shot.number for view in first.shots] == [1]
    assert (first.project.title, first.episode.title) == ("", "")
    assert first.shots[0].state == "draft"


def test_new_shots_line_up_behind(board: BoardService, records: Database) -> None:
    episode_id = board.current().episode.id
    board.add_shot(episode_id)
    board.add_shot(episode_id)
    assert [view.shot.number for view in board.current().shots] == [1, 2, 3]
    assert kinds_of_events(records)[-2:] == ["shot.added", "shot.added"]


def test_only_a_shot_without_takes_goes_and_never_the_last(
    board: BoardService, records: Database
) -> None:
    first = board.current().shots[0].shot
    with pytest.raises(Conflict, match="at least one shot"):
        board.remove_shot(first.id)
    second = board.add_shot(first.episode_id)
    add_take(records, first.id, TakeStatus.FAILED)
    with pytest.raises(Conflict, match="has takes"):
        board.remove_shot(first.id)
    board.remove_shot(second.id)
    assert [view.shot.id for view in board.current().shots] == [first.id]


def test_selecting_rejecting_and_restoring(board: BoardService, records: Database) -> None:
    shot = board.current().shots[0].shot
    take = add_take(records, shot.id, TakeStatus.READY)
    other = add_take(records, shot.id, TakeStatus.READY)
    board.select_take(shot.id, take.id)
    assert _shown(board).id == take.id
    board.reject_take(take.id, " hands \x00merge\n at 00:03 ")
    assert board.shot(shot.id).selected_take_id is None
    assert _shown(board).id == other.id
    rejected = next(t for t in board.current().shots[0].takes if t.id == take.id)
    assert (rejected.is_rejected, rejected.reject_reason) == (True, "hands merge at 00:03")
    board.select_take(shot.id, take.id)
    assert not _shown(board).is_rejected
    board.restore_take(take.id)
    board.select_take(shot.id, None)
    assert board.shot(shot.id).selected_take_id is None


def test_only_a_ready_take_of_this_shot_can_be_selected(
    board: BoardService, records: Database
) -> None:
    shot = board.current().shots[0].shot
    other = board.add_shot(shot.episode_id)
    running = add_take(records, shot.id, TakeStatus.GENERATING)
    foreign = add_take(records, other.id, TakeStatus.READY)
    for take in (running, foreign):
        with pytest.raises(Conflict):
            board.select_take(shot.id, take.id)
    with pytest.raises(Conflict):
        board.reject_take(running.id)
    with pytest.raises(NotFound):
        board.select_take(shot.id, TakeId("0" * 32))


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ((TakeStatus.GENERATING,), "generating"),
        ((TakeStatus.READY, TakeStatus.QUEUED), "queued"),
        ((TakeStatus.READY, TakeStatus.FAILED), "ready"),
        ((TakeStatus.FAILED,), "failed"),
        ((TakeStatus.READY, TakeStatus.UNCERTAIN), "uncertain"),
    ],
)
def test_the_filmstrip_tells_the_newest_unfinished_business(
    board: BoardService, records: Database, statuses: tuple[TakeStatus, ...], state: str
) -> None:
    shot = board.current().shots[0].shot
    for status in statuses:
        add_take(records, shot.id, status)
    assert board.current().shots[0].state == state


def test_drafts_and_titles_are_kept(board: BoardService, records: Database) -> None:
    view = board.current()
    board.keep_draft(view.shots[0].shot.id, "A tram at night")
    before = kinds_of_events(records)
    board.keep_draft(view.shots[0].shot.id, "A tram at night")
    assert kinds_of_events(records) == before
    board.rename_project(view.project.id, "  Night\tMarket ")
    board.rename_episode(view.episode.id, "The last stall")
    view = board.current()
    assert (view.project.title, view.episode.title) == ("Night Market", "The last stall")
    assert view.shots[0].shot.prompt_text == "A tram at night"
    with pytest.raises(InvalidInput, match="120 characters"):
        board.rename_project(view.project.id, "x" * 121)


def test_a_new_project_opens_with_an_episode_and_a_shot(
    board: BoardService, records: Database
) -> None:
    own = board.current()
    made = board.add_project("  Paper\tLantern ")
    assert (made.project.title, made.episode.number, made.episode.title) == ("Paper Lantern", 1, "")
    assert [view.shot.number for view in made.shots] == [1]
    assert len(made.scenes) == 1
    assert board.current() == own
    assert [view.project.id for view in board.projects()] == [own.project.id, made.project.id]
    assert kinds_of_events(records)[-1] == "project.changed"
    with pytest.raises(InvalidInput, match="120 characters"):
        board.add_project("x" * 121)
    assert len(board.projects()) == 2


def test_a_new_episode_is_the_next_of_its_project(board: BoardService, records: Database) -> None:
    own, other = board.current(), board.add_project()
    made = board.add_episode(own.project.id, "The last stall")
    assert (made.project.id, made.episode.number) == (own.project.id, 2)
    assert made.episode.title == "The last stall"
    assert [view.shot.number for view in made.shots] == [1]
    assert board.add_episode(other.project.id).episode.number == 2
    assert board.current() == made
    assert kinds_of_events(records)[-1] == "project.changed"


def test_no_episode_for_a_project_that_is_not_here_or_counts_its_own(
    board: BoardService, records: Database
) -> None:
    with pytest.raises(NotFound):
        board.add_episode(ProjectId("0" * 32))
    with records.begin() as tx:
        found_api_shot(tx, ShotId(new_id()), "a cat")
    with pytest.raises(Conflict, match="programs"):
        board.add_episode(API_PROJECT)
    assert len(board.projects()[0].episodes) == 1


def _shown(board: BoardService) -> Take:
    take = board.current().shots[0].shown_take
    assert take is not None
    return take
