"""Takes for tests of what the page says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shortdrama.domain.ids import ConnectionId, PromptId, ShotId, TakeId, new_id
from shortdrama.domain.take import Clip, Take, TakeRequest, TakeStatus

NOW = datetime(2026, 11, 23, 22, 44, tzinfo=UTC)
SONG = ConnectionId("song")
SHOT = ShotId(new_id())


def a_take(status: TakeStatus = TakeStatus.READY, **fields: Any) -> Take:
    """A take of 4 s for $0.40, sent 38 s ago."""
    take = Take(
        id=TakeId(new_id()),
        shot_id=SHOT,
        prompt_id=PromptId(new_id()),
        number=2,
        request=TakeRequest("Mei pours tea.", "wan-3", SONG, 4, "720x1280"),
        status=status,
        created_at=NOW - timedelta(seconds=40),
        updated_at=NOW,
        submitted_at=NOW - timedelta(seconds=38),
        estimate_micro_usd=400_000,
    )
    return replace(take, **fields)


def a_clip(seconds: float = 4.0, fps: float | None = None) -> Clip:
    keys = ("a" * 64, "b" * 64, "c" * 64)
    return Clip(*keys, 1, int(seconds * 1000), 720, 1280, has_audio=True, fps=fps)
