"""Opens the sample episode and orders the takes it lacks from the built-in engine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from shortdrama.board.sample import (
    SAMPLE_PROJECT,
    OpenSample,
    SampleAsset,
    SampleShot,
    open_picture,
    read_sample,
)
from shortdrama.board.service import BoardView
from shortdrama.domain.ids import AssetId, ShotId
from shortdrama.domain.model import BUILT_IN, PREVIZ_MODEL
from shortdrama.domain.money import Buyer
from shortdrama.domain.people import PAGE
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import Conflict
from shortdrama.generation.orders import TakeOrder
from shortdrama.web.services import Services

_SIZE = "720x1280"
_HEAD_START_S = 20.0
_LOOK_EVERY_S = 0.25
_ALMOST_DONE = 90  # percent
_STOPPED = (TakeStatus.CANCELLED, TakeStatus.CANCELLING)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How far the sample is, while it is drawn."""

    done: int
    total: int


def open_sample(services: Services) -> OpenSample:
    """The sample with its first take ordered, so that this one is seen as early as can be.

    Costs nothing; opening it again makes nothing anew. The rest is for `order_rest`.
    """
    sample = services.board.open_sample()
    for shot_id, shot in sample.missing[:1]:
        _order(services, shot_id, shot)
    return sample


async def order_rest(services: Services, sample: OpenSample) -> None:
    """Order the other takes as soon as they no longer hold up the first one."""
    for _wait in range(round(_HEAD_START_S / _LOOK_EVERY_S)):
        board = await run_in_threadpool(_board, services, sample.first_shot)
        if not _is_drawing_first(board):
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    await run_in_threadpool(_order_each, services, sample)


def stop_sample(services: Services, shot_id: ShotId) -> None:
    """Cancel what is still to be drawn of the sample; what is there stays."""
    board = _board(services, shot_id)
    if board.project.id != SAMPLE_PROJECT:
        return
    for take in [take for take in _takes_of_sample(board) if take.is_active]:
        try:
            services.takes.cancel(take.id)
        except Conflict:
            continue  # it has just become ready


def drawing_of(board: BoardView) -> Drawing | None:
    """None for any other episode, and where nothing of the sample is on its way."""
    if board.project.id != SAMPLE_PROJECT:
        return None
    if not any(take.is_active for take in _takes_of_sample(board)):
        return None
    done = sum(view.shown_take is not None for view in board.shots)
    return Drawing(done, len(board.shots))


def _board(services: Services, shot_id: ShotId) -> BoardView:
    return services.board.episode_view(services.board.shot(shot_id).episode_id)


def _is_stopped(board: BoardView) -> bool:
    return any(take.status in _STOPPED for take in _takes_of_sample(board))


def _takes_of_sample(board: BoardView) -> list[Take]:
    """Those that were ordered for it: what people order in its shots is theirs, and may be paid."""
    prompts = {shot.prompt for shot in read_sample().shots}
    takes = (take for view in board.shots for take in view.takes)
    return [
        take
        for take in takes
        if take.request.connection_id == BUILT_IN and take.request.prompt in prompts
    ]


def _is_drawing_first(board: BoardView) -> bool:
    """Whether the only take there is still needs the machine."""
    takes = [take for view in board.shots for take in view.takes]
    return len(takes) == 1 and takes[0].is_active and (takes[0].progress or 0) < _ALMOST_DONE


def _order_each(services: Services, sample: OpenSample) -> None:
    for shot_id, shot in sample.missing[1:]:
        if _is_stopped(_board(services, sample.first_shot)):
            return
        _order(services, shot_id, shot)


def _order(services: Services, shot_id: ShotId, shot: SampleShot) -> None:
    plan = read_sample()
    order = TakeOrder(
        prompt=shot.prompt,
        model=PREVIZ_MODEL,
        seconds=shot.seconds,
        size=_SIZE,
        references=tuple(_bring(services, plan.asset(key)) for key in shot.references),
        shot_id=shot_id,
        connection_id=BUILT_IN,
    )
    services.takes.order(order, f"sample-{shot_id}", Buyer(actor=PAGE))


def _bring(services: Services, planned: SampleAsset) -> AssetId:
    with open_picture(planned) as path:
        intake = services.assets.take_in_file(path, f"{planned.name}.webp")
    if not intake.was_here:
        services.assets.change(intake.asset.id, name=planned.name, role=planned.role)
    return intake.asset.id
