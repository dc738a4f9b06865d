"""What was spent on what, as it is told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shortdrama.domain.ids import ConnectionId, EpisodeId, ProjectId, ShotId
from shortdrama.domain.money import Sum, per_second, share_permille


class By(StrEnum):
    """What spend is told by."""

    PROJECT = "project"
    EPISODE = "episode"
    SHOT = "shot"
    CONNECTION = "connection"
    MODEL = "model"
    DAY = "day"
    ACTOR = "actor"


@dataclass(frozen=True, slots=True)
class Span:
    """Which attempts are meant; all of them where nothing is said. Days are included."""

    project_id: ProjectId | None = None
    episode_id: EpisodeId | None = None
    shot_id: ShotId | None = None
    connection_id: ConnectionId | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """What the attempts of one project, shot, day … come to."""

    key: str
    sum: Sum
    wasted_micro_usd: int = 0  # paid, or perhaps, and no take that was kept came of it
    finished_ms: int = 0  # of the paid takes that are chosen for their shots
    attempts: int = 0
    failed: int = 0  # attempts that brought no clip

    @property
    def per_finished_second_micro_usd(self) -> int | None:
        return per_second(self.sum.spent_micro_usd, self.finished_ms)

    @property
    def waste_permille(self) -> int | None:
        return share_permille(self.wasted_micro_usd, self.sum.spent_micro_usd)
