"""Takes at Wan, Kling and Runway from order to end: what is found, what is paid, what a person is
asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from doubles.kling_double import KlingDouble
from doubles.runway_double import CREDITS, RunwayDouble
from doubles.take_studio import KEY, Play, TakeStudio
from doubles.wan_double import WanDouble
from generation.conftest import LIMITS
from shortdrama.domain.take import FailureKind, Money, TakeStatus
from shortdrama.generation.service import Decision, candidates_of

S = TakeStatus
QUICK = replace(LIMITS, search_pauses_s=(0, 0.1))


@pytest.fixture
def wan() -> Iterator[WanDouble]:
    with WanDouble(KEY) as double:
        yield double


@pytest.fixture
def kling() -> Iterator[KlingDouble]:
    with KlingDouble(KEY) as double:
        yield double


@pytest.fixture
def runway() -> Iterator[RunwayDouble]:
    with RunwayDouble(KEY) as double:
        yield double


def test_takes_of_wan_share_a_list(wan: WanDouble, tmp_path: Path) -> None:
    wan.script(poll=("queued", *["running"] * 20, "done"))
    with TakeStudio(tmp_path, wan.base_url, Play(protocol="wan")) as studio:
        orders = [studio.order(f"cat {number}", seconds=5) for number in range(8)]
        takes = [studio.wait_for(order.id) for order in orders]
    assert {take.status for take in takes} == {S.READY}
    assert wan.submits() == 8
    assert any(request.path == "/api/v1/tasks/" for request in wan.requests)


def test_a_lost_job_of_wan_is_shown_to_a_person_and_adopted(wan: WanDouble, tmp_path: Path) -> None:
    """While it runs nobody can tell whose it is; a person can."""
    wan.script(submit="lost", poll="running")
    with TakeStudio(tmp_path, wan.base_url, Play(protocol="wan", limits=QUICK)) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=5).id)
        assert take.status is S.UNCERTAIN
        assert take.failure is not None
        assert take.failure.money is Money.MAYBE
        assert list(candidates_of(take)) == ["job-0001"]
        studio.takes.adopt(take.id, "job-0001")
        wan.steer(poll="done")
        take = studio.wait_for(take.id, frozenset({S.READY, S.FAILED}))
    assert take.status is S.READY
    assert take.provider_job_id == "job-0001"
    assert wan.submits() == 1


def test_a_lost_job_of_wan_is_certain_when_it_is_done(wan: WanDouble, tmp_path: Path) -> None:
    wan.script(submit="lost", poll="running")
    with TakeStudio(tmp_path, wan.base_url, Play(protocol="wan", limits=QUICK)) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=5).id)
        assert take.status is S.UNCERTAIN
        wan.steer(poll="done")
        studio.takes.resolve_uncertain(take.id, Decision.CHECK)
        take = studio.wait_for(take.id, frozenset({S.READY}))
    assert wan.submits() == 1


def test_lost_jobs_of_kling_are_found_whatever_else_is_alike(
    kling: KlingDouble, tmp_path: Path
) -> None:
    kling.script(submit="lost")
    with TakeStudio(tmp_path, kling.base_url, Play(protocol="kling")) as studio:
        orders = [studio.order("a cat", seconds=5) for _ in range(2)]
        takes = [studio.wait_for(order.id) for order in orders]
    assert [take.status for take in takes] == [S.READY] * 2
    assert len({take.provider_job_id for take in takes}) == 2
    assert kling.submits() == 2


def test_a_busy_kling_is_waited_for_and_an_empty_account_is_not(
    kling: KlingDouble, tmp_path: Path
) -> None:
    kling.script(submit=("parallel_200", "ok", "pack_empty"))
    with TakeStudio(tmp_path, kling.base_url, Play(protocol="kling")) as studio:
        first = studio.wait_for(studio.order("a cat", seconds=5).id)
        second = studio.wait_for(studio.order("a dog", seconds=5).id)
    assert first.status is S.READY
    assert second.failure is not None
    assert (second.failure.kind, second.failure.money) == (FailureKind.QUOTA, Money.NONE)
    assert kling.submits() == 3


def test_a_take_of_runway_costs_what_runway_says(runway: RunwayDouble, tmp_path: Path) -> None:
    with TakeStudio(tmp_path, runway.base_url, Play(protocol="runway")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=5).id)
        with studio.records.read() as tx:
            [entry] = tx.ledger.of_take(take.id)
    assert take.status is S.READY
    assert entry.actual_micro_usd == CREDITS * 10_000
    assert runway.submits() == 1


def test_a_refused_take_of_runway_costs_nothing(runway: RunwayDouble, tmp_path: Path) -> None:
    runway.script(poll=("running", "moderated_output"))
    with TakeStudio(tmp_path, runway.base_url, Play(protocol="runway")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=5).id)
    assert take.failure is not None
    assert take.failure.kind is FailureKind.MODERATION_OUTPUT
    assert take.failure.money is Money.NONE


def test_a_lost_answer_of_runway_waits_for_a_person(runway: RunwayDouble, tmp_path: Path) -> None:
    runway.script(submit="lost")
    with TakeStudio(tmp_path, runway.base_url, Play(protocol="runway")) as studio:
        take = studio.wait_for(studio.order("a cat", seconds=5).id)
    assert take.status is S.UNCERTAIN
    assert runway.submits() == 1
