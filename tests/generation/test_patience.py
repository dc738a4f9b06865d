"""Takes whose studio must be set up in a way of its own: no provider, no list, little patience."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double, refused_url
from doubles.take_studio import KEY, Play, TakeStudio, quick
from generation.conftest import LIMITS
from shortdrama.domain.take import FailureKind, Money, TakeStatus
from shortdrama.domain.waiting import busy_until, held_up
from shortdrama.generation.service import Decision

pytestmark = pytest.mark.xdist_group("takes-patience")

S = TakeStatus


def test_an_unreachable_provider_costs_nothing(tmp_path: Path) -> None:
    with TakeStudio(tmp_path, refused_url(), Play(limits=LIMITS)) as studio:
        take = studio.wait_for(studio.order("anybody there").id)
    assert take.status is S.FAILED
    assert take.failure is not None
    assert take.failure.kind is FailureKind.NETWORK
    assert take.failure.money is Money.NONE
    assert take.failure.can_retry
    with studio.records.read() as tx:
        assert tx.submissions.count(take.id) == 4


def test_cancel_while_queued(tmp_path: Path) -> None:
    limits = replace(LIMITS, unreachable_pauses_s=(3000.0,))
    with TakeStudio(tmp_path, refused_url(), Play(limits=limits)) as studio:
        take = studio.order("later")
        studio.wait_until(lambda: studio.takes.get(take.id).provider_status == "unreachable")
        assert studio.takes.queue_position(studio.takes.get(take.id)) == 1
        assert studio.takes.cancel(take.id).status is S.CANCELLED
        assert studio.takes.cancel(take.id).status is S.CANCELLED
        studio.wait_until(lambda: take.id not in studio.runner.running())


def test_a_late_job_stalls_and_can_be_checked_again(double: Sora2Double, tmp_path: Path) -> None:
    limits = quick(LIMITS, deadline_s=0.2, deadline_per_second_s=0.0, reopened_s=0.1)
    with TakeStudio(tmp_path, double.base_url, Play(limits=limits)) as studio:
        script = double.script("takes for ever", poll="in_progress:10")
        take = studio.wait_for(studio.order("takes for ever").id)
        assert take.status is S.STALLED
        assert take.failure is not None
        assert take.failure.money is Money.MAYBE
        assert studio.takes.queue_summary().to_look_at == 1
        script.poll = "completed"
        studio.takes.check_again(take.id)
        assert studio.wait_for(take.id).status is S.READY
        assert double.submits("takes for ever") == 1


def test_a_stalled_take_can_be_cancelled(double: Sora2Double, tmp_path: Path) -> None:
    limits = quick(LIMITS, deadline_s=0.2, deadline_per_second_s=0.0, reopened_s=0.1)
    with TakeStudio(tmp_path, double.base_url, Play(limits=limits)) as studio:
        double.script("never done", poll="in_progress:10")
        take = studio.wait_for(studio.order("never done").id)
        studio.takes.cancel(take.id)
        assert studio.wait_for(take.id).status is S.CANCELLED
        assert double.made("never done")[0].is_deleted


def test_uncertain_and_found_later(tmp_path: Path) -> None:
    """The list does not answer at first; asked again by a person it shows the job."""
    with Sora2Double(api_key=KEY, has_list=False) as double:
        double.script("found later", submit="drop_after_accept")
        with TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS)) as studio:
            take = studio.wait_for(studio.order("found later").id)
            assert take.status is S.UNCERTAIN
            studio.takes.resolve_uncertain(take.id, Decision.CHECK)
            studio.wait_until(lambda: take.id not in studio.runner.running())
            assert studio.takes.get(take.id).status is S.UNCERTAIN
            double.has_list = True
            studio.takes.resolve_uncertain(take.id, Decision.CHECK)
            assert studio.wait_for(take.id, frozenset({S.READY})).status is S.READY
            assert double.submits("found later") == 1


def test_takes_wait_their_turn(double: Sora2Double, tmp_path: Path) -> None:
    with TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS, max_takes=1)) as studio:
        double.script("first", takes_s=1.0)
        first = studio.order("first")
        studio.wait_for(first.id, frozenset({S.GENERATING}))
        second, third = studio.order("second"), studio.order("third")
        assert studio.takes.queue_position(studio.takes.get(third.id)) == 2
        studio.takes.cancel(second.id)
        assert double.submits("second") == 0
        assert studio.wait_for(third.id).status is S.READY
        assert studio.takes.get(first.id).status is S.READY
        assert double.submits("second") == 0
        assert [job.prompt for job in double.made()][-2:] == ["first", "third"]


def test_a_job_found_later_is_found_once(tmp_path: Path) -> None:
    """Two lost takes with the same words, one job: a person says which one was not sent."""
    with Sora2Double(api_key=KEY, has_list=False) as double:
        double.script("one for two", submit=["drop_after_accept", "drop"])
        with TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS)) as studio:
            takes = [studio.wait_for(studio.order("one for two").id) for _ in range(2)]
            assert [take.status for take in takes] == [S.UNCERTAIN, S.UNCERTAIN]
            double.has_list = True
            for take in takes:
                studio.takes.resolve_uncertain(take.id, Decision.CHECK)
            studio.wait_until(lambda: not studio.runner.running())
            ends = [studio.takes.get(take.id) for take in takes]
            assert [take.status for take in ends] == [S.UNCERTAIN, S.UNCERTAIN]
            assert all("1 matching jobs for 2" in str(take.failure) for take in ends)
            studio.takes.resolve_uncertain(takes[1].id, Decision.NOT_SENT)
            studio.takes.resolve_uncertain(takes[0].id, Decision.CHECK)
            studio.wait_for(takes[0].id, frozenset({S.READY}))
        assert double.submits() == 2


def test_429_for_a_whole_day_ends_in_words(double: Sora2Double, tmp_path: Path) -> None:
    double.script("never let in", submit="429")
    limits = quick(LIMITS, longest_busy_s=20.0)
    with TakeStudio(tmp_path, double.base_url, Play(limits=limits)) as studio:
        take = studio.wait_for(studio.order("never let in").id)
    assert take.status is S.FAILED
    assert take.failure is not None
    assert (take.failure.kind, take.failure.money) == (FailureKind.RATE_LIMITED, Money.NONE)
    assert double.submits("never let in") >= 2
    assert double.made("never let in") == []


@pytest.mark.parametrize("step", ["429:3600", "503_html"])
def test_a_busy_provider_is_waited_for_over_a_restart(
    double: Sora2Double, tmp_path: Path, step: str
) -> None:
    """As long as it says, even an hour; nothing is asked before, and a person may cancel."""
    prompts = [f"come again later {step}", f"never mind {step}"]
    for prompt in prompts:
        double.script(prompt, submit=[step, "ok"])
    play = Play(scale=1.0, limits=replace(LIMITS, busy_pauses_s=(3600.0,)))
    with TakeStudio(tmp_path, double.base_url, play) as studio:
        takes = [studio.order(prompt).id for prompt in prompts]
        studio.wait_until(lambda: all(held_up(studio.takes.get(one)) for one in takes))
        told = [held_up(studio.takes.get(take_id)) for take_id in takes]
    for held in told:
        assert held is not None
        assert held.until is not None
        assert timedelta(minutes=55) < held.until - datetime.now(UTC) <= timedelta(hours=1)
    with TakeStudio(tmp_path, double.base_url, play) as studio:
        studio.wait_until(lambda: studio.runner.running() == set(takes))
        studio.runner.wake(takes[0])  # as the same order once more does
        assert studio.takes.cancel(takes[1]).status is S.CANCELLED
        studio.wait_until(lambda: takes[1] not in studio.runner.running())
        assert studio.takes.get(takes[0]).status is S.QUEUED
        assert [double.submits(prompt) for prompt in prompts] == [1, 1]
        changes = {"provider_status": busy_until(datetime.now(UTC))}
        studio.tools.journal.note(takes[0], changes)  # the hour is over
        studio.runner.wake(takes[0])
        assert studio.wait_for(takes[0]).status is S.READY
    assert [double.submits(prompt) for prompt in prompts] == [2, 1]


def test_a_wish_beyond_a_day_is_waited_for_a_day(double: Sora2Double, tmp_path: Path) -> None:
    double.script("in a week", submit="429:604800")
    with TakeStudio(tmp_path, double.base_url, Play(scale=1.0, limits=LIMITS)) as studio:
        take_id = studio.order("in a week").id
        studio.wait_until(lambda: held_up(studio.takes.get(take_id)) is not None)
        held = held_up(studio.takes.get(take_id))
        assert held is not None
        assert held.until is not None
        left = held.until - datetime.now(UTC)
        assert timedelta(hours=23) < left <= timedelta(days=1)
        assert studio.takes.cancel(take_id).status is S.CANCELLED
