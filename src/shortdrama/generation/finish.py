"""Finish: poster and last frame, then the take is ready, and the first one of a shot is chosen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shortdrama import metrics
from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Clip, Take, TakeStatus
from shortdrama.errors import Busy, StudioError
from shortdrama.generation.journal import tell
from shortdrama.generation.phases import Phase, Tools, phase_of

log = logging.getLogger(__name__)


async def finish(tools: Tools, take_id: TakeId) -> Phase | None:
    """Make the take ready."""
    take = await asyncio.to_thread(tools.journal.get, take_id)
    if take is None or take.clip is None or phase_of(take) is not Phase.FINISH:
        return phase_of(take)
    async with tools.finishes:
        clip = await asyncio.to_thread(_with_stills, tools, take_id, take.clip)
    done = await asyncio.to_thread(_make_ready, tools, take_id, clip)
    if done is not None and done.submitted_at and done.finished_at:
        metrics.READY_S.observe((done.finished_at - done.submitted_at).total_seconds())
    return phase_of(done)


def _with_stills(tools: Tools, take_id: TakeId, clip: Clip) -> Clip:
    tools.tmp.mkdir(parents=True, exist_ok=True)
    with tools.blobs.local_path(clip.video_key) as path:
        poster = _still(tools, path, tools.tmp / f"poster-{take_id}.webp", tools.media.poster)
        last = _still(tools, path, tools.tmp / f"last-{take_id}.webp", tools.media.last_frame)
    return replace(clip, poster_key=poster, last_frame_key=last)


def _still(
    tools: Tools, clip: Path, destination: Path, make: Callable[[Path, Path], None]
) -> str | None:
    """The key of a picture out of the clip. A clip without one is still worth keeping."""
    try:
        make(clip, destination)
        return tools.blobs.put_file(destination)
    except StudioError as error:
        if error.code == "worker_closed":
            # The studio is stopping: the take waits, and its next start makes the picture.
            raise Busy(error.message, code=error.code) from error
        log.warning("no %s: %s", destination.name, error.message)
        return None
    finally:
        destination.unlink(missing_ok=True)


def _make_ready(tools: Tools, take_id: TakeId, clip: Clip) -> Take | None:
    changes = {"clip": clip, "progress": 100, "failure": None, "finished_at": datetime.now(UTC)}
    with tools.records.begin() as tx:
        downloading = frozenset({TakeStatus.DOWNLOADING})
        take = tx.takes.move(take_id, downloading, TakeStatus.READY, changes)
        if take is None:
            return tx.takes.get(take_id)
        shot = tx.shots.get(take.shot_id)
        if shot is not None and shot.selected_take_id is None:
            tx.shots.select_take(shot.id, take.id)
            data = {"shot_id": shot.id, "episode_id": shot.episode_id}
            tx.events.append("shot.changed", data)
        return tell(tx, take)
