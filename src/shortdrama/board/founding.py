"""The rows of a new project or episode: the first shot is always there, and the sample."""

from __future__ import annotations

from datetime import UTC, datetime

from shortdrama.board.ports import BoardTransaction
from shortdrama.board.sample import SAMPLE_PROJECT, Sample
from shortdrama.domain.ids import EpisodeId, ProjectId, SceneId, ShotId, new_id
from shortdrama.domain.project import Episode, Project, Scene, Shot


def found_project(tx: BoardTransaction, title: str = "") -> Episode:
    """A project with one untitled episode, scene and shot."""
    episode = _new_project(tx, ProjectId(new_id()), title, "")
    _open_episode(tx, episode)
    return episode


def found_episode(tx: BoardTransaction, project_id: ProjectId, title: str = "") -> Episode:
    """The project's next episode with one scene and shot.

    The caller holds the board's lock, so that no two get the same number.
    """
    number = max((each.number for each in tx.episodes.of_project(project_id)), default=0) + 1
    episode = Episode(EpisodeId(new_id()), project_id, number, title, datetime.now(UTC))
    tx.episodes.add(episode)
    _open_episode(tx, episode)
    return episode


def found_sample(tx: BoardTransaction, sample: Sample) -> Episode:
    """The sample's project with every shot and its text; takes are ordered by the caller."""
    episode = _new_project(tx, SAMPLE_PROJECT, sample.title, sample.episode)
    number = 0
    for scene_number, part in enumerate(sample.scenes, start=1):
        scene = _new_scene(tx, episode, scene_number, part.title)
        for shot in part.shots:
            number += 1
            tx.shots.add(new_shot(scene, number, shot.prompt))
    tx.events.append("project.changed", {})
    return episode


def new_shot(scene: Scene, number: int, prompt: str = "") -> Shot:
    return Shot(
        id=ShotId(new_id()),
        scene_id=scene.id,
        episode_id=scene.episode_id,
        number=number,
        prompt_text=prompt,
        selected_take_id=None,
        created_at=datetime.now(UTC),
    )


def _new_project(tx: BoardTransaction, project_id: ProjectId, title: str, episode: str) -> Episode:
    now = datetime.now(UTC)
    first = Episode(EpisodeId(new_id()), project_id, number=1, title=episode, created_at=now)
    tx.projects.add(Project(id=project_id, title=title, created_at=now))
    tx.episodes.add(first)
    return first


def _open_episode(tx: BoardTransaction, episode: Episode) -> None:
    tx.shots.add(new_shot(_new_scene(tx, episode, number=1, title=""), number=1))


def _new_scene(tx: BoardTransaction, episode: Episode, number: int, title: str) -> Scene:
    scene = Scene(SceneId(new_id()), episode.id, number=number, title=title)
    tx.scenes.add(scene)
    return scene
