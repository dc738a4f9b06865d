"""The project "API": where the takes land that programs order through the door."""

from __future__ import annotations

from datetime import UTC, datetime

from shortdrama.board.ports import BoardTransaction
from shortdrama.domain.ids import EpisodeId, ProjectId, SceneId, ShotId, new_id
from shortdrama.domain.project import Episode, Project, Scene, Shot

# The same in every studio, so that it is known again under any title.
API_PROJECT = ProjectId("00000000000070008000000000000002")
TITLE = "API"
# A page shows all shots of its episode.
MOST_SHOTS = 100


def found_api_shot(tx: BoardTransaction, shot_id: ShotId, prompt: str) -> None:
    """A new shot of today's episode, which is made where it is missing or full.

    Orders must come one after another: the caller holds a lock where the database has several
    writers.
    """
    now = datetime.now(UTC)
    scene, number = _place(tx, now)
    shot = Shot(
        id=shot_id,
        scene_id=scene.id,
        episode_id=scene.episode_id,
        number=number,
        prompt_text=prompt,
        selected_take_id=None,
        created_at=now,
    )
    tx.shots.add(shot)
    tx.events.append("shot.added", {"shot_id": shot.id, "episode_id": shot.episode_id})


def _place(tx: BoardTransaction, now: datetime) -> tuple[Scene, int]:
    """The scene that takes another shot, and that shot's number."""
    if API_PROJECT not in {project.id for project in tx.projects.all()}:
        tx.projects.add(Project(id=API_PROJECT, title=TITLE, created_at=now))
    episodes = tx.episodes.of_project(API_PROJECT)
    day = now.date().isoformat()
    if episodes and episodes[-1].created_at.date() == now.date():
        last = tx.shots.last_number(episodes[-1].id)
        if last < MOST_SHOTS:
            return tx.scenes.of_episode(episodes[-1].id)[-1], last + 1
    number = episodes[-1].number + 1 if episodes else 1
    episode = Episode(EpisodeId(new_id()), API_PROJECT, number=number, title=day, created_at=now)
    tx.episodes.add(episode)
    scene = Scene(SceneId(new_id()), episode.id, number=1, title="")
    tx.scenes.add(scene)
    tx.events.append("project.changed", {})
    return scene, 1
