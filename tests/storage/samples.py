"""Rows to put into an empty studio."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import (
    AssetId,
    ConnectionId,
    EpisodeId,
    ProjectId,
    PromptId,
    SceneId,
    ShotId,
    TakeId,
    new_id,
)
from shortdrama.domain.project import Episode, Project, Scene, Shot
from shortdrama.domain.prompt import Prompt
from shortdrama.domain.take import Clip, Take, TakeRequest, TakeStatus
from shortdrama.storage.db.database import Database, Transaction

START = datetime(2026, 11, 1, 8, 30, 0, 123456, tzinfo=UTC)


def moment(minutes: float = 0) -> datetime:
    return START + timedelta(minutes=minutes)


def key_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_shot(tx: Transaction) -> Shot:
    """A project, its episode and scene, and one shot."""
    project = Project(ProjectId(new_id()), "雨夜", moment())
    episode = Episode(EpisodeId(new_id()), project.id, 1, "Episode 1", moment())
    scene = Scene(SceneId(new_id()), episode.id, 1, "")
    shot = Shot(ShotId(new_id()), scene.id, episode.id, 1, "", None, moment())
    tx.projects.add(project)
    tx.episodes.add(episode)
    tx.scenes.add(scene)
    tx.shots.add(shot)
    return shot


def make_prompt(
    tx: Transaction, shot: Shot, text: str = "A door opens", minutes: float = 0
) -> Prompt:
    """Its id sorts by `minutes`; ids made in the same millisecond have no order."""
    prompt_id = PromptId(f"{int(minutes):04x}{new_id()[4:]}")
    prompt = Prompt(prompt_id, text, shot.id, moment(minutes))
    tx.prompts.add(prompt)
    return prompt


def make_take(tx: Transaction, shot: Shot, **changes: object) -> Take:
    """A queued take with a prompt and an idempotency key of its own."""
    prompt = make_prompt(tx, shot)
    take = Take(
        id=TakeId(new_id()),
        shot_id=shot.id,
        prompt_id=prompt.id,
        number=tx.takes.next_number(shot.id),
        request=TakeRequest(
            prompt=prompt.text,
            model="previz-1",
            connection_id=ConnectionId("built-in"),
            seconds=4,
            size="720x1280",
            references=(AssetId(new_id()), AssetId(new_id())),
            extra={"seed": 7, "方向": ["竖屏"]},
        ),
        status=TakeStatus.QUEUED,
        created_at=moment(),
        updated_at=moment(),
    )
    take = replace(take, **changes)  # type: ignore[arg-type]
    tx.takes.add(take, f"key-{take.id}", "fingerprint")
    return take


def make_clip(name: str = "clip") -> Clip:
    return Clip(
        key_of(name), key_of(name + "p"), key_of(name + "l"), 1234, 4000, 720, 1280, True, 29.97003
    )


def make_asset(name: str = "Lin Yue.png", minutes: float = 0, **changes: object) -> Asset:
    asset = Asset(
        id=AssetId(new_id()),
        key=key_of(name),
        name=name,
        file_name=name,
        kind=AssetKind.PICTURE,
        role=AssetRole.FILE,
        mime="image/png",
        bytes=1000,
        created_at=moment(minutes),
    )
    return replace(asset, **changes)  # type: ignore[arg-type]


def take_in_order(records: Database) -> tuple[Shot, Take]:
    """A committed shot with one queued take."""
    with records.begin() as tx:
        shot = make_shot(tx)
        return shot, make_take(tx, shot)
