"""Rows of the board: projects, episodes, scenes, shots."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from shortdrama.domain.ids import EpisodeId, ProjectId, SceneId, ShotId, TakeId
from shortdrama.domain.project import Episode, Project, Scene, Shot
from shortdrama.errors import NotFound
from shortdrama.storage.db.tables import episodes, projects, scenes, shots, takes

_SHOT_CHANGES = frozenset({"number", "prompt_text", "scene_id", "selected_take_id"})


class ProjectStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, project: Project) -> None:
        self._connection.execute(sa.insert(projects).values(**asdict(project)))

    def all(self) -> list[Project]:
        """Oldest first."""
        statement = sa.select(projects).order_by(projects.c.created_at, projects.c.id)
        return [Project(**row) for row in self._connection.execute(statement).mappings()]

    def rename(self, project_id: ProjectId, title: str) -> None:
        statement = sa.update(projects).where(projects.c.id == project_id).values(title=title)
        self._connection.execute(statement)


class EpisodeStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, episode: Episode) -> None:
        self._connection.execute(sa.insert(episodes).values(**asdict(episode)))

    def get(self, episode_id: EpisodeId) -> Episode | None:
        statement = sa.select(episodes).where(episodes.c.id == episode_id)
        row = self._connection.execute(statement).mappings().one_or_none()
        return Episode(**row) if row else None

    def of_project(self, project_id: ProjectId) -> list[Episode]:
        """In order of their numbers."""
        statement = sa.select(episodes).where(episodes.c.project_id == project_id)
        rows = self._connection.execute(statement.order_by(episodes.c.number, episodes.c.id))
        return [Episode(**row) for row in rows.mappings()]

    def rename(self, episode_id: EpisodeId, title: str) -> None:
        statement = sa.update(episodes).where(episodes.c.id == episode_id).values(title=title)
        self._connection.execute(statement)


class SceneStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, scene: Scene) -> None:
        self._connection.execute(sa.insert(scenes).values(**asdict(scene)))

    def get(self, scene_id: SceneId) -> Scene | None:
        statement = sa.select(scenes).where(scenes.c.id == scene_id)
        row = self._connection.execute(statement).mappings().one_or_none()
        return Scene(**row) if row else None

    def of_episode(self, episode_id: EpisodeId) -> list[Scene]:
        """In order of their numbers."""
        statement = sa.select(scenes).where(scenes.c.episode_id == episode_id)
        rows = self._connection.execute(statement.order_by(scenes.c.number, scenes.c.id))
        return [Scene(**row) for row in rows.mappings()]


class ShotStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, shot: Shot) -> None:
        self._connection.execute(sa.insert(shots).values(**asdict(shot)))

    def get(self, shot_id: ShotId) -> Shot | None:
        return self._one(sa.select(shots).where(shots.c.id == shot_id))

    def newest(self) -> Shot | None:
        """The one made last."""
        by_age = sa.select(shots).order_by(shots.c.created_at.desc(), shots.c.id.desc())
        return self._one(by_age.limit(1))

    def of_episode(self, episode_id: EpisodeId) -> list[Shot]:
        """In order of their numbers."""
        statement = sa.select(shots).where(shots.c.episode_id == episode_id)
        rows = self._connection.execute(statement.order_by(shots.c.number, shots.c.id))
        return [Shot(**row) for row in rows.mappings()]

    def first_of(self, episode_id: EpisodeId) -> Shot | None:
        statement = sa.select(shots).where(shots.c.episode_id == episode_id)
        return self._one(statement.order_by(shots.c.number, shots.c.id).limit(1))

    def last_number(self, episode_id: EpisodeId) -> int:
        """0 where there is none."""
        newest = sa.select(sa.func.max(shots.c.number)).where(shots.c.episode_id == episode_id)
        return self._connection.scalar(newest) or 0

    def change(self, shot_id: ShotId, changes: dict[str, Any]) -> Shot | None:
        """Number, draft, scene or selected take; None where there is no such shot."""
        if unknown := changes.keys() - _SHOT_CHANGES:
            raise ValueError(f"not changeable on a shot: {sorted(unknown)}")
        if not changes:
            return self.get(shot_id)
        statement = sa.update(shots).where(shots.c.id == shot_id).values(**changes)
        return self._one(statement.returning(*shots.c))

    def select_take(self, shot_id: ShotId, take_id: TakeId | None) -> None:
        """Raises `NotFound` where the take is not this shot's."""
        statement = sa.update(shots).where(shots.c.id == shot_id)
        if take_id is not None:
            is_own = sa.exists().where(takes.c.id == take_id, takes.c.shot_id == shot_id)
            statement = statement.where(is_own)
        changed = self._connection.execute(statement.values(selected_take_id=take_id)).rowcount
        if not changed:
            raise NotFound("This shot has no such take. Reload the page.")

    def remove(self, shot_id: ShotId) -> None:
        """Refused by the database while takes or prompts belong to the shot."""
        self._connection.execute(sa.delete(shots).where(shots.c.id == shot_id))

    def _one(self, statement: sa.Executable) -> Shot | None:
        row = self._connection.execute(statement).mappings().one_or_none()
        return Shot(**row) if row else None
