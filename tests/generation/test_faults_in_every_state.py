"""Every fault again, met by takes that are not in their plain life.

All faults at once in one studio, each by a take of its own. Whatever state a fault meets: the take
comes to rest, is sent no more often, and what is called ready is the whole clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from doubles.sora2_script import Script
from doubles.take_studio import KEY, RESTING, Play, TakeStudio
from generation.conftest import LIMITS
from generation.faults import EVERY, Case, check_failure
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Money, Take, TakeStatus
from shortdrama.errors import Conflict
from shortdrama.generation.service import Decision

pytestmark = pytest.mark.xdist_group("takes-faults-in-every-state")

S = TakeStatus
_LONG_S = 90  # all of them, on a busy machine
_UNDER_WAY = frozenset({S.SUBMITTING, S.GENERATING, S.DOWNLOADING})


class Trial:
    """A studio that can be closed and opened again, and a take for each fault."""

    def __init__(self, folder: Path, double: Sora2Double) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.double = double
        self.studio = self._open()
        self.takes: dict[str, TakeId] = {}

    def order_all(self) -> None:
        for prompt in EVERY:
            self.order(prompt)

    def order(self, prompt: str, waiting: int = 0) -> TakeId:
        """`waiting`: so many polls tell of a queue before the fault has its turn."""
        script = EVERY[prompt].script
        polls = script.get("poll", Script().poll)
        polls = ["queued"] * waiting + ([polls] if isinstance(polls, str) else list(polls))
        self.double.script(prompt, **{**script, "poll": polls})
        self.takes[prompt] = self.studio.order(prompt).id
        return self.takes[prompt]

    def open_again(self) -> None:
        self._stack.close()
        self.studio = self._open()

    def close(self) -> None:
        self._stack.close()

    def at_rest(self) -> dict[str, Take]:
        found = {p: self.studio.wait_for(t, RESTING, _LONG_S) for p, t in self.takes.items()}
        for prompt, take in found.items():
            self._is_sound(prompt, take)
        return found

    def statuses(self) -> list[TakeStatus]:
        return [self.studio.takes.get(take_id).status for take_id in self.takes.values()]

    def _open(self) -> TakeStudio:
        play = Play(limits=LIMITS, max_takes=len(EVERY))
        return self._stack.enter_context(TakeStudio(self._folder, self.double.base_url, play))

    def _is_sound(self, prompt: str, take: Take) -> None:
        jobs = self.double.made(prompt)
        assert len(jobs) <= 1, prompt
        assert self.double.submits(prompt) <= EVERY[prompt].submits, prompt
        if take.status is S.READY:
            assert take.clip is not None, prompt
            assert self.studio.blobs.size(take.clip.video_key) == take.clip.bytes, prompt
            assert take.failure is None, prompt
        else:
            assert take.clip is None, prompt
        if jobs and take.failure is not None:
            assert take.failure.money is not Money.NONE, prompt


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with Sora2Double(api_key=KEY) as double:
        trial = Trial(tmp_path, double)
        try:
            yield trial
        finally:
            trial.close()


def test_while_a_studio_is_closed_and_opened_again(trial: Trial) -> None:
    """Again and again: each fault ends as it does where nobody closes anything."""
    trial.order_all()
    for _ in range(4):
        trial.studio.wait_until(lambda: any(s in _UNDER_WAY for s in trial.statuses()), _LONG_S)
        trial.open_again()
    for prompt, take in trial.at_rest().items():
        ends_as(take, prompt, EVERY[prompt])


def test_while_the_take_is_cancelled(trial: Trial) -> None:
    """Most are, while their job is under way; a clip that was there before is kept."""
    cancelling = 0
    for prompt in EVERY:
        take_id = trial.order(prompt, waiting=8)
        trial.studio.wait_until(partial(was_sent, trial, prompt), _LONG_S)
        with suppress(Conflict):
            cancelling += trial.studio.takes.cancel(take_id).status is S.CANCELLING
    assert cancelling > len(EVERY) / 2
    for prompt, take in trial.at_rest().items():
        assert take.status in {S.CANCELLED, S.READY, S.FAILED, S.UNCERTAIN}, prompt


def was_sent(trial: Trial, prompt: str) -> bool:
    return trial.double.submits(prompt) > 0


def test_while_a_person_asks_again(trial: Trial) -> None:
    """Looked for again, downloaded again, asked again: nothing is paid for a second time."""
    trial.order_all()
    trial.at_rest()
    for _ in range(2):
        for take_id in trial.takes.values():
            ask_again(trial.studio, trial.studio.takes.get(take_id))
        trial.at_rest()


def ask_again(studio: TakeStudio, take: Take) -> None:
    if take.status is S.UNCERTAIN:
        studio.takes.resolve_uncertain(take.id, Decision.CHECK)
    elif take.can_fetch_again:
        studio.takes.fetch_again(take.id)
    elif take.status is S.STALLED:
        studio.takes.check_again(take.id)


def ends_as(take: Take, prompt: str, case: Case) -> None:
    assert take.status is case.status, (prompt, take.failure)
    check_failure(take, case)
