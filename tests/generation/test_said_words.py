"""What a take's row tells while its provider refuses the key, or says what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import TakeStatus
from shortdrama.domain.waiting import KEY_REFUSED, SILENT, HeldUp, held_up, strange_word

pytestmark = pytest.mark.xdist_group("takes-words")


@pytest.fixture
def studio(double: Sora2Double, tmp_path: Path) -> Iterator[TakeStudio]:
    with TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS)) as opened:
        yield opened


def changes(studio: TakeStudio, take_id: TakeId) -> int:
    """How often the page was told to draw its card anew."""
    return sum(event["take_id"] == take_id for event in studio.events("take.changed"))


@pytest.mark.parametrize("refusal", ["401", "403"])
def test_a_key_that_is_refused_is_told_and_the_job_still_asked_about(
    studio: TakeStudio, double: Sora2Double, refusal: str
) -> None:
    prompt = f"locked {refusal}"
    double.script(prompt, poll=refusal)
    take_id = studio.order(prompt).id
    studio.wait_until(lambda: studio.takes.get(take_id).provider_status == KEY_REFUSED)
    take = studio.takes.get(take_id)
    held = held_up(take)
    assert take.status is TakeStatus.GENERATING
    assert held is not None
    assert held.why == KEY_REFUSED
    told = changes(studio, take_id)
    (job,) = double.made(prompt)
    job.script = double.script(prompt, poll=["in_progress:30", "in_progress:30", "completed"])
    assert studio.wait_for(take_id).status is TakeStatus.READY
    # Anew at once when it goes on, then when it comes in, and when it is ready.
    assert changes(studio, take_id) >= told + 3
    assert double.submits(prompt) == 1


def test_a_provider_that_does_not_answer_is_told_and_still_asked(
    studio: TakeStudio, double: Sora2Double
) -> None:
    double.script("silent", poll="502_html")
    take_id = studio.order("silent").id
    studio.wait_until(lambda: held_up(studio.takes.get(take_id)) is not None)
    take = studio.takes.get(take_id)
    assert held_up(take) == HeldUp(SILENT)
    assert take.status is TakeStatus.GENERATING
    told = changes(studio, take_id)
    (job,) = double.made("silent")
    job.script = double.script("silent", poll=["in_progress:30", "in_progress:30", "completed"])
    assert studio.wait_for(take_id).status is TakeStatus.READY
    assert changes(studio, take_id) >= told + 3
    assert double.submits("silent") == 1


def test_two_refusals_are_nothing_to_be_told(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("nearly", poll=["401", "401", "in_progress:5", "401", "401", "completed"])
    double.script("smooth", poll=["in_progress:5", "completed"])
    takes = [studio.order(prompt).id for prompt in ("nearly", "smooth")]
    assert {studio.wait_for(take_id).status for take_id in takes} == {TakeStatus.READY}
    nearly, smooth = (changes(studio, take_id) for take_id in takes)
    assert nearly == smooth


def test_a_word_that_nobody_knows_is_told_when_it_stays(
    studio: TakeStudio, double: Sora2Double
) -> None:
    double.script("odd", poll="frobnicating")
    take_id = studio.order("odd").id
    studio.wait_until(lambda: strange_word(studio.takes.get(take_id)) == "frobnicating")
    assert studio.takes.get(take_id).status is TakeStatus.GENERATING
