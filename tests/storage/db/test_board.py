from __future__ import annotations

from dataclasses import replace

import pytest

from shortdrama.domain.ids import EpisodeId, ProjectId, SceneId, ShotId, TakeId, new_id
from shortdrama.domain.project import Episode, Project, Scene, Shot
from shortdrama.errors import NotFound
from shortdrama.storage.db.database import Database
from storage.samples import make_shot, make_take, moment


def test_projects_oldest_first_and_renamed(records: Database) -> None:
    newer = Project(ProjectId(new_id()), "B", moment(1))
    older = Project(ProjectId(new_id()), "A", moment(0))
    with records.begin() as tx:
        tx.projects.add(newer)
        tx.projects.add(older)
        tx.projects.rename(newer.id, "长篇")
    with records.read() as tx:
        assert tx.projects.all() == [older, replace(newer, title="长篇")]


def test_episodes_and_scenes_in_order_of_their_numbers(records: Database) -> None:
    project = Project(ProjectId(new_id()), "", moment())
    second, first = (
        Episode(EpisodeId(new_id()), project.id, number, "", moment()) for number in (2, 1)
    )
    late, early = (Scene(SceneId(new_id()), first.id, number, "Roof") for number in (2, 1))
    with records.begin() as tx:
        tx.projects.add(project)
        for episode in (second, first):
            tx.episodes.add(episode)
        for scene in (late, early):
            tx.scenes.add(scene)
        tx.episodes.rename(second.id, "Rain")
    with records.read() as tx:
        assert tx.episodes.of_project(project.id) == [first, replace(second, title="Rain")]
        assert tx.episodes.get(first.id) == first
        assert tx.episodes.get(EpisodeId(new_id())) is None
        assert tx.scenes.of_episode(first.id) == [early, late]
        assert tx.scenes.get(late.id) == late
        assert tx.scenes.get(SceneId(new_id())) is None


def test_shots_in_order_and_the_newest(records: Database) -> None:
    with records.begin() as tx:
        first = make_shot(tx)
        third = replace(first, id=ShotId(new_id()), number=3, created_at=moment(1))
        second = replace(first, id=ShotId(new_id()), number=2, created_at=moment(2))
        tx.shots.add(third)
        tx.shots.add(second)
    with records.read() as tx:
        assert tx.shots.of_episode(first.episode_id) == [first, second, third]
        assert tx.shots.newest() == second
    with records.begin() as tx:
        tx.shots.remove(second.id)
        assert tx.shots.get(second.id) is None
        assert tx.shots.newest() == third


def test_an_empty_studio_has_no_newest_shot(records: Database) -> None:
    with records.read() as tx:
        assert tx.shots.newest() is None


def test_changes_of_a_shot(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)
        changed = tx.shots.change(shot.id, {"number": 4, "prompt_text": "雨"})
        assert changed == replace(shot, number=4, prompt_text="雨")
        assert tx.shots.change(shot.id, {}) == changed
        assert tx.shots.change(ShotId(new_id()), {"number": 1}) is None
        with pytest.raises(ValueError, match="episode_id"):
            tx.shots.change(shot.id, {"episode_id": new_id()})


def test_a_shot_selects_only_its_own_take(records: Database) -> None:
    with records.begin() as tx:
        shot, other = make_shot(tx), make_shot(tx)
        take, foreign = make_take(tx, shot), make_take(tx, other)
        tx.shots.select_take(shot.id, take.id)
        assert selected(tx.shots.get(shot.id)) == take.id
        for wrong in (foreign.id, TakeId(new_id())):
            with pytest.raises(NotFound):
                tx.shots.select_take(shot.id, wrong)
        assert selected(tx.shots.get(shot.id)) == take.id
        tx.shots.select_take(shot.id, None)
        assert selected(tx.shots.get(shot.id)) is None


def selected(shot: Shot | None) -> TakeId | None:
    assert shot is not None
    return shot.selected_take_id
