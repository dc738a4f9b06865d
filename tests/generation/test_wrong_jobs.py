"""A provider's job belongs to one take: never adopted by another one, never given out twice."""

from __future__ import annotations

from typing import Any

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import TakeStudio
from shortdrama.domain.ids import TakeId, new_id
from shortdrama.domain.money import Outcome
from shortdrama.domain.take import Money, Take, TakeStatus
from shortdrama.errors import Conflict
from shortdrama.generation import failures
from shortdrama.generation.journal import JobTaken
from shortdrama.generation.orders import TakeOrder
from shortdrama.generation.service import Decision, candidates_of

pytestmark = pytest.mark.xdist_group("takes-wrong-jobs")

S = TakeStatus


def order(studio: TakeStudio, prompt: str, **extra: Any) -> Take:
    return studio.takes.order(TakeOrder(prompt, "sora-2", 1, "720x1280", extra=extra), new_id())


def check(studio: TakeStudio, take_id: TakeId) -> Take:
    """As a person presses "Check with the provider"; when the list has answered."""
    before = studio.takes.get(take_id).updated_at
    studio.takes.resolve_uncertain(take_id, Decision.CHECK)
    studio.wait_until(lambda: studio.takes.get(take_id).updated_at > before)
    studio.wait_until(lambda: not studio.runner.is_checking(take_id))
    return studio.takes.get(take_id)


def lose_two(studio: TakeStudio, double: Sora2Double, prompt: str) -> tuple[TakeId, TakeId]:
    """Two takes of the same words with other seeds; only the second one's job was made."""
    double.script(prompt, submit=["drop", "drop_after_accept"], poll="completed")
    with double.without_list():
        first = studio.wait_for(order(studio, prompt, seed=1).id)
        second = studio.wait_for(order(studio, prompt, seed=2).id)
    assert (first.status, second.status) == (S.UNCERTAIN, S.UNCERTAIN)
    return first.id, second.id


def test_the_job_of_another_seed_is_not_adopted(studio: TakeStudio, double: Sora2Double) -> None:
    prompt = "same words, other seed"
    first, second = lose_two(studio, double, prompt)
    (job,) = double.made(prompt)
    for take_id in (first, second):
        take = check(studio, take_id)
        assert take.status is S.UNCERTAIN
        assert list(candidates_of(take)) == [job.id]
        assert "1 matching jobs for 2 takes alike" in str(take.failure)


def test_a_person_gives_the_job_to_one_of_them(studio: TakeStudio, double: Sora2Double) -> None:
    """What is left is certain then; the ledger has the job once."""
    prompt = "a person knows the seed"
    first, second = lose_two(studio, double, prompt)
    (job,) = double.made(prompt)
    check(studio, first)
    check(studio, second)
    studio.takes.adopt(second, job.id)
    with pytest.raises(Conflict) as caught:
        studio.takes.adopt(first, job.id)
    assert caught.value.code == "job_taken"
    assert studio.wait_for(second, frozenset({S.READY})).provider_job_id == job.id
    again = check(studio, first)
    assert again.status is S.UNCERTAIN
    assert not candidates_of(again)
    assert booked(studio, job.id) == [second]


def test_a_word_that_nothing_was_sent_makes_the_rest_certain(
    studio: TakeStudio, double: Sora2Double
) -> None:
    first, second = lose_two(studio, double, "the other one never left")
    studio.takes.resolve_uncertain(first, Decision.NOT_SENT)
    studio.takes.resolve_uncertain(second, Decision.CHECK)
    assert studio.wait_for(second, frozenset({S.READY})).status is S.READY


