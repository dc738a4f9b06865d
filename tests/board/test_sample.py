"""The sample episode on real rows: made once, apart from the person's own work."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from samples import add_take, kinds_of_events
from shortdrama.board.sample import SAMPLE_PROJECT, open_picture, read_sample
from shortdrama.board.service import BoardService
from shortdrama.domain.asset import AssetRole
from shortdrama.domain.take import TakeStatus
from shortdrama.storage.db.database import Database


@pytest.fixture
def board(records: Database) -> BoardService:
    return BoardService(records)


def test_its_text_is_an_episode_that_previz_can_draw() -> None:
    sample = read_sample()
    assert (sample.title, sample.episode) == ("Night Market", "The last stall")
    assert len(sample.scenes) == 5
    assert len(sample.shots) == 8
    assert all(scene.title and scene.shots for scene in sample.scenes)
    assert all(2 <= shot.seconds <= 4 for shot in sample.shots)
    assert all("\n" not in shot.prompt for shot in sample.shots)
    assert len({shot.prompt for shot in sample.shots}) == 8
    assert sum(bool(re.search(r'"[^"]+"', shot.prompt)) for shot in sample.shots) >= 4


def test_its_cast_places_and_props_are_pictures_that_its_shots_refer_to() -> None:
    sample = read_sample()
    assert {asset.role for asset in sample.assets} == {
        AssetRole.CAST,
        AssetRole.PLACE,
        AssetRole.PROP,
    }
    used = {key for shot in sample.shots for key in shot.references}
    assert used == {asset.key for asset in sample.assets}
    for shot in sample.shots:
        for key in shot.references:
            named = sample.asset(key).name.split()
            assert any(word.lower() in shot.prompt.lower() for word in named)
    for asset in sample.assets:
        with open_picture(asset) as path, Image.open(path) as picture:
            assert (picture.format, picture.size) == ("WEBP", (720, 1280))


def test_opening_makes_a_second_project_with_every_shot(
    board: BoardService, records: Database
) -> None:
    own = board.current()
    opened = board.open_sample()
    assert kinds_of_events(records)[-1] == "project.changed"
    view = board.episode_view(board.shot(opened.first_shot).episode_id)
    assert (view.project.id, view.project.title) == (SAMPLE_PROJECT, "Night Market")
    assert [scene.title for scene in view.scenes] == [s.title for s in read_sample().scenes]
    assert [each.shot.number for each in view.shots] == list(range(1, 9))
    assert view.shots[0].shot.id == opened.first_shot
    prompts = [(each.shot.id, each.shot.prompt_text) for each in view.shots]
    assert prompts == [(shot_id, planned.prompt) for shot_id, planned in opened.missing]
    assert board.current() == own


def test_opening_it_again_makes_nothing_anew(board: BoardService, records: Database) -> None:
    first = board.open_sample()
    before = kinds_of_events(records)
    assert board.open_sample() == first
    assert kinds_of_events(records) == before


def test_two_who_press_at_once_get_the_same_one(board: BoardService) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = [each.result() for each in [threads.submit(board.open_sample) for _ in range(4)]]
    assert len({each.first_shot for each in opened}) == 1
    assert [view.project.id for view in board.projects()] == [SAMPLE_PROJECT]


def test_what_was_made_or_written_in_it_is_left_alone(
    board: BoardService, records: Database
) -> None:
    first, second, *others = [shot_id for shot_id, _ in board.open_sample().missing]
    add_take(records, first, TakeStatus.FAILED)
    board.keep_draft(second, "My own words.")
    board.rename_project(SAMPLE_PROJECT, "Borrowed")
    added = board.add_shot(board.shot(first).episode_id)
    again = board.open_sample()
    assert [shot_id for shot_id, _ in again.missing] == others
    assert added.id not in others
    assert board.projects()[0].project.title == "Borrowed"


def test_the_own_project_stays_the_current_one_even_if_the_sample_was_first(
    board: BoardService,
) -> None:
    sample = board.open_sample()
    own = board.current()
    assert own.project.id != SAMPLE_PROJECT
    assert (own.project.title, len(own.shots)) == ("", 1)
    assert board.current() == own
    views = board.projects()
    assert [view.project.id for view in views] == [SAMPLE_PROJECT, own.project.id]
    openings = [[each.first_shot for each in view.episodes] for view in views]
    assert openings == [[sample.first_shot], [own.shots[0].shot.id]]
    assert views[1].episodes[0].episode == own.episode
