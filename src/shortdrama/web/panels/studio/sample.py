"""Opens the sample episode and orders the takes it lacks from the built-in engine."""

from __future__ import annotations

from shortdrama.board.sample import SampleShot
from shortdrama.domain.ids import ShotId
from shortdrama.domain.model import BUILT_IN, PREVIZ_MODEL
from shortdrama.generation.orders import TakeOrder
from shortdrama.web.services import Services

_SIZE = "720x1280"


def open_sample(services: Services) -> ShotId:
    """The sample's first shot. Costs nothing; opening it again makes nothing anew."""
    sample = services.board.open_sample()
    for shot_id, shot in sample.missing:
        services.takes.order(_order(shot_id, shot), f"sample-{shot_id}")
    return sample.first_shot


def _order(shot_id: ShotId, shot: SampleShot) -> TakeOrder:
    return TakeOrder(
        prompt=shot.prompt,
        model=PREVIZ_MODEL,
        seconds=shot.seconds,
        size=_SIZE,
        shot_id=shot_id,
        connection_id=BUILT_IN,
    )
