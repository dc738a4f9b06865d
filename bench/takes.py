"""Fifty takes at once against a provider that needs 20 s for each.

Run `python -m bench takes`. The provider is the tests' double, on real sockets; everything else is
the studio itself.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doubles.sora2_double import Sora2Double
    from doubles.sora2_script import DoubleJob
    from doubles.take_studio import TakeStudio
    from shortdrama.domain.take import Take

Row = tuple[str, float, str, float | None]

TAKES = 50
PROVIDER_S = 20.0
CLIP_SECONDS = 4
CLIP_SIZE = (360, 640)


def bench() -> list[Row]:
    """Rows of name, value, unit and upper bound."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from doubles.sora2_double import Sora2Double
    from doubles.take_studio import Play, TakeStudio
    from doubles.tiny_clip import tiny_clip
    from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
    from shortdrama.media.workers import WorkerPool

    tiny_clip(CLIP_SECONDS, CLIP_SIZE)
    pool = WorkerPool(MEDIA_FUNCTIONS)
    play = Play(scale=1.0, media=MediaTools(pool))
    with tempfile.TemporaryDirectory() as folder, Sora2Double() as double:
        double.default(takes_s=PROVIDER_S, clip_size=CLIP_SIZE)
        with TakeStudio(Path(folder), double.base_url, play) as studio:
            rows = _measure(studio, double)
    pool.close()
    return rows


def _measure(studio: TakeStudio, double: Sora2Double) -> list[Row]:
    began = time.time()
    takes = [studio.order(f"take {number}", seconds=CLIP_SECONDS) for number in range(TAKES)]
    ordered_s = time.time() - began
    ends = [studio.wait_for(take.id, timeout_s=120) for take in takes]
    assert all(take.clip is not None for take in ends)
    done_at = {job.id: job.made_at + PROVIDER_S for job in double.made()}
    lags = [
        take.finished_at.timestamp() - done_at[take.provider_job_id]
        for take in ends
        if take.finished_at is not None and take.provider_job_id is not None
    ]
    last = max(take.finished_at.timestamp() for take in ends if take.finished_at is not None)
    starts = [job.made_at - took.created_at.timestamp() for job, took in _pairs(double, studio)]
    return [
        (f"{TAKES} takes: ordered in", ordered_s, "s", None),
        (f"{TAKES} takes: order to provider, median", statistics.median(starts), "s", None),
        (f"{TAKES} takes: last completed to all stored", last - max(done_at.values()), "s", 5.0),
        # All of them end together: what is measured is how fast two cores check fifty clips.
        (f"{TAKES} takes: completed to ready, median", statistics.median(lags), "s", None),
        (f"{TAKES} takes: paid requests beyond one each", double.submits() - TAKES, "", 0),
        (f"{TAKES} takes: downloads beyond one each", double.downloads() - TAKES, "", 0),
        (f"{TAKES} takes: questions a second", _questions(double) / (last - began), "", 2.0),
        *_steadily(studio, double),
        _alone(studio, double),
    ]


def _steadily(studio: TakeStudio, double: Sora2Double) -> list[Row]:
    """Fifty in flight all the time: one is ordered, and one ends, every 0.4 s."""
    before, began = _questions(double), time.time()
    takes = []
    for number in range(2 * TAKES):
        time.sleep(max(0.0, began + number * PROVIDER_S / TAKES - time.time()))
        takes.append(studio.order(f"steady {number}", seconds=CLIP_SECONDS))
    ends = [studio.wait_for(take.id, timeout_s=120) for take in takes]
    took_s = time.time() - began
    done_at = {job.id: job.made_at + PROVIDER_S for job in double.made()}
    lags = [
        take.finished_at.timestamp() - done_at[take.provider_job_id]
        for take in ends
        if take.finished_at is not None and take.provider_job_id is not None
    ]
    asked = (_questions(double) - before) / took_s
    return [
        (f"{TAKES} in flight: completed to ready, median", statistics.median(lags), "s", 1.0),
        (f"{TAKES} in flight: questions a second", asked, "", 2.0),
    ]


def _questions(double: Sora2Double) -> int:
    """Requests about jobs: of one of them, or of a list."""
    return sum(
        request.method == "GET" and not request.path.endswith("/content")
        for request in double.requests
    )


def _alone(studio: TakeStudio, double: Sora2Double) -> Row:
    """One take with nothing beside it, when the studio knows how long such takes need."""
    take = studio.wait_for(studio.order("alone", seconds=CLIP_SECONDS).id, timeout_s=60)
    (job,) = double.made("alone")
    assert take.finished_at is not None
    lag_s = take.finished_at.timestamp() - job.made_at - PROVIDER_S
    return ("one take: completed to ready", lag_s, "s", 1.0)


def _pairs(double: Sora2Double, studio: TakeStudio) -> list[tuple[DoubleJob, Take]]:
    takes = {take.provider_job_id: take for take in studio.takes.page(None, 200)}
    return [(job, takes[job.id]) for job in double.made()]
