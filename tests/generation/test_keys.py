"""A machine that has forgotten the key of a connection: takes wait for it, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.domain.waiting import KEY_REFUSED, NO_KEY
from shortdrama.generation import failures

pytestmark = pytest.mark.xdist_group("takes-keys")

S = TakeStatus
# At the true pace: whoever looked by the clock alone would come too late for these tests.
PLAY = Play(scale=1.0, limits=LIMITS)


@pytest.fixture
def studio(double: Sora2Double, tmp_path: Path) -> Iterator[TakeStudio]:
    with TakeStudio(tmp_path, double.base_url, replace(PLAY, max_takes=2)) as opened:
        yield opened


def wait_until_it_waits(studio: TakeStudio, take_id: TakeId) -> None:
    studio.wait_until(lambda: studio.takes.get(take_id).provider_status == NO_KEY)


def enter_key(studio: TakeStudio) -> None:
    studio.key = KEY
    studio.tools.keys.look_again()


def test_queued_takes_wait_for_the_key(studio: TakeStudio, double: Sora2Double) -> None:
    """Also those for which there was no room: each says why, and none holds a place."""
    studio.key = None
    takes = [studio.order(f"locked out {number}").id for number in range(5)]
    for take_id in takes:
        wait_until_it_waits(studio, take_id)
    assert {studio.takes.get(take_id).status for take_id in takes} == {S.QUEUED}
    with studio.records.read() as tx:
        assert [tx.submissions.count(take_id) for take_id in takes] == [0] * 5
    studio.takes.cancel(takes[0])
    studio.wait_until(lambda: takes[0] not in studio.runner.running())
    enter_key(studio)
    assert {studio.wait_for(take_id).status for take_id in takes[1:]} == {S.READY}
    assert studio.takes.get(takes[0]).status is S.CANCELLED
    assert [double.submits(f"locked out {number}") for number in range(5)] == [0, 1, 1, 1, 1]


def test_a_take_that_is_generating_waits_and_is_woken(
    studio: TakeStudio, double: Sora2Double
) -> None:
    script = double.script("locked out later", poll="in_progress:10")
    take = studio.order("locked out later")
    studio.wait_until(lambda: studio.takes.get(take.id).progress == 10)
    studio.key = None
    wait_until_it_waits(studio, take.id)
    assert studio.takes.get(take.id).status is S.GENERATING
    script.poll = "completed"
    enter_key(studio)
    assert studio.wait_for(take.id).status is S.READY
    assert double.submits("locked out later") == 1


def test_a_start_without_keys_loses_nothing(double: Sora2Double, tmp_path: Path) -> None:
    """Queued or generating: the same takes go on, and none is sent twice."""
    script = double.script("was under way", poll="in_progress:10")
    with TakeStudio(tmp_path, double.base_url, PLAY) as before:
        running = before.order("was under way").id
        before.wait_for(running, frozenset({S.GENERATING}))
        before.key = None
        queued = before.order("was queued").id
        wait_until_it_waits(before, queued)
        wait_until_it_waits(before, running)
    script.poll = "completed"
    after = TakeStudio(tmp_path, double.base_url, PLAY)
    after.key = None
    with after:
        after.wait_until(lambda: after.runner.running() == {running, queued})
        statuses = [after.takes.get(take_id).status for take_id in (running, queued)]
        assert statuses == [S.GENERATING, S.QUEUED]
        enter_key(after)
        assert {after.wait_for(take_id).status for take_id in (running, queued)} == {S.READY}
    assert double.submits("was under way") == double.submits("was queued") == 1


def test_a_key_that_is_taken_away_while_a_take_is_sent(
    studio: TakeStudio, double: Sora2Double
) -> None:
    """It was there a moment ago: the attempt never left, and the take waits."""
    first = studio.order("with a key").id
    assert studio.wait_for(first).status is S.READY
    studio.tools.keys._known[studio.connection.id] = False, float("inf")
    studio.key = None
    take = studio.order("without one").id
    wait_until_it_waits(studio, take)
    with studio.records.read() as tx:
        assert [outcome for outcome, _ in tx.submissions.turned_away(take)] == ["not_sent"]
    enter_key(studio)
    assert studio.wait_for(take).status is S.READY
    assert double.submits("without one") == 1


def test_a_lost_answer_is_looked_for_once_there_is_a_key(
    double: Sora2Double, tmp_path: Path
) -> None:
    """Killed in the middle of a call, and started without keys: the list is not given up."""
    with TakeStudio(tmp_path, double.base_url, PLAY) as before:
        before.key = None
        take_id = before.order("cut off").id
        wait_until_it_waits(before, take_id)
    after = TakeStudio(tmp_path, double.base_url, PLAY)
    after.key = None
    assert (
        after.tools.journal.claim(take_id, datetime.now(UTC)) is not None
    )  # as the one that was killed did
    with after:
        wait_until_it_waits(after, take_id)
        assert after.takes.get(take_id).status is S.SUBMITTING
        enter_key(after)
        ended = after.wait_for(take_id)
    assert ended.status is S.UNCERTAIN
    assert ended.failure is not None
    assert "0 matching jobs" in str(ended.failure.details["asked"])
    assert ended.failure.message == failures.CUT_OFF


def test_a_take_whose_key_is_refused_is_asked_about_at_once_with_another(
    studio: TakeStudio, double: Sora2Double
) -> None:
    """Its next poll was seconds away, and would be a minute after more refusals."""
    prompt = "refused for now"
    double.script(prompt, poll=["queued", "401", "401", "401", "completed"])
    take_id = studio.order(prompt).id
    studio.wait_until(lambda: double.polls(prompt) == 4)
    studio.wait_until(lambda: studio.takes.get(take_id).provider_status == KEY_REFUSED)
    entered = time.monotonic()
    enter_key(studio)
    assert studio.wait_for(take_id).status is S.READY
    polls = [
        r.at for r in double.requests if r.method == "GET" and r.path.endswith(job(double, prompt))
    ]
    assert polls[-1] - entered < 4  # after a third refusal the next look is 8 s away


class QuickPerson(TakeStudio):
    """Somebody enters the key in the very moment in which its refusal is written down."""

    def _on_commit(self, newest: int) -> None:
        super()._on_commit(newest)
        if any(t.provider_status == KEY_REFUSED for t in self._generating()):
            enter_key(self)

    def _generating(self) -> list[Take]:
        with self.records.read() as tx:
            return tx.takes.with_status(frozenset({S.GENERATING}))


def test_a_key_that_comes_before_the_next_question_is_not_missed(
    double: Sora2Double, tmp_path: Path
) -> None:
    prompt = "refused for a moment"
    double.script(prompt, poll=["queued", "401", "401", "401", "completed"])
    with QuickPerson(tmp_path, double.base_url, replace(PLAY, max_takes=2)) as studio:
        ordered = time.monotonic()
        assert studio.wait_for(studio.order(prompt).id).status is S.READY
    polls = [
        r.at for r in double.requests if r.method == "GET" and r.path.endswith(job(double, prompt))
    ]
    assert polls[-1] - polls[-2] < 4, polls[-1] - ordered


def job(double: Sora2Double, prompt: str) -> str:
    (made,) = double.made(prompt)
    return made.id
