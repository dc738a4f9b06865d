"""What people do with takes: the same order twice, cancel, again, download again, decide."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from doubles.sora2_double import Sora2Double
from doubles.take_studio import TakeStudio
from doubles.tiny_clip import tiny_clip
from shortdrama.domain.ids import ShotId, new_id
from shortdrama.domain.take import Money, TakeStatus
from shortdrama.errors import Conflict, InvalidInput, NotFound
from shortdrama.generation import failures
from shortdrama.generation.orders import TakeOrder
from shortdrama.generation.service import Decision, candidates_of

pytestmark = pytest.mark.xdist_group("takes-decisions")

S = TakeStatus
GENERATING = frozenset({S.GENERATING})


def test_the_same_key_twice_is_the_same_take(studio: TakeStudio, double: Sora2Double) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {take.id for take in pool.map(lambda _: studio.order("twice", "key-1"), range(8))}
    assert len(ids) == 1
    studio.wait_for(ids.pop())
    assert double.submits("twice") == 1


def test_a_key_belongs_to_one_request(studio: TakeStudio) -> None:
    studio.order("first request", "key-2")
    with pytest.raises(Conflict) as caught:
        studio.order("another request", "key-2")
    assert caught.value.code == "idempotency_key_reused"


@pytest.mark.parametrize("key", ["", "x" * 201, "schlüssel", "a\nb"])
def test_a_key_that_is_none_is_refused(studio: TakeStudio, key: str) -> None:
    with pytest.raises(InvalidInput):
        studio.takes.order(TakeOrder("a prompt", "sora-2", 1, "720x1280"), key)


def test_prompts_are_cleaned_and_kept(studio: TakeStudio, double: Sora2Double) -> None:
    take = studio.order("  a \x00bell\x07 rings\r\n")
    with studio.records.read() as tx:
        prompt = tx.prompts.get(take.prompt_id)
    assert prompt is not None
    assert prompt.text == "a bell rings"
    assert prompt.last_take_id == take.id
    studio.wait_for(take.id)
    assert double.submits("a bell rings") == 1


def test_an_unknown_shot_makes_nothing(studio: TakeStudio) -> None:
    order = TakeOrder("nowhere", "sora-2", 1, "720x1280", shot_id=ShotId(new_id()))
    with pytest.raises(NotFound):
        studio.takes.order(order, new_id())
    with studio.records.read() as tx:
        assert list(tx.prompts.page("nowhere", None, 10)) == []


def test_cancel_while_submitting(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("stop the sending", submit="delay:0.5", takes_s=60)
    take = studio.order("stop the sending")
    studio.wait_for(take.id, frozenset({S.SUBMITTING}))
    assert studio.takes.cancel(take.id).status is S.CANCELLING
    ended = studio.wait_for(take.id)
    assert ended.status is S.CANCELLED
    assert ended.provider_job_id == double.made("stop the sending")[0].id
    assert double.made("stop the sending")[0].is_deleted
    assert ended.failure is not None
    assert ended.failure.money is Money.MAYBE


def test_cancel_while_generating(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("stop the work", takes_s=60)
    take = studio.order("stop the work")
    studio.wait_for(take.id, GENERATING)
    studio.takes.cancel(take.id)
    assert studio.wait_for(take.id).status is S.CANCELLED
    assert double.made("stop the work")[0].is_deleted


def test_a_clip_that_was_finished_first_is_kept(studio: TakeStudio, double: Sora2Double) -> None:
    """It is paid for, and a deletion would destroy it."""
    double.script("too late", poll=["delay:0.4", "completed"])
    take = studio.order("too late")
    studio.wait_for(take.id, GENERATING)
    studio.takes.cancel(take.id)
    assert studio.wait_for(take.id).status is S.READY
    assert not double.made("too late")[0].is_deleted
    notes = [e.get("note") for e in studio.events("take.changed") if e["take_id"] == take.id]
    assert failures.KEPT in notes


def test_cancel_while_downloading_keeps_the_clip(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("half here", poll="completed", content="delay:0.4")
    take = studio.order("half here")
    studio.wait_for(take.id, frozenset({S.DOWNLOADING}))
    with pytest.raises(Conflict):
        studio.takes.cancel(take.id)
    assert studio.wait_for(take.id).status is S.READY
    with pytest.raises(Conflict):
        studio.takes.cancel(take.id)


def test_retry_is_a_new_take_with_the_same_request(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("once more", submit=["400", "ok"])
    failed = studio.wait_for(studio.order("once more").id)
    retried = studio.takes.retry(failed.id, "retry-key")
    assert studio.takes.retry(failed.id, "retry-key").id == retried.id
    assert retried.retry_of == failed.id
    assert retried.request == failed.request
    assert retried.number == failed.number + 1
    assert studio.wait_for(retried.id).status is S.READY
    assert studio.takes.get(failed.id).status is S.FAILED


def test_download_again_generates_nothing(studio: TakeStudio, double: Sora2Double) -> None:
    script = double.script("fetch me", content="401")
    take = studio.wait_for(studio.order("fetch me").id)
    assert take.can_fetch_again
    script.content = "ok"
    studio.takes.fetch_again(take.id)
    again = studio.wait_for(take.id)
    assert again.status is S.READY
    assert again.failure is None
    assert double.submits("fetch me") == 1
    with pytest.raises(Conflict):
        studio.takes.fetch_again(take.id)


def uncertain(studio: TakeStudio, double: Sora2Double, prompt: str) -> str:
    double.script(prompt, submit=["drop", "ok"])
    take = studio.wait_for(studio.order(prompt).id)
    assert take.status is S.UNCERTAIN
    return take.id


def test_uncertain_and_not_sent(studio: TakeStudio, double: Sora2Double) -> None:
    take_id = uncertain(studio, double, "not sent")
    take = studio.takes.resolve_uncertain(take_id, Decision.NOT_SENT)  # type: ignore[arg-type]
    assert take.status is S.CANCELLED
    assert take.failure is None
    assert double.submits("not sent") == 1
    with pytest.raises(Conflict):
        studio.takes.resolve_uncertain(take.id, Decision.SEND_AGAIN)


def test_uncertain_and_send_again(studio: TakeStudio, double: Sora2Double) -> None:
    take_id = uncertain(studio, double, "send again")
    take = studio.takes.resolve_uncertain(take_id, Decision.SEND_AGAIN)  # type: ignore[arg-type]
    assert studio.wait_for(take.id).status is S.READY
    assert double.submits("send again") == 2
    assert len(double.made("send again")) == 1


def test_a_person_says_which_job_it_is(studio: TakeStudio, double: Sora2Double) -> None:
    """Two jobs fit a lone take: the studio cannot know, but a person may."""
    double.script("which", submit=["ok", "drop_after_accept"])
    studio.wait_for(studio.order("which").id)
    forget_job(studio, double.made("which")[0].id)
    take = studio.wait_for(studio.order("which").id)
    assert take.status is S.UNCERTAIN
    jobs = [job.id for job in double.made("which")]
    assert list(candidates_of(take)) == jobs
    with pytest.raises(Conflict) as caught:
        studio.takes.adopt(take.id, "video_of_somebody_else")
    assert caught.value.code == "job_unknown"
    studio.takes.adopt(take.id, jobs[1])
    ended = studio.wait_for(take.id)
    assert (ended.status, ended.provider_job_id) == (S.READY, jobs[1])
    assert double.submits("which") == 2
    with pytest.raises(Conflict):
        studio.takes.adopt(take.id, jobs[0])


def forget_job(studio: TakeStudio, job_id: str) -> None:
    """As if it had been made by another program with the same account."""
    with studio.records.engine.begin() as connection:
        for table in ("submissions", "takes"):
            text = f"UPDATE {table} SET provider_job_id = NULL WHERE provider_job_id = :job"  # noqa: S608
            connection.execute(sa.text(text), {"job": job_id})


def test_two_lost_twins_are_not_mixed_up(studio: TakeStudio, double: Sora2Double) -> None:
    """Two jobs fit and nothing tells them apart, so a person decides."""
    double.script("twins", submit="drop_after_accept")
    takes = [studio.order("twins"), studio.order("twins")]
    ends = [studio.wait_for(take.id) for take in takes]
    jobs = [take.provider_job_id for take in ends if take.provider_job_id]
    assert len(jobs) == len(set(jobs))
    assert double.submits("twins") == 2


def test_a_known_job_is_never_adopted(studio: TakeStudio, double: Sora2Double) -> None:
    double.script("same words", submit=["ok", "drop"])
    first = studio.wait_for(studio.order("same words").id)
    second = studio.wait_for(studio.order("same words").id)
    assert first.status is S.READY
    assert second.status is S.UNCERTAIN


def test_a_broken_length_is_kept_but_measured(studio: TakeStudio, double: Sora2Double) -> None:
    """A clip of another length than asked is paid for: it is kept, with its true length."""
    double.script("shorter", clip_seconds=1)
    take = studio.wait_for(studio.order("shorter", seconds=2).id)
    assert take.status is S.READY
    assert take.clip is not None
    assert take.clip.duration_ms == 1000
    assert take.clip.bytes == tiny_clip(1).stat().st_size
