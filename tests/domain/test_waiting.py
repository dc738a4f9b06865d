"""One reckoning of time: from history, behind what is under way, corrected by progress."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shortdrama.domain.take import TakeStatus
from shortdrama.domain.waiting import (
    Pace,
    Run,
    corrected_s,
    left_s,
    lefts_of,
    until_ready_s,
    usual_s,
    when_sent_s,
)
from web.panels.made_takes import NOW, SONG, a_take

START = datetime(2026, 11, 1, tzinfo=UTC)
RUNNING = TakeStatus.GENERATING


def run(sent_s: float, ready_s: float, seconds: int = 4) -> Run:
    return Run(seconds, START + timedelta(seconds=sent_s), START + timedelta(seconds=ready_s))


def test_usual_is_the_middle_of_what_takes_needed() -> None:
    runs = [run(0, 10), run(100, 112), run(200, 900)]
    assert usual_s(runs, 4, None) == 12
    assert usual_s([], 4, None) is None


def test_waiting_behind_each_other_is_not_work() -> None:
    one_by_one = [run(0, 10), run(0, 20), run(0, 30), run(0, 40)]
    assert usual_s(one_by_one, 4, at_once=1) == 10
    assert usual_s(one_by_one, 4, at_once=None) == 25
    by_pairs = [run(0, 10), run(0, 10), run(0, 20), run(0, 20), run(0, 30)]
    assert usual_s(by_pairs, 4, at_once=2) == 10


def test_a_take_that_was_fetched_a_day_later_spoils_nothing() -> None:
    runs = [run(0, 10), run(20, 90_000), run(30, 40), run(50, 60), run(70, 80)]
    assert usual_s(runs, 4, 1) == 10


def test_without_clips_as_long_others_tell_by_their_length() -> None:
    assert usual_s([run(0, 10, 4), run(20, 30, 4)], 8, None) == 20


def test_four_takes_one_at_a_time_need_four_times_as_long() -> None:
    assert until_ready_s(10, 4, [], at_once=1) == 40
    assert until_ready_s(10, 4, [], at_once=2) == 20
    assert until_ready_s(10, 4, [], at_once=64) == 10


def test_what_is_under_way_goes_first() -> None:
    assert until_ready_s(10, 1, [3, 13, 23], at_once=1) == 33
    assert until_ready_s(10, 1, [3, 13], at_once=2) == 13
    assert until_ready_s(10, 1, [3], at_once=2) == 10


def test_only_takes_of_the_same_connection_are_in_the_way() -> None:
    takes = [a_take(RUNNING, estimate_s=88.0), a_take(RUNNING), a_take(TakeStatus.DOWNLOADING)]
    assert lefts_of(takes, SONG, 7, NOW) == [50, 7]
    assert lefts_of(takes, None, 7, NOW) == [50, 7]
    assert lefts_of(takes, "other", 7, NOW) == []  # type: ignore[arg-type]


def test_time_left_never_falls_below_nothing() -> None:
    take = a_take(RUNNING, estimate_s=88.0)
    assert left_s(take, NOW) == 50
    assert left_s(take, NOW + timedelta(seconds=60)) == 0
    assert left_s(a_take(RUNNING), NOW) is None
    assert left_s(a_take(TakeStatus.READY, estimate_s=88.0), NOW) is None


def test_sending_goes_on_counting_and_a_hold_up_counts_anew() -> None:
    queued = a_take(TakeStatus.QUEUED, estimate_s=90.0, submitted_at=None)
    assert when_sent_s(queued, NOW) == 50
    held_up = a_take(
        TakeStatus.QUEUED, estimate_s=90.0, submitted_at=None, provider_status="unreachable"
    )
    assert when_sent_s(held_up, NOW) == 90
    assert when_sent_s(queued, NOW + timedelta(days=1)) == 90
    assert when_sent_s(a_take(TakeStatus.QUEUED), NOW) is None


def test_an_uneven_pace_does_not_make_the_time_left_jump() -> None:
    """Progress by tens of a job of 60 s, each a second or two early or late."""
    told: float | None = 60.0
    before_s = 60.0
    for progress, elapsed_s in [(10, 7), (20, 11), (30, 19), (50, 31), (70, 41), (90, 55)]:
        told = corrected_s(60.0, told, Pace(elapsed_s, progress))
        assert told is not None
        assert told - elapsed_s <= before_s
        before_s = told - elapsed_s
    assert before_s == pytest.approx(5, abs=2)


def test_a_job_that_is_much_slower_or_faster_is_said_so() -> None:
    assert corrected_s(60, 60, Pace(60, 50)) == 120
    assert corrected_s(60, 60, Pace(50, 40)) == pytest.approx(86)
    assert corrected_s(60, 60, Pace(15, 50)) == 45
    assert corrected_s(None, None, Pace(15, 50)) == 30
    assert corrected_s(60, 60, Pace(50, 5)) == 60
    assert corrected_s(None, None, Pace(50, None)) is None


def test_what_was_expected_counts_no_more_once_it_is_over() -> None:
    assert corrected_s(3, 3, Pace(10, 50)) == 20
    assert corrected_s(3, 20, Pace(15, 70)) == 20  # 21.4 s, near enough to what was told


def test_the_wait_before_it_moved_says_nothing_of_its_speed() -> None:
    assert corrected_s(None, None, Pace(elapsed_s=40, progress=50, idle_s=30)) == 50
