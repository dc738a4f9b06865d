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
from shortdrama.domain.take import TakeStatus
from shortdrama.generation.ports import ProviderJob

pytestmark = pytest.mark.xdist_group("takes-records")
S = TakeStatus


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
