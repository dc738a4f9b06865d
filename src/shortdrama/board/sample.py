"""The sample: a small finished episode to look around in. Its text is `sample.toml`."""

from __future__ import annotations

import tomllib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from shortdrama.domain.asset import AssetRole
from shortdrama.domain.ids import ProjectId, ShotId

# The same in every studio, so that the sample is known again under any title.
SAMPLE_PROJECT = ProjectId("00000000000070008000000000000001")


@dataclass(frozen=True, slots=True)
class SampleAsset:
    """A picture of the cast, a place or a prop; `prompt` is what it was drawn from."""

    key: str
    name: str
    role: AssetRole
    prompt: str

    @property
    def file_name(self) -> str:
        return f"{self.key}.webp"


@dataclass(frozen=True, slots=True)
class SampleShot:
    """`references` are keys of the sample's assets."""

    prompt: str
    seconds: int
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleScene:
    title: str
    shots: tuple[SampleShot, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    title: str
    episode: str
    scenes: tuple[SampleScene, ...]
    assets: tuple[SampleAsset, ...]

    def asset(self, key: str) -> SampleAsset:
        return next(asset for asset in self.assets if asset.key == key)

    @property
    def shots(self) -> tuple[SampleShot, ...]:
        """In the order of their numbers, from 1."""
        return tuple(shot for scene in self.scenes for shot in scene.shots)


@dataclass(frozen=True, slots=True)
class OpenSample:
    """The sample as it stands in this studio; `missing` are its shots that have no take yet."""

    first_shot: ShotId
    missing: tuple[tuple[ShotId, SampleShot], ...]


@cache
def read_sample() -> Sample:
    text = resources.files(__package__).joinpath("sample.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    scenes = tuple(
        SampleScene(scene["title"], tuple(map(_shot, scene["shot"]))) for scene in data["scene"]
    )
    assets = tuple(
        SampleAsset(each["key"], each["name"], AssetRole(each["role"]), each["prompt"])
        for each in data["asset"]
    )
    return Sample(data["title"], data["episode"], scenes, assets)


def open_picture(asset: SampleAsset) -> AbstractContextManager[Path]:
    """The asset's picture as a file, inside the block."""
    folder = resources.files(__package__).joinpath("sample_pictures")
    return resources.as_file(folder.joinpath(asset.file_name))


def _shot(data: dict[str, Any]) -> SampleShot:
    return SampleShot(data["prompt"], data["seconds"], tuple(data.get("references", ())))
