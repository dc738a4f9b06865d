"""The rows of a new project: the untitled one of a fresh studio, and the sample."""

from __future__ import annotations

from datetime import UTC, datetime

from shortdrama.board.ports import BoardTransaction
from shortdrama.board.sample import SAMPLE_PROJECT, Sample
from shortdrama.domain.ids import EpisodeId, ProjectId, SceneId, ShotId, new_id
from shortdrama.domain.project import Episode, Project, Scene, Shot


def found_studio(tx: BoardTransaction) -> Episode:
    """One untitled project, episode, scene and shot."""
    episode = _new_project(tx, ProjectId(new_id()), "", "")
    scene = _new_scene(tx, episode, number=1, title="")
    tx.shots.add(new_shot(scene, number=1))
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


def _new_scene(tx: BoardTransaction, episode: Episode, number: int, title: str) -> Scene:
    scene = Scene(SceneId(new_id()), episode.id, number=number, title=title)
    tx.scenes.add(scene)
    return scene
