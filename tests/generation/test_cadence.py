"""How often a provider is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shortdrama.generation.cadence import Watch, next_poll_s


def middle() -> float:
    return 0.5  # no jitter either way


def pause(watch: Watch) -> float:
    return next_poll_s(watch, middle)


def polls(total_s: float, watch: Watch) -> tuple[int, float]:
    """How many polls until the job is seen to be done, and how late that is."""
    now, count = 0.0, 0
    while now < total_s:
        now += pause(replace(watch, elapsed_s=now))
        count += 1
    return count, now - total_s


@pytest.mark.parametrize("asked", [0.25, 2.0, 30.0])
def test_the_providers_wish_goes_first(asked: float) -> None:
    watch = Watch(elapsed_s=50, expected_s=51, asked_s=asked, failed_polls=3)
    assert next_poll_s(watch, lambda: 0.0) == asked
    assert next_poll_s(watch, lambda: 1.0) >= asked


def test_no_wish_is_taken_without_measure() -> None:
    assert pause(Watch(0, asked_s=100_000)) < 150
    assert pause(Watch(0, asked_s=0)) >= 0.1


@pytest.mark.parametrize("total_s", [20.0, 60.0, 90.0, 300.0])
def test_the_end_that_history_tells_is_met_within_a_second(total_s: float) -> None:
    count, late_s = polls(total_s, Watch(0, expected_s=total_s))
    assert late_s <= 1.0
    assert count <= 45


@pytest.mark.parametrize("total_s", [20.0, 90.0, 300.0])
def test_without_history_the_lateness_is_a_tenth(total_s: float) -> None:
    count, late_s = polls(total_s, Watch(0))
    assert late_s <= max(1.0, total_s * 0.1)
    assert count <= 60


def test_a_job_stuck_near_its_end_is_asked_less_and_less() -> None:
    stuck = Watch(elapsed_s=600, progress=99, still_s=400)
    assert pause(stuck) >= 10


def test_failing_polls_back_off() -> None:
    pauses = [pause(Watch(5, failed_polls=n)) for n in range(1, 10)]
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 60


@pytest.mark.parametrize(
    "watch",
    [Watch(0.2), Watch(19.5, 20.0), Watch(9, failed_polls=1), Watch(9, asked_s=0.3), Watch(900)],
)
def test_what_a_vendor_documents_is_kept_whatever_else_holds(watch: Watch) -> None:
    """Runway: five seconds or more between two looks at one task, with jitter."""
    patient = replace(watch, least_s=5.0)
    assert next_poll_s(patient, lambda: 0.0) >= 5.0
    assert next_poll_s(patient, lambda: 1.0) > next_poll_s(patient, lambda: 0.0)


def test_jitter_keeps_takes_apart() -> None:
    watch = Watch(100)
    assert next_poll_s(watch, lambda: 0.0) < next_poll_s(watch, lambda: 1.0)


def test_this_machines_engine_is_asked_often() -> None:
    assert pause(Watch(0.5, is_local=True)) <= 0.25
    assert pause(Watch(500, is_local=True)) <= 2.0
