"""The sample: a small finished episode to look around in. Its text is `sample.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from shortdrama.domain.ids import ProjectId, ShotId

# The same in every studio, so that the sample is known again under any title.
SAMPLE_PROJECT = ProjectId("00000000000070008000000000000001")


@dataclass(frozen=True, slots=True)
class SampleShot:
    prompt: str
    seconds: int


@dataclass(frozen=True, slots=True)
class SampleScene:
    title: str
    shots: tuple[SampleShot, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    title: str
    episode: str
    scenes: tuple[SampleScene, ...]

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
        SampleScene(scene["title"], tuple(SampleShot(**shot) for shot in scene["shot"]))
        for scene in data["scene"]
    )
    return Sample(data["title"], data["episode"], scenes)
