"""Records that fail in a way nobody foresaw, while a paid job's id is to be kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio
from generation.conftest import LIMITS
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import TakeStatus
from shortdrama.errors import Busy
from shortdrama.generation.journal import Journal
from shortdrama.generation.ports import Bill, ProviderJob

pytestmark = pytest.mark.xdist_group("takes-records")
S = TakeStatus
AWAY = "The studio's database does not answer. Try again."


class Breaking:
    """Records whose writer meets an error of no studio's, while `is_broken`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.is_broken = False
        self.refusals = 0

    @contextmanager
    def begin(self) -> Iterator[Any]:
        if self.is_broken:
            self.refusals += 1
            raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")
        with self._inner.begin() as tx:
            yield tx

    def read(self) -> Any:
        return self._inner.read()


def test_a_paid_jobs_id_is_kept_through_a_bug(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Sora2Double(api_key=KEY) as double:
        double.default(submit="delay:0.4")
        studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS))
        records = Breaking(studio.records)
        object.__setattr__(studio.tools, "records", records)
        with caplog.at_level(logging.CRITICAL, "shortdrama"), studio:
            take = studio.order("in the worst moment")
            studio.wait_until(lambda: double.submits() == 1)
            records.is_broken = True
            studio.wait_until(lambda: records.refusals >= 3)
            assert double.made()[0].id in caplog.text
            records.is_broken = False
            assert studio.wait_for(take.id).status is S.READY
        assert double.submits() == 1


class Deaf:
    """Records that give no answer the first time a take gets to this state, kept or not."""

    def __init__(self, inner: Any, status: TakeStatus, *, is_kept: bool) -> None:
        self._inner = inner
        self._statuses = frozenset({status})
        self._is_kept = is_kept
        self._was_lost = False

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self._inner.begin() as tx:
            before = len(tx.takes.with_status(self._statuses))
            yield tx
            is_there = len(tx.takes.with_status(self._statuses)) > before
            is_lost = is_there and not self._was_lost
            self._was_lost = self._was_lost or is_there
            if is_lost and not self._is_kept:
                raise Busy(AWAY)
        if is_lost:
            raise Busy(AWAY)

    def read(self) -> Any:
        return self._inner.read()


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize(
    ("unanswered", "answers", "end"),
    [
        pytest.param(S.SUBMITTING, ["ok"], S.READY, id="intent"),
        pytest.param(S.QUEUED, ["429", "ok"], S.READY, id="refused for now"),
        pytest.param(S.FAILED, ["400", "ok"], S.FAILED, id="refused"),
    ],
)
def test_what_the_records_give_no_answer_to_is_no_question_to_a_person(
    unanswered: TakeStatus, answers: list[str], end: TakeStatus, is_kept: bool, tmp_path: Path
) -> None:
    """Nothing was sent for the intent, and the refusal is known."""
    with Sora2Double(api_key=KEY) as double:
        double.default(submit=answers)
        studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS))
        records = Deaf(studio.records, unanswered, is_kept=is_kept)
        object.__setattr__(studio.tools, "records", records)
        with studio:
            assert studio.wait_for(studio.order("not heard").id).status is end
        assert double.submits() == (2 if answers[0] == "429" else 1)


class Unbilled(Journal):
    """Whose first word of a bill is not taken."""

    was_asked = False

    def bill(self, take_id: TakeId, bill: Bill) -> None:
        if not self.was_asked:
            self.was_asked = True
            raise Busy(AWAY)
        super().bill(take_id, bill)


class Billing:
    """A provider that tells the price with the job."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def for_connection(self, connection_id: Any) -> Any:
        return Billing(self._inner.for_connection(connection_id))

    async def submit(self, submission: Any) -> ProviderJob:
        job: ProviderJob = await self._inner.submit(submission)
        return replace(job, bill=Bill(700_000))


def test_a_bill_that_is_not_taken_at_once_makes_no_failure_of_a_paid_call(tmp_path: Path) -> None:
    with Sora2Double(api_key=KEY) as double:
        studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS))
        object.__setattr__(studio.tools, "providers", Billing(studio.providers))
        studio.tools.__dict__["journal"] = journal = Unbilled(studio.records)
        with studio:
            take = studio.wait_for(studio.order("billed").id)
        assert take.status is S.READY
        assert journal.was_asked
        with studio.records.read() as tx:
            assert tx.submissions.known_jobs([double.made()[0].id])


class Renaming:
    """A provider of another protocol, which passes on whatever id it was given."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def for_connection(self, connection_id: Any) -> Any:
        return Renaming(self._inner.for_connection(connection_id))

    async def submit(self, submission: Any) -> ProviderJob:
        job: ProviderJob = await self._inner.submit(submission)
        return replace(job, id="video_\ud83d")

    async def find(self, _submission: Any, _since: Any) -> list[ProviderJob]:
        return []


def test_an_id_that_no_record_takes_does_not_hold_the_take_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Sora2Double(api_key=KEY) as double:
        studio = TakeStudio(tmp_path, double.base_url, Play(limits=LIMITS))
        object.__setattr__(studio.tools, "providers", Renaming(studio.providers))
        with caplog.at_level(logging.CRITICAL, "shortdrama"), studio:
            take = studio.wait_for(studio.order("a cat").id)
        assert take.status is S.UNCERTAIN
        assert r"video_\ud83d" in caplog.text
        assert double.submits() == 1
