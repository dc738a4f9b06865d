"""Everything a provider is known to do wrong, and what becomes of the take and of the money.

Under every fault: at most one job at the provider, and never a broken file called ready.
"""

from __future__ import annotations

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import TakeStudio
from generation.faults import CONTENT, POLL, SUBMIT, Case, check_failure
from shortdrama.domain.take import FailureKind, TakeStatus
from shortdrama.errors import SubmissionUncertain
from shortdrama.generation import failures
from shortdrama.generation.service import Decision

pytestmark = pytest.mark.xdist_group("takes-faults")

S, K = TakeStatus, FailureKind


@pytest.mark.parametrize("name", SUBMIT)
def test_submit(name: str, studio: TakeStudio, double: Sora2Double) -> None:
    play(f"submit: {name}", SUBMIT[name], studio, double)


@pytest.mark.parametrize("name", POLL)
def test_poll(name: str, studio: TakeStudio, double: Sora2Double) -> None:
    play(f"poll: {name}", POLL[name], studio, double)


@pytest.mark.parametrize("name", CONTENT)
def test_content(name: str, studio: TakeStudio, double: Sora2Double) -> None:
    play(f"content: {name}", CONTENT[name], studio, double)


def test_progress_never_goes_backwards(studio: TakeStudio, double: Sora2Double) -> None:
    steps = ["in_progress:30", "in_progress:70", "in_progress:20", "in_progress:80", "completed"]
    double.script("forwards", poll=steps)
    take = studio.wait_for(studio.order("forwards").id)
    told = [e["progress"] for e in studio.events("take.progress") if e["take_id"] == take.id]
    assert told == sorted(told)  # type: ignore[type-var]
    assert 80 in told


def test_no_secret_is_ever_written(studio: TakeStudio, double: Sora2Double) -> None:
    """The double quotes the key in its 401; neither rows nor events may hold it."""
    double.script("tell me the key", submit="401")
    studio.wait_for(studio.order("tell me the key").id)
    for file in studio.folder.glob("*.db*"):
        assert b"sk-test-secret" not in file.read_bytes()


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("drop", failures.UNCERTAIN),
        ("500", failures.TROUBLED),
        ("502_html", failures.TROUBLED),
        ("504", failures.TROUBLED),
        ("200_html", failures.UNREADABLE),
        ("200_no_id", failures.UNREADABLE),
    ],
)
def test_an_uncertain_take_says_what_came_back(
    step: str, message: str, studio: TakeStudio, double: Sora2Double
) -> None:
    """And says the same after the provider's list was asked once more."""
    prompt = f"what came back: {step}"
    double.script(prompt, submit=step)
    with double.without_list():
        take = studio.wait_for(studio.order(prompt).id)
        studio.takes.resolve_uncertain(take.id, Decision.CHECK)
        studio.wait_until(lambda: studio.takes.get(take.id).updated_at > take.updated_at)
    for told in (take, studio.takes.get(take.id)):
        assert told.status is S.UNCERTAIN
        assert told.failure is not None
        assert told.failure.message == message


def test_an_answer_that_does_not_come_in_time_is_said() -> None:
    late = SubmissionUncertain("lost", kind=K.NETWORK, cause="ReadTimeout")
    assert failures.uncertain(late, "").message == failures.NO_ANSWER
    assert failures.uncertain(None, "").message == failures.CUT_OFF


def play(prompt: str, case: Case, studio: TakeStudio, double: Sora2Double) -> None:
    double.script(prompt, **case.script)
    take = studio.wait_for(studio.order(prompt).id)
    assert take.status is case.status, take.failure
    check_failure(take, case)
    assert len(double.made(prompt)) == case.jobs
    assert double.submits(prompt) == case.submits
    if take.status is S.READY:
        assert take.clip is not None
        assert studio.blobs.size(take.clip.video_key) == take.clip.bytes
        assert double.downloads(prompt) == 1
    else:
        assert take.clip is None
    assert not any("authorization" in request.headers for request in double.elsewhere())