def test_an_attempt_that_was_sent_again_still_counts(
    studio: TakeStudio, double: Sora2Double
) -> None:
    """The first attempt of one take may have made what the list shows to the other one."""
    prompt = "sent again, other seed"
    double.script(prompt, submit=["drop_after_accept", "ok", "drop"], poll="completed")
    with double.without_list():
        first = studio.wait_for(order(studio, prompt, seed=1).id)
        studio.takes.resolve_uncertain(first.id, Decision.SEND_AGAIN)
        studio.wait_for(first.id, frozenset({S.READY}))
        second = studio.wait_for(order(studio, prompt, seed=2).id)
    taken = check(studio, second.id)
    assert taken.status is S.UNCERTAIN
    assert list(candidates_of(taken)) == [double.made(prompt)[0].id]


def test_lengths_tell_takes_apart(studio: TakeStudio, double: Sora2Double) -> None:
    prompt = "same words, other length"
    double.script(prompt, submit=["drop", "drop_after_accept"], poll="completed")
    with double.without_list():
        for seconds in (1, 2):
            studio.wait_for(studio.order(prompt, seconds=seconds).id)
    two = next(take for take in studio.takes.page() if take.request.seconds == 2)
    studio.takes.resolve_uncertain(two.id, Decision.CHECK)
    assert studio.wait_for(two.id, frozenset({S.READY})).request.seconds == 2


def test_a_job_that_was_made_much_later_is_not_adopted(
    studio: TakeStudio, double: Sora2Double
) -> None:
    """Somebody else with the same account said the same words, an hour after the answer broke."""
    prompt = "an hour later"
    double.script(prompt, submit="drop_after_accept", poll="completed")
    with double.without_list():
        take = studio.wait_for(order(studio, prompt).id)
    (job,) = double.made(prompt)
    job.made_at += 3600
    assert check(studio, take.id).status is S.UNCERTAIN
    assert list(candidates_of(studio.takes.get(take.id))) == [job.id]


def test_a_provider_that_answers_with_another_takes_job(
    studio: TakeStudio, double: Sora2Double
) -> None:
    for prompt in ("answered with my job", "answered with that job"):
        double.script(prompt, job_id="video_one_for_two", poll="completed")
    first = studio.wait_for(studio.order("answered with my job").id)
    second = studio.wait_for(studio.order("answered with that job").id)
    assert (first.status, second.status) == (S.READY, S.UNCERTAIN)
    assert second.provider_job_id is None
    assert second.failure is not None
    assert (second.failure.message, second.failure.money) == (failures.TAKEN, Money.MAYBE)
    assert booked(studio, "video_one_for_two") == [first.id]
    with studio.records.read() as tx:
        assert [entry.outcome for entry in tx.ledger.of_take(second.id)] == [Outcome.UNCERTAIN]


def test_what_is_taken_is_not_accepted(studio: TakeStudio, double: Sora2Double) -> None:
    """The row of one take is the guard of the other's, in its own transaction."""
    journal = studio.tools.journal
    takes = [lose_two(studio, double, f"guarded {name}")[0] for name in ("one", "two")]
    assert journal.adopt(takes[0], 1, "job guarded", "") is not None
    assert journal.adopt(takes[1], 1, "job guarded", "") is None
    with pytest.raises(JobTaken):
        journal.accept(takes[1], 1, "job guarded", "")
    assert journal.accept(takes[0], 1, "job guarded", "") is not None  # said once more


def booked(studio: TakeStudio, job_id: str) -> list[str]:
    """Takes that have the job in the ledger."""
    with studio.records.read() as tx:
        takes = [take.id for take in tx.takes.page(None, 1000)]
        return [
            take_id
            for take_id in takes
            if any(entry.provider_job_id == job_id for entry in tx.ledger.of_take(take_id))
        ]


def test_as_many_jobs_as_takes_are_not_paired_where_the_seeds_differ(
    studio: TakeStudio, double: Sora2Double
) -> None:
    prompt = "two seeds, two jobs"
    double.script(prompt, submit="drop_after_accept", poll="completed")
    with double.without_list():
        takes = [studio.wait_for(order(studio, prompt, seed=n).id) for n in (1, 2)]
    for take in takes:
        assert check(studio, take.id).status is S.UNCERTAIN
