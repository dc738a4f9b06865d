"""A provider's text that cannot be stored, on its way through a take."""

from __future__ import annotations

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import TakeStudio
from shortdrama.domain.take import Money, TakeStatus
from shortdrama.generation.journal import Journal, Progress
from shortdrama.generation.pauses import Pauses
from shortdrama.generation.progress import ProgressBoard

pytestmark = pytest.mark.xdist_group("takes-text")
S = TakeStatus


@pytest.mark.parametrize("job_id", ["video_\ud83d", "..", "a\nb", "a\x00b", "a "])
def test_a_paid_job_under_an_unusable_id_is_for_a_person_to_decide(
    job_id: str, studio: TakeStudio, double: Sora2Double
) -> None:
    prompt = f"unusable {job_id!a}"
    double.script(prompt, job_id=job_id)
    take = studio.wait_for(studio.order(prompt).id)
    assert take.status is S.UNCERTAIN
    assert take.failure is not None
    assert take.failure.money is Money.MAYBE
    assert double.submits(prompt) == 1


def test_what_a_failed_job_told_can_be_stored_and_shown(
    studio: TakeStudio, double: Sora2Double
) -> None:
    double.script("half", poll=["status:run\ud83dning", "failed:code\ud83d\x00"])
    take = studio.wait_for(studio.order("half").id)
    assert take.failure is not None
    assert take.failure.provider_code == "code\ufffd\ufffd"
    repr(take).encode()


@pytest.mark.anyio
async def test_a_word_that_cannot_be_written_keeps_no_other_takes_progress_back(
    studio: TakeStudio, double: Sora2Double, caplog: pytest.LogCaptureFixture
) -> None:
    double.script("broken word", takes_s=600)
    double.script("good word", takes_s=600)
    takes = [studio.order("broken word"), studio.order("good word")]
    broken, good = (studio.wait_for(take.id, frozenset({S.GENERATING})).id for take in takes)
    board = ProgressBoard(Journal(studio.records), Pauses(), 0.0)
    board.tell(broken, Progress(36, "\ud83d", None))
    board.tell(good, Progress(37, "running", None))
    assert board._writer is not None
    await board._writer
    told = [event["take_id"] for event in studio.events("take.progress")]
    assert good in told
    assert "was not written" in caplog.text
    for take in takes:
        studio.takes.cancel(take.id)
