"""Jobs that are found only after their answer was lost: adopted once, and never dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import Conflict
from shortdrama.generation import failures
from shortdrama.generation.service import Decision

pytestmark = pytest.mark.xdist_group("takes-late-jobs")

S = TakeStatus


@pytest.fixture(scope="module")
def studio(double: Sora2Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TakeStudio]:
    """The list is asked a second time 10 s after the first, or when the take is woken."""
    limits = replace(LIMITS, search_pauses_s=(0, 500))
    folder = tmp_path_factory.mktemp("studio")
    with TakeStudio(folder, double.base_url, Play(limits=limits)) as opened:
        yield opened


def uncertain(studio: TakeStudio, double: Sora2Double, prompt: str) -> TakeId:
    double.script(prompt, submit=["drop", "ok"])
    with double.without_list():
        take = studio.wait_for(studio.order(prompt).id)
    assert take.status is S.UNCERTAIN
    return take.id


def test_what_a_running_check_finds_is_not_sent_again(
    studio: TakeStudio, double: Sora2Double
) -> None:
    """A decision during the check is refused, and the job that the check finds is adopted."""
    double.script("found meanwhile", submit="drop_after_accept", poll="completed")
    with double.without_list():
        take_id = studio.wait_for(studio.order("found meanwhile").id).id
    (job,) = double.made("found meanwhile")
    job.is_deleted = True  # the list tells of it only at the second look
    asked_before = lists(double)
    studio.takes.resolve_uncertain(take_id, Decision.CHECK)
    for refused in (Decision.SEND_AGAIN, Decision.NOT_SENT):
        with pytest.raises(Conflict) as caught:
            studio.takes.resolve_uncertain(take_id, refused)
        assert caught.value.code == "check_running"
    with pytest.raises(Conflict):
        studio.takes.cancel(take_id)
    studio.wait_until(lambda: lists(double) > asked_before)
    job.is_deleted = False
    ended = wake_until(studio, take_id, S.READY)
    assert ended.provider_job_id == job.id
    assert double.submits("found meanwhile") == 1


def wake_until(studio: TakeStudio, take_id: TakeId, status: TakeStatus) -> Take:
    def is_so() -> bool:
        studio.runner.wake(take_id)
        return studio.takes.get(take_id).status is status

    studio.wait_until(is_so)
    return studio.takes.get(take_id)


def lists(double: Sora2Double) -> int:
    return sum(r.method == "GET" and r.path == "/v1/videos" for r in list(double.requests))


def test_a_found_job_stops_the_next_sending(studio: TakeStudio, double: Sora2Double) -> None:
    """The check and the order to send again cross: the row decides, in one transaction."""
    take_id = uncertain(studio, double, "crossed")
    journal = studio.tools.journal
    moved = journal.move(take_id, frozenset({S.UNCERTAIN}), S.QUEUED)
    assert moved is not None
    adopted = journal.adopt(take_id, 1, "job_crossed", "queued")
    assert adopted is not None
    assert (adopted.status, adopted.provider_job_id) == (S.GENERATING, "job_crossed")
    assert journal.claim(take_id, datetime.now(UTC)) is None


@pytest.mark.parametrize("moved_on", [S.CANCELLED, S.SUBMITTING])
def test_a_job_that_is_found_late_stays_known(
    studio: TakeStudio, double: Sora2Double, moved_on: TakeStatus
) -> None:
    prompt = f"late for {moved_on}"
    take_id = uncertain(studio, double, prompt)
    journal = studio.tools.journal
    if moved_on is S.CANCELLED:
        studio.takes.resolve_uncertain(take_id, Decision.NOT_SENT)
    else:
        journal.move(take_id, frozenset({S.UNCERTAIN}), S.QUEUED)
        assert journal.claim(take_id, datetime.now(UTC)) is not None
    adopted = journal.adopt(take_id, 1, f"job {prompt}", "queued")
    assert adopted is not None
    assert (adopted.status, adopted.provider_job_id) == (moved_on, None)
    with studio.records.read() as tx:
        assert tx.submissions.known_jobs([f"job {prompt}"]) == {f"job {prompt}"}
        assert tx.submissions.open_attempt(take_id) == (2 if moved_on is S.SUBMITTING else None)
    notes = [e.get("note") for e in studio.events("take.changed") if e["take_id"] == take_id]
    assert notes[-1] == failures.FOUND_LATE


def test_twins_lost_together_get_a_job_each(studio: TakeStudio, double: Sora2Double) -> None:
    """Takes alike in everything and as many jobs: any pairing is right, and nobody is asked."""
    double.script("lost twins", submit="drop_after_accept", poll="completed")
    takes = lose(studio, double, "lost twins", 3)
    studio.takes.resolve_uncertain(takes[1], Decision.CHECK)
    studio.wait_for(takes[1], frozenset({S.READY}))
    for take_id in (takes[2], takes[0]):
        studio.takes.resolve_uncertain(take_id, Decision.CHECK)
        studio.wait_for(take_id, frozenset({S.READY}))
    jobs = {job.id for job in double.made("lost twins")}
    assert {studio.takes.get(take_id).provider_job_id for take_id in takes} == jobs
    assert double.submits("lost twins") == 3


def test_one_of_a_batch_that_was_sent_twice_is_left_to_a_person(
    studio: TakeStudio, double: Sora2Double
) -> None:
    """Two attempts of one take are not two takes: its second job would go to its twin."""
    steps = ["drop_after_accept", "drop", "drop_after_accept"]
    double.script("one sent twice", submit=steps, poll="completed")
    with double.without_list():
        first = studio.wait_for(studio.order("one sent twice").id).id
        second = studio.wait_for(studio.order("one sent twice").id).id
        studio.takes.resolve_uncertain(first, Decision.SEND_AGAIN)
        studio.wait_until(lambda: double.submits("one sent twice") == 3)
        studio.wait_for(first, frozenset({S.UNCERTAIN}))
    studio.takes.resolve_uncertain(second, Decision.CHECK)
    wake_until_asked(studio, second, "2 matching jobs for 2 takes alike")
    assert studio.takes.get(second).status is S.UNCERTAIN


def lose(studio: TakeStudio, double: Sora2Double, prompt: str, count: int) -> list[TakeId]:
    with double.without_list():
        takes = [studio.order(prompt).id for _ in range(count)]
        studio.wait_until(lambda: all(studio.takes.get(t).status is S.UNCERTAIN for t in takes))
    return takes


def wake_until_asked(studio: TakeStudio, take_id: TakeId, told: str) -> None:
    """Until a check has ended and said this."""

    def is_so() -> bool:
        return told in asked(studio, take_id) and take_id not in studio.runner.running()

    studio.wait_until(is_so)


@pytest.mark.parametrize("jobs", [1, 3])
def test_twins_stay_uncertain_where_the_counts_differ(
    studio: TakeStudio, double: Sora2Double, jobs: int
) -> None:
    prompt = f"two takes, {jobs} jobs"
    steps = {1: ["drop", "drop_after_accept"], 3: ["drop_after_accept"] * 3}[jobs]
    double.script(prompt, submit=steps)
    takes = lose(studio, double, prompt, max(2, jobs))
    for given_up in takes[2:]:
        studio.takes.resolve_uncertain(given_up, Decision.NOT_SENT)
    for take_id in takes[:2]:
        studio.takes.resolve_uncertain(take_id, Decision.CHECK)
    told = f"{jobs} matching jobs for 2 takes alike"
    studio.wait_until(lambda: all(told in asked(studio, take_id) for take_id in takes[:2]))
    assert {studio.takes.get(take_id).status for take_id in takes[:2]} == {S.UNCERTAIN}


def asked(studio: TakeStudio, take_id: TakeId) -> str:
    studio.runner.wake(take_id)
    failure = studio.takes.get(take_id).failure
    return str(failure.details["asked"]) if failure else ""
