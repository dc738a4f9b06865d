"""Who is asked about which job when."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError
from shortdrama.generation.polls import Heard, Polls, Question
from shortdrama.generation.ports import Allowance, JobPhase, ProviderJob, Submission

pytestmark = pytest.mark.anyio
HERE = ConnectionId("c")


class Vendor:
    """Jobs that are done when they are put into `done`."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.asked: list[str] = []
        self.refusal: ProviderError | None = None

    async def poll(self, job_id: str) -> ProviderJob:
        self.asked.append(job_id)
        if self.refusal is not None:
            raise self.refusal
        return self.tell(job_id)

    def tell(self, job_id: str) -> ProviderJob:
        phase = JobPhase.SUCCEEDED if job_id in self.done else JobPhase.RUNNING
        return ProviderJob(job_id, phase)

    async def submit(self, submission: Submission) -> ProviderJob:
        raise NotImplementedError

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        raise NotImplementedError

    async def cancel(self, job_id: str) -> bool:
        raise NotImplementedError

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        raise NotImplementedError


class Lister(Vendor):
    """Tells of many at once; a lagging one never says that a job is done."""

    def __init__(self, *, lags: bool = False) -> None:
        super().__init__()
        self.lists: list[int] = []
        self._lags = lags

    async def poll_many(self, job_ids: list[str]) -> dict[str, ProviderJob]:
        self.lists.append(len(job_ids))
        if self._lags:
            return {job_id: ProviderJob(job_id, JobPhase.RUNNING) for job_id in job_ids}
        return {job_id: self.tell(job_id) for job_id in job_ids}


class One:
    """Providers with one connection."""

    def __init__(self, vendor: Vendor, per_second: float | None = None) -> None:
        self.vendor = vendor
        self._per_second = per_second

    def for_connection(self, connection_id: ConnectionId) -> Vendor:
        return self.vendor

    def is_free(self, connection_id: ConnectionId) -> bool:
        return False

    def allowance_of(self, connection_id: ConnectionId) -> Allowance:
        return Allowance(polls_per_second=self._per_second)

    async def close(self) -> None:
        return None


def question(name: str, pace_s: float = 0.0) -> Question:
    return Question(TakeId(name), HERE, name, lambda: pace_s)


async def follow(polls: Polls, name: str) -> Heard:
    """As a take does: until the job is done."""
    while True:
        heard = await polls.ask(question(name, 0.5))
        if heard.job.phase is JobPhase.SUCCEEDED:
            return heard


async def test_a_connection_is_never_asked_more_often_than_it_allows() -> None:
    vendor = Vendor()
    polls = Polls(One(vendor, per_second=20), 1.0, lambda: 2)  # another process asks as well
    began = time.monotonic()
    await asyncio.gather(*(polls.ask(question(f"job {n}")) for n in range(6)))
    assert time.monotonic() - began >= 0.5
    assert len(vendor.asked) == 6


async def test_no_take_starves() -> None:
    vendor = Vendor()
    polls = Polls(One(vendor, per_second=200), 1.0, lambda: 1)

    async def ask_often(name: str) -> None:
        while True:
            await polls.ask(question(name))

    tasks = [asyncio.create_task(ask_often(f"job {n}")) for n in range(8)]
    while len(vendor.asked) < 80:  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    counts = Counter(vendor.asked[:80]).values()
    assert min(counts) >= 9
    assert max(counts) <= 11


async def test_one_list_stands_for_many_polls() -> None:
    vendor = Lister()
    polls = Polls(One(vendor), 0.1, lambda: 1)
    tasks = [asyncio.create_task(follow(polls, f"job {n}")) for n in range(50)]
    await asyncio.sleep(0.3)
    vendor.done = {f"job {n}" for n in range(50)}
    heard = await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert sum(each.is_listed for each in heard) > 40
    assert len(vendor.lists) + len(vendor.asked) < 30


async def test_a_list_that_lags_behind_is_found_out() -> None:
    vendor = Lister(lags=True)
    polls = Polls(One(vendor), 0.1, lambda: 1)
    tasks = [asyncio.create_task(follow(polls, f"job {n}")) for n in range(10)]
    vendor.done = {f"job {n}" for n in range(10)}
    heard = await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert not any(each.is_listed for each in heard)
    assert len(vendor.lists) <= 4


async def test_jobs_that_end_between_two_lists_are_nothing_against_the_list() -> None:
    """One by one each is found out by itself first, while the list is as quick as can be."""
    scale, vendor = 0.05, Lister()
    polls = Polls(One(vendor), scale, lambda: 1)
    line: set[str] = set()

    async def follow_one(name: str) -> Heard:
        heard = await follow(polls, name)
        line.discard(name)
        return heard

    tasks = []
    for number in range(40):
        line.add(f"job {number}")
        tasks.append(asyncio.create_task(follow_one(f"job {number}")))
        await asyncio.sleep(0.01)
        if number >= 10:  # just asked about by itself, and done since the last list
            ended = f"job {number - 10}"
            vendor.done.add(ended)
            polls.wake(TakeId(ended))
    lists = len(vendor.lists)
    vendor.done |= line
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert len(vendor.lists) > lists


async def test_who_is_told_to_wait_waits_with_all_its_takes() -> None:
    vendor = Vendor()
    polls = Polls(One(vendor, per_second=100), 0.1, lambda: 1)
    vendor.refusal = ProviderError(
        "Slow down.", kind=FailureKind.RATE_LIMITED, is_transient=True, retry_after_s=5
    )
    with pytest.raises(ProviderError, match="Slow down"):
        await polls.ask(question("one"))
    vendor.refusal, began = None, time.monotonic()
    await polls.ask(question("other"))
    assert time.monotonic() - began >= 0.4


async def test_a_woken_take_is_looked_at_at_once() -> None:
    vendor = Vendor()
    polls = Polls(One(vendor), 1.0, lambda: 1)
    asking = asyncio.create_task(polls.ask(question("one", 60)))
    await asyncio.sleep(0.05)
    polls.wake(TakeId("one"))
    heard = await asyncio.wait_for(asking, 2)
    assert heard.is_woken


async def test_a_take_that_is_woken_between_two_questions_asks_the_next_at_once() -> None:
    polls = Polls(One(Vendor()), 1.0, lambda: 1)
    polls.wake(TakeId("one"))
    heard = await asyncio.wait_for(polls.ask(question("one", 60)), 2)
    assert heard.is_woken
    polls.wake(TakeId("other"))
    polls.forget(TakeId("other"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(polls.ask(question("other", 60)), 0.2)


class Moving(Lister):
    """Whose jobs are a little further in every list."""

    def tell(self, job_id: str) -> ProviderJob:
        return ProviderJob(job_id, JobPhase.RUNNING, progress=len(self.lists))


async def test_of_many_takes_each_hears_of_its_progress_less_often() -> None:
    """Whatever a take hears is written and told to every page."""
    scale = 0.02

    async def listed_after_s(polls: Polls, name: str) -> float:
        began = time.monotonic()
        while not (await polls.ask(question(name, 0.5))).is_listed:
            began = time.monotonic()
        return (time.monotonic() - began) / scale

    async def first_of(takes: int) -> float:
        polls = Polls(One(Moving(), per_second=1000), scale, lambda: 1)
        asked = [asyncio.create_task(listed_after_s(polls, str(number))) for number in range(takes)]
        told, others = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()
        await asyncio.wait(others)
        return min(task.result() for task in told)

    assert await first_of(20) >= 2
    assert await first_of(400) >= 8
