"""Project (a series) → episode → scene → shot: the places takes belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shortdrama.domain.ids import EpisodeId, ProjectId, SceneId, ShotId, TakeId


@dataclass(frozen=True, slots=True)
class Project:
    id: ProjectId
    title: str  # "" is shown as "Untitled project" in the reader's language
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Episode:
    id: EpisodeId
    project_id: ProjectId
    number: int
    title: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    id: SceneId
    episode_id: EpisodeId
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Shot:
    """One camera set-up, the smallest planned unit. `number` counts through the episode from 1."""

    id: ShotId
    scene_id: SceneId
    episode_id: EpisodeId
    number: int
    prompt_text: str  # the draft in the prompt box, kept while it is written
    selected_take_id: TakeId | None
    created_at: datetime
