"""Every frame of a clip as bytes: the camera on the still, and what falls through the air."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shortdrama.previz.particles import Air

if TYPE_CHECKING:
    from PIL import Image

    from shortdrama.previz.camera import Move, Window
    from shortdrama.previz.planes import Planes
    from shortdrama.previz.scene import Scene

    Seen = tuple[Image.Image, ...]

_BLUR_PX = 10.0  # travel in one frame above which the eye wants motion blur
_BLUR_STEPS = 8


def make_frames(
    planes: Planes,
    move: Move,
    weather: Scene | None,
    size: tuple[int, int],
    count: int,
) -> Iterator[memoryview]:
    """Yield `count` frames, planar yuv420p. `weather` gives the rain, snow or dust, if any.

    Every frame is the same memory, valid until the next one is asked for: a fresh megabyte for
    each would cost a quarter of the whole time.
    """
    import numpy as np

    luma_count = size[0] * size[1]
    buffer = np.empty(luma_count * 3 // 2, dtype=np.uint8)
    parts = np.split(buffer, [luma_count, luma_count * 5 // 4])

    air = Air.of(weather, size) if weather else None
    last: Window | None = None
    seen: Seen = ()
    for index in range(count):
        window = move.window_at(index / max(1, count - 1))
        if window != last:
            seen = _look(planes, last or window, window, size)
            last = window
        luma = air.fall(seen[0], index) if air else seen[0]
        for part, plane in zip(parts, (luma, *seen[1:]), strict=True):
            part.reshape(plane.height, plane.width)[:] = np.asarray(plane)
        yield buffer.data


def _look(planes: Planes, before: Window, now: Window, size: tuple[int, int]) -> Seen:
    travel_px = abs(now[0] - before[0]) / (now[2] - now[0]) * size[0]
    if travel_px < _BLUR_PX:
        return planes.look(now, size)
    return _smear(planes, before, now, size)


def _smear(planes: Planes, before: Window, now: Window, size: tuple[int, int]) -> Seen:
    """The mean of looks between two windows: half of the way, as a 180 degree shutter sees it."""
    import numpy as np
    from PIL import Image

    looks = []
    for step in range(_BLUR_STEPS):
        share = 1.0 - 0.5 * step / _BLUR_STEPS
        left, top, right, bottom = (a + (b - a) * share for a, b in zip(before, now, strict=True))
        looks.append(planes.look((left, top, right, bottom), size))
    return tuple(
        Image.fromarray(np.mean([np.asarray(p) for p in plane], axis=0).astype(np.uint8))
        for plane in zip(*looks, strict=True)
    )
