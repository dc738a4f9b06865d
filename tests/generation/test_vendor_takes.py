"""Takes at Seedance and Veo from order to end: what a person reads, what it cost, what is found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from doubles.fal_double import FalDouble
from doubles.runway_double import RunwayDouble
from doubles.seedance_double import SeedanceDouble
from doubles.take_studio import KEY, Play, TakeStudio
from doubles.veo_double import VeoDouble
from shortdrama.domain.ids import new_id
from shortdrama.domain.take import FailureKind, Money, TakeStatus
from shortdrama.generation.failures import CANCELLED_LATE
from shortdrama.generation.orders import TakeOrder
from shortdrama.generation.phases import Limits


@pytest.fixture
def seedance() -> Iterator[SeedanceDouble]:
    with SeedanceDouble(KEY) as double:
        yield double


@pytest.fixture
def veo() -> Iterator[VeoDouble]:
    with VeoDouble(KEY) as double:
        yield double


def test_a_take_of_seedance(seedance: SeedanceDouble, tmp_path: Path) -> None:
    with TakeStudio(tmp_path, seedance.base_url, Play(protocol="seedance")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=4).id)
    assert take.status is TakeStatus.READY
    assert take.clip is not None
    assert seedance.submits() == 1


def test_a_real_person_is_explained_and_costs_nothing(
    seedance: SeedanceDouble, tmp_path: Path
) -> None:
    seedance.script(submit="real_person")
    with TakeStudio(tmp_path, seedance.base_url, Play(protocol="seedance")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=4).id)
    assert take.failure is not None
    assert take.failure.kind is FailureKind.MODERATION_INPUT
    assert "real person" in take.failure.message
    assert "drawn" in take.failure.message
    assert take.failure.money is Money.NONE
    assert seedance.submits() == 1


def test_the_jobs_of_lost_answers_are_found_whatever_else_is_alike(
    seedance: SeedanceDouble, tmp_path: Path
) -> None:
    """Two takes with one prompt, both cut off: each gets its own job, and none is sent again."""
    seedance.script(submit="drop")
    with TakeStudio(tmp_path, seedance.base_url, Play(protocol="seedance")) as studio:
        orders = [studio.order("a cat", seconds=4) for _ in range(2)]
        takes = [studio.wait_for(order.id) for order in orders]
    assert [take.status for take in takes] == [TakeStatus.READY] * 2
    assert {take.provider_job_id for take in takes} == set(seedance.jobs)
    assert seedance.submits() == 2


def test_one_of_two_lost_orders_that_was_never_made(
    seedance: SeedanceDouble, tmp_path: Path
) -> None:
    """The one job there is goes to the take that it was made for; the other is left to a person."""
    seedance.script(submit=("drop", "vanish"))
    with TakeStudio(tmp_path, seedance.base_url, Play(protocol="seedance")) as studio:
        orders = [studio.order("a cat", seconds=4) for _ in range(2)]
        takes = [studio.wait_for(order.id) for order in orders]
    states = sorted(take.status for take in takes)
    assert states == [TakeStatus.READY, TakeStatus.UNCERTAIN]
    ready = next(take for take in takes if take.status is TakeStatus.READY)
    assert ready.provider_job_id in seedance.jobs
    assert seedance.submits() == 2


def test_a_filtered_take_of_veo_costs_nothing(veo: VeoDouble, tmp_path: Path) -> None:
    veo.script(poll=("waiting", "filtered:We encountered an issue with the audio for your prompt."))
    with TakeStudio(tmp_path, veo.base_url, Play(protocol="veo")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=8).id)
    assert take.failure is not None
    assert take.failure.kind is FailureKind.MODERATION_OUTPUT
    assert "sound" in take.failure.message
    assert take.failure.can_retry
    assert take.failure.money is Money.NONE
    assert veo.submits() == 1


def test_a_lost_answer_of_veo_waits_for_a_person(veo: VeoDouble, tmp_path: Path) -> None:
    veo.script(submit="drop")
    with TakeStudio(tmp_path, veo.base_url, Play(protocol="veo")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=8).id)
    assert take.status is TakeStatus.UNCERTAIN
    assert take.failure is not None
    assert take.failure.money is Money.MAYBE
    assert veo.submits() == 1


def test_a_take_of_veo(veo: VeoDouble, tmp_path: Path) -> None:
    with TakeStudio(tmp_path, veo.base_url, Play(protocol="veo")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=8).id)
    assert take.status is TakeStatus.READY
    assert veo.submits() == 1


def test_a_task_of_runway_is_not_looked_at_more_often_than_documented(tmp_path: Path) -> None:
    """Five seconds or more, here each as a tenth, whatever the pace would be."""
    with RunwayDouble(KEY) as runway:
        runway.script(poll=("running", "page", "running", "done"))
        play = Play(protocol="runway", scale=0.1)
        with TakeStudio(tmp_path, runway.base_url, play) as studio:
            take = studio.wait_for(studio.order("a cat", seconds=4).id)
        looks = [seen.at for seen in runway.requests if seen.path.startswith("/v1/tasks/")][:4]
    assert take.status is TakeStatus.READY
    assert min(later - earlier for earlier, later in pairwise(looks)) >= 0.5


@pytest.mark.parametrize(
    ("polls", "end"),
    [
        (("IN_QUEUE",), TakeStatus.CANCELLED),  # taken out of the queue
        (("IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED"), TakeStatus.READY),
        (("IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "CANCELLED"), TakeStatus.CANCELLED),
        (("IN_PROGRESS",), TakeStatus.CANCELLED),  # never told: the deadline ends it
    ],
)
def test_a_cancel_that_fal_has_only_taken_ends_as_it_turns_out(
    tmp_path: Path, polls: tuple[str, ...], end: TakeStatus
) -> None:
    limits = Limits(deadline_s=3, deadline_per_second_s=0, reopened_s=0)
    with FalDouble(KEY) as fal:
        fal.script(polls=polls)
        play = Play(protocol="fal", limits=limits)
        with TakeStudio(tmp_path, fal.base_url, play) as studio:
            order = TakeOrder("a cat", "fal/bytedance/seedance-2.0", 4, "720x1280")
            take = studio.takes.order(order, new_id())
            studio.wait_for(take.id, frozenset({TakeStatus.GENERATING}))
            studio.takes.cancel(take.id)
            take = studio.wait_for(take.id)
    assert take.status is end
    if end is TakeStatus.CANCELLED:
        told = take.failure
        assert told is None or (told.message, told.money) == (CANCELLED_LATE, Money.MAYBE)
    assert fal.submits() == 1
